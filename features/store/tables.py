"""The tables. What is observed is appended with two instants and never overwritten.

``occurred_at`` is when it happened in the world, ``recorded_at`` when the store learned it. Exceptions, each with its
reason: ``users.label_counter`` and ``users.changed_at`` are counters derived from what is appended; a pending
interaction moves to ``interactions`` when its paper comes; a token is marked revoked; deleting a user is real.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from features.store.columns import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _recorded_at() -> Column[object]:
    return Column("recorded_at", UtcDateTime, nullable=False)


def _occurred_at(*, nullable: bool = False) -> Column[object]:
    return Column("occurred_at", UtcDateTime, nullable=nullable)


def _paper_id(*, index: bool = False) -> Column[object]:
    return Column("paper_id", String(128), ForeignKey("papers.id"), nullable=False, index=index or None)


def _user_id(*, primary_key: bool = False) -> Column[object]:
    return Column("user_id", String(64), ForeignKey("users.id"), nullable=False, primary_key=primary_key)


papers = Table("papers", metadata, Column("id", String(128), primary_key=True), _recorded_at())
"""Every paper ever heard of; what is known about it stands in the three tables below."""

paper_versions = Table(
    "paper_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    _paper_id(index=True),
    Column("feed", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("comment", Text, nullable=False),
    Column("keywords", JSON, nullable=False),
    Column("cited_papers", JSON, nullable=False, server_default="[]"),  # Paper.references
    Column("published_at", UtcDateTime),
    Column("text_hash", String(32), nullable=False),  # Paper.content_hash
    Column("digest", String(32), nullable=False),  # of title, abstract, authors, categories, references
    _occurred_at(),
    _recorded_at(),
    Index("ix_paper_versions_recorded_at", "recorded_at"),
)

listings = Table(
    "listings",
    metadata,
    Column("id", Integer, primary_key=True),
    _paper_id(),
    Column("feed", String(16), nullable=False),
    Column("day", Date, nullable=False),
    Column("announce_type", String(16), nullable=False),
    _occurred_at(),
    _recorded_at(),
    UniqueConstraint("paper_id", "feed", "day", "announce_type"),
    Index("ix_listings_recorded_at", "recorded_at"),
    Index("ix_listings_day", "day", "feed", "announce_type", "recorded_at", "paper_id"),
)

community_records = Table(
    "community_records",
    metadata,
    Column("id", Integer, primary_key=True),
    _paper_id(index=True),
    Column("day", Date, nullable=False),
    Column("votes", Integer),
    Column("keywords", JSON, nullable=False),
    _occurred_at(),
    _recorded_at(),
)

feed_fetches = Table(
    "feed_fetches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", String(16), nullable=False),
    Column("day", Date, nullable=False, index=True),
    Column("ok", Boolean, nullable=False),
    Column("n_papers", Integer, nullable=False),
    Column("error", Text),
    _occurred_at(),
    _recorded_at(),
    Index("ix_feed_fetches_recorded_at", "recorded_at"),
)

users = Table(
    "users",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("label_counter", Integer, nullable=False),
    Column("changed_at", UtcDateTime),  # recorded_at of the user's last interaction or retraction
)

interactions = Table(
    "interactions",
    metadata,
    _user_id(primary_key=True),
    Column("client_id", String(128), primary_key=True),
    _paper_id(index=True),
    Column("kind", String(16), nullable=False),
    Column("topic", String(80)),
    Column("slate_id", Text),
    Column("position", Integer),
    Column("imported", Boolean, nullable=False),
    _occurred_at(nullable=True),
    _recorded_at(),
    # recorded_at, or when the paper came for one that waited: before it nobody could know what the label is about
    Column("attached_at", UtcDateTime, nullable=False),
)

pending_interactions = Table(
    "pending_interactions",
    metadata,
    _user_id(primary_key=True),
    Column("client_id", String(128), primary_key=True),
    Column("paper_id", String(128), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("topic", String(80)),
    Column("slate_id", Text),
    Column("position", Integer),
    _occurred_at(nullable=True),
    _recorded_at(),
)

retractions = Table(
    "retractions",
    metadata,
    _user_id(primary_key=True),
    Column("client_id", String(128), primary_key=True),
    _recorded_at(),
)

impressions = Table(
    "impressions",
    metadata,
    Column("slate_id", String(64), primary_key=True),
    Column("paper_id", String(128), primary_key=True),
    Column("exposure", String(8), primary_key=True),
    _user_id(),
    Column("position", Integer, nullable=False),
    Column("propensity", Float),
    Column("model_version", String(64)),
    _occurred_at(),
    _recorded_at(),
    Index("ix_impressions_user_id_exposure_recorded_at", "user_id", "exposure", "recorded_at"),
)

slates = Table(
    "slates",
    metadata,
    Column("slate_id", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the token
    Column("user_id", String(64), ForeignKey("users.id"), index=True),
    Column("admin", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
