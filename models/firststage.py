"""The best papers of a day for very many users at once, by their linear classifiers alone.

Exact, and not much dearer than the product of the two matrices: a row's scores are cut into ``g`` groups whose maxima
are found first. The k-th largest maximum t is at most the k-th largest score, for each of k groups holds a score ≥ t;
so only scores ≥ t of groups whose maximum is ≥ t, a few more than k, are sorted.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from models.threads import one_blas_thread

_BLOCK = 512
"""Users at a time: BLAS packs the papers anew for each block, and a larger one leaves the processor's cache."""

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
    starts = range(0, len(coef), _BLOCK)

    def share(own: range) -> None:
        products = np.full((min(_BLOCK, len(coef)), width), -np.inf, dtype=np.float32)
        search = _Search(len(products), width, k, halvings)
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

    def __init__(self, n_rows: int, width: int, k: int, halvings: int) -> None:
        self._k = k
        self._halvings = halvings
        self._maxima = np.empty((n_rows, width >> halvings), dtype=np.float32)
        self._members = np.empty((2**halvings, n_rows * k), dtype=np.float32)

    def best(self, scores: Float32s) -> tuple[Columns, Float32s]:
        """Columns of the ``k`` largest of each row and their values, largest first, ties by column.

        ``scores`` is contiguous; a group is every column that foldings of a row in half would lay on each other.
        """
        n_rows, width = scores.shape
        maxima = self._maxima[:n_rows]
        n_groups = maxima.shape[1]
        scores.reshape(n_rows, -1, n_groups).max(axis=1, out=maxima)
        least = np.sort(maxima, axis=1)[:, n_groups - self._k]  # of so few, the whole order is cheaper than a partition
        groups = np.flatnonzero(maxima >= least[:, None])
        users = groups // n_groups
        first = groups + users * (width - n_groups)
        members = self._of_groups(scores.ravel(), first, n_groups)
        reached = np.flatnonzero(np.ascontiguousarray((members >= least.take(users)).T))  # row after row
        n_steps = 2**self._halvings
        group, step = reached >> self._halvings, reached & (n_steps - 1)
        return _in_order(scores, users.take(group), first.take(group) + step * n_groups, self._k)

    def _of_groups(self, flat: Float32s, first: Columns, n_groups: int) -> Float32s:
        """The scores of the members, a row a folding, of groups whose first ones are at these places."""
        n_steps, room = self._members.shape
        many = len(first) > room  # of groups that are equally good
        members = np.empty((n_steps, len(first)), dtype=np.float32) if many else self._members[:, : len(first)]
        for step in range(n_steps):  # views, so that no index of every member is made
            flat[step * n_groups :].take(first, out=members[step], mode="clip")
        return members


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
