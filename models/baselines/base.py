"""The protocol of a baseline, and what it may learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from features.domain import Cut, Paper
from features.encoders.words import Candidates
from features.moment import DayMoment, UserMoment

Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Past:
    """What was known at ``cut``: papers first listed before its day, and who chose or refused which.

    ``papers`` ascend by id; ``positives`` and ``negatives`` map a user id to paper ids. Ids that ``papers`` do not
    hold are passed over. ``seed`` draws whatever a recipe draws. ``candidates`` are the terms of the papers' titles,
    abstracts and authors, in their order, where somebody has counted them before; it changes no score.
    """

    papers: tuple[Paper, ...]
    positives: Mapping[str, tuple[str, ...]]
    negatives: Mapping[str, tuple[str, ...]]
    cut: Cut
    seed: int
    candidates: Candidates | None = None


@runtime_checkable
class Baseline(Protocol):
    """A recipe that ranks a day for a user."""

    @property
    def name(self) -> str:
        """What reports and slates call it."""

    def fit(self, past: Past) -> Self:
        """Learn from the past; what is needed for one user only is learnt when that user is first ranked."""

    def score(self, day: DayMoment, user: UserMoment) -> Scores:
        """float64 (n), one for each of ``day.papers``; larger is better, equal where the recipe has no opinion."""
