"""The best papers of a day for very many users at once, by their linear classifiers alone.

Exact, and not much dearer than the product of the two matrices: a row's scores are cut into ``g`` groups whose maxima
are found first. The k-th largest maximum t is at most the k-th largest score, for each of k groups holds a score ≥ t;
so only scores ≥ t of groups whose maximum is ≥ t, a few more than k, are sorted.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from models.threads import one_blas_thread

_BLOCK = 256
_GROUPS_PER_PLACE = 5
_SCORE_BITS = 32

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
    block = max(1, min(_BLOCK, 2 ** (63 - _SCORE_BITS - width.bit_length())))
    across = np.ascontiguousarray(vectors.T)  # BLAS need not turn it round in every block
    starts = range(0, len(coef), block)

    def share(own: range) -> None:
        products = np.full((block, width), -np.inf, dtype=np.float32)
        for start in own:
            part = slice(start, min(start + block, len(coef)))
            found = products[: part.stop - start]
            np.matmul(coef[part], across, out=found[:, : len(vectors)])
            rows[part], scores[part] = _best(found, k, halvings)
            scores[part] += intercept[part, None]

    with one_blas_thread(), ThreadPoolExecutor(jobs) as pool:
        list(pool.map(share, [starts[first::jobs] for first in range(jobs)]))
    return rows, scores


def _best(scores: Float32s, k: int, halvings: int) -> tuple[Columns, Float32s]:
    """Columns of the ``k`` largest of each row and their values, largest first, ties by column.

    ``scores`` is contiguous; a group is every column that ``halvings`` foldings of a row in half lay on each other.
    """
    n_rows, width = scores.shape
    maxima = scores
    for _ in range(halvings):
        half = maxima.shape[1] // 2
        maxima = np.maximum(maxima[:, :half], maxima[:, half:])
    n_groups = maxima.shape[1]
    least = np.sort(maxima, axis=1)[:, n_groups - k]  # of so few, the whole order is cheaper than a partition
    groups = np.flatnonzero(maxima >= least[:, None])
    users = groups // n_groups
    members = n_groups * np.arange(2**halvings)[:, None] + (groups + users * (width - n_groups))
    reached = members.ravel()[np.flatnonzero(scores.take(members) >= least.take(users))]
    columns = _in_order(scores, reached, k)
    return columns, scores.take(columns + width * np.arange(n_rows)[:, None])


def _in_order(scores: Float32s, reached: Columns, k: int) -> Columns:
    """Columns of the ``k`` best of each row among the flat indices ``reached``, of which every row has as many.

    One sort of whole numbers that hold, from the highest bits on, the row, the score, descending, and the column. The
    bits of a float32 are in the order of the numbers once all but the sign of a negative one are turned round.
    """
    n_rows, width = scores.shape
    bits = (scores.take(reached) + np.float32(0.0)).view(np.int32)  # −0 becomes 0, to which it is equal
    below = (2**31 - 1) - (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)
    shift = width.bit_length()
    keys = (below << shift) + reached + (reached // width) * ((1 << (_SCORE_BITS + shift)) - width)
    keys.sort()
    first = np.searchsorted(keys, np.arange(n_rows) << (_SCORE_BITS + shift))
    columns: Columns = keys.take(first[:, None] + np.arange(k)) & ((1 << shift) - 1)
    return columns
