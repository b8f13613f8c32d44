"""What a source yields, in order: papers, broken rows, how a day's fetch went, and points it can continue from."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from features.domain import Feed, Listing
from features.errors import MalformedRow
from features.sources.cursor import CursorFile, State


@dataclass(frozen=True, slots=True)
class Fetched:
    """One attempt to get one day of one feed; ``n_papers`` counts its listings that are no revisions.

    ``ok`` with no papers means the service answered and listed none (a weekend, a holiday, nothing to list).
    """

    feed: Feed
    day: date
    ok: bool
    n_papers: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything yielded before this may be recorded; call :meth:`keep` when it has been, never earlier.

    ``state`` is where a stopped fetch continues; None when it has come to its end.
    """

    cursor: CursorFile
    state: State | None

    def keep(self) -> None:
        """Remember the state for a restart, or forget the fetch when it is finished."""
        if self.state is None:
            self.cursor.remove()
        else:
            self.cursor.save(self.state)


Event: TypeAlias = Listing | MalformedRow | Fetched | Checkpoint
