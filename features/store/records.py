"""What the store hands out besides the nouns of the domain: plain frozen values."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from features.domain import Feed, Paper


class RowStatus(StrEnum):
    """What became of one row of a batch of interactions, or of a retraction."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    """The same client id came before with other content; the first one stands."""
    UNKNOWN_PAPER = "unknown_paper"
    RETRACTED = "retracted"
    UNKNOWN = "unknown"
    """Nothing to retract: the user has no interaction of this client id."""


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """What a batch of listings changed, in papers; ``attached`` counts interactions that waited for one of them."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    attached: int = 0

    def __add__(self, other: "RecordCounts") -> "RecordCounts":
        return RecordCounts(
            self.new + other.new,
            self.revised + other.revised,
            self.unchanged + other.unchanged,
            self.attached + other.attached,
        )


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What became of a batch of imported interactions; ``pending`` wait for a paper the store does not have."""

    recorded: int = 0
    pending: int = 0
    duplicate: int = 0
    conflict: int = 0


@dataclass(frozen=True, slots=True)
class PaperHistory:
    """All papers known as of a cut, one position each, ascending by id.

    ``first_days`` datetime64[D] (n,); ``is_candidate`` bool (n,), whether the paper stands in the list of its first
    day; ``votes`` int64 (n,), the community's count as known at the cut, 0 where it has none.
    """

    ids: tuple[str, ...]
    papers: tuple[Paper, ...]
    first_days: NDArray[np.datetime64]
    is_candidate: NDArray[np.bool_]
    votes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class StoredSlate:
    """A slate as it was answered, byte for byte."""

    slate_id: str
    user_id: str
    day: date
    created_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token speaks for; ``user_id`` is None for a token that is nobody's but an administrator's.

    ``label_counter`` moves with every interaction and retraction of the user (0 without one).
    """

    user_id: str | None
    admin: bool
    label_counter: int


@dataclass(frozen=True, slots=True)
class PaperVersion:
    """One state of a paper's text as a feed told it: arXiv's number, the day it is of, and when it became known."""

    version: int
    feed: Feed
    title: str
    occurred_at: datetime
    recorded_at: datetime
