"""Relevance classifiers of all users: the product's batch beside scikit-learn's logistic regression one by one.

Both read the same labels and the same 5,000 shared negatives at 256 dimensions; the peer is fitted for a sample of the
users, whose rate is the same for more of them. The product is measured as it is registered (hard negatives found by a
first solution weigh more in a second) and as one solution, and with the shards of ``jobs`` processes.
"""

from collections.abc import Sequence

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.speeds.labels import N_SHARED, Labels, labels_of
from benchmarks.speeds.rows import Row, SpeedOptions, in_turns
from features.settings import RelevanceSettings
from models.hard_negatives import HardNegatives, solve
from models.ridge import SharedGram, UserRows

_USERS, _PEER_USERS = 2_000, 30
_MUST = ">= 1000 times"


def run(options: SpeedOptions) -> list[Row]:
    """Users a second of each."""
    labels, settings = labels_of(_USERS, options.seed), RelevanceSettings()
    shared = SharedGram.from_background(labels.vectors[:N_SHARED], settings.background_weight, settings.regularization)
    users = [user_rows(labels, user, shared.row_weight) for user in range(_USERS)]
    hard = HardNegatives(settings.hard_negatives, settings.hard_weight)
    halves = [users[start :: options.jobs] for start in range(options.jobs)]
    with Parallel(n_jobs=options.jobs) as parallel:
        parallel(delayed(solve)(shared, labels.vectors, half[:2], hard) for half in halves)  # the workers are up
        peer, whole, once, sharded = in_turns(
            [
                lambda: [_peer(labels, user) for user in range(_PEER_USERS)],
                lambda: solve(shared, labels.vectors, users, hard),
                lambda: solve(shared, labels.vectors, users),
                lambda: parallel(delayed(solve)(shared, labels.vectors, half, hard) for half in halves),
            ],
            options.rounds,
        )
    base = ("LogisticRegression per user", _PEER_USERS / peer)
    return [
        Row("fit, as registered", _USERS / whole, "users/s", *base, must=_MUST),
        Row(f"fit, as registered, {options.jobs} processes", _USERS / sharded, "users/s", *base, must=_MUST),
        Row("fit, without hard negatives", _USERS / once, "users/s", *base, must=_MUST),
    ]


def user_rows(labels: Labels, user: int, row_weight: float) -> UserRows:
    """A user's change to the shared problem: positives weigh 1 together, labelled papers leave the background."""
    rows, targets = labels.rows[user], labels.targets[user]
    weights = np.full(len(rows), 1.0 / (targets > 0).sum())
    taken_out = np.where(rows < N_SHARED, row_weight, 0.0)
    shared = rows[rows < N_SHARED]
    return UserRows(rows, weights - taken_out, weights * targets + taken_out, labelled=shared)


def _peer(labels: Labels, user: int) -> Sequence[float] | NDArray[np.float64]:
    rows, targets = labels.rows[user], labels.targets[user]
    others = np.setdiff1d(np.arange(N_SHARED), rows)
    X = np.concatenate([labels.vectors[rows], labels.vectors[others]])
    y = np.concatenate([targets > 0, np.zeros(len(others), dtype=bool)])
    fitted: NDArray[np.float64] = LogisticRegression().fit(X, y).coef_
    return fitted
