"""A paper as a page shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from features.arxiv_ids import parse_arxiv_id
from features.domain import InteractionKind, KnownInteraction, Paper
from models.slate_columns import SlateItem
from serving.web.abstracts import words_named

Row = TypeVar("Row")

_MOST_AUTHORS = 6
_OPINIONS = frozenset(
    {
        InteractionKind.SAVE,
        InteractionKind.PICK,
        InteractionKind.DISMISS,
        InteractionKind.RATE_UP,
        InteractionKind.RATE_DOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Acts:
    """What the reader has said of a paper and not taken back: kind → the client id to take it back with."""

    by_kind: dict[str, str]
    topics: tuple[str, ...]

    def __contains__(self, kind: str) -> bool:
        return kind in self.by_kind


NOTHING_SAID = Acts({}, ())


@dataclass(frozen=True, slots=True)
class PaperView:
    """One paper of a page.

    ``url`` is where it can be read; ``page`` our own page on it. ``item`` is its place in the reader's slate, if it
    has one.
    """

    paper: Paper
    url: str
    acts: Acts
    item: SlateItem | None = None
    votes: int | None = None
    trend: float | None = None

    @property
    def words(self) -> list[str]:
        """Words that speak for its place in the slate."""
        return words_named(self.item.reasons) if self.item else []

    @property
    def page(self) -> str:
        """Our page on the paper."""
        return f"/papers/{quote(self.paper.id, safe='/')}"

    @property
    def anchor(self) -> str:
        """A name for the paper within a page."""
        return "p-" + quote(self.paper.id, safe="").replace("%", "_")

    @property
    def authors(self) -> str:
        """The authors in one line; of many, the first and how many more."""
        names = self.paper.authors
        more = len(names) - _MOST_AUTHORS
        return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_AUTHORS])} and {more} more"


def paper_url(paper_id: str) -> str:
    """Where a paper can be read: arXiv for its own ids, our page for others."""
    found = parse_arxiv_id(paper_id)
    return f"https://arxiv.org/abs/{found[0]}" if found else f"/papers/{quote(paper_id, safe='/')}"


def acts_by_paper(said: Iterable[KnownInteraction]) -> dict[str, Acts]:
    """What a reader's standing interactions say of each paper; of two alike, the later can be taken back."""
    kinds: dict[str, dict[str, str]] = {}
    topics: dict[str, set[str]] = {}
    for known in sorted(said, key=lambda one: one.recorded_at):
        one = known.interaction
        if one.kind in _OPINIONS:
            kinds.setdefault(one.paper_id, {})[str(one.kind)] = one.client_id
        if one.topic is not None:
            topics.setdefault(one.paper_id, set()).add(one.topic)
    papers = kinds.keys() | topics.keys()
    return {paper: Acts(kinds.get(paper, {}), tuple(sorted(topics.get(paper, ())))) for paper in papers}


def page_of(rows: Sequence[Row], page: int, size: int) -> tuple[Sequence[Row], int]:
    """The rows of ``page`` (from 1), and how many pages there are; a page beyond them is empty."""
    return rows[(page - 1) * size : page * size], max(1, -(-len(rows) // size))
