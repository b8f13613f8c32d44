"""A metric of papers learnt from everybody's choices: near is what the same people choose.

An encoder knows what words stand together; which of that tells one reader's papers from another's only choices say.
With z the vector of a paper less the background's mean and of length one, and t its terms, the metric is a linear map
to :data:`MOST` places,

    m(x) = zU + tV,

and papers are as alike as the cosine of their m. V has a row for each of the :data:`TERMS` terms that most papers among
the choices have, for what a vector of a few hundred places cannot tell apart.

It is learnt by telling, of :data:`BATCH` papers each drawn of one user's choices, which goes with what else the same
user chose. With q_u the mean of :data:`OTHERS` further choices of user u, drawn with replacement, and x_u the paper
drawn, it maximises

    Σ_u ln softmax_v(cos(m(q_u), m(x_v)) / τ)[u],      τ = 0.1,

over v of the batch that are neither of the same user nor the same paper (InfoNCE: van den Oord et al., 2018; with
negatives from the batch, as in the two towers of Yi et al., "Sampling-bias-corrected neural modeling", 2019). A user is
drawn in proportion to how many choices they made beyond the first, five at most, so that few do not speak for all.

V starts at zero and U as the identity, or as the directions in which what is chosen varies most where vectors are
longer. U takes the steps of Adam (Kingma and Ba, 2015), V those of Adagrad (Duchi et al., 2011) with one scale a term,
which begins as that of several looks, so that a term seen once moves little. Choices are looked at twice each, in no
more than :data:`STEPS` steps: little can be learnt from few, and then the metric stays that of the encoder.
"""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.choices import Choices
from models.contrast import Batch, contrast, lengths
from models.kept_rows import KeptRows
from models.ridge import in_blocks
from models.threads import one_blas_thread

MOST, TERMS, BATCH, STEPS, PASSES, OTHERS = 256, 16384, 1024, 120, 2, 5
LEAST_PAPERS = 5
"""Papers among the choices that a term must stand in."""

_MAP_RATE, _TERMS_RATE, _LAST_RATE = 0.0015, 0.01, 0.05
_HOLD = np.float32(0.001)
_MOMENTUM, _MEMORY = np.float32(0.9), np.float32(0.99)
_LOOKS_BEFORE = np.float32(3.0)
_MOST_A_USER = 5
_TINY = np.float32(1e-9)
_KEPT = 4096

Floats = NDArray[np.floating[Any]]
Float32s = NDArray[np.float32]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Metric:
    """``map`` float32 (d, k) and ``of_terms`` (t, k) are U and V of the module's formula.

    ``centre`` float32 (d,) is the background's mean, ``columns`` int32 (t,) the terms that V has rows for. ``kept``
    remembers rows of papers, for who knows their keys.
    """

    map: Float32s
    centre: Float32s
    columns: NDArray[np.int32]
    of_terms: Float32s
    kept: KeptRows = field(init=False, repr=False, compare=False)
    _row_of: NDArray[np.int32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", KeptRows(_KEPT, np.float32))
        object.__setattr__(self, "_row_of", _rows_of(self.columns))

    @classmethod
    @one_blas_thread()
    def fit(cls, choices: Choices | None, centre: Floats, seed: int = 0) -> Self | None:
        """Learn from everybody's choices; None where there are too few.

        Parameters
        ----------
        choices : Choices, optional
            As of the cut.
        centre : (d,)
            Mean vector of the background.
        seed : int
            Draws users and their papers.
        """
        draws = None if choices is None else _Draws.of(choices)
        if choices is None or draws is None:
            return None
        middle = np.asarray(centre, dtype=np.float32)
        columns = _told_by(choices.terms)
        terms = choices.terms
        if terms is None:
            terms = sparse.csr_array(np.zeros((len(choices.vectors), 0), dtype=np.float32))
        learning = _Learning(_units(choices.vectors - middle), _told(terms, _rows_of(columns), len(columns)))
        learning.learn(draws, np.random.default_rng(seed))
        return cls(learning.map, middle, columns, learning.of_terms)

    def rows(self, vectors: Floats, terms: sparse.csr_array | None) -> Float32s:
        """The m of papers, each of length one, float32 (n, k); a row's bits depend on no other row.

        ``vectors`` (n, d), and ``terms`` (n, n_terms) where it was learnt with terms, are the same encoder's.
        """
        found = in_blocks(_units(np.asarray(vectors, dtype=np.float32) - self.centre), self.map)
        if terms is not None and len(self.columns):
            found += _told(terms, self._row_of, len(self.columns)) @ self.of_terms
        return _units(found)


class _Learning:
    """U and V on their way: ``rows`` float32 (papers, d) and ``terms`` CSR (papers, t) of what was chosen."""

    def __init__(self, rows: Float32s, terms: sparse.csr_array) -> None:
        self._rows, self._terms = rows, terms
        self._start = _start(rows)
        self.map = self._start.copy()
        self.of_terms = np.zeros((terms.shape[1], self.map.shape[1]), dtype=np.float32)
        self._mean, self._square = np.zeros_like(self.map), np.zeros_like(self.map)
        self._looks = np.zeros((terms.shape[1], 1), dtype=np.float32)

    def learn(self, draws: "_Draws", rng: np.random.Generator) -> None:
        """Take the steps of the module's text."""
        batch = min(BATCH, draws.n_choices)
        n_steps = min(STEPS, -(-PASSES * draws.n_choices // batch))
        for step in range(1, n_steps + 1):
            users, papers, others = draws.draw(batch, rng)
            mean_of = sparse.csr_array(
                (np.full(others.size, 1 / OTHERS, np.float32), others.T.ravel(), np.arange(0, others.size + 1, OTHERS)),
                shape=(batch, len(self._rows)),
            )
            vectors = np.concatenate([_units(self._rows[others].sum(axis=0)), self._rows[papers]])
            terms = sparse.csr_array(sparse.vstack([mean_of @ self._terms, self._terms[papers]], format="csr"))
            slopes = contrast(Batch(vectors @ self.map + terms @ self.of_terms, users, papers))
            rate = np.float32(1 + _LAST_RATE - step / n_steps)
            self._move_map(vectors.T @ slopes + _HOLD * (self.map - self._start), step, rate)
            self._move_terms(terms, slopes, rate)

    def _move_map(self, slope: Float32s, step: int, rate: np.float32) -> None:
        self._mean += (1 - _MOMENTUM) * (slope - self._mean)
        self._square += (1 - _MEMORY) * (slope * slope - self._square)
        unbiased = np.sqrt(self._square / (1 - _MEMORY**step)) + _TINY
        self.map -= np.float32(_MAP_RATE) * rate * (self._mean / (1 - _MOMENTUM**step)) / unbiased

    def _move_terms(self, terms: sparse.csr_array, slopes: Float32s, rate: np.float32) -> None:
        told = np.flatnonzero(np.bincount(terms.indices, minlength=terms.shape[1]))
        if not len(told):
            return
        slope = np.asarray(terms.T.tocsr()[told] @ slopes, dtype=np.float32)
        squares = np.einsum("tk,tk->t", slope, slope)[:, None] / np.float32(slope.shape[1])
        if not self._looks.any():
            self._looks += _LOOKS_BEFORE * squares.mean()
        self._looks[told] += squares
        slope *= np.float32(_TERMS_RATE) * rate / (np.sqrt(self._looks[told]) + _TINY)
        self.of_terms[told] -= slope


@dataclass(frozen=True, slots=True)
class _Draws:
    """Users with two choices or more: ``flat`` the papers chosen, each user's from ``start`` on, ``size`` many."""

    flat: Rows
    start: Rows
    size: Rows
    cumulated: NDArray[np.float64]

    @classmethod
    def of(cls, choices: Choices) -> Self | None:
        """None where nobody has two."""
        pointers = choices.weights.indptr.astype(np.intp)
        size = np.diff(pointers)
        told = size > 1
        if not told.any():
            return None
        shares = np.minimum(size[told] - 1, _MOST_A_USER).cumsum()
        return cls(choices.weights.indices.astype(np.intp), pointers[:-1][told], size[told], shares / shares[-1])

    @property
    def n_choices(self) -> int:
        """How many choices can be drawn."""
        return int(self.size.sum())

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
        """``n`` users, a paper of each, (n,), and ``OTHERS`` further ones, (OTHERS, n)."""
        users = np.searchsorted(self.cumulated, rng.random(n), side="right")
        start, size = self.start[users], self.size[users]
        one = (rng.random(n) * size).astype(np.intp)
        further = 1 + (rng.random((OTHERS, n)) * (size - 1)).astype(np.intp)
        return users, self.flat[start + one], self.flat[start + (one + further) % size]


def _start(rows: Float32s) -> Float32s:
    """The identity, or the ``MOST`` main directions of longer rows."""
    d = rows.shape[1]
    if d <= MOST:
        return np.eye(d, dtype=np.float32)
    _, directions = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    return np.ascontiguousarray(directions[:, : -MOST - 1 : -1], dtype=np.float32)


def _told_by(terms: sparse.csr_array | None) -> NDArray[np.int32]:
    """Columns of the ``TERMS`` terms that most of these papers have, ascending; ties to the earlier column."""
    if terms is None:
        return np.zeros(0, dtype=np.int32)
    counts = np.bincount(terms.indices, minlength=terms.shape[1])
    first = np.argsort(-counts, kind="stable")[:TERMS]
    return np.sort(first[counts[first] >= LEAST_PAPERS]).astype(np.int32)


def _rows_of(columns: NDArray[np.int32]) -> NDArray[np.int32]:
    """V's row of each term up to the last in ``columns``, −1 for none; the last entry is for all terms behind."""
    found = np.full(int(columns.max(initial=-1)) + 2, -1, dtype=np.int32)
    found[columns] = np.arange(len(columns), dtype=np.int32)
    return found


def _told(terms: sparse.csr_array, row_of: NDArray[np.int32], n: int) -> sparse.csr_array:
    """The terms that V's ``n`` rows are of; to index columns would look at all of the vocabulary."""
    rows = row_of[np.minimum(terms.indices, len(row_of) - 1)]
    kept = rows >= 0
    starts = np.append(0, np.cumsum(kept))[terms.indptr]
    return sparse.csr_array((terms.data[kept], rows[kept], starts), shape=(terms.shape[0], n))


def _units(rows: Float32s) -> Float32s:
    """Rows of length one; zero where they have none."""
    return np.asarray(rows / lengths(rows), dtype=np.float32)
