"""What a suite gives: methods side by side, each metric with its paired bootstrap against the best baseline.

All methods of a suite are measured on the same resamples: 2,000 draws with replacement of whole clusters (users,
reviews or days), so the difference of two methods in a resample is paired by construction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import RESAMPLES, Interval

Floats = NDArray[np.float64]

LOWER_IS_BETTER = frozenset({"brier", "ece"})
"""Metric keys of which the smallest value is the best; so is any key that begins with one of them and ``_``."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric of one method: its ``value``, and float64 (2000,) its values in the resamples.

    Without resamples (an empty array) it has no interval and takes no part in comparisons.
    """

    value: float
    resampled: Floats = field(default_factory=lambda: np.zeros(0))


class Resamples:
    """How often each of ``n`` clusters is drawn in each resample: ``counts`` float64 (2000, n)."""

    def __init__(self, n: int, seed: int) -> None:
        rng = np.random.default_rng([seed, 2])
        self.counts = (
            rng.multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES).astype(np.float64) if n else np.zeros((0, 0))
        )

    def mean(self, values: Floats, clusters: NDArray[np.int64] | None = None, *, macro: bool = False) -> Estimate:
        """The mean of ``values`` (m,); ``clusters`` (m,) numbers their clusters, else each is its own.

        With ``macro`` every cluster's mean counts once. NaN values are left out; a cluster of NaN alone counts nowhere.
        """
        n = self.counts.shape[1]
        members = np.arange(n) if clusters is None else clusters
        kept = ~np.isnan(values)
        sums: Floats = np.bincount(members[kept], values[kept], minlength=n).astype(np.float64)
        sizes: Floats = np.bincount(members[kept], minlength=n).astype(np.float64)
        if not sizes.any():
            return Estimate(float("nan"))
        if macro:
            sums = np.divide(sums, sizes, out=np.zeros(n), where=sizes > 0)
            sizes = (sizes > 0).astype(np.float64)
        drawn = self.counts @ sizes
        resampled = np.divide(self.counts @ sums, drawn, out=np.full(len(drawn), np.nan), where=drawn > 0)
        return Estimate(float(sums.sum() / sizes.sum()), resampled)

    def statistic(self, of: Callable[[Floats], float]) -> Estimate:
        """Any statistic: ``of`` is given the clusters' multiplicities (n,), first all ones, then each resample's."""
        n = self.counts.shape[1]
        return Estimate(of(np.ones(n)), np.array([of(row) for row in self.counts], dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Row:
    """A method of a suite: ``estimates`` by metric key. Ablated products are no baselines."""

    method: str
    estimates: Mapping[str, Estimate]
    baseline: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """A method less the best baseline in one metric."""

    baseline: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """A suite's table. ``notes`` are lines printed below it; ``seconds`` by stage."""

    suite: str
    seed: int
    n_users: int
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """Metric keys in the order in which the rows first name them."""
        return list(dict.fromkeys(key for row in self.rows for key in row.estimates))

    def best_baseline(self, key: str) -> Row | None:
        """The baseline with the best value of the metric, ties by name; None where none has one."""
        sign = 1.0 if _lower_is_better(key) else -1.0
        able = [row for row in self.rows if row.baseline and key in row.estimates]
        able = [row for row in able if not np.isnan(row.estimates[key].value)]
        return min(able, key=lambda row: (sign * row.estimates[key].value, row.method), default=None)

    def versus_best(self, row: Row, key: str) -> Difference | None:
        """The row less the best baseline, paired; None for that baseline itself and where either has no resamples."""
        best = self.best_baseline(key)
        return None if best is None else self.versus(row, best, key)

    def versus(self, row: Row, best: Row, key: str) -> Difference | None:
        """The row less another one, paired; None for the same and where either has no resamples."""
        if best is row or key not in row.estimates or key not in best.estimates:
            return None
        one, other = row.estimates[key], best.estimates[key]
        if not len(one.resampled) or not len(other.resampled):
            return None
        differences = one.resampled - other.resampled
        low, high = np.nanquantile(differences, [0.025, 0.975])
        return Difference(best.method, Interval(one.value - other.value, float(low), float(high)))

    def as_json(self) -> dict[str, Any]:
        """As BENCHMARKS has it; a value that is not a number is null."""
        return {
            "suite": self.suite,
            "seed": self.seed,
            "n_users": self.n_users,
            "rows": [
                {
                    "method": row.method,
                    "metrics": {key: _number(estimate.value) for key, estimate in row.estimates.items()},
                    "vs_best_baseline": {
                        key: {
                            "baseline": found.baseline,
                            "mean": _number(found.interval.mean),
                            "low": _number(found.interval.low),
                            "high": _number(found.interval.high),
                        }
                        for key in row.estimates
                        if (found := self.versus_best(row, key)) is not None
                    },
                }
                for row in self.rows
            ],
        }


def _lower_is_better(key: str) -> bool:
    return any(key == name or key.startswith(f"{name}_labels") for name in LOWER_IS_BETTER)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
