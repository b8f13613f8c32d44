"""A reader's library → what the reader has saved.

A paper of a library is the store's paper of the same arXiv id, else of the same title (and, where both name authors, at
least one in common). What the store does not have counts all the same: a paper with an abstract is kept as the reader's
own, and an arXiv id waits for its paper. Brought again, a library changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from features.arxiv_ids import parse_arxiv_id
from features.domain import Cut, Interaction, InteractionKind, Paper, User, is_own_paper
from features.errors import LimitExceeded, MalformedRow
from features.settings import IngestSettings
from features.sources.bibtex import read_bibtex, write_bibtex
from features.sources.examples import ExamplePaper, Examples
from features.sources.exported import read_export
from features.sources.pasted import read_pasted
from features.sources.picks import content_id
from features.sources.ris import read_ris, write_ris
from features.sources.saved_table import read_saved_table, write_saved_table
from features.sources.zotero import ZoteroLibrary, fetch_zotero
from features.store import RowStatus, Transaction
from features.store.own_papers import own_prefix
from features.text import title_key

__all__ = [
    "WRITERS",
    "ExamplePaper",
    "Examples",
    "LibraryFormat",
    "LibraryReport",
    "ZoteroLibrary",
    "fetch_zotero",
    "read_library",
    "saved_papers",
    "take_library",
]

_EVERYTHING = Cut(datetime(9000, 1, 1, tzinfo=UTC))
_SAVED = frozenset({InteractionKind.SAVE, InteractionKind.PICK})
_SHORTEST_KEY = 12
"""Titles of fewer letters ("Editorial", "Introduction") are the titles of many papers."""


class LibraryFormat(StrEnum):
    """What a library can be written in."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSV = "csv"
    TEXT = "text"
    JSON = "json"
    """Broadsheet's own export of a user."""


_READERS = {
    LibraryFormat.BIBTEX: read_bibtex,
    LibraryFormat.RIS: read_ris,
    LibraryFormat.CSV: read_saved_table,
    LibraryFormat.TEXT: read_pasted,
    LibraryFormat.JSON: read_export,
}
WRITERS = {
    LibraryFormat.BIBTEX: write_bibtex,
    LibraryFormat.RIS: write_ris,
    LibraryFormat.CSV: write_saved_table,
}
"""Papers → text, for the formats that can hold what is saved."""


@dataclass(slots=True)
class LibraryReport:
    """What became of the papers of a library, by paper id in their order.

    ``saved`` are the store's own papers, ``kept`` those that only this library knows; ``already`` were saved before, or
    taken back since. ``waiting`` are arXiv ids whose papers have not come yet (a text may be ``kept`` meanwhile).
    ``problems`` are entries that cannot be used, and papers that nothing is known of but an unknown title.
    """

    saved: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    problems: list[MalformedRow] = field(default_factory=list)

    def closing_line(self) -> str:
        """One line for a person: ``12 saved, 3 kept as your own, 0 saved before, 1 waiting, 2 not used``."""
        return (
            f"{len(self.saved):,} saved, {len(self.kept):,} kept as your own, {len(self.already):,} saved before, "
            f"{len(self.waiting):,} waiting, {len(self.problems):,} not used"
        )


def read_library(data: bytes, form: LibraryFormat, settings: IngestSettings) -> Examples:
    """The papers of a library and its problems; :class:`~features.errors.LimitExceeded` for too many at once."""
    good, bad = _READERS[form](data)
    if len(good) > settings.max_examples:
        raise LimitExceeded("the papers of a library", len(good), settings.max_examples, "ingest.max_examples")
    return good, bad


def take_library(
    tx: Transaction, user: User, library: Examples, *, origin: str, recorded_at: datetime
) -> LibraryReport:
    """Save the papers of ``library`` for ``user``; ``origin`` names it in problems. They count as saved now.

    Not when they came into the library: most of a library is old, and would weigh nothing beside one new click.
    """
    examples, problems = library
    report = LibraryReport(problems=list(problems))
    found = _matched(tx, user, examples)
    texts: list[Paper] = []
    for example in examples:
        if example in found:
            continue
        is_arxiv = example.paper_id is not None and parse_arxiv_id(example.paper_id) is not None
        if is_arxiv and example.paper_id:
            report.waiting.append(example.paper_id)
        if example.title and example.abstract:
            texts.append(Paper("example", example.title, example.abstract, example.authors))
        elif not is_arxiv:
            reason = f"no paper of this title is known, and it has no abstract: {example.title!r:.120}"
            report.problems.append(MalformedRow(origin, example.line, reason))
    report.waiting = list(dict.fromkeys(report.waiting))
    tx.interactions.record_imported([_save(user, each) for each in report.waiting], recorded_at=recorded_at)
    own = tx.own_papers.keep(user, texts, recorded_at=recorded_at)
    matched = [found[example] for example in examples if example in found]
    _record(tx, user, report, [*matched, *own], recorded_at)
    report.problems.sort(key=lambda row: row.line)
    return report


def saved_papers(tx: Transaction, user: User) -> list[Paper]:
    """What the user has saved and not taken back, ascending by id; without what was dismissed or rated down since."""
    said: dict[str, tuple[datetime, str, InteractionKind]] = {}
    for known in tx.interactions.of_user(user.id, _EVERYTHING):
        row = known.interaction
        if row.kind in _SAVED | {InteractionKind.DISMISS, InteractionKind.RATE_DOWN}:
            at = (known.recorded_at, row.client_id, row.kind)
            said[row.paper_id] = max(said.get(row.paper_id, at), at)
    ids = [paper_id for paper_id, (_, _, kind) in said.items() if kind in _SAVED]
    return list(tx.papers.get_many(ids, _EVERYTHING).values())


def _record(tx: Transaction, user: User, report: LibraryReport, ids: Sequence[str], recorded_at: datetime) -> None:
    saved = {paper.id for paper in saved_papers(tx, user)}
    distinct = list(dict.fromkeys(ids))
    fresh = [paper_id for paper_id in distinct if paper_id not in saved]
    statuses = tx.interactions.record([_save(user, each) for each in fresh], recorded_at=recorded_at)
    status_of = dict(zip(fresh, statuses, strict=True))
    for paper_id in distinct:
        if status_of.get(paper_id) is not RowStatus.RECORDED:
            report.already.append(paper_id)
        else:
            (report.kept if is_own_paper(paper_id) else report.saved).append(paper_id)


def _save(user: User, paper_id: str) -> Interaction:
    return Interaction(f"library-{content_id(paper_id)}", user.id, paper_id, InteractionKind.SAVE, None)


def _matched(tx: Transaction, user: User, examples: Iterable[ExamplePaper]) -> dict[ExamplePaper, str]:
    """Papers of the store for those of ``examples`` that it has, by id and then by title."""
    wanted = list(examples)
    known = tx.papers.exists(one.paper_id for one in wanted if one.paper_id is not None)
    mine = own_prefix(user.key)
    found = {
        one: one.paper_id
        for one in wanted
        if one.paper_id in known and (one.paper_id.startswith(mine) or not is_own_paper(one.paper_id))
    }
    keys = {one: title_key(one.title) for one in wanted if one not in found}
    titled = tx.papers.titled({key for key in keys.values() if len(key) >= _SHORTEST_KEY})
    papers = tx.papers.get_many({paper_id for ids in titled.values() for paper_id in ids}, _EVERYTHING)
    for one, key in keys.items():
        if same := _by_the_same(one, titled.get(key, ()), papers):
            found[one] = same
    return found


def _by_the_same(example: ExamplePaper, ids: Sequence[str], papers: Mapping[str, Paper]) -> str | None:
    """The one paper among ``ids`` that may be by the authors of ``example``; None for no such paper or several."""
    theirs = _surnames(example.authors)
    fitting = [
        paper_id
        for paper_id in ids
        if not theirs or not (others := _surnames(papers[paper_id].authors)) or theirs & others
    ]
    return fitting[0] if len(fitting) == 1 else None


def _surnames(authors: Sequence[str]) -> set[str]:
    return {title_key(name.split()[-1]) for name in authors if name.split()}
