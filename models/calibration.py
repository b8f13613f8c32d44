"""Scores of different users → probabilities that the user chooses the paper.

With score ``s``, its (weighted) standard deviation ``σ_s`` over the rows of the fit, ``z = s/σ_s``, and
``L = ln(1 + n)`` for a user of ``n`` labels,

    P(chosen) = 1 / (1 + exp(−[(α + β L) z + γ + δ L + u])),   α ≥ 0, β ≥ 0

so it rises with the score for every number of labels, and a user with many labels may have steeper probabilities. ``u``
is the user's own intercept (``models.intercepts``), fitted once the rest is.
Minimised is the weighted log loss plus ``½((α − 1)² + β² + δ²)``; ``γ`` is free but for Platt's smoothed targets,
``(n₁ + 1)/(n₁ + 2)`` for chosen and ``1/(n₀ + 2)`` for not (weighted counts), which keep it finite where all rows
are of one kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from features.errors import InvalidValue
from models.intercepts import UserIntercepts

Floats = NDArray[np.float64]
Flat = np.ndarray[tuple[int], np.dtype[np.float64]]

_CERTAIN = float(np.log(1e6 - 1))
"""Log-odds are cut here: no probability is below one in a million, nor above its opposite."""


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A fitted calibration, immutable. ``weights`` are (α, β, γ, δ), ``scale`` is σ_s, ``users`` are the u."""

    weights: tuple[float, float, float, float]
    scale: float
    users: UserIntercepts = field(default_factory=UserIntercepts.none)

    @classmethod
    def fit(
        cls, scores: ArrayLike, chosen: ArrayLike, n_labels: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from ranked papers: scores (n,), chosen 0/1 (n,), the user's number of labels (n,).

        ``sample_weight`` (n,) makes up for rows that were drawn. No rows at all give σ(score); raises InvalidValue
        for rows that are not finite or not of one length.
        """
        rows = [np.asarray(values, dtype=np.float64).ravel() for values in (scores, chosen, n_labels)]
        weight = np.ones(len(rows[0])) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        if len({len(values) for values in (*rows, weight)}) != 1 or not np.isfinite(rows).all():
            raise InvalidValue("scores", [len(values) for values in rows], "finite rows of one length")
        scale = _spread(rows[0], weight)
        logs = np.log1p(rows[2])
        inputs = np.column_stack([rows[0] / scale, rows[0] / scale * logs, np.ones(len(logs)), logs])
        return cls(_solved(inputs, rows[1] > 0, weight), scale)

    def with_users(
        self, scores: ArrayLike, chosen: NDArray[np.bool_], n_labels: ArrayLike, users: NDArray[np.str_]
    ) -> Self:
        """The same with an intercept for each of ``users``, the keys (n,) of the rows it is learned from."""
        common = replace(self, users=UserIntercepts.none())
        return replace(self, users=UserIntercepts.fit(users, chosen, common.probability(scores, n_labels)))

    def probability(
        self, scores: ArrayLike, n_labels: ArrayLike, users: NDArray[np.str_] | str | None = None
    ) -> Floats:
        """P(chosen), float64 of the shape ``scores`` and ``n_labels`` broadcast to; rises with the score.

        ``users`` are the rows' user keys, or one key for all; without, it is that of a user nobody knows.
        """
        own = 0.0 if users is None else self.users.of(np.atleast_1d(np.asarray(users, dtype=np.str_)))
        alpha, beta, gamma, delta = self.weights
        logs = np.log1p(np.asarray(n_labels, dtype=np.float64))
        odds = (alpha + beta * logs) * np.asarray(scores, dtype=np.float64) / self.scale + gamma + delta * logs + own
        return np.asarray(expit(np.clip(odds, -_CERTAIN, _CERTAIN)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays, for ``.npy`` files."""
        return {"weights": np.array(self.weights), "scale": np.array([self.scale]), **self.users.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        alpha, beta, gamma, delta = (float(weight) for weight in arrays["weights"])
        return cls((alpha, beta, gamma, delta), float(arrays["scale"][0]), UserIntercepts.from_arrays(arrays))


def _spread(scores: Floats, weight: Floats) -> float:
    """Weighted standard deviation, 1 where there is none."""
    if not weight.sum() > 0:
        return 1.0
    mean = np.average(scores, weights=weight)
    spread = float(np.sqrt(np.average((scores - mean) ** 2, weights=weight)))
    return spread if spread > 1e-12 else 1.0


def _solved(inputs: Floats, chosen: NDArray[np.bool_], weight: Floats) -> tuple[float, float, float, float]:
    from scipy.optimize import minimize  # noqa: PLC0415  # only who fits waits for it

    n_chosen, n_other = weight[chosen].sum(), weight[~chosen].sum()
    targets = np.where(chosen, (n_chosen + 1) / (n_chosen + 2), 1 / (n_other + 2))
    centre, penalty = np.array([1.0, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 1.0])

    def loss(flat: Flat) -> tuple[float, Flat]:
        odds = inputs @ flat
        away = flat - centre
        value = weight @ (np.logaddexp(0, odds) - targets * odds) + 0.5 * (penalty * away) @ away
        slope = inputs.T @ (weight * (expit(odds) - targets)) + penalty * away
        total = 1.0 + n_chosen + n_other
        return float(value / total), slope / total

    start = np.array([1.0, 0.0, np.log((n_chosen + 1) / (n_other + 1)), 0.0])
    bounds = [(0.0, None), (0.0, None), (None, None), (None, None)]
    alpha, beta, gamma, delta = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "gtol": 1e-9, "ftol": 1e-14}
    ).x.tolist()
    return alpha, beta, gamma, delta
