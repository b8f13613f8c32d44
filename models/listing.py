"""What the papers of a day say of themselves: authors, categories, votes so far, and age."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper, midnight
from models.authorship import AuthorRows
from models.categories import CategoryRows

_ARXIV_NUMBER = re.compile(r"(\d\d)(\d\d)\.\d{4,5}")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Listing:
    """What the papers say themselves: ``popularity`` and ``recency`` (n,) are the features of these names."""

    authors: AuthorRows
    categories: CategoryRows
    popularity: Floats
    recency: Floats

    @classmethod
    def of(cls, papers: Sequence[Paper], day: date, votes: NDArray[np.int64]) -> "Listing":
        """Of the papers listed on ``day`` with ``votes`` (n,); negative votes count as none."""
        ages = np.array([_age_days(paper, day) for paper in papers])
        popularity = np.log1p(np.maximum(votes.astype(np.float64), 0.0))
        return cls(AuthorRows.of(papers), CategoryRows.of(papers), popularity, -np.log1p(ages))


def _age_days(paper: Paper, day: date) -> float:
    """Days from the paper's date to ``day``, not below 0; 0 where nothing is known.

    Without a date of publication an arXiv number tells the month, whose last day counts.
    """
    published = paper.published_at or _end_of_month(paper.id)
    return 0.0 if published is None else max(0.0, (midnight(day) - published).total_seconds() / 86_400)


def _end_of_month(paper_id: str) -> datetime | None:
    number = _ARXIV_NUMBER.fullmatch(paper_id)
    if number is None or not 1 <= int(number[2]) <= 12:
        return None
    year, month = divmod((2000 + int(number[1])) * 12 + int(number[2]), 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
