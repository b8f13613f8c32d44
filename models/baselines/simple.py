"""Baselines that need no text: chance, date, votes. All can rank without having been fitted."""

import hashlib
import re
from collections import Counter
from typing import Self

import numpy as np

from features.domain import Paper
from features.moment import DayMoment, UserMoment
from models.baselines.base import Past, Scores

_ARXIV_NUMBER = re.compile(r"(\d{4})\.(\d{4,5})")


class Random:
    """A number in [0, 1) per user, day and paper, from a hash of these and the seed."""

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, past: Past) -> Self:
        """Take over the seed of the past."""
        self.seed = past.seed
        return self

    def score(self, day: DayMoment, user: UserMoment) -> Scores:
        """float64 (n); a paper's does not depend on the papers beside it."""
        prefix = f"{self.seed}\x1f{user.user_id}\x1f{day.day.isoformat()}\x1f"
        return np.array([_uniform(prefix + paper.id) for paper in day.papers], dtype=np.float64)


class Recency:
    """Latest first: by publication time, and where that is unknown or equal by arXiv number (yymm, then counter)."""

    name = "recency"

    def fit(self, past: Past) -> Self:  # noqa: ARG002  # nothing to learn, but one protocol for all
        """Nothing."""
        return self

    def score(self, day: DayMoment, user: UserMoment) -> Scores:  # noqa: ARG002  # the same for everybody
        """float64 (n): how many distinct dates or numbers of the day are earlier."""
        keys = [_age_key(paper) for paper in day.papers]
        place = {key: number for number, key in enumerate(sorted(set(keys)))}
        return np.array([place[key] for key in keys], dtype=np.float64)


class Popularity:
    """Most votes first; of papers with as many, those of a category whose papers users chose more often.

    A new paper rarely has a vote, so the second key does most of the work: with ``c`` choices of the ``m`` past
    papers whose primary category is the paper's, it is ``r/(1 + r)`` with ``r = c/(m + 1)``, always under one vote.
    """

    name = "popularity"

    def __init__(self) -> None:
        self._share: dict[str, float] = {}

    def fit(self, past: Past) -> Self:
        """Count choices by primary category."""
        category = {paper.id: _primary(paper) for paper in past.papers}
        papers = Counter(category.values())
        chosen = Counter(category[paper] for ids in past.positives.values() for paper in ids if paper in category)
        rates = {name: chosen[name] / (n_papers + 1) for name, n_papers in papers.items()}
        self._share = {name: rate / (1 + rate) for name, rate in rates.items()}
        return self

    def score(self, day: DayMoment, user: UserMoment) -> Scores:  # noqa: ARG002  # the same for everybody
        """float64 (n): votes, plus the share of the category in [0, 1)."""
        shares = [self._share.get(_primary(paper), 0.0) for paper in day.papers]
        return np.asarray(day.votes, dtype=np.float64) + np.array(shares, dtype=np.float64)


def _uniform(key: str) -> float:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=6).digest()) / 2**48


def _age_key(paper: Paper) -> tuple[float, int, int]:
    number = _ARXIV_NUMBER.fullmatch(paper.id)
    published = paper.published_at.timestamp() if paper.published_at else float("-inf")
    return (published, int(number[1]), int(number[2])) if number else (published, 0, 0)


def _primary(paper: Paper) -> str:
    return paper.categories[0] if paper.categories else ""
