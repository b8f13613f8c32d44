"""What the community likes: by votes, of which older ones weigh less, and by prediction while it has not voted yet.

A paper's heat is the sum over its votes of 2^(−a / H), a the age of a vote and H = :data:`HALF_LIFE_DAYS`. Votes come
from two sides and are reported apart: the count of a community page, all of it dated to the paper's first day, for such
a page is read on the day itself; and the votes of Broadsheet's own readers, each dated to when it was cast. Whatever
the moment that ages are counted from, the order is the same, so a list does not change by waiting alone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from features.domain import Paper, midnight
from features.moment import DayMoment
from models.trending import WITHIN_DAYS, TrendModel, TrendRows

HALF_LIFE_DAYS = 2.0
_DECIMALS = 6
"""Scores are rounded before they order anything, as everywhere."""
_ONE_DAY = timedelta(days=1)
_NOBODY: Mapping[str, Sequence[datetime]] = {}


@dataclass(frozen=True, slots=True)
class Trend:
    """A paper's votes or, without any, its ``probability`` of coming on the page, None if not asked.

    ``votes`` are the community page's, None without any; ``reader_votes`` count our own readers. ``order`` is log₂ of
    the heat as of 1970, and −∞ without votes; ``heat`` is as of the list's own moment.
    """

    paper: Paper
    votes: int | None
    probability: float | None
    reader_votes: int = 0
    order: float = -math.inf
    heat: float = 0.0

    @property
    def predicted(self) -> bool:
        """Whether its place comes from the model."""
        return self.probability is not None

    @property
    def n_votes(self) -> int | None:
        """Of both sides together; None without any."""
        return (self.votes or 0) + self.reader_votes or None


def trends_of(
    day: DayMoment, model: TrendModel | None, cast_at: Mapping[str, Sequence[datetime]] = _NOBODY
) -> list[Trend]:
    """All papers of the day, as :func:`in_order` puts them; ``cast_at`` are the readers' votes by paper.

    A prediction is made for papers without votes until :data:`models.trending.WITHIN_DAYS` days have gone by; after
    that, to have none is the answer.
    """
    probabilities = _probabilities(day, model)
    return in_order(
        _trend(day, paper, votes, cast_at.get(paper.id, ()), probability)
        for paper, votes, probability in zip(day.papers, day.votes.tolist(), probabilities, strict=True)
    )


def in_order(trends: Iterable[Trend]) -> list[Trend]:
    """Those with votes, the hottest first; those predicted, the most probable first; the rest; ties by id."""
    return sorted(trends, key=lambda trend: (-trend.order, -_or_less(trend.probability), trend.paper.id))


def _trend(day: DayMoment, paper: Paper, votes: int, cast_at: Sequence[datetime], probability: float | None) -> Trend:
    if not votes and not cast_at:
        return Trend(paper, None, probability)
    first = midnight(day.day)
    ages = [(math.log2(votes), first)] if votes else []
    ages += [(0.0, max(at, first)) for at in cast_at]
    order = round(_log2_sum([weight + _half_lives(at) for weight, at in ages]), _DECIMALS)
    heat = round(2.0 ** (order - _half_lives(max(day.cut.at, first))), _DECIMALS)
    return Trend(paper, votes or None, None, len(cast_at), order, heat)


def _half_lives(at: datetime) -> float:
    """The instant in half-lives since 1970."""
    return at.timestamp() / _ONE_DAY.total_seconds() / HALF_LIFE_DAYS


def _log2_sum(logs: Sequence[float]) -> float:
    """log₂ Σ 2^x without overflow."""
    largest = max(logs)
    return largest + math.log2(math.fsum(2.0 ** (each - largest) for each in logs))


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
