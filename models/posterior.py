"""How unsure a user's classifier is: the Gaussian posterior of her weights, in low rank.

In the notation of :mod:`models.ridge`, with noise variance s² and M = I + Zᵀdiag(σ)Z, the whitened weights have
covariance s²M⁻¹. Under a flat prior of the intercept the score of row x, z = (x − μ)L⁻ᵀ, has

    variance = s² (z M⁻¹ zᵀ + (1 − z g)² / (S − hᵀg)),    h = Zᵀσ,  g = M⁻¹h.

M differs from I only where labels are, so M⁻¹ = I − Σ_k c_k D_kᵀD_k. For n ≤ d and σ ≥ 0 the rows D = QᵀB come from
BBᵀ = Q diag(e) Qᵀ, B = diag(√σ)Z, and c = 1/(1 + e); otherwise from the d × d eigenvectors of M, c = 1 − 1/e, with e
kept above 1e-6, which rounding alone can break.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ridge import F, Floats, SharedGram, UserRows, in_blocks
from models.threads import one_blas_thread

_LEAST_EIGENVALUE = 1e-6


@dataclass(frozen=True, slots=True)
class Posterior:
    """One user's posterior covariance of weights and intercept.

    ``directions`` (r, d) are the whitened D, ``reduction`` (r,) is c, and I − Σ ``root``_k D_kᵀD_k is M's inverse
    square root. ``intercept_direction`` (d,) is g, ``intercept_variance`` 1/(S − hᵀg), or 0 where nothing fixes the
    intercept. Where directions were left out, z M⁻¹ zᵀ is too large, by at most ``left_out``·‖z‖².
    """

    shared: SharedGram
    directions: Floats
    reduction: Floats
    root: Floats
    intercept_direction: Floats
    intercept_variance: float
    noise: float
    left_out: float

    @property
    def n_bytes(self) -> int:
        """What it takes in memory beside what all users share."""
        return sum(each.nbytes for each in (self.directions, self.reduction, self.root, self.intercept_direction))

    @one_blas_thread()
    def sd(self, X: NDArray[np.floating]) -> Floats:
        """Standard deviation (n,) of the scores of rows ``X`` (n, d); a row's bits depend on no other row."""
        Z: Floats = self.shared.whiten(X)
        along: Floats = in_blocks(Z, self._along(Z))
        return self._deviations(along, squared(Z))

    @one_blas_thread()
    def sd_whitened(self, Z: NDArray[F], squares: Floats) -> Floats:
        """The same of rows that :meth:`SharedGram.whiten` has whitened, once for all users of a day.

        ``squares`` (n,) are their squared lengths by :func:`squared`. A day is read as a whole, so one product does in
        half the time, whose last bits depend on the other rows. Rows of float32 take half the time again and give
        deviations to six digits.
        """
        return self._deviations(Z @ self._along(Z), squares)

    def _along(self, rows: NDArray[F]) -> NDArray[F]:
        """D and g as columns (d, r + 1), in the precision of the rows they are multiplied by."""
        return np.concatenate([self.directions, self.intercept_direction[None]]).T.astype(rows.dtype)

    def _deviations(self, along: NDArray[np.floating], squares: Floats) -> Floats:
        """From the rows' products with D and g."""
        variance = squares - np.einsum("nr,nr,r->n", along[:, :-1], along[:, :-1], self.reduction)
        variance = np.maximum(variance, 0.0) + (1.0 - along[:, -1]) ** 2 * self.intercept_variance
        deviation: Floats = np.sqrt(self.noise * variance)
        return deviation

    @one_blas_thread()
    def covariance_factor(self) -> Floats:
        """R (d, d) with RRᵀ the covariance of the weights; mean + R·(standard normal) is a draw of them."""
        reduced = self.directions.T @ (self.root[:, None] * self.directions)
        factor: Floats = np.sqrt(self.noise) * (self.shared.whitening @ (np.eye(len(reduced)) - reduced))
        return factor


def squared(Z: NDArray[np.floating]) -> Floats:
    """Squared lengths (n,) of rows; a row's bits depend on no other row."""
    found: Floats = np.einsum("nd,nd->n", Z, Z, dtype=np.float64)
    return found


@one_blas_thread()
def posterior(
    shared: SharedGram, whitened: Floats, user: UserRows, noise: float = 1.0, rank: int | None = None
) -> Posterior:
    """The posterior of a user whose rows index ``whitened`` (p, d), rows that :meth:`SharedGram.whiten` has whitened.

    ``rank`` keeps that many directions, the most reduced.
    """
    Z, sigma = whitened[user.rows], user.sigma
    n, d = Z.shape
    if n <= d and (sigma >= 0).all():
        directions, reduction, root, shares = _from_labels(Z, sigma)
    else:
        directions, reduction, root, shares = _from_weights(Z, sigma)
    moment = sigma @ Z
    along = moment - ((directions @ moment) * reduction) @ directions
    fixed = shared.total_weight + float(sigma.sum()) - float(moment @ along)
    kept = np.argsort(-np.abs(shares), kind="stable")[:rank]
    dropped = np.delete(shares, kept)
    return Posterior(
        shared,
        directions[kept],
        reduction[kept],
        root[kept],
        along,
        1.0 / fixed if fixed > 0 else 0.0,
        noise,
        float(np.abs(dropped).max(initial=0.0)),
    )


def _from_labels(Z: Floats, sigma: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """D, c, the root's coefficients and by how much each direction's variance shrinks, from n × n."""
    B = np.sqrt(sigma)[:, None] * Z
    values, Q = np.linalg.eigh(B @ B.T)
    values = np.maximum(values, 0.0)
    # (1 − 1/√(1+e))/e without the division by an e that may be 0
    outer = np.sqrt(1.0 + values)
    return Q.T @ B, 1.0 / (1.0 + values), 1.0 / (outer * (outer + 1.0)), values / (1.0 + values)


def _from_weights(Z: Floats, sigma: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The same from d × d."""
    values, U = np.linalg.eigh(np.eye(Z.shape[1]) + Z.T @ (sigma[:, None] * Z))
    values = np.maximum(values, _LEAST_EIGENVALUE)
    reduction = 1.0 - 1.0 / values
    return np.ascontiguousarray(U.T), reduction, 1.0 - 1.0 / np.sqrt(values), reduction
