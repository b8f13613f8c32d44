"""Temporal replay: rank every past day with what was known at its start, through ``models.recommend`` alone.

The classifier of a user is the one of the period's refit, its labels those known then; what is hidden is as of the
day. With a refit every day a slate here is the slate the API gives for (user, day) as of that day's first instant.
Periods share nothing, so they run in processes of their own, and the result does not depend on how many.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InvalidValue
from features.moment import DayMoment, UserMoment
from features.settings import LabelSettings
from features.slate_request import SlateRequest
from models.baselines import Baseline
from models.baselines.recipes import baselines
from models.model import Model
from models.recommend import Policy, Slate, rank, recommend
from models.shards import SERIAL, Shards
from training import metrics
from training.history import History
from training.memory import Peaks, give_back, own_peak_mb, restarted_peak_mb
from training.periods import Contender, Period, answers_of, periods_of

METRICS = ("ndcg_at_10", "recall_at_10", "mrr", "auc", "average_precision", "intra_list_distance_at_10")


@dataclass(frozen=True, slots=True)
class Predictions:
    """The product's scores, one row a ranked paper.

    ``user_days`` int64 numbers the user-days from 0, ``users`` their users, ``ranks`` count from 1, ``rates`` are the
    user's past share of chosen papers.
    """

    user_days: NDArray[np.int64]
    users: NDArray[np.str_]
    days: NDArray[np.datetime64]
    scores: NDArray[np.float64]
    chosen: NDArray[np.bool_]
    n_labels: NDArray[np.int64]
    ranks: NDArray[np.int64]
    rates: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> "Predictions":
        """Some of the rows."""
        return Predictions(*(getattr(self, column.name)[kept] for column in fields(self)))


@dataclass(frozen=True, slots=True)
class Extent:
    """What a replay does beside ranking by the contenders.

    ``compared``: baselines rank too, which takes most of the time. ``keep_slates``: the product's slates are made.
    """

    compared: bool = True
    keep_slates: bool = False


WHOLE = Extent()


@dataclass(frozen=True, slots=True)
class Replay:
    """What was measured.

    ``table`` has one row a user-day and method: day, user_key, method, n_labels, n_papers, n_chosen and
    :data:`METRICS` and ``seconds``, what the ranking took without its reasons. ``slates`` are the product's, where they
    were asked for; ``champion`` are the champion's predictions, empty without one. ``peaks`` is the memory it took.
    """

    table: pd.DataFrame
    predictions: Predictions
    slates: tuple[Slate, ...] = ()
    champion: Predictions | None = None
    peaks: Peaks = field(default_factory=Peaks)


def replay(
    history: History,
    contenders: Sequence[Contender],
    labels: LabelSettings,
    *,
    seed: int,
    shards: Shards = SERIAL,
    extent: Extent = WHOLE,
) -> Replay:
    """Rank all days of the split for everybody who chose something that day, by every contender and baseline.

    The first contender is the product; predictions and slates are its own.
    """
    answers = answers_of(history, labels)
    with TemporaryDirectory(prefix="broadsheet-replay-") as folder:
        scratch = None if shards.at_once else Path(folder)
        periods = periods_of(history, contenders, answers, labels, compared=extent.compared, scratch=scratch)
        give_back()  # what counting the texts took
        before = restarted_peak_mb()
        # A period holds its past in memory, so they are built one by one, as workers become free.
        ranked = shards.run(partial(_ranked_period, seed=seed, extent=extent), map(_made, periods), waiting=0)
        parts = list(ranked)
        shards.close()
    worker = max((part.peak_mb for part in parts), default=0.0)
    return _joined(parts, Peaks(before, restarted_peak_mb(), worker))


def _made(period: Period) -> Period:
    give_back()  # what making it took
    return period


@dataclass(slots=True)
class _Part:
    """What one period gave, in order of (day, user)."""

    rows: list[tuple[object, ...]]
    predictions: list[dict[str, NDArray[np.generic]]]
    others: list[dict[str, NDArray[np.generic]]]
    slates: list[Slate]
    peak_mb: float = 0.0


def _ranked_period(period: Period, seed: int, extent: Extent) -> _Part:
    part = _Part([], [], [], [])
    give_back()  # of the period before
    past = None if period.past is None else period.past.past(seed)
    fitted = [] if past is None else [baseline.fit(past) for baseline in baselines(seed)]
    give_back()  # what choosing their terms took
    for (day, key), chosen in sorted(period.answers.items()):
        hidden = period.hidden[day, key]
        for place, (name, policy, moment, user) in enumerate(_policies(period, fitted, day, key)):
            reader, request = replace(user, hidden=hidden), _request(policy, moment, user, seed)
            began = time.perf_counter()
            ranked = rank(moment, reader, policy, request)
            seconds = time.perf_counter() - began
            hits = np.array([moment.papers[row].id in chosen for row in ranked.order.tolist()], dtype=np.bool_)
            if not hits.any():
                break  # all that was chosen had been hidden; the same for every method
            n_labels, scores = len(user.relevance.examples), ranked.scores[ranked.order]
            measured = (*_measured(hits, scores), metrics.intra_list_distance(_first(period, day, ranked.order)))
            part.rows.append((day, key, name, n_labels, len(hits), int(hits.sum()), *measured, seconds))
            if place < len(period.contenders):
                found = _predicted(day, key, scores, hits, n_labels, period.rates[key])
                (part.others if place else part.predictions).append(found)
            if extent.keep_slates and not place and isinstance(policy, Model):
                part.slates.append(recommend(moment, reader, policy, request))
    part.peak_mb = own_peak_mb()
    return part


def _policies(
    period: Period, fitted: Sequence[Baseline], day: date, key: str
) -> Iterator[tuple[str, Policy, DayMoment, UserMoment]]:
    """All that rank, each with the day and the user as it sees them: contenders first, then baselines."""
    for each in period.contenders:
        yield each.name, each.model, each.days[day], each.users[key]
    product = period.contenders[0]
    for baseline in fitted:
        yield baseline.name, baseline, product.days[day], product.users[key]


def _request(policy: Policy, day: DayMoment, user: UserMoment, seed: int) -> SlateRequest:
    version = str(getattr(policy, "version", getattr(policy, "name", "")))
    return SlateRequest(user.user_id, day.day, day.cut.at, version, seed)


def _first(period: Period, day: date, order: NDArray[np.intp]) -> NDArray[np.float32]:
    """Vectors (≤ 10, d) of the first ten: the product's for every method, so that their distances compare."""
    moment = period.contenders[0].days[day]
    if moment.vectors is None:
        raise InvalidValue("vectors", None, "the day was built without the product's encoder")
    first: NDArray[np.float32] = moment.vectors[order[:10]]
    return first


def _measured(hits: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float, ...]:
    """:data:`METRICS` of one ranking, but for the last."""
    return (
        metrics.ndcg_at(hits, 10),
        metrics.recall_at(hits, 10),
        metrics.reciprocal_rank(hits),
        metrics.auc(scores, hits),
        metrics.average_precision(hits),
    )


def _predicted(
    day: date, key: str, scores: NDArray[np.float64], hits: NDArray[np.bool_], n_labels: int, rate: float
) -> dict[str, NDArray[np.generic]]:
    n = len(scores)
    return {
        "users": np.full(n, key),
        "days": np.full(n, np.datetime64(day)),
        "scores": scores,
        "chosen": hits,
        "n_labels": np.full(n, n_labels, dtype=np.int64),
        "ranks": np.arange(1, n + 1, dtype=np.int64),
        "rates": np.full(n, rate),
    }


_EMPTY: Mapping[str, NDArray[np.generic]] = {
    "users": np.zeros(0, dtype=np.str_),
    "days": np.zeros(0, dtype="datetime64[D]"),
    "scores": np.zeros(0),
    "chosen": np.zeros(0, dtype=np.bool_),
    "n_labels": np.zeros(0, dtype=np.int64),
    "ranks": np.zeros(0, dtype=np.int64),
    "rates": np.zeros(0),
}


def _joined(parts: Sequence[_Part], peaks: Peaks) -> Replay:
    names = ["day", "user_key", "method", "n_labels", "n_papers", "n_chosen", *METRICS, "seconds"]
    return Replay(
        pd.DataFrame([row for part in parts for row in part.rows], columns=names),
        _stacked([block for part in parts for block in part.predictions]),
        tuple(slate for part in parts for slate in part.slates),
        _stacked([block for part in parts for block in part.others]),
        peaks,
    )


def _stacked(blocks: Sequence[Mapping[str, NDArray[np.generic]]]) -> Predictions:
    columns = {name: np.concatenate([empty, *(block[name] for block in blocks)]) for name, empty in _EMPTY.items()}
    numbers = np.repeat(np.arange(len(blocks)), [len(block["scores"]) for block in blocks])
    return Predictions(user_days=numbers.astype(np.int64), **columns)
