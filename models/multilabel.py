"""Logistic regression of many binary labels over the same rows, fitted as one problem.

With rows ``x_i`` (n, d), labels ``y_ik ∈ {0, 1}``, ``p_ik = σ(x_i·w_k + b_k)``, minimise over all ``w_k``, ``b_k``

    −Σ_i Σ_k [ y_ik ln p_ik + (1 − y_ik) ln(1 − p_ik) ] + λ/2 Σ_k ‖w_k‖²

The sum separates by label, so each column is the solution of scikit-learn's ``LogisticRegression(C=1/λ)``; solved
together, each step is two matrix products. The second derivative of every column is bounded by
``A = XᵀX/4 + λI`` (Böhning and Lindsay 1988); L-BFGS runs in coordinates where that bound is the identity.

:func:`fit_sparse` minimises the same loss for rows of many sparse columns, with log-odds ``o_ik + x_i·w_k + b_k`` whose
first part is given, in plain coordinates.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy import sparse

from models.descent import descend

Floats = NDArray[np.float64]
Flat = np.ndarray[tuple[int], np.dtype[np.float64]]
_STEPS_REMEMBERED = 5
"""Of a fit of sparse rows: each is two rows as long as all weights."""

_INTERCEPT_PENALTY = 1e-6
"""Keeps the intercept's block of the bound positive where the rows are all zero."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Of a fit of sparse rows: its ``steps``, and the ``threads`` that share each, which change no bit."""

    steps: int = 30
    threads: int = 1


DEFAULT_EFFORT = Effort()


@dataclass(frozen=True, slots=True)
class MultilabelLogistic:
    """A fitted model: ``coef`` float64 (k, d), ``intercept`` float64 (k,)."""

    coef: Floats
    intercept: Floats

    def log_odds(self, X: NDArray[np.floating[Any]]) -> Floats:
        """float64 (n, k)."""
        return np.asarray(np.asarray(X, dtype=np.float64) @ self.coef.T + self.intercept)


def fit_multilabel(
    X: NDArray[np.floating[Any]],
    Y: NDArray[np.int8],
    regularization: float,
    *,
    start: MultilabelLogistic | None = None,
    tol: float = 3e-6,
    max_iter: int = 200,
) -> MultilabelLogistic:
    """Minimise the loss above for rows ``X`` (n, d) and the 0/1 indicator ``Y`` (n, k).

    A label that every row has, or none, gets no weights and the intercept of its smoothed share,
    ``ln((n₁ + ½) / (n₀ + ½))``. ``tol`` is the largest gradient of the mean loss, in the whitened coordinates, at
    which it stops; ``start`` is a solution to go on from. Products run in the precision of ``X``.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  # only who fits waits for it

    n_with = Y.sum(axis=0, dtype=np.float64)
    intercept = np.log((n_with + 0.5) / (len(Y) - n_with + 0.5))
    coef = np.zeros((Y.shape[1], X.shape[1]))
    varied = np.flatnonzero((n_with > 0) & (n_with < len(Y)))
    if len(varied):
        before = start or MultilabelLogistic(coef, intercept)
        guess = np.vstack([before.coef[varied].T, before.intercept[varied]])
        loss, root = _whitened(X, Y[:, varied], regularization)
        found = minimize(
            loss,
            (root @ guess).ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": max_iter, "gtol": tol, "ftol": tol * 1e-3},
        )
        solution = scipy.linalg.solve_triangular(root, found.x.reshape(guess.shape))
        coef[varied], intercept[varied] = solution[:-1].T, solution[-1]
    return MultilabelLogistic(coef, intercept)


def _whitened(
    X: NDArray[np.floating[Any]], Y: NDArray[np.int8], regularization: float
) -> tuple[Callable[[Flat], tuple[float, Flat]], Floats]:
    """The mean loss and its gradient at ``R·W`` flattened, and R with ``RᵀR`` the bound of the second derivative."""
    n, d = X.shape
    rows = np.hstack([X, np.ones((n, 1), dtype=X.dtype)])
    wanted = Y.astype(X.dtype)
    penalty = np.append(np.full(d, regularization), _INTERCEPT_PENALTY)[:, None]
    root: Floats = scipy.linalg.cholesky((rows.T @ rows).astype(np.float64) / 4 + np.diag(penalty.ravel()))

    def loss(flat: Flat) -> tuple[float, Flat]:
        weights = scipy.linalg.solve_triangular(root, flat.reshape(d + 1, -1))
        scores = rows @ weights.astype(X.dtype)
        small = np.exp(-np.abs(scores))  # numpy's exp and log1p are vectorised; logaddexp and expit are not
        losses = np.maximum(scores, 0) + np.log1p(small) - wanted * scores
        value = losses.sum(dtype=np.float64) + 0.5 * (penalty * weights**2).sum()
        errors = np.where(scores >= 0, 1, small) / (1 + small) - wanted
        slope = (rows.T @ errors).astype(np.float64) + penalty * weights
        return float(value) / n, scipy.linalg.solve_triangular(root, slope, trans="T").ravel() / n

    return loss, root


def fit_sparse(
    X: sparse.csr_array,
    Y: NDArray[np.int8],
    offsets: NDArray[np.floating[Any]],
    regularization: float,
    *,
    start: MultilabelLogistic | None = None,
    effort: Effort = DEFAULT_EFFORT,
) -> MultilabelLogistic:
    """Minimise the loss for CSR rows ``X`` (n, d), the 0/1 indicator ``Y`` (n, k) and given log-odds (n, k).

    By default it stops long before the minimum: that is part of the penalty. ``coef`` is float32. A column without
    entries keeps the weights of ``start``, or none.
    """
    shape = (Y.shape[1], X.shape[1])
    coef: NDArray[Any] = np.zeros(shape, dtype=np.float32) if start is None else start.coef.astype(np.float32)
    intercept = np.zeros(Y.shape[1]) if start is None else start.intercept
    if not Y.size:
        return MultilabelLogistic(coef, intercept)
    used = np.flatnonzero(np.bincount(X.indices, minlength=X.shape[1]))
    rows = sparse.csr_array(X if len(used) == X.shape[1] else X[:, used]).astype(np.float32, copy=False)
    del X  # held no longer, it makes room for what the descent remembers
    guess = np.vstack([coef[:, used].T.astype(np.float64), intercept])
    with ThreadPoolExecutor(effort.threads) as pool:
        loss = _sparse_loss(rows, Y, offsets, regularization, _Shared(pool, effort.threads))
        solution = descend(loss, guess.ravel(), effort.steps, _STEPS_REMEMBERED).reshape(guess.shape)
    coef[:, used] = solution[:-1].T
    return MultilabelLogistic(coef, solution[-1])


@dataclass(frozen=True, slots=True)
class _Shared:
    """Products with sparse rows by several threads: each has rows of its own, so that no bit depends on how many."""

    pool: ThreadPoolExecutor
    threads: int

    def parts(self, rows: sparse.csr_array) -> list[tuple[slice, sparse.csr_array]]:
        """Runs of ``rows`` (n, d) with about as many entries each; they are views, as a slice would copy them."""
        ends = np.searchsorted(rows.indptr, np.linspace(0, rows.nnz, self.threads + 1)[1:-1]).tolist()
        return [(slice(start, end), _run(rows, start, end)) for start, end in pairwise([0, *ends, rows.shape[0]])]

    def add(self, parts: list[tuple[slice, sparse.csr_array]], right: NDArray[np.float32], to: NDArray[Any]) -> None:
        """Add the product of all rows with ``right`` (d, k) to ``to`` (n, k)."""

        def product(part: tuple[slice, sparse.csr_array]) -> None:
            to[part[0]] += part[1] @ right

        list(self.pool.map(product, parts))


def _run(rows: sparse.csr_array, start: int, end: int) -> sparse.csr_array:
    low, high = rows.indptr[[start, end]].tolist()
    parts = (rows.data[low:high], rows.indices[low:high], rows.indptr[start : end + 1] - low)
    return sparse.csr_array(parts, shape=(end - start, rows.shape[1]))


def _sparse_loss(
    rows: sparse.csr_array,
    Y: NDArray[np.int8],
    offsets: NDArray[np.floating[Any]],
    regularization: float,
    shared: _Shared,
) -> Callable[[Flat], tuple[float, Flat]]:
    """The mean loss and its gradient at weights (d, k) above intercepts, flattened."""
    n, shape = len(Y), (rows.shape[1] + 1, Y.shape[1])
    given, wanted = offsets.astype(np.float32), Y.astype(np.float32)
    papers, terms = shared.parts(rows), shared.parts(rows.T.tocsr())

    def loss(flat: Flat) -> tuple[float, Flat]:
        weights = flat.reshape(shape)
        scores = given + weights[-1].astype(np.float32)
        shared.add(papers, weights[:-1].astype(np.float32), scores)
        small = np.exp(-np.abs(scores))
        losses = np.maximum(scores, 0) + np.log1p(small) - wanted * scores
        value = losses.sum(dtype=np.float64) + 0.5 * regularization * float(flat @ flat)
        errors = np.where(scores >= 0, 1, small) / (1 + small) - wanted
        slope = weights
        slope *= regularization  # what it is handed is made to be written on
        shared.add(terms, errors, slope)
        slope[-1] += errors.sum(axis=0)
        slope /= n
        return float(value) / n, flat

    return loss
