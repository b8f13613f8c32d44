"""Users' minimisers with hard negatives: background papers next to what a user chose weigh more.

A squared loss pays as much attention to a background paper far from a user's interests as to one next to them. So of
H, the h unlabelled background papers that are next to what the user chose (ties by row), the problem of
:mod:`models.ridge` knows more. "Next to" is by

    s_j = Σ_k ρ_k z_k·z_j,

the score of whitened paper j after a first step down the gradient from a user without labels: what she chose, less what
she refused. Let m be the mean of H and c its covariance with the scores, in standard deviations of s:

    m = Σ_{j ∈ H} z_j / h,    c = Σ_{j ∈ H} (s_j − s̄) z_j / (h·sd(s)).

The two points m ± c are added, each of weight v/2 and of the background's target, before the problem is solved. They
have the mean of H and its spread along s, which is nearly all that h rows of weight v/h would do, for the price of two
(docs/decisions/0010-squared-loss.md says what this gains, and 0041 why a first step tells H as well as a first
solution). Where all of H score alike but for rounding (sd(s) < 1e-9, on a scale of targets of ±1), 1e-9 stands for
sd(s).

**Which papers are in H** is exact though nearly all scores are float32: one of d products errs by at most
ε = (d + 8)·2⁻²⁴·‖g‖·‖z‖ (Higham, 2002, section 3.1), g = Σ_k ρ_k z_k, so that no paper below the
h-th of these scores less 2ε can belong to H, and all above it by more than 2ε do. What is between is decided in
float64.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ridge import Floats, SharedGram, UserRows, in_blocks
from models.shards import Shards, cut
from models.stacks import PackedUsers, Stack, stacks_of
from models.threads import one_blas_thread

_GATHERED = 8  # users: few enough for a core's caches, enough that threads seldom wait for the interpreter
_LEAST_SD = 1e-9
_SHARD = 1000  # the smaller, the less a worker waits for the last one at the end; the larger, the fuller the stacks


@dataclass(frozen=True, slots=True)
class HardNegatives:
    """h and v of the module's formula: how many background papers, and what they weigh more together."""

    size: int
    weight: float


@one_blas_thread()
def solve(
    shared: SharedGram,
    X: NDArray[np.floating],
    users: Sequence[UserRows],
    hard: HardNegatives | None = None,
    threads: int = 1,
) -> tuple[Floats, Floats]:
    """All users' minimisers: coefficients (u, d) and intercepts (u,) for uncentred rows.

    ``X`` (p, d) holds every row that some user refers to. A user needs at least one row of positive weight, own or
    background. With ``hard``, users who say what they labelled have hard negatives. The result does not depend on
    ``threads``.
    """
    return solve_whitened(shared, shared.whiten(X, threads), users, hard, threads)


@one_blas_thread()
def solve_whitened(
    shared: SharedGram, whitened: Floats, users: Sequence[UserRows], hard: HardNegatives | None, threads: int = 1
) -> tuple[Floats, Floats]:
    """:func:`solve` of rows that :meth:`SharedGram.whiten` has whitened."""
    d = len(shared.centre)
    inner, intercept = np.zeros((len(users), d)), np.zeros(len(users))
    asking = np.array([user.labelled is not None for user in users], dtype=bool)
    asking &= bool(hard and hard.size and len(shared.background))

    def fill(group: list[NDArray[np.intp]]) -> None:
        stacks = [Stack.of(shared, whitened, users, places) for places in group]
        if hard is not None and asking[group[0][0]]:
            chosen = np.concatenate([stack.chosen() for stack in stacks])
            own = [users[place] for stack in stacks for place in stack.users]
            points, weights = _two_points(shared, chosen, own, hard)
            ends = np.cumsum([len(places) for places in group])[:-1]
            for stack, added, weight in zip(stacks, np.split(points, ends), np.split(weights, ends), strict=True):
                stack.add(added, weight)
        for stack in stacks:
            inner[stack.users], intercept[stack.users] = stack.solve()

    groups = [group for kind in (asking, ~asking) for group in stacks_of(users, np.flatnonzero(kind), d)]
    if threads == 1:
        for group in groups:
            fill(group)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, groups))
    coef = in_blocks(inner, shared.whitening.T)
    return coef, intercept - np.einsum("ud,d->u", coef, shared.centre)


def solve_shards(
    shared: SharedGram, X: NDArray[np.floating], users: Sequence[UserRows], hard: HardNegatives | None, shards: Shards
) -> tuple[Floats, Floats]:
    """:func:`solve` with the users cut into shards, for which the rows are whitened once."""
    if shards.at_once or len(users) <= _SHARD:
        return solve(shared, X, users, hard)
    packed = (PackedUsers.of(part) for part in cut(users, _SHARD))
    found = list(shards.run_given((shared, shared.whiten(X, shards.jobs), hard), _solved, packed))
    return np.concatenate([coef for coef, _ in found]), np.concatenate([intercept for _, intercept in found])


def _solved(given: tuple[SharedGram, Floats, HardNegatives | None], users: PackedUsers) -> tuple[Floats, Floats]:
    shared, whitened, hard = given
    return solve_whitened(shared, whitened, users.unpacked(), hard)


def hard_negatives(shared: SharedGram, chosen: Floats, users: Sequence[UserRows], size: int) -> list[NDArray[np.intp]]:
    """Per user the ``size`` unlabelled background rows that score highest by whitened ``chosen`` (u, d), ascending."""
    n_rows, d = shared.background.shape
    size = min(size, n_rows)
    scores = chosen.astype(np.float32) @ shared.searched.T
    labelled = [np.zeros(0, dtype=np.intp) if user.labelled is None else user.labelled for user in users]
    scores[np.repeat(np.arange(len(users)), [len(rows) for rows in labelled]), np.concatenate(labelled)] = -np.inf
    last = np.partition(scores, n_rows - size, axis=1)[:, n_rows - size]
    error = (d + 8) * 2.0**-24 * shared.longest * np.sqrt(np.einsum("ud,ud->u", chosen, chosen))
    least = np.maximum(last - 2.0 * error, np.finfo(np.float32).min).astype(np.float32)
    reached = np.flatnonzero(scores >= least[:, None])
    ends = np.cumsum(np.bincount(reached // n_rows, minlength=len(users)))[:-1]
    found = np.split(reached % n_rows, ends)
    most = np.minimum(last + 2.0 * error, np.finfo(np.float32).max).astype(np.float32)
    for user, rows in enumerate(found):
        if len(rows) > size:
            sure = scores[user, rows] > most[user]
            found[user] = _with_highest(shared, chosen[user], rows, sure, size)
    return found


def _with_highest(
    shared: SharedGram, chosen: Floats, rows: NDArray[np.intp], sure: NDArray[np.bool_], size: int
) -> NDArray[np.intp]:
    """Of the ascending ``rows`` the ``sure`` ones and those that score highest in float64 among the others.

    ``size`` of them, ascending; of equal scores the first.
    """
    others = rows[~sure]
    scores = np.einsum("md,d->m", shared.background[others], chosen)
    best = others[np.argsort(-scores, kind="stable")[: size - int(sure.sum())]]
    return np.sort(np.concatenate([rows[sure], best]))


def _two_points(
    shared: SharedGram, chosen: Floats, users: Sequence[UserRows], hard: HardNegatives
) -> tuple[Floats, Floats]:
    """Per user the whitened points m + c and m − c (u, 2, d), and the weight of each (u,), 0 where H is empty."""
    found = hard_negatives(shared, chosen, users, hard.size)
    points = np.zeros((len(users), 2, chosen.shape[1]))
    size = min(hard.size, len(shared.background))
    gathered = np.empty((_GATHERED * size, chosen.shape[1]))  # memory that stays in the cache
    for start in range(0, len(users), _GATHERED):
        part = slice(start, start + _GATHERED)
        counts = np.array([len(rows) for rows in found[part]])
        present = np.arange(size) < counts[:, None]
        rows = np.zeros(present.shape, dtype=np.intp)
        rows[present] = np.concatenate(found[part])
        H = gathered[: rows.size]
        np.take(shared.background, rows.ravel(), axis=0, out=H, mode="clip")  # "raise" would make a copy first
        share = present / np.maximum(counts, 1)[:, None]
        points[part] = _mean_and_spread(H.reshape(*rows.shape, -1), chosen[part], share)
    return points, np.array([hard.weight / 2.0 if len(rows) else 0.0 for rows in found])


def _mean_and_spread(H: Floats, chosen: Floats, share: Floats) -> Floats:
    """The points m + c and m − c (k, 2, d) of rows ``H`` (k, h, d) that count with ``share`` (k, h)."""
    scores = (H @ chosen[:, :, None])[:, :, 0]
    off = scores - (share * scores).sum(axis=1)[:, None]
    sd = np.sqrt((share * off * off).sum(axis=1))[:, None]
    along = share * off / np.maximum(sd, _LEAST_SD)
    # a vector times a matrix twice is half of two rows times a matrix
    mean, spread = (np.matmul(weights[:, None, :], H)[:, 0] for weights in (share, along))
    return np.stack([mean + spread, mean - spread], axis=1)
