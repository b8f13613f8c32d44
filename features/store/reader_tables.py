"""The tables of people as readers: how they sign in, what is mailed to them, what they say in public.

Secrets (links, sessions, feed addresses) are kept as their SHA-256 only. What a reader changes their mind about is
marked with ``withdrawn_at`` instead of overwritten, so that a ranking can be asked for as of an earlier moment.
"""

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from features.store.columns import UtcDateTime
from features.store.tables import metadata

_ADDRESS = String(254)
_DIGEST = String(64)


def _user_id(*, primary_key: bool = False, index: bool = False) -> Column[object]:
    whose = ForeignKey("users.id")
    return Column("user_id", String(64), whose, nullable=False, primary_key=primary_key, index=index or None)


def _paper_id(*, primary_key: bool = False, index: bool = False) -> Column[object]:
    which = ForeignKey("papers.id")
    return Column("paper_id", String(128), which, nullable=False, primary_key=primary_key, index=index or None)


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, UtcDateTime, nullable=nullable)


accounts = Table(
    "accounts",
    metadata,
    _user_id(primary_key=True),
    Column("address", _ADDRESS, nullable=False, unique=True),
    _instant("created_at"),
)
"""Readers who sign in by mail."""

mailed_links = Table(
    "mailed_links",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("address", _ADDRESS, nullable=False, index=True),
    Column("requester", _DIGEST, nullable=False, index=True),  # keyed hash of the network address that asked
    _instant("created_at"),
    _instant("expires_at"),
    _instant("used_at", nullable=True),
)
"""Links that were asked for by mail, sent or not: what the hourly limits count."""

sessions = Table(
    "sessions",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    _user_id(index=True),
    _instant("created_at"),
    _instant("expires_at"),
)

feed_secrets = Table(
    "feed_secrets",
    metadata,
    _user_id(primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    _instant("created_at"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("address", _ADDRESS, primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), index=True),  # None: a visitor's, by trend
    Column("schedule", String(16), nullable=False),
    Column("threshold", Float),
    _instant("created_at"),
    _instant("confirmed_at", nullable=True),
    _instant("ended_at", nullable=True),
)

mailings = Table(
    "mailings",
    metadata,
    Column("address", _ADDRESS, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id"), index=True),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("slate_id", String(64)),
    _instant("created_at"),
    _instant("changed_at"),
)
"""One row for a digest of a day to an address, written before the digest is handed over."""

mailed_papers = Table(
    "mailed_papers",
    metadata,
    Column("address", _ADDRESS, primary_key=True),
    _paper_id(primary_key=True),
    Column("day", Date, nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("id", Integer, primary_key=True),
    _user_id(),
    _paper_id(index=True),
    Column("submitted", Boolean, nullable=False),  # a submission is a vote with a word why
    Column("why", Text, nullable=False),
    _instant("recorded_at"),
    _instant("withdrawn_at", nullable=True),
    Index("ix_votes_user_id_paper_id", "user_id", "paper_id"),
)

public_lists = Table(
    "public_lists",
    metadata,
    _user_id(primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    _instant("created_at"),
)
"""Readers whose saved papers are public, under a name of their choice."""

follows = Table(
    "follows",
    metadata,
    _user_id(primary_key=True),
    Column("curator_id", String(64), ForeignKey("users.id"), primary_key=True, index=True),
    _instant("recorded_at"),
)

rules = Table(
    "rules",
    metadata,
    Column("id", Integer, primary_key=True),
    _user_id(index=True),
    Column("kind", String(16), nullable=False),
    Column("field", String(16), nullable=False),
    Column("value", Text, nullable=False),
    _instant("recorded_at"),
    _instant("withdrawn_at", nullable=True),
)
"""What must or must never stand in a reader's list (kind) by word, author or category (field); interests' own names."""

OWNED = (mailings, sessions, feed_secrets, votes, public_lists, rules, accounts)
"""Tables whose rows are a user's own by ``user_id``; the others hang on them by address or by two users."""
