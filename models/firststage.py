"""The best papers of a day for very many users at once, by their linear classifiers alone.

Exact, and hardly dearer than the product of the two matrices: a row's scores are cut into ``g`` groups whose maxima are
found first. The k-th largest maximum t is at most the k-th largest score, for each of k groups holds a score ≥ t; so
only scores ≥ t, a few more than k, are sorted.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from models.threads import one_blas_thread

_BLOCK = 256
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
    starts = range(0, len(coef), _BLOCK)

    def share(own: range) -> None:
        products = np.empty((_BLOCK, len(vectors)), dtype=np.float32)
        for start in own:
            part = slice(start, min(start + _BLOCK, len(coef)))
            found = np.matmul(coef[part], vectors.T, out=products[: part.stop - start])
            rows[part], scores[part] = _best(found, k)
            scores[part] += intercept[part, None]

    with one_blas_thread(), ThreadPoolExecutor(jobs) as pool:
        list(pool.map(share, [starts[first::jobs] for first in range(jobs)]))
    return rows, scores


def _best(scores: Float32s, k: int) -> tuple[Columns, Float32s]:
    """Columns of the ``k`` largest of each row and their values, largest first, ties by column."""
    n = scores.shape[1]
    reached = np.flatnonzero(scores >= _threshold(scores, k)[:, None])  # of two axes, nonzero is six times slower
    users = reached // n
    counts = np.bincount(users, minlength=len(scores))
    place = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    widest = int(counts.max())
    negative = np.full(len(scores) * widest, np.inf, dtype=np.float32)
    at = np.zeros(len(negative), dtype=np.intp)
    places = users * widest + place
    negative[places] = -scores.ravel()[reached]
    at[places] = reached
    order = np.argsort(negative.reshape(-1, widest), axis=1, kind="stable")[:, :k]
    chosen = at[order + widest * np.arange(len(scores))[:, None]]
    return chosen % n, scores.ravel()[chosen]


def _threshold(scores: Float32s, k: int) -> Float32s:
    """Of each row a value (u,) that at least ``k`` scores reach: the k-th largest maximum of its groups.

    A group is made by folding the columns in half over and over; an odd one left over belongs to none, which only
    makes the value smaller.
    """
    while scores.shape[1] >= 2 * _GROUPS_PER_PLACE * k:
        half = scores.shape[1] // 2
        scores = np.maximum(scores[:, :half], scores[:, half : 2 * half])
    n_groups = scores.shape[1]
    return np.partition(scores, n_groups - k, axis=1)[:, n_groups - k]
