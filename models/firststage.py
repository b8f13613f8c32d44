"""The best papers of a day for very many users at once, by their linear classifiers alone.

Exact, and not much dearer than the product of the two matrices: a row's scores are cut into ``g`` groups whose maxima
are found first. The k-th largest maximum t is at most the k-th largest score, for each of k groups holds a score ≥ t;
so only scores ≥ t, a few more than k, are sorted.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from models.threads import one_blas_thread

_BLOCK = 512
"""Users at a time: BLAS packs the papers anew for each block, and a larger one leaves the processor's cache."""

_GROUPS_PER_PLACE = 5
_WORD = 8
"""Truth values that are looked at together, as one number."""

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
    step = max(_WORD, 2**halvings)
    width = -(-len(vectors) // step) * step
    across = np.ascontiguousarray(vectors.T)  # BLAS need not turn it round in every block
    starts = range(0, len(coef), _BLOCK)

    def share(own: range) -> None:
        products = np.full((min(_BLOCK, len(coef)), width), -np.inf, dtype=np.float32)
        search = _Search(len(products), width, k, 2**halvings)
        for start in own:
            part = slice(start, min(start + _BLOCK, len(coef)))
            found = products[: part.stop - start]
            np.matmul(coef[part], across, out=found[:, : len(vectors)])
            rows[part], scores[part] = search.best(found)
            scores[part] += intercept[part, None]

    with one_blas_thread(), ThreadPoolExecutor(jobs) as pool:
        list(pool.map(share, [starts[first::jobs] for first in range(jobs)]))
    return rows, scores


class _Search:
    """The best of one block of rows after another; what it needs on the way is allocated once, as fresh pages cost."""

    def __init__(self, n_rows: int, width: int, k: int, group: int) -> None:
        self._k = k
        self._maxima = np.empty((n_rows, width // group), dtype=np.float32)
        self._reaching = np.empty((n_rows, width), dtype=np.bool_)

    def best(self, scores: Float32s) -> tuple[Columns, Float32s]:
        """Columns of the ``k`` largest of each row and their values, largest first, ties by column.

        ``scores`` is contiguous; a group is every column that foldings of a row in half would lay on each other.
        """
        maxima, reaching = self._maxima[: len(scores)], self._reaching[: len(scores)]
        n_groups = maxima.shape[1]
        scores.reshape(len(scores), -1, n_groups).max(axis=1, out=maxima)
        maxima.sort(axis=1)  # of so few, the whole order is cheaper than a partition
        np.greater_equal(scores, maxima[:, n_groups - self._k, None], out=reaching)
        return _in_order(scores, _where(reaching), self._k)


def _where(reaching: NDArray[np.bool_]) -> Columns:
    """Flat indices, ascending, of what is true: few are, so most words of them are nothing but zeros."""
    words = reaching.ravel().view(np.uint64)
    some = np.flatnonzero(words != 0)
    inside = np.flatnonzero(words.take(some).view(np.bool_))
    found: Columns = some.take(inside // _WORD) * _WORD + inside % _WORD
    return found


def _in_order(scores: Float32s, reached: Columns, k: int) -> tuple[Columns, Float32s]:
    """The ``k`` best of each row among the flat indices ``reached``, which ascend and are at least k of each row.

    What is sorted are whole numbers that hold, from the highest bits on, the row, the score, descending, and the
    column. The bits of a float32 are in the order of the numbers once all but the sign of a negative one are turned
    round.
    """
    n_rows, width = scores.shape
    shift = width.bit_length()
    rows = reached // width
    bits = (scores.take(reached) + np.float32(0.0)).view(np.int32)  # −0 becomes 0, to which it is equal
    below = (2**31 - 1) - (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)
    keys = (rows << (32 + shift)) + (below << shift) + (reached - rows * width)
    keys.sort()
    each = np.arange(n_rows)
    best = keys.take(np.searchsorted(rows, each)[:, None] + np.arange(k))
    columns: Columns = best & ((1 << shift) - 1)
    return columns, scores.take(columns + width * each[:, None])
