"""Probabilities from the replay: the calibrator a version ships with, and what it is worth on later days.

The probability is that of a user who looks at the day and chooses something of it: days without a choice are not
replayed, and nobody knows who looked at them. The report uses a calibrator fitted on the first half of the replayed
days and the days after it; the one that ships is fitted on all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibrator
from training import metrics
from training.bootstrap import ratio_interval
from training.replay import Predictions

LABEL_BUCKETS: Mapping[str, tuple[int, float]] = {
    "0": (0, 0),
    "1_2": (1, 2),
    "3_9": (3, 9),
    "10_up": (10, float("inf")),
}
"""Name → least and greatest number of labels."""

FIRST_RANKS = 20


@dataclass(frozen=True, slots=True)
class Calibration:
    """``users``, ``probabilities`` and ``chosen`` (n,) are of the later days, which the metrics are measured on."""

    shipped: Calibrator
    metrics: Mapping[str, float]
    users: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    chosen: NDArray[np.bool_]


def calibrate(predictions: Predictions) -> Calibration:
    """Fit on all days; measure on the later half with what the earlier half taught."""
    shipped = _fitted(predictions)
    days = np.unique(predictions.days)
    if len(days) < 2:
        return Calibration(shipped, {}, np.zeros(0, dtype=np.str_), np.zeros(0), np.zeros(0, dtype=np.bool_))
    before, after = _halves(predictions, days)
    later, earlier = predictions.where(after), _fitted(predictions.where(before))
    probabilities = earlier.probability(later.scores, later.n_labels, later.users)
    return Calibration(shipped, _measured(probabilities, later), later.users, probabilities, later.chosen)


def in_bucket(n_labels: NDArray[np.int64], bucket: str) -> NDArray[np.bool_]:
    """Which rows belong to a bucket of :data:`LABEL_BUCKETS`."""
    least, most = LABEL_BUCKETS[bucket]
    return np.asarray((n_labels >= least) & (n_labels <= most))


def _fitted(predictions: Predictions) -> Calibrator:
    """With the users' own intercepts where those of the first half of the days make the second half more likely."""
    common = _common(predictions)
    return _with_users(common, predictions) if _users_differ(predictions) else common


def _common(rows: Predictions) -> Calibrator:
    return Calibrator.fit(rows.scores, rows.chosen, rows.n_labels)


def _with_users(common: Calibrator, rows: Predictions) -> Calibrator:
    return common.with_users(rows.scores, rows.chosen, rows.n_labels, rows.users)


def _users_differ(predictions: Predictions) -> bool:
    days = np.unique(predictions.days)
    if len(days) < 2:
        return False
    before, after = (predictions.where(kept) for kept in _halves(predictions, days))
    common = _common(before)
    losses = [
        metrics.log_loss(one.probability(after.scores, after.n_labels, after.users), after.chosen)
        for one in (common, _with_users(common, before))
    ]
    return losses[1] < losses[0]


def _halves(rows: Predictions, days: NDArray[np.datetime64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    earlier = np.asarray(rows.days < days[len(days) // 2])
    return earlier, ~earlier


def _measured(probabilities: NDArray[np.float64], rows: Predictions) -> dict[str, float]:
    first = rows.ranks <= FIRST_RANKS
    found = {
        "brier": metrics.brier(probabilities, rows.chosen),
        "brier_skill": metrics.brier_skill(probabilities, rows.chosen, rows.rates),
        "calibration_slope": metrics.calibration_slope(probabilities, rows.chosen),
        "ece": metrics.expected_calibration_error(probabilities, rows.chosen),
        "expected_over_observed": metrics.expected_over_observed(probabilities, rows.chosen),
        "expected_over_observed_first_20": metrics.expected_over_observed(probabilities[first], rows.chosen[first]),
    }
    found["brier_skill_low"], found["brier_skill_high"] = _skill_interval(probabilities, rows)
    for bucket in LABEL_BUCKETS:
        kept = in_bucket(rows.n_labels, bucket)
        found[f"expected_over_observed_labels_{bucket}"] = metrics.expected_over_observed(
            probabilities[kept], rows.chosen[kept]
        )
    return found


def _skill_interval(probabilities: NDArray[np.float64], rows: Predictions) -> tuple[float, float]:
    """95 % interval of the Brier skill, users drawn as clusters: 1 − Σ (p − y)² / Σ (rate − y)² of each resample."""
    keys, users = np.unique(rows.users, return_inverse=True)
    ours, reference = (
        np.bincount(users, (forecast - rows.chosen) ** 2, minlength=len(keys)).astype(np.float64)
        for forecast in (probabilities, rows.rates)
    )
    loss = ratio_interval(ours, reference, seed=0)
    return 1 - loss.high, 1 - loss.low
