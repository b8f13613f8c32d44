"""The stream of listings for the suites on topics and trends: papers, their days, and statistics that days resample."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.options import Options
from benchmarks.result import Estimate, Floats, Resamples
from features.domain import Listing, Paper
from features.settings import IngestSettings
from features.sources.jsonl import read_listings
from training.history import Catalogue

SPLIT = 0.8


def listings(options: Options, name: str) -> list[Listing]:
    """The usable rows of a file of listings."""
    return [row for row in read_listings(options.file(name), IngestSettings()) if isinstance(row, Listing)]


def read_catalogue(options: Options) -> Catalogue:
    """All papers of the stream, by id, with their first days."""
    first: dict[str, tuple[Paper, date]] = {}
    for row in listings(options, "arxiv_cs.jsonl.gz"):
        if row.paper.id not in first or row.day < first[row.paper.id][1]:
            first[row.paper.id] = (row.paper, row.day)
    ordered = [first[paper_id] for paper_id in sorted(first)]
    days = np.array([day for _, day in ordered], dtype="datetime64[D]")
    return Catalogue(tuple(paper for paper, _ in ordered), days)


def split_day(days: NDArray[np.datetime64]) -> date:
    """The day after the first 80 % of the distinct days."""
    distinct = np.unique(days)
    return distinct[int(SPLIT * len(distinct))].astype("datetime64[s]").item().date()


@dataclass(frozen=True, slots=True)
class ByDay:
    """Tested papers in their days, which are resampled together."""

    place: NDArray[np.intp]
    draws: Resamples

    @classmethod
    def of(cls, days: NDArray[np.datetime64], seed: int) -> "ByDay":
        """From the papers' days (n,)."""
        distinct, place = np.unique(days, return_inverse=True)
        return cls(place, Resamples(len(distinct), seed))

    def estimate(self, of: Callable[[Floats], float]) -> Estimate:
        """A statistic of papers' weights (n,): how often their day was drawn."""
        return self.draws.statistic(lambda counts: of(counts[self.place]))


def ranked(scores: Floats, positive: NDArray[np.bool_]) -> Callable[[Floats], float]:
    """Weighted average precision of papers in the order of ``scores``, ties by their order."""
    order = np.argsort(-scores, kind="stable")
    hits = np.flatnonzero(positive[order])

    def average_precision(weights: Floats) -> float:
        drawn = weights[order]
        of_hits = drawn[hits]
        total = of_hits.sum()
        if not total:
            return float("nan")
        seen = np.cumsum(drawn)[hits]
        found = np.cumsum(of_hits)
        return float((of_hits * np.divide(found, seen, out=np.zeros_like(seen), where=seen > 0)).sum() / total)

    return average_precision


def separated(scores: Floats, positive: NDArray[np.bool_]) -> Callable[[Floats], float]:
    """Weighted AUC: Σ over pairs of a positive and a negative in the right order; equal scores in paper order."""
    order = np.argsort(-scores, kind="stable")
    hit = positive[order]

    def auc(weights: Floats) -> float:
        drawn = weights[order]
        below = np.cumsum(np.where(hit, 0.0, drawn))
        pairs = below[-1] * drawn[hit].sum()
        return float(1.0 - (drawn * below)[hit].sum() / pairs) if pairs else float("nan")

    return auc
