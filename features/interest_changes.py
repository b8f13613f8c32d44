"""What a reader corrects in the interests that were found: another name, one instead of two, one that is to be silent.

Interests are found anew from what was chosen, so a change cannot point at one by number. It names the chosen papers
that made the interest when the reader spoke, and means whatever interest holds most of them later.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from features.domain import valid_paper_id, valid_topic
from features.errors import InvalidValue

MAX_CHANGES = 100
"""Standing changes of one user."""
_LONGEST_NAME = 60


class ChangeKind(StrEnum):
    """``rename`` and ``merge`` change how interests are shown and share a slate; ``mute`` takes their papers' voice."""

    RENAME = "rename"
    MERGE = "merge"
    MUTE = "mute"


@dataclass(frozen=True, slots=True)
class InterestChange:
    """One change.

    ``papers`` made the interest; ``name`` is the one it is given by ``rename``, else the one it had; ``into`` are the
    papers of the interest that ``merge`` adds it to.
    """

    kind: ChangeKind
    name: str
    papers: tuple[str, ...]
    into: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        name = " ".join(valid_topic(self.name).split())
        if not name or (self.kind is ChangeKind.RENAME and len(name) > _LONGEST_NAME):
            raise InvalidValue("name", self.name, f"1 to {_LONGEST_NAME} characters")
        if not self.papers or bool(self.into) != (self.kind is ChangeKind.MERGE):
            raise InvalidValue("papers", self.papers, "an interest is made of papers, and merged into another's")
        for paper_id in (*self.papers, *self.into):
            valid_paper_id(paper_id)
        object.__setattr__(self, "name", name)


@dataclass(frozen=True, slots=True)
class KnownChange:
    """A change as the store holds it: ``id`` is that of a rule, for it is taken back like one."""

    id: int
    change: InterestChange
    recorded_at: datetime
