"""Seconds and memory by number of users: relevance classifiers and the first stage of a day, in shards that are let go.

Of more readers than 10,000 the labels come again. What stays of a user is the row of weights, float32:
users x (dimensions + 1) x 4 bytes; a shard's arrays end with it.
"""

import resource
import time

import numpy as np

from benchmarks.speeds.fit import problem_of
from benchmarks.speeds.labels import DIMENSIONS, labels_of, papers
from benchmarks.speeds.rows import Row, SpeedOptions
from models.firststage import best_of_day
from models.hard_negatives import solve_whitened

_USERS = (1_000, 10_000, 100_000, 1_000_000)
_FITTED = (1_000, 10_000, 100_000)
_MADE, _SHARD = 10_000, 1_000
_PAPERS, _BEST, _KNOWN = 1_000, 20, 10_000


def run(options: SpeedOptions) -> list[Row]:
    """Microseconds a user at each size, each beside the smallest."""
    return [*_fitted(options), *_ranked(options)]


def _fitted(options: SpeedOptions) -> list[Row]:
    labels = labels_of(_MADE, options.seed)
    shared, users, hard = problem_of(labels)
    began = time.perf_counter()
    whitened = shared.whiten(labels.vectors, options.jobs)
    rows = [Row(f"{len(whitened):,} papers whitened, once", 1e3 * (time.perf_counter() - began), "ms")]
    solve_whitened(shared, whitened, users[:_SHARD], hard, options.jobs)  # threads and pages are there
    first = None
    for n_users in _FITTED:
        began = time.perf_counter()
        for start in range(0, n_users, _SHARD):
            solve_whitened(shared, whitened, users[start % _MADE :][:_SHARD], hard, options.jobs)
        each = 1e6 * (time.perf_counter() - began) / n_users
        first = first or each
        rows.append(
            Row(f"fit of {n_users:,} users", each, "us/user", f"{_FITTED[0]:,} users", first, must="flat in 25 %")
        )
    return rows


def _ranked(options: SpeedOptions) -> list[Row]:
    rng = np.random.default_rng(options.seed)
    vectors, _ = papers(_PAPERS, rng)
    known = rng.standard_normal((_KNOWN, DIMENSIONS)).astype(np.float32)
    rows, first = [], None
    for n_users in _USERS:
        coef = np.empty((n_users, DIMENSIONS), dtype=np.float32)
        for start in range(0, n_users, _KNOWN):
            coef[start : start + _KNOWN] = known[: n_users - start]
        intercept = np.zeros(n_users, dtype=np.float32)
        best_of_day(coef[:1000], intercept[:1000], vectors, _BEST, options.jobs)  # threads and pages are there
        began = time.perf_counter()
        best_of_day(coef, intercept, vectors, _BEST, options.jobs)
        each = 1e6 * (time.perf_counter() - began) / n_users
        first = first or each
        name = f"first stage for {n_users:,} users"
        rows.append(Row(name, each, "us/user", f"{_USERS[0]:,} users", first, must="flat in 25 %"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    arrays = max(_USERS) * (DIMENSIONS + 1) * 4 / 2**20
    return [*rows, Row(f"peak memory at {max(_USERS):,} users", peak, "MB", "their weights alone", arrays)]
