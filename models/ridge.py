"""Weighted ridge regression of many users who share most of their rows, in closed form, in float64.

User u has labelled rows i (vector x_i, target y_i in {−1, 1}, weight s_i); everybody shares m background rows j,
each of weight s_B and target −1. The user's classifier minimises, with the intercept b left unpenalised,

    Σ_i s_i (y_i − w·x_i − b)²  +  Σ_{j not labelled by u} s_B (−1 − w·x_j − b)²  +  λ (w − p)ᵀP(w − p).

p and P are the mean and the precision of a Gaussian prior, learned from everybody (:mod:`models.prior`); without one
p = 0 and P = I, the plain ridge penalty.

**Shared part.** With x' = x − μ, μ the background's mean, let A₀ = λP + s_B Σ_j x'_j x'_jᵀ = LLᵀ, once for everybody.
In centred coordinates the background alone adds nothing to the linear terms (Σ_j x'_j = 0), so a user without labels
has w = u = A₀⁻¹λPp, the *start*, and b = β, the background's target.

**User's part.** Row k changes the problem by a net weight σ_k and a net linear term ρ_k: σ = s, ρ = s·y for a
labelled row; σ = s − s_B, ρ = s·y + s_B for one that is in the background too, which takes it out of there exactly
(σ may be negative). With whitened rows Z = X'L⁻ᵀ and K = ZZᵀ, the normal equations are

    (A₀ + X'ᵀdiag(σ)X') w + X'ᵀσ b = X'ᵀρ,        (X'ᵀσ)ᵀ w + S b = t,

S = W_B + Σσ and t = β W_B + Σρ, where W_B = m s_B. With a prior mean, w − u solves the same equations with
ρ − σ⊙(X'u) for ρ, so it costs one product; fits of residuals (β = 0) have p = 0. By the push-through identity
(I + Zᵀdiag(σ)Z)⁻¹Zᵀ = Zᵀ(I + diag(σ)K)⁻¹, so an n × n solve with two right-hand sides gives everything:

    a = (I + diag(σ)K)⁻¹ρ,  g = (I + diag(σ)K)⁻¹σ,  b = (t − σᵀK a) / (S − σᵀK g),  w = L⁻ᵀZᵀ(a − b g).

For n > d the same d × d system (I + Zᵀdiag(σ)Z) v = Zᵀ[ρ σ] is solved instead. The intercept of uncentred rows is
b − w·μ.

**Hard negatives**, background papers next to what a user chose, weigh more (:mod:`models.hard_negatives`).

**Same bits alone and in a batch.** Users are solved in stacks (:mod:`models.stacks`) that leave each one's numbers
alone. Products over all rows run in blocks of a fixed shape for the same reason: BLAS chooses its kernel by the shape
of what it is given.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from models.threads import one_blas_thread

Floats = NDArray[np.float64]
F = TypeVar("F", np.float32, np.float64)
_BLOCK_ROWS = 8
_LEAST_ROWS = 1024


@dataclass(frozen=True, slots=True)
class GaussianPrior:
    """What weight vectors are like before any label: ``mean`` p (d,) and ``precision`` P (d, d), positive definite."""

    mean: Floats
    precision: Floats


@dataclass(frozen=True, slots=True)
class SharedGram:
    """What all users' problems share: μ (d,), L⁻ᵀ (d, d), s_B and W_B = m·s_B, whitened background rows (m, d).

    ``start`` (d,) is Lᵀu, the whitened weights of a user without labels; zero without a prior. ``searched`` is
    ``background`` in float32, ``longest`` the length of its longest row; ``by_column`` is ``whitening`` in the order in
    which :func:`in_blocks` is fastest.
    """

    centre: Floats
    whitening: Floats
    row_weight: float
    total_weight: float
    background: Floats
    start: Floats
    searched: NDArray[np.float32] = field(init=False, repr=False, compare=False)
    longest: float = field(init=False, repr=False, compare=False)
    by_column: Floats = field(init=False, repr=False, compare=False)
    has_start: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lengths = np.einsum("md,md->m", self.background, self.background)
        object.__setattr__(self, "searched", self.background.astype(np.float32))
        object.__setattr__(self, "longest", float(np.sqrt(lengths.max(initial=0.0))))
        object.__setattr__(self, "by_column", np.asfortranarray(self.whitening))
        object.__setattr__(self, "has_start", bool(self.start.any()))

    def __reduce__(self) -> tuple[Any, ...]:
        """As what it is made of: the rest is made again sooner than it is sent to another process."""
        parts = (self.centre, self.whitening, self.row_weight, self.total_weight, self.background, self.start)
        return SharedGram, parts

    @classmethod
    @one_blas_thread()
    def from_background(
        cls,
        X: NDArray[np.floating],
        total_weight: float,
        regularization: float,
        prior: GaussianPrior | None = None,
    ) -> Self:
        """Factor A₀ of background rows ``X`` (m, d) that weigh ``total_weight`` together; λ is ``regularization``."""
        X = np.asarray(X, dtype=np.float64)
        centre = X.mean(axis=0)
        row_weight = total_weight / len(X)
        centred = X - centre
        gram = row_weight * (centred.T @ centred)
        pull = np.zeros(len(gram))
        if prior is None:
            gram[np.diag_indices_from(gram)] += regularization
        else:
            gram += regularization * prior.precision
            pull = regularization * (prior.precision @ prior.mean)
        lower = cholesky(gram, lower=True)
        whitening = np.ascontiguousarray(solve_triangular(lower, np.eye(len(gram)), lower=True).T)
        return cls.from_factors(X, centre, whitening, total_weight, whitening.T @ pull)

    @classmethod
    @one_blas_thread()
    def from_factors(
        cls,
        X: NDArray[np.floating],
        centre: Floats,
        whitening: Floats,
        total_weight: float,
        start: Floats | None = None,
    ) -> Self:
        """The same from background rows whose μ, L⁻ᵀ and start are known; no ``start`` is zero."""
        background = in_blocks(np.asarray(X, dtype=np.float64) - centre, np.asfortranarray(whitening))
        start = np.zeros(len(centre)) if start is None else np.asarray(start, dtype=np.float64)
        return cls(centre, whitening, total_weight / len(X), total_weight, background, start)

    @classmethod
    def without_background(cls, centre: Floats, regularization: float) -> Self:
        """No shared rows: A₀ = λI. ``centre`` (d,) changes nothing but rounding; the rows' mean is best."""
        whitening = np.eye(len(centre)) / np.sqrt(regularization)
        nothing = np.zeros((0, len(centre)))
        return cls(np.asarray(centre, dtype=np.float64), whitening, 0.0, 0.0, nothing, np.zeros(len(centre)))

    def whiten(self, X: NDArray[np.floating], threads: int = 1) -> Floats:
        """Z = (X − μ)L⁻ᵀ, (n, d); each row's bits are the same whatever rows stand beside it."""
        each = max(_LEAST_ROWS, -(-len(X) // threads))
        if len(X) <= each:
            return in_blocks(np.asarray(X, dtype=np.float64) - self.centre, self.by_column)
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(self.whiten, [X[at : at + each] for at in range(0, len(X), each)])))


@dataclass(frozen=True, slots=True)
class UserRows:
    """One user's change to the shared problem.

    ``rows`` int (n,) index a matrix of all users' rows; ``sigma`` and ``rho`` (n,) are σ and ρ of the module's
    formulas; ``background_target`` is β: −1, or 0 where the fit is of residuals. ``labelled`` int (k,) are the
    background rows that the user has labelled, none of which is a hard negative; None asks for no hard negatives.
    """

    rows: NDArray[np.intp]
    sigma: Floats
    rho: Floats
    background_target: float = -1.0
    labelled: NDArray[np.intp] | None = None


def in_blocks(X: NDArray[F], matrix: NDArray[F]) -> NDArray[F]:
    """``X @ matrix``, of one precision, in blocks of eight rows, the last one filled with zeros.

    A row's bits are the same among whatever rows it stands and in whichever place. OpenBLAS computes the same row twice
    to different bits in products of more rows: of float32 in the kernels for AVX2, of float64 in those for AVX-512.
    BLAS packs the whole ``matrix`` for every block, which takes it half the time where columns lie together (order F).
    """
    n, d = X.shape
    whole = n - n % _BLOCK_ROWS
    product = np.empty((n, matrix.shape[1]), dtype=X.dtype)
    if whole:
        product[:whole] = (X[:whole].reshape(-1, _BLOCK_ROWS, d) @ matrix).reshape(whole, -1)
    if whole < n:
        last = np.zeros((_BLOCK_ROWS, d), dtype=X.dtype)
        last[: n - whole] = X[whole:]
        product[whole:] = (last @ matrix)[: n - whole]
    return product
