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

**Hard negatives.** A squared loss pays as much attention to a background paper far from a user's interests as to one
next to them. So it is solved twice: H, the h unlabelled background papers that the first solution scores highest (ties
by row), are added with weight v/h each and the background's target,

    … + Σ_{j ∈ H} (v/h) (−1 − w·x_j − b)²,

and the problem is solved again. docs/decisions/0010-squared-loss.md says what this gains.

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

from models.threads import one_blas_thread

Floats = NDArray[np.float64]
_BLOCK_ROWS = 64
_SCORED_BLOCK = 8
_SCORED_TOGETHER = 512
_STACK_VALUES = 2**22


@dataclass(frozen=True, slots=True)
class SharedGram:
    """What all users' problems share: μ (d,), L⁻ᵀ (d, d), s_B and W_B = m·s_B, whitened background rows (m, d)."""

    centre: Floats
    whitening: Floats
    row_weight: float
    total_weight: float
    background: Floats

    @classmethod
    @one_blas_thread()
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
        return cls.from_factors(X, centre, np.ascontiguousarray(whitening), total_weight)

    @classmethod
    @one_blas_thread()
    def from_factors(cls, X: NDArray[np.floating], centre: Floats, whitening: Floats, total_weight: float) -> Self:
        """The same from background rows whose μ and L⁻ᵀ are known."""
        background = _in_blocks(np.asarray(X, dtype=np.float64) - centre, whitening)
        return cls(centre, whitening, total_weight / len(X), total_weight, background)

    @classmethod
    def without_background(cls, centre: Floats, regularization: float) -> Self:
        """No shared rows: A₀ = λI. ``centre`` (d,) changes nothing but rounding; the rows' mean is best."""
        whitening = np.eye(len(centre)) / np.sqrt(regularization)
        nothing = np.zeros((0, len(centre)))
        return cls(np.asarray(centre, dtype=np.float64), whitening, 0.0, 0.0, nothing)

    def whiten(self, X: NDArray[np.floating]) -> Floats:
        """Z = (X − μ)L⁻ᵀ, (n, d); each row's bits are the same whatever rows stand beside it."""
        return _in_blocks(np.asarray(X, dtype=np.float64) - self.centre, self.whitening)


@dataclass(frozen=True, slots=True)
class UserRows:
    """One user's change to the shared problem.

    ``rows`` int (n,) index the matrix given to :func:`solve`; ``sigma`` and ``rho`` (n,) are σ and ρ of the module's
    formulas; ``background_target`` is β: −1, or 0 where the fit is of residuals. ``labelled`` int (k,) are the
    background rows that the user has labelled, none of which is a hard negative; None asks for no hard negatives.
    """

    rows: NDArray[np.intp]
    sigma: Floats
    rho: Floats
    background_target: float = -1.0
    labelled: NDArray[np.intp] | None = None


@dataclass(frozen=True, slots=True)
class HardNegatives:
    """h and v of the module's formula: how many background papers weigh ``weight`` more together."""

    size: int
    weight: float


@one_blas_thread()
def solve(
    shared: SharedGram, X: NDArray[np.floating], users: Sequence[UserRows], hard: HardNegatives | None = None
) -> tuple[Floats, Floats]:
    """All users' minimisers: coefficients (u, d) and intercepts (u,) for uncentred rows.

    ``X`` (p, d) holds every row that some user refers to. A user needs at least one row of positive weight, own or
    background. With ``hard``, users who say what they labelled are solved again with their hard negatives.
    """
    whitened = shared.whiten(X)
    inner, intercept = _solve_all(shared, whitened, users)
    again = [row for row, user in enumerate(users) if user.labelled is not None] if hard else []
    if hard and again and len(shared.background):
        chosen = [users[row] for row in again]
        found = hard_negatives(shared, inner[again], chosen, hard.size)
        used, places = np.unique(np.concatenate(found), return_inverse=True)
        ends = np.cumsum([len(rows) for rows in found])[:-1]
        harder = [
            _with_hard_negatives(user, len(whitened) + rows, hard.weight)
            for user, rows in zip(chosen, np.split(places, ends), strict=True)
        ]
        inner[again], intercept[again] = _solve_all(shared, np.concatenate([whitened, shared.background[used]]), harder)
    coef = _in_blocks(inner, shared.whitening.T, _SCORED_BLOCK)
    return coef, intercept - np.einsum("ud,d->u", coef, shared.centre)


def hard_negatives(shared: SharedGram, inner: Floats, users: Sequence[UserRows], size: int) -> list[NDArray[np.intp]]:
    """Per user the ``size`` unlabelled background rows that score highest by whitened ``inner`` (u, d), ascending."""
    found = []
    for start in range(0, len(users), _SCORED_TOGETHER):
        part = users[start : start + _SCORED_TOGETHER]
        scores = _in_blocks(inner[start : start + _SCORED_TOGETHER], shared.background.T, _SCORED_BLOCK)
        for user, own in zip(part, scores, strict=True):
            if user.labelled is not None:
                own[user.labelled] = -np.inf
            found.append(_highest(own, size))
    return found


def _highest(scores: Floats, size: int) -> NDArray[np.intp]:
    """The places of the ``size`` highest finite scores, ascending; of equal ones the first."""
    size = min(size, int(np.isfinite(scores).sum()))
    if size == 0:
        return np.zeros(0, dtype=np.intp)
    least = np.partition(scores, len(scores) - size)[len(scores) - size]
    above, equal = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
    return np.sort(np.concatenate([above, equal[: size - len(above)]]))


def _with_hard_negatives(user: UserRows, rows: NDArray[np.intp], weight: float) -> UserRows:
    each = np.full(len(rows), weight / max(len(rows), 1))
    return UserRows(
        np.concatenate([user.rows, rows]),
        np.concatenate([user.sigma, each]),
        np.concatenate([user.rho, each * user.background_target]),
        user.background_target,
    )


def _solve_all(shared: SharedGram, whitened: Floats, users: Sequence[UserRows]) -> tuple[Floats, Floats]:
    """Whitened coefficients (u, d) and intercepts (u,) of centred rows."""
    n_users, d = len(users), whitened.shape[1]
    inner, intercept = np.zeros((n_users, d)), np.zeros(n_users)
    for stack in _stacks_of_equal_size(users, d):
        chosen = [users[u] for u in stack]
        Z = whitened[np.stack([user.rows for user in chosen])]
        sigma, rho = np.stack([user.sigma for user in chosen]), np.stack([user.rho for user in chosen])
        weight = shared.total_weight + sigma.sum(axis=1)
        linear = np.array([user.background_target for user in chosen]) * shared.total_weight + rho.sum(axis=1)
        inner[stack], intercept[stack] = _solve_stack(Z, sigma, rho, (weight, linear))
    return inner, intercept


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


def _in_blocks(X: Floats, matrix: Floats, size: int = _BLOCK_ROWS) -> Floats:
    """``X @ matrix`` in blocks of ``size`` rows, the last one filled with zeros."""
    n, d = X.shape
    padded = np.zeros((n + -n % size, d))
    padded[:n] = X
    product: Floats = padded.reshape(-1, size, d) @ matrix
    return product.reshape(len(padded), matrix.shape[1])[:n]
