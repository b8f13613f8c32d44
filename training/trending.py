"""From a catalogue and the community's pages to a trend model: which papers have an outcome, and the fit."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from features.encoders import EncodedPapers
from models.trending import WITHIN_DAYS, PageRecord, TrendHistory, TrendModel, TrendRows
from training.history import Catalogue

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


def fit_trend(
    catalogue: Catalogue, pages: Sequence[PageRecord], vectors: EncodedPapers, cut: date, seed: int
) -> TrendModel:
    """The model as of the start of ``cut``: pages and papers of that day and later are left out first."""
    known = catalogue.before(cut)
    before = [record for record in pages if record.day < cut]
    history = trend_history(known, before, vectors)
    last = date.fromordinal(cut.toordinal() - 1)
    outcomes = outcomes_of(known.papers, known.first_days, before, last)
    settled = np.flatnonzero(outcomes != UNKNOWN)
    return TrendModel.fit(trend_rows(known, vectors, settled), outcomes[settled] == 1, history, seed)
