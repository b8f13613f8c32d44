"""Paired bootstrap intervals with users as clusters: a user's days are resampled together, never one by one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
_BLOCK = 100


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % percentile interval; NaN throughout where nothing was measured."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the difference may be called one."""
        return self.low > 0 or self.high < 0


def clustered_interval(
    values: NDArray[np.float64], clusters: NDArray[np.int64], *, seed: int, macro: bool = False
) -> Interval:
    """Interval of the mean of ``values`` (n,) when whole clusters (n,), numbered from 0, are drawn with replacement.

    ``macro=False``: the mean over rows, ``Σ_c m_c S_c / Σ_c m_c n_c`` with m the times a cluster was drawn, S its sum
    and n its rows. ``macro=True``: the mean of the clusters' own means, every user counting once. NaN rows are left
    out.
    """
    kept = ~np.isnan(values)
    if not kept.any():
        return Interval(float("nan"), float("nan"), float("nan"))
    _, members = np.unique(clusters[kept], return_inverse=True)
    sums: NDArray[np.float64] = np.bincount(members, values[kept]).astype(np.float64)
    counts: NDArray[np.float64] = np.bincount(members).astype(np.float64)
    if macro:
        sums, counts = sums / counts, np.ones_like(counts)
    return ratio_interval(sums, counts, seed=seed)


def ratio_interval(numerators: NDArray[np.float64], denominators: NDArray[np.float64], *, seed: int) -> Interval:
    """Interval of ``Σ_c m_c a_c / Σ_c m_c b_c``: numerators a and denominators b (n_clusters,), b not all 0."""
    ratios = np.concatenate([(m @ numerators) / (m @ denominators) for m in resamples(len(numerators), seed)])
    low, high = np.quantile(ratios, [0.025, 0.975])
    return Interval(float(numerators.sum() / denominators.sum()), float(low), float(high))


def resamples(n_clusters: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each cluster is drawn in each of :data:`RESAMPLES` resamples, (≤ 100, n_clusters) at a time.

    In blocks, because all at once would be 160 MB for 10,000 users.
    """
    rng = np.random.default_rng(seed)
    shares = np.full(n_clusters, 1.0 / n_clusters)
    for _ in range(RESAMPLES // _BLOCK):
        yield rng.multinomial(n_clusters, shares, size=_BLOCK)
