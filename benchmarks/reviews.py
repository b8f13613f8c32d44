"""Systematic reviews: records with the real yes and no of their screeners, and the measures of screening."""

import gzip
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from training import metrics


@dataclass(frozen=True, slots=True)
class Review:
    """``papers`` ascend by id, ``yes`` bool (n,) in their order; ``index`` is the review's place in the file."""

    name: str
    index: int
    papers: tuple[Paper, ...]
    yes: NDArray[np.bool_]

    @property
    def positives(self) -> frozenset[str]:
        """Ids of the records that were included."""
        return frozenset(self.papers[place].id for place in np.flatnonzero(self.yes).tolist())


def read_reviews(path: Path) -> list[Review]:
    """In the order of the file; a record without a title is called by its number."""
    rows: dict[str, list[tuple[Paper, bool]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            held = rows.setdefault(row["review"], [])
            number = f"{len(held):05d}"
            held.append(
                (Paper(f"r{number}", (row["title"] or "").strip() or number, row["abstract"] or ""), bool(row["label"]))
            )
    return [
        Review(name, index, tuple(paper for paper, _ in held), np.array([yes for _, yes in held], dtype=np.bool_))
        for index, (name, held) in enumerate(rows.items())
    ]


def wss_95(hits: NDArray[np.bool_]) -> float:
    """Work saved over sampling: ``(n − k)/n − .05``, k the rank at which ⌈.95 P⌉ of the P positives are found."""
    found = np.flatnonzero(hits)
    if not len(found):
        return float("nan")
    k = int(found[math.ceil(0.95 * len(found)) - 1]) + 1
    return (len(hits) - k) / len(hits) - 0.05


def recall_after(hits: NDArray[np.bool_], share: float) -> float:
    """Share of the positives among the first ``⌈share · n⌉``."""
    n_positives = int(hits.sum())
    return float(hits[: math.ceil(share * len(hits))].sum() / n_positives) if n_positives else float("nan")


def measures(hits: NDArray[np.bool_]) -> dict[str, float]:
    """Metric keys of one order in which records are read."""
    return {
        "average_precision": metrics.average_precision(hits),
        "wss_at_95": wss_95(hits),
        "recall_after_10_percent": recall_after(hits, 0.1),
    }
