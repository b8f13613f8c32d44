"""Relevance classifiers of all users: the product's batch beside scikit-learn's logistic regression one by one.

Both read the same labels and the same 5,000 shared negatives at 256 dimensions: synthetic readers of 40 labels on
average, and the libraries of citeulike-t as the product's encoder reads them. The peer is ``LogisticRegression()`` as
it comes, fitted for a sample of the users, whose rate is the same for more of them. How fast that is depends on what
it is given, so all four are shown: float32, or float64, which most pipelines give it; and BLAS on one thread, or on as
many as there are cores, which is what it does where nobody has told it otherwise. On the libraries both also rank the
papers that nobody is known to have saved: nDCG@20 of the same users, and the interval of the difference.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from benchmarks.options import Options
from benchmarks.speeds.labels import N_SHARED, Labels, labels_of
from benchmarks.speeds.libraries import Floats, libraries
from benchmarks.speeds.rows import Row, SpeedOptions, in_turns
from features.settings import RelevanceSettings
from models.hard_negatives import HardNegatives, solve
from models.ridge import SharedGram, UserRows
from training.bootstrap import clustered_interval

_USERS, _PEER_USERS, _RANKED_USERS = 10_000, 20, 2_000
_MUST = ">= 1000 times"


@dataclass(frozen=True, slots=True)
class Peer:
    """One way of running ``LogisticRegression()``."""

    dtype: type[np.floating]
    threads: int

    @property
    def name(self) -> str:
        """As the table has it."""
        return f"LogisticRegression, {self.dtype.__name__}, {self.threads} BLAS thread{'s' * (self.threads > 1)}"


def run(options: SpeedOptions) -> list[Row]:
    """Users a second of each; without ``data`` the synthetic readers alone."""
    rows = _rates("", labels_of(_USERS, options.seed), options)
    if options.data is not None and (options.data / "citeulike_t").exists():
        real = libraries(Options(options.data, options.seed, n_users=_USERS))
        rows += _rates("citeulike-t, ", real.labels, options)
        users = range(min(_RANKED_USERS, len(real.labels.rows)))
        own = real.ndcg(*_solved(real.labels))[: len(users)]
        fitted = [_fitted(real.labels, user, np.float32) for user in users]
        peer = real.ndcg(np.array([coef for coef, _ in fitted]), np.array([b for _, b in fitted]))
        found = clustered_interval(own - peer, np.arange(len(own)), seed=options.seed)
        base = ("LogisticRegression per user", float(peer.mean()))
        rows.append(Row(f"citeulike-t, nDCG@20 of {len(own):,} users", float(own.mean()), "", *base))
        rows.append(Row("  lower bound of the difference", found.low, "", *base, must="> -0.01 times"))
    return rows


def problem_of(labels: Labels) -> tuple[SharedGram, list[UserRows], HardNegatives]:
    """What the product solves at its registered settings."""
    settings = RelevanceSettings()
    shared = SharedGram.from_background(labels.vectors[:N_SHARED], settings.background_weight, settings.regularization)
    users = [user_rows(labels, user, shared.row_weight) for user in range(len(labels.rows))]
    return shared, users, HardNegatives(settings.hard_negatives, settings.hard_weight)


def user_rows(labels: Labels, user: int, row_weight: float) -> UserRows:
    """A user's change to the shared problem: positives weigh 1 together, labelled papers leave the background."""
    rows, targets = labels.rows[user], labels.targets[user]
    weights = np.full(len(rows), 1.0 / (targets > 0).sum())
    taken_out = np.where(rows < N_SHARED, row_weight, 0.0)
    shared = rows[rows < N_SHARED]
    return UserRows(rows, weights - taken_out, weights * targets + taken_out, labelled=shared)


def _rates(prefix: str, labels: Labels, options: SpeedOptions) -> list[Row]:
    shared, users, hard = problem_of(labels)
    peers = [Peer(dtype, threads) for dtype in (np.float32, np.float64) for threads in (1, os.cpu_count() or 1)]
    taken = in_turns(
        [
            *[_work(labels, peer) for peer in peers],
            lambda: solve(shared, labels.vectors, users, hard),
            lambda: solve(shared, labels.vectors, users, hard, options.jobs),
            lambda: solve(shared, labels.vectors, users),
        ],
        options.rounds,
    )
    speeds = [_PEER_USERS / seconds for seconds in taken[: len(peers)]]
    best = max(range(len(peers)), key=speeds.__getitem__)
    usual = len(peers) - 1
    own = ("one thread", f"{options.jobs} threads", "one thread, without hard negatives")
    return [
        Row(f"{prefix}fit, {name}", len(users) / seconds, "users/s", peers[beside].name, speeds[beside], must=_MUST)
        for name, seconds in zip(own, taken[len(peers) :], strict=True)
        for beside in (best, usual)
    ] + [
        Row(f"{prefix}{peer.name}", speed, "users/s")
        for place, (peer, speed) in enumerate(zip(peers, speeds, strict=True))
        if place not in (best, usual)
    ]


def _work(labels: Labels, peer: Peer) -> Callable[[], object]:
    def fit() -> None:
        with threadpool_limits(peer.threads, user_api="blas"):
            for user in range(_PEER_USERS):
                _fitted(labels, user, peer.dtype)

    return fit


def _solved(labels: Labels) -> tuple[Floats, Floats]:
    shared, users, hard = problem_of(labels)
    return solve(shared, labels.vectors, users, hard)


def _fitted(labels: Labels, user: int, dtype: type[np.floating]) -> tuple[NDArray[np.float64], float]:
    rows, targets = labels.rows[user], labels.targets[user]
    others = np.setdiff1d(np.arange(N_SHARED), rows)
    X = np.concatenate([labels.vectors[rows], labels.vectors[others]]).astype(dtype, copy=False)
    y = np.concatenate([targets > 0, np.zeros(len(others), dtype=bool)])
    fitted = LogisticRegression().fit(X, y)
    return fitted.coef_[0].astype(np.float64), float(fitted.intercept_[0])
