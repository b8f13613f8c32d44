"""The nouns of Broadsheet: frozen, validated, standard library only.

A value that exists is valid; the message of :class:`features.errors.InvalidValue` names what was received.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum

from features.errors import InvalidValue

_PAPER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}")
OWN_PAPER = "library:"
"""What the ids of readers' own papers begin with."""

_USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_TOPIC = re.compile(r"[^\x00-\x1f\x7f/\ud800-\udfff]{1,80}")
_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,128}")


def midnight(day: date) -> datetime:
    """The first instant of ``day``, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


def aware_utc(value: datetime, field: str) -> datetime:
    """``value`` in UTC; an instant without a zone is refused rather than guessed."""
    if value.tzinfo is None:
        raise InvalidValue(field, value.isoformat(), "an instant needs a time zone, as in 2026-02-27T08:00:00Z")
    return value.astimezone(UTC)


def valid_paper_id(value: str) -> str:
    """``value`` if it can name a paper."""
    return _matching(_PAPER_ID, "paper id", value, "letters, digits and ._:/+-, at most 128")


def valid_user_id(value: str) -> str:
    """``value`` if it can name a user."""
    return _matching(_USER_ID, "user id", value, "letters, digits and ._@+-, at most 64")


def valid_topic(value: str) -> str:
    """``value`` if it can name a topic."""
    return _matching(_TOPIC, "topic", value, "1 to 80 characters, no slash, no control characters")


def valid_client_id(value: str) -> str:
    """``value`` if a client can name an interaction with it."""
    return _matching(_CLIENT_ID, "client id", value, "1 to 128 printable ASCII characters without spaces")


def is_own_paper(paper_id: str) -> bool:
    """Whether the paper is one that a single reader's library brought: never to be shown to anybody else."""
    return paper_id.startswith(OWN_PAPER)


def _matching(pattern: re.Pattern[str], field: str, value: str, rule: str) -> str:
    if not pattern.fullmatch(value):
        raise InvalidValue(field, value, rule)
    return value


class Clock(StrEnum):
    """Which of the two clocks a cut reads (ARCHITECTURE, decision 4)."""

    RECORDED = "recorded"
    """When the store learned it: what the API's ``as_of`` means."""
    OCCURRED = "occurred"
    """When it happened in the world: what training and replay use for imported history."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Everything known up to and including ``at`` by ``clock``; the only way to ask for the past."""

    at: datetime
    clock: Clock = Clock.RECORDED

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", aware_utc(self.at, "as_of"))


class Feed(StrEnum):
    """Who announced a paper."""

    ARXIV = "arxiv"
    LOCAL = "local"
    HUGGINGFACE = "huggingface"
    LIBRARY = "library"
    """A reader's own library, which knows papers and announces none."""

    @property
    def is_catalogue(self) -> bool:
        """A catalogue decides when a paper is new; a community page only adds votes and keywords, a library nothing."""
        return self in (Feed.ARXIV, Feed.LOCAL)


class AnnounceType(StrEnum):
    """arXiv's words for why a paper stands in a daily listing."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"

    @property
    def is_revision(self) -> bool:
        """A revision is recorded as a version and never makes a paper new again."""
        return self in (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper in one version: plain text, the primary category first; ``references`` are ids of papers it cites."""

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    comment: str = ""
    keywords: tuple[str, ...] = ()
    version: int = 1
    published_at: datetime | None = None
    references: tuple[str, ...] = ()
    _content_hash: str | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for paper_id in (self.id, *self.references):
            valid_paper_id(paper_id)
        if not self.title.strip():
            raise InvalidValue("title", self.title, f"paper {self.id} needs a title")
        if self.version < 1:
            raise InvalidValue("version", self.version, "versions count from 1")
        if self.published_at is not None:
            object.__setattr__(self, "published_at", aware_utc(self.published_at, "published_at"))

    @property
    def text(self) -> str:
        """What the encoders read: title, newline, abstract."""
        return f"{self.title}\n{self.abstract}"

    @property
    def content_hash(self) -> str:
        """32 hex digits naming :attr:`text`, made once; vectors are kept under it."""
        if self._content_hash is None:
            made = hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()
            object.__setattr__(self, "_content_hash", made)
            return made
        return self._content_hash


@dataclass(frozen=True, slots=True)
class Listing:
    """A paper as one feed announced it on one day."""

    paper: Paper
    day: date
    feed: Feed = Feed.ARXIV
    announce_type: AnnounceType = AnnounceType.NEW
    votes: int | None = None

    def __post_init__(self) -> None:
        if self.feed is Feed.LIBRARY or is_own_paper(self.paper.id):
            raise InvalidValue("listing", self.paper.id, f"a reader's library ({OWN_PAPER}…) announces no papers")
        if self.votes is not None and self.votes < 0:
            raise InvalidValue("votes", self.votes, "a count is not negative")


class EmptyReason(StrEnum):
    """Why a day holds no papers, or fewer than it should."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    FETCH_FAILED = "fetch_failed"
    NOTHING_LISTED = "nothing_listed"
    NOT_FETCHED = "not_fetched"
    FEW_PAPERS = "few_papers"


@dataclass(frozen=True, slots=True)
class DayFeed:
    """What a day's feed holds and how far to trust it; ``reason`` is None for a complete day with papers."""

    day: date
    n_papers: int
    fetched_at: datetime | None
    complete: bool
    reason: EmptyReason | None


@dataclass(frozen=True, slots=True)
class User:
    """A reader. ``key`` is random; artifacts carry it instead of the id, and only the store resolves it."""

    id: str
    key: str
    created_at: datetime

    def __post_init__(self) -> None:
        valid_user_id(self.id)


class InteractionKind(StrEnum):
    """What a user did with a paper. ``pick`` is an imported choice (a reading list, a submission)."""

    OPEN = "open"
    SAVE = "save"
    PICK = "pick"
    DISMISS = "dismiss"
    RATE_UP = "rate_up"
    RATE_DOWN = "rate_down"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something a user did with a paper, idempotent by (user, ``client_id``).

    ``occurred_at`` is None only for imported history without a date. ``topic`` names the user's own topic and
    goes with ``label`` only.
    """

    client_id: str
    user_id: str
    paper_id: str
    kind: InteractionKind
    occurred_at: datetime | None
    topic: str | None = None
    slate_id: str | None = None
    position: int | None = None

    def __post_init__(self) -> None:
        valid_client_id(self.client_id)
        valid_user_id(self.user_id)
        valid_paper_id(self.paper_id)
        if self.occurred_at is not None:
            object.__setattr__(self, "occurred_at", aware_utc(self.occurred_at, "occurred_at"))
        if (self.kind is InteractionKind.LABEL) != (self.topic is not None):
            raise InvalidValue("topic", self.topic, "a label, and only a label, names a topic")
        if self.topic is not None:
            valid_topic(self.topic)
        if self.position is not None and self.position < 1:
            raise InvalidValue("position", self.position, "positions count from 1")


@dataclass(frozen=True, slots=True)
class KnownInteraction:
    """An interaction with the instants that decide who may know it.

    ``known_at`` and ``retracted_at`` (None while it stands) are by the clock of the cut it was read with.
    """

    interaction: Interaction
    known_at: datetime
    recorded_at: datetime
    retracted_at: datetime | None = None


class Exposure(StrEnum):
    """Returned is not seen (ARCHITECTURE, decision 7)."""

    SERVED = "served"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Impression:
    """One paper at one position of one slate, served by the API or shown by a page.

    ``propensity`` is the probability, in (0, 1], that the logging policy put this paper at this position;
    None where the history is imported and nobody knows.
    """

    user_id: str
    slate_id: str
    paper_id: str
    position: int
    exposure: Exposure
    occurred_at: datetime
    propensity: float | None
    model_version: str | None

    def __post_init__(self) -> None:
        if self.position < 1:
            raise InvalidValue("position", self.position, "positions count from 1")
        if self.propensity is not None and not 0.0 < self.propensity <= 1.0:
            raise InvalidValue("propensity", self.propensity, "a propensity lies in (0, 1]")
        object.__setattr__(self, "occurred_at", aware_utc(self.occurred_at, "occurred_at"))
