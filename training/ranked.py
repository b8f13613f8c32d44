"""One period of a replay: everybody who chose something on its days, ranked by all contenders and baselines.

A process that does nothing else is spared pandas, which is a third of what such a process takes and is asked for by
nothing in here (:func:`training.replay.replay`).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidValue
from features.moment import DayMoment, UserMoment
from features.slate_request import SlateRequest
from models.baselines import Baseline
from models.baselines.recipes import baselines
from models.model import Model
from models.recommend import Policy, Slate, rank, recommend
from training import metrics
from training.memory import give_back, own_peak_mb
from training.periods import Period


@dataclass(frozen=True, slots=True)
class Extent:
    """What a replay does beside ranking by the contenders.

    ``compared``: baselines rank too, which takes most of the time. ``keep_slates``: the product's slates are made.
    """

    compared: bool = True
    keep_slates: bool = False


WHOLE = Extent()


@dataclass(slots=True)
class Part:
    """What one period gave, in order of (day, user)."""

    rows: list[tuple[object, ...]]
    predictions: list[dict[str, NDArray[np.generic]]]
    others: list[dict[str, NDArray[np.generic]]]
    slates: list[Slate]
    peak_mb: float = 0.0


def ranked_period(period: Period, seed: int, extent: Extent) -> Part:
    """All rankings of a period, measured."""
    part = Part([], [], [], [])
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
