"""The best papers of a day for very many users at once, by their linear classifiers alone.

Exact, and not much dearer than the product of the two matrices: a row's scores are cut into ``g`` groups whose maxima
are found first. The k-th largest maximum t is at most the k-th largest score, for each of k groups holds a score ≥ t;
so only scores ≥ t of groups whose maximum is ≥ t, a few more than k, are sorted.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from models.threads import one_blas_thread

_PRODUCT_ROWS = 2048
"""Of one product of matrices; BLAS packs the papers anew in each."""

_ROWS = 256
"""Of one search for the best: what it makes on the way stays in the processor's cache."""

_GROUPS_PER_PLACE = 5

Float32s = NDArray[np.float32]
Columns = NDArray[np.intp]


def best_of_day(
    coef: Float32s, intercept: Float32s, vectors: Float32s, k: int, jobs: int = 1
) -> tuple[Columns, Float32s]:
    """Rows of the ``k`` best papers for every user, best first, and their scores: both (u, min(k, n)).

    ``coef`` float32 (u, d), ``intercept`` (u,), ``vectors`` float32 (n, d); ``jobs`` threads share the users. Of equal
    scores the first paper is better. The result does not depend on ``jobs``.
    """
    k = min(k, len(vectors))
    rows = np.zeros((len(coef), k), dtype=np.intp)
    scores = np.zeros((len(coef), k), dtype=np.float32)
    if k == 0:
        return rows, scores
    halvings = max(0, (len(vectors) // (_GROUPS_PER_PLACE * k)).bit_length() - 1)
    width = -(-len(vectors) // 2**halvings) * 2**halvings
    across = np.ascontiguousarray(vectors.T)  # BLAS need not turn it round in every block
    starts = range(0, len(coef), _PRODUCT_ROWS)

    def share(own: range) -> None:
        products = np.full((min(_PRODUCT_ROWS, len(coef)), width), -np.inf, dtype=np.float32)
        for start in own:
            found = products[: len(coef) - start]
            np.matmul(coef[start : start + len(found)], across, out=found[:, : len(vectors)])
            for first in range(0, len(found), _ROWS):
                part = slice(start + first, start + min(first + _ROWS, len(found)))
                rows[part], scores[part] = _best(found[first : first + _ROWS], k, halvings)
                scores[part] += intercept[part, None]

    with one_blas_thread(), ThreadPoolExecutor(jobs) as pool:
        list(pool.map(share, [starts[first::jobs] for first in range(jobs)]))
    return rows, scores


def _best(scores: Float32s, k: int, halvings: int) -> tuple[Columns, Float32s]:
    """Columns of the ``k`` largest of each row and their values, largest first, ties by column.

    ``scores`` is contiguous; a group is every column that ``halvings`` foldings of a row in half lay on each other.
    """
    width = scores.shape[1]
    maxima = scores
    for _ in range(halvings):
        half = maxima.shape[1] // 2
        maxima = np.maximum(maxima[:, :half], maxima[:, half:])
    n_groups = maxima.shape[1]
    least = np.sort(maxima, axis=1)[:, n_groups - k]  # of so few, the whole order is cheaper than a partition
    groups = np.flatnonzero(maxima >= least[:, None])
    users = groups // n_groups
    first = groups + users * (width - n_groups)
    members = np.empty((2**halvings, len(groups)), dtype=np.float32)
    flat = scores.ravel()
    for step in range(2**halvings):  # views, so that no index of every member is made
        flat[step * n_groups :].take(first, out=members[step], mode="clip")
    reached = np.flatnonzero(np.ascontiguousarray((members >= least.take(users)).T))  # row after row
    group, step = reached >> halvings, reached & (2**halvings - 1)
    return _in_order(scores, users.take(group), first.take(group) + step * n_groups, k)


def _in_order(scores: Float32s, rows: Columns, reached: Columns, k: int) -> tuple[Columns, Float32s]:
    """The ``k`` best of each row among the flat indices ``reached``, which stand row after row, at least k of each.

    Every row sorts whole numbers that hold, from the highest bits on, the score, descending, and the column; few
    enough that NumPy's network sorts them. The bits of a float32 are in the order of the numbers once all but the sign
    of a negative one are turned round.
    """
    n_rows, width = scores.shape
    shift = width.bit_length()
    bits = (scores.take(reached) + np.float32(0.0)).view(np.int32)  # −0 becomes 0, to which it is equal
    below = (2**31 - 1) - (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)
    counts = np.bincount(rows, minlength=n_rows)
    most = int(counts.max())
    place = np.arange(len(rows)) + (np.arange(n_rows) * most - (np.cumsum(counts) - counts)).take(rows)
    keys = np.full((n_rows, most), np.iinfo(np.int64).max)
    keys.ravel()[place] = (below << shift) + (reached - rows * width)
    keys.sort(axis=1)
    columns: Columns = keys[:, :k] & ((1 << shift) - 1)
    return columns, scores.take(columns + width * np.arange(n_rows)[:, None])
