"""From a catalogue and the community's pages to a trend model: which papers have an outcome, and the fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from features.encoders import EncodedPapers
from models.registry.tracking import RunLog
from models.trending import LEAST_POSITIVES, WITHIN_DAYS, PageRecord, TrendHistory, TrendModel, TrendRows
from training.history import Catalogue, History

UNKNOWN = -1
"""Of a paper that was on the page before its first day, or whose two weeks are not over."""


def delays_of(papers: Sequence[Paper], first_days: NDArray[np.datetime64], pages: Sequence[PageRecord]) -> list[float]:
    """Days from a paper's first day to its first page, negative if that came before; NaN for one never there."""
    on_page: dict[str, date] = {}
    for record in pages:
        on_page[record.paper.id] = min(record.day, on_page.get(record.paper.id, record.day))
    firsts = [day.date() for day in first_days.astype("datetime64[s]").tolist()]
    return [
        float((on_page[paper.id] - first).days) if paper.id in on_page else float("nan")
        for paper, first in zip(papers, firsts, strict=True)
    ]


def outcomes_of(
    papers: Sequence[Paper], first_days: NDArray[np.datetime64], pages: Sequence[PageRecord], last_day: date
) -> NDArray[np.int8]:
    """1 where a paper was on the page 0–14 days after its first day, 0 where not, UNKNOWN as said.

    ``last_day`` is the last whose page is known.
    """
    delays = np.array(delays_of(papers, first_days, pages))
    found = ((delays >= 0) & (delays <= WITHIN_DAYS)).astype(np.int8)
    found[(delays < 0) | (first_days > np.datetime64(last_day) - WITHIN_DAYS)] = UNKNOWN
    return found


def trend_history(catalogue: Catalogue, pages: Sequence[PageRecord], vectors: EncodedPapers) -> TrendHistory:
    """The pages with the encoder's vectors."""
    encoded = vectors.of([record.paper for record in pages])
    return TrendHistory.of(pages, encoded, catalogue.papers, catalogue.first_days)


def trend_rows(catalogue: Catalogue, vectors: EncodedPapers, rows: NDArray[np.intp]) -> TrendRows:
    """Those papers of the catalogue with vectors and terms."""
    papers = [catalogue.papers[row] for row in rows.tolist()]
    return TrendRows(papers, catalogue.first_days[rows], vectors.of(papers), vectors.terms(papers))


@dataclass(frozen=True, slots=True)
class Settled:
    """What a fit may read as of a day's start: ``catalogue`` and ``pages`` before it, and the papers to learn from.

    ``rows`` (n,) of the catalogue are those whose outcome is known, ``outcomes`` bool (n,) whether they were on it.
    """

    catalogue: Catalogue
    pages: tuple[PageRecord, ...]
    rows: NDArray[np.intp]
    outcomes: NDArray[np.bool_]

    @classmethod
    def of(cls, catalogue: Catalogue, pages: Sequence[PageRecord], cut: date) -> Self:
        """As of the start of ``cut``: pages and papers of that day and later are left out first.

        Papers from before the first page have no outcome either: nobody looked.
        """
        known = catalogue.before(cut)
        before = tuple(record for record in pages if record.day < cut)
        first = min((record.day for record in before), default=cut)
        last = max((record.day for record in before), default=date.min)
        found = outcomes_of(known.papers, known.first_days, before, last)
        rows = np.flatnonzero((found != UNKNOWN) & (known.first_days >= np.datetime64(first)))
        return cls(known, before, rows, found[rows] == 1)

    @property
    def lack(self) -> str | None:
        """Why nothing can be learnt from it, if so."""
        if not self.pages:
            return "no community page is in the store"
        n_positives, n = int(self.outcomes.sum()), len(self.rows)
        if min(n_positives, n - n_positives) < LEAST_POSITIVES:
            counts = f"{n_positives} of the {n} papers that have had their {WITHIN_DAYS} days were on the page"
            return f"{counts}; {LEAST_POSITIVES} that were and as many that were not are needed"
        return None


def fit_trend(
    catalogue: Catalogue, pages: Sequence[PageRecord], vectors: EncodedPapers, cut: date, seed: int
) -> TrendModel:
    """The model as of the start of ``cut``, for papers of that day and later."""
    return fit_settled(Settled.of(catalogue, pages, cut), vectors, cut, seed)


def fit_settled(settled: Settled, vectors: EncodedPapers, cut: date, seed: int, threads: int = 1) -> TrendModel:
    """The model that these papers teach; ``threads`` share the work and change no bit."""
    history = trend_history(settled.catalogue, settled.pages, vectors)
    rows = trend_rows(settled.catalogue, vectors, settled.rows)
    model = TrendModel.fit(rows, settled.outcomes, history, seed, threads)
    return replace(model, history=history.from_day(cut))


def settled_in(history: History) -> Settled:
    """What a fit at the history's cut may read: as of the first instant of the cut's day.

    A paper that only the page has listed tells who stands there, but not what becomes of a listed paper.
    """
    texts = history.catalogue.by_id()
    pages = [PageRecord(texts[page.paper_id], page.day, page.votes) for page in history.pages if page.paper_id in texts]
    page_only = {page.paper_id for page in history.pages if not page.in_catalogue}
    papers = history.catalogue.papers
    rows = np.array([row for row, paper in enumerate(papers) if paper.id not in page_only], dtype=np.intp)
    listed = Catalogue(tuple(papers[row] for row in rows.tolist()), history.catalogue.first_days[rows])
    return Settled.of(listed, pages, history.cut.at.date())


def trend_of(history: History, vectors: EncodedPapers, run: RunLog, seed: int, threads: int = 1) -> TrendModel | None:
    """What the pages in the history teach, as of the first instant of the cut's day.

    None where that is too little; the run's tag ``broadsheet.trend`` says why.
    """
    settled, cut = settled_in(history), history.cut.at.date()
    run.metrics({"trend/n_papers": len(settled.rows), "trend/n_on_page": int(settled.outcomes.sum())})
    run.tags({"broadsheet.trend": "fitted" if settled.lack is None else f"skipped: {settled.lack}"})
    return fit_settled(settled, vectors, cut, seed, threads) if settled.lack is None else None
