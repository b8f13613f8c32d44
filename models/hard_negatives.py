"""Users' minimisers with hard negatives: background papers next to a user's interests weigh more.

A squared loss pays as much attention to a background paper far from a user's interests as to one next to them. So the
problem of :mod:`models.ridge` is solved twice: H, the h unlabelled background papers that the first solution scores
highest (ties by row), are added with weight v/h each and the background's target,

    … + Σ_{j ∈ H} (v/h) (−1 − w·x_j − b)²,

and the problem is solved again. docs/decisions/0010-squared-loss.md says what this gains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.ridge import SCORED_BLOCK, Floats, SharedGram, UserRows, in_blocks, solve_whitened
from models.shards import Shards, cut
from models.threads import one_blas_thread

_SCORED_TOGETHER = 512
_SHARD = 1000


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
    inner, intercept = solve_whitened(shared, whitened, users)
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
        rows = np.concatenate([whitened, shared.background[used]])
        inner[again], intercept[again] = solve_whitened(shared, rows, harder)
    coef = in_blocks(inner, shared.whitening.T, SCORED_BLOCK)
    return coef, intercept - np.einsum("ud,d->u", coef, shared.centre)


def solve_shards(
    shared: SharedGram, X: NDArray[np.floating], users: Sequence[UserRows], hard: HardNegatives | None, shards: Shards
) -> tuple[Floats, Floats]:
    """:func:`solve` with the users cut into shards, each of which is sent the rows it refers to and no others."""
    if shards.at_once or len(users) <= _SHARD:
        return solve(shared, X, users, hard)
    parts = ((shared, *_referred_to(X, part), hard) for part in cut(users, _SHARD))
    found = list(shards.run(_solved, parts))
    return np.concatenate([coef for coef, _ in found]), np.concatenate([intercept for _, intercept in found])


def _solved(
    shard: tuple[SharedGram, NDArray[np.floating], Sequence[UserRows], HardNegatives | None],
) -> tuple[Floats, Floats]:
    return solve(*shard)


def _referred_to(X: NDArray[np.floating], users: Sequence[UserRows]) -> tuple[NDArray[np.floating], list[UserRows]]:
    """The rows that these users refer to, and the users with their rows numbered among those."""
    used, places = np.unique(np.concatenate([user.rows for user in users]), return_inverse=True)
    ends = np.cumsum([len(user.rows) for user in users])[:-1]
    return X[used], [replace(user, rows=rows) for user, rows in zip(users, np.split(places, ends), strict=True)]


def hard_negatives(shared: SharedGram, inner: Floats, users: Sequence[UserRows], size: int) -> list[NDArray[np.intp]]:
    """Per user the ``size`` unlabelled background rows that score highest by whitened ``inner`` (u, d), ascending."""
    found = []
    for start in range(0, len(users), _SCORED_TOGETHER):
        part = users[start : start + _SCORED_TOGETHER]
        scores = in_blocks(inner[start : start + _SCORED_TOGETHER], shared.background.T, SCORED_BLOCK)
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
