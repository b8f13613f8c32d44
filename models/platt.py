"""Platt's scaling of many score columns at once, drawn towards leaving the scores as they are.

Per column, with scores ``z_i`` and outcomes ``y_i ∈ {0, 1}``, minimise over ``a > 0`` and ``c``

    −Σ_i [ y_i ln p_i + (1 − y_i) ln(1 − p_i) ] + ½ ((ln a)² + c²),   p_i = σ(a z_i + c)

A column without a positive among the rows is therefore moved little, and none ever changes its order. (Platt 1999;
the prior in place of his smoothed targets.)
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Flat = np.ndarray[tuple[int], np.dtype[np.float64]]


def fit_platt(scores: Floats, outcomes: NDArray[Any]) -> tuple[Floats, Floats]:
    """Slopes ``a`` and shifts ``c``, each float64 (k,), from scores (n, k) and 0/1 outcomes (n, k)."""
    from scipy.optimize import minimize  # noqa: PLC0415  # only who fits waits for it

    n_columns = scores.shape[1]

    def loss(flat: Flat) -> tuple[float, Flat]:
        log_slope, shift = flat.reshape(2, n_columns)
        scaled = np.exp(log_slope) * scores
        odds = scaled + shift
        value = (np.logaddexp(0, odds) - outcomes * odds).sum() + 0.5 * (flat @ flat)
        error = expit(odds) - outcomes
        return float(value), np.concatenate([(error * scaled).sum(axis=0), error.sum(axis=0)]) + flat

    found = minimize(loss, np.zeros(2 * n_columns), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    log_slope, shift = found.x.reshape(2, n_columns)
    return np.exp(log_slope), shift
