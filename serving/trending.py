"""Which of a day's papers the community likes: by its votes, and by prediction while it has not voted yet."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from features.domain import Paper, midnight
from features.moment import DayMoment
from models.trending import WITHIN_DAYS, TrendModel, TrendRows

_DECIMALS = 6
"""Scores are rounded before they order anything, as everywhere."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A paper's ``votes``, None without any, or else its ``probability`` of coming on the page, None if not asked."""

    paper: Paper
    votes: int | None
    probability: float | None

    @property
    def predicted(self) -> bool:
        """Whether its place comes from the model."""
        return self.probability is not None


def trends_of(day: DayMoment, model: TrendModel | None) -> list[Trend]:
    """All papers of the day: those with votes, most first; those predicted, most probable first; the rest; ties by id.

    A prediction is made for papers without votes until :data:`models.trending.WITHIN_DAYS` days have gone by; after
    that, to have none is the answer.
    """
    probabilities = _probabilities(day, model)
    found = [
        Trend(paper, votes, None) if votes else Trend(paper, None, probability)
        for paper, votes, probability in zip(day.papers, day.votes.tolist(), probabilities, strict=True)
    ]
    return sorted(found, key=lambda trend: (-(trend.votes or 0), -_or_less(trend.probability), trend.paper.id))


def _or_less(probability: float | None) -> float:
    return -1.0 if probability is None else probability


def _probabilities(day: DayMoment, model: TrendModel | None) -> list[float | None]:
    n = len(day.papers)
    over = midnight(day.day) + timedelta(days=WITHIN_DAYS + 1)
    if model is None or day.vectors is None or day.cut.at >= over:
        return [None] * n
    first_days = np.full(n, np.datetime64(day.day))
    rows = TrendRows(day.papers, first_days, day.vectors, day.terms)
    return list(np.round(model.probabilities(rows), _DECIMALS).tolist())
