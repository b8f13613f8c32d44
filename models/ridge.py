"""Weighted ridge regression of many users who share most of their rows, in closed form, in float64.

User u has labelled rows i (vector x_i, target y_i in {−1, 1}, weight s_i); everybody shares m background rows j,
each of weight s_B and target −1. The user's classifier minimises, with the intercept b left unpenalised,

    Σ_i s_i (y_i − w·x_i − b)²  +  Σ_{j not labelled by u} s_B (−1 − w·x_j − b)²  +  λ‖w‖².

**Shared part.** With x' = x − μ, μ the background's mean, let A₀ = λI + s_B Σ_j x'_j x'_jᵀ = LLᵀ, once for everybody.
In centred coordinates the background alone adds nothing to the linear terms (Σ_j x'_j = 0).

**User's part.** Row k changes the problem by a net weight σ_k and a net linear term ρ_k: σ = s, ρ = s·y for a
labelled row; σ = s − s_B, ρ = s·y + s_B for one that is in the background too, which takes it out of there exactly
(σ may be negative). With whitened rows Z = X'L⁻ᵀ and K = ZZᵀ, the normal equations are

    (A₀ + X'ᵀdiag(σ)X') w + X'ᵀσ b = X'ᵀρ,        (X'ᵀσ)ᵀ w + S b = t,

S = W_B + Σσ and t = β W_B + Σρ, where W_B = m s_B and β is the background's target. By the push-through identity
(I + Zᵀdiag(σ)Z)⁻¹Zᵀ = Zᵀ(I + diag(σ)K)⁻¹, so an n × n solve with two right-hand sides gives everything:

    a = (I + diag(σ)K)⁻¹ρ,  g = (I + diag(σ)K)⁻¹σ,  b = (t − σᵀK a) / (S − σᵀK g),  w = L⁻ᵀZᵀ(a − b g).

For n > d the same d × d system (I + Zᵀdiag(σ)Z) v = Zᵀ[ρ σ] is solved instead. The intercept of uncentred rows is
b − w·μ.

**Same bits alone and in a batch.** Users of equal n are stacked, and NumPy hands each user's matrices to BLAS and
LAPACK one by one, so a user's numbers do not depend on who else is in the stack. Products over all rows run in blocks
of a fixed shape for the same reason: BLAS chooses its kernel by the shape of what it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

Floats = NDArray[np.float64]
_BLOCK_ROWS = 64
_STACK_VALUES = 2**22


@dataclass(frozen=True, slots=True)
class SharedGram:
    """What all users' problems share: μ (d,), L⁻ᵀ (d, d), s_B and W_B = m·s_B of the module's formulas."""

    centre: Floats
    whitening: Floats
    row_weight: float
    total_weight: float

    @classmethod
    def from_background(cls, X: NDArray[np.floating], total_weight: float, regularization: float) -> Self:
        """Factor A₀ of background rows ``X`` (m, d) that weigh ``total_weight`` together; λ is ``regularization``."""
        X = np.asarray(X, dtype=np.float64)
        centre = X.mean(axis=0)
        row_weight = total_weight / len(X)
        centred = X - centre
        gram = row_weight * (centred.T @ centred)
        gram[np.diag_indices_from(gram)] += regularization
        lower = cholesky(gram, lower=True)
        whitening = solve_triangular(lower, np.eye(len(gram)), lower=True).T
        return cls(centre, np.ascontiguousarray(whitening), row_weight, total_weight)

    @classmethod
    def without_background(cls, centre: Floats, regularization: float) -> Self:
        """No shared rows: A₀ = λI. ``centre`` (d,) changes nothing but rounding; the rows' mean is best."""
        whitening = np.eye(len(centre)) / np.sqrt(regularization)
        return cls(np.asarray(centre, dtype=np.float64), whitening, 0.0, 0.0)

    def whiten(self, X: NDArray[np.floating]) -> Floats:
        """Z = (X − μ)L⁻ᵀ, (n, d); each row's bits are the same whatever rows stand beside it."""
        return _in_blocks(np.asarray(X, dtype=np.float64) - self.centre, self.whitening)


@dataclass(frozen=True, slots=True)
class UserRows:
    """One user's change to the shared problem.

    ``rows`` int (n,) index the matrix given to :func:`solve`; ``sigma`` and ``rho`` (n,) are σ and ρ of the module's
    formulas; ``background_target`` is β: −1, or 0 where the fit is of residuals.
    """

    rows: NDArray[np.intp]
    sigma: Floats
    rho: Floats
    background_target: float = -1.0


def solve(shared: SharedGram, X: NDArray[np.floating], users: Sequence[UserRows]) -> tuple[Floats, Floats]:
    """All users' minimisers: coefficients (u, d) and intercepts (u,) for uncentred rows.

    ``X`` (p, d) holds every row that some user refers to. A user needs at least one row of positive weight, own or
    background.
    """
    whitened = shared.whiten(X)
    n_users, d = len(users), X.shape[1]
    inner, intercept = np.zeros((n_users, d)), np.zeros(n_users)
    for stack in _stacks_of_equal_size(users, d):
        chosen = [users[u] for u in stack]
        Z = whitened[np.stack([user.rows for user in chosen])]
        sigma, rho = np.stack([user.sigma for user in chosen]), np.stack([user.rho for user in chosen])
        weight = shared.total_weight + sigma.sum(axis=1)
        linear = np.array([user.background_target for user in chosen]) * shared.total_weight + rho.sum(axis=1)
        inner[stack], intercept[stack] = _solve_stack(Z, sigma, rho, (weight, linear))
    coef = _in_blocks(inner, np.ascontiguousarray(shared.whitening.T))
    return coef, intercept - np.einsum("ud,d->u", coef, shared.centre)


def _solve_stack(Z: Floats, sigma: Floats, rho: Floats, totals: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Whitened coefficients (k, d) and centred intercepts (k,) of k users with n rows each."""
    _, n, d = Z.shape
    weight, linear = totals
    right = np.stack([rho, sigma], axis=-1)
    if n <= d:
        kernel = Z @ Z.transpose(0, 2, 1)
        system = sigma[:, :, None] * kernel
        system[:, np.arange(n), np.arange(n)] += 1.0
        solved = np.linalg.solve(system, right).astype(np.float64, copy=False)
        back = (sigma[:, None, :] @ kernel) @ solved
        lift = Z
    else:
        system = Z.transpose(0, 2, 1) @ (sigma[:, :, None] * Z)
        system[:, np.arange(d), np.arange(d)] += 1.0
        moments = Z.transpose(0, 2, 1) @ right
        solved = np.linalg.solve(system, moments).astype(np.float64, copy=False)
        back = moments[:, :, 1][:, None, :] @ solved
        lift = None
    intercept = (linear - back[:, 0, 0]) / (weight - back[:, 0, 1])
    combined = solved[:, :, 0] - intercept[:, None] * solved[:, :, 1]
    return (combined if lift is None else (combined[:, None, :] @ lift)[:, 0, :]), intercept


def _stacks_of_equal_size(users: Sequence[UserRows], d: int) -> list[NDArray[np.intp]]:
    sizes = np.array([len(user.rows) for user in users], dtype=np.intp)
    stacks: list[NDArray[np.intp]] = []
    for size in np.unique(sizes):
        same = np.flatnonzero(sizes == size)
        most = max(1, _STACK_VALUES // (max(int(size), 1) * max(d, int(size))))
        stacks += [same[start : start + most] for start in range(0, len(same), most)]
    return stacks


def _in_blocks(X: Floats, matrix: Floats) -> Floats:
    """``X @ matrix`` in blocks of a fixed number of rows, the last one filled with zeros."""
    n, d = X.shape
    padded = np.zeros((n + -n % _BLOCK_ROWS, d))
    padded[:n] = X
    product: Floats = padded.reshape(-1, _BLOCK_ROWS, d) @ matrix
    return product.reshape(len(padded), matrix.shape[1])[:n]
