"""Seconds and memory by number of users: relevance classifiers and the first stage of a day, in shards that are let go.

What stays of a user is the row of weights, float32: users x (dimensions + 1) x 4 bytes; a shard's arrays end with it.
"""

import resource
import time

import numpy as np

from benchmarks.speeds.fit import user_rows
from benchmarks.speeds.labels import DIMENSIONS, N_SHARED, labels_of, papers
from benchmarks.speeds.rows import Row, SpeedOptions
from features.settings import RelevanceSettings
from models.firststage import best_of_day
from models.hard_negatives import HardNegatives, solve
from models.ridge import SharedGram

_USERS = (1_000, 10_000, 100_000, 1_000_000)
_FITTED = (1_000, 10_000)
_PAPERS, _BEST, _KNOWN = 1_000, 20, 10_000


def run(options: SpeedOptions) -> list[Row]:
    """Microseconds a user at each size, each beside the smallest."""
    return [*_fitted(options), *_ranked(options)]


def _fitted(options: SpeedOptions) -> list[Row]:
    settings, rows, first = RelevanceSettings(), [], None
    labels = labels_of(max(_FITTED), options.seed)
    shared = SharedGram.from_background(labels.vectors[:N_SHARED], settings.background_weight, settings.regularization)
    hard = HardNegatives(settings.hard_negatives, settings.hard_weight)
    users = [user_rows(labels, user, shared.row_weight) for user in range(max(_FITTED))]
    for n_users in _FITTED:
        began = time.perf_counter()
        for start in range(0, n_users, 1_000):
            solve(shared, labels.vectors, users[start : start + 1_000], hard)
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
