"""A user's linear head on sparse tf-idf terms, solved in the dual.

Rows are the user's n labelled papers (terms x_i, target y_i in {−1, 1}, weight s_i; positives weigh 1 together,
negatives at most 1) and one more for everything unlabelled: the background's mean μ with target −1 and weight W. The
head minimises, with the intercept b left unpenalised,

    Σ_i s_i (y_i − w·x_i − b)²  +  W (−1 − w·μ − b)²  +  λ‖w‖².

With the rows' Gram matrix K and S = diag(s, W) the solution is w = Xᵀa where (K + λS⁻¹) a + b·1 = y and 1·a = 0, a
system of n + 2 unknowns. All products of terms are Σ_t v_t x_t y_t with the weights v of :mod:`models.term_weights`.
As λ grows it becomes the difference of the means of positives, negatives and background
(Rocchio's rule, and a centroid for users without negatives); a small λ separates the labels as a classifier would.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.threads import one_blas_thread

Floats = NDArray[np.float64]
BACKGROUND_WEIGHT, REGULARIZATION = 1.0, 0.05
_ROWS_AT_ONCE = 512
"""Of a Gram matrix: as a sparse one it takes more than as the dense one it becomes."""

_DENSE_ROWS = 64
"""Up to which a Gram matrix is made of dense rows, in a third of the time."""


@dataclass(frozen=True, slots=True)
class TextHead:
    """Weights ``values`` float32 of the term ``columns``, and ``of_mean`` of the background's mean.

    The intercept is left out: scores are compared with those of other papers.
    """

    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    of_mean: float

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""
        return self.columns.nbytes + self.values.nbytes

    def weights(self, n_terms: int) -> NDArray[np.float32]:
        """float32 (n_terms,) without the part of the background's mean."""
        dense = np.zeros(n_terms, dtype=np.float32)
        dense[self.columns] = self.values
        return dense

    def scores(self, terms: sparse.csr_array, of_mean: Floats) -> Floats:
        """float64 (n,) of rows whose products with the background's mean are ``of_mean``."""
        own = terms @ self.weights(terms.shape[1])
        return np.asarray(own, dtype=np.float64) + self.of_mean * of_mean


@dataclass(frozen=True, slots=True)
class TextProblem:
    """What all users' heads share: μ float64 (n_terms,), v float32 (n_terms,), the weight W of μ, and λ.

    ``weighed_mean`` float64 (n_terms,) is v μ, whose product with a paper's terms is the paper's with μ.
    """

    mean: Floats
    term_weights: NDArray[np.float32]
    weight: float = BACKGROUND_WEIGHT
    regularization: float = REGULARIZATION
    weighed_mean: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weighed_mean", self.mean * self.term_weights)

    @classmethod
    def of(cls, background: sparse.csr_array, term_weights: NDArray[np.float32] | None = None) -> Self:
        """With the mean of these rows of terms, (m, n_terms); weights that are not given are 1."""
        weights = np.ones(background.shape[1], dtype=np.float32) if term_weights is None else term_weights
        return cls(np.asarray(background.mean(axis=0), dtype=np.float64).ravel(), weights)

    def weighed(self, terms: sparse.csr_array) -> sparse.csr_array:
        """The rows ``terms`` (n, n_terms) times v, for products with others as they are."""
        data = terms.data * self.term_weights[terms.indices]
        return sparse.csr_array((data, terms.indices, terms.indptr), shape=terms.shape)

    @one_blas_thread()
    def fit(self, terms: sparse.csr_array, targets: NDArray[np.int8], weights: Floats) -> TextHead | None:
        """The head of labelled rows ``terms`` (n, n_terms); None for a user without positives or without words."""
        positive = targets > 0
        if not positive.any() or not terms.nnz:
            return None
        columns, places = np.unique(terms.indices, return_inverse=True)  # a few hundred of a hundred thousand terms
        root = np.sqrt(self.term_weights[columns].astype(np.float64))
        n, wide = len(targets), np.asarray(terms.data, dtype=np.float64) * root[places]
        rows = sparse.csr_array((wide, places, terms.indptr), shape=(n, len(columns)))
        own = self._solved(rows, self.mean[columns] * root, targets, weights)
        combined = np.bincount(places, wide * np.repeat(own[:-1], np.diff(terms.indptr))) * root
        told = combined != 0
        return TextHead(columns[told].astype(np.int32), combined[told].astype(np.float32), float(own[-1]))

    def _solved(self, rows: sparse.csr_array, mean: Floats, targets: NDArray[np.int8], weights: Floats) -> Floats:
        """Dual coefficients (n + 1,), that of the mean last; ``rows`` and ``mean`` without terms that no row has."""
        n = len(targets)
        system = np.zeros((n + 2, n + 2))
        system[:n, :n] = _gram(rows)
        system[:n, n] = system[n, :n] = rows @ mean
        system[n, n] = self.mean @ self.weighed_mean
        balanced = _balanced(weights, targets > 0)
        system[np.arange(n + 1), np.arange(n + 1)] += self.regularization / np.append(balanced, self.weight)
        system[: n + 1, n + 1] = system[n + 1, : n + 1] = 1.0
        right = np.concatenate([targets.astype(np.float64), [-1.0, 0.0]])
        solved: Floats = np.linalg.solve(system, right)
        return solved[: n + 1]


def _gram(rows: sparse.csr_array) -> Floats:
    """The products (n, n) of the rows with each other."""
    n = rows.shape[0]
    if n <= _DENSE_ROWS:
        dense = rows.toarray()
        return np.asarray(dense @ dense.T)
    found, columns = np.empty((n, n)), rows.T.tocsr()
    for start in range(0, n, _ROWS_AT_ONCE):
        some = slice(start, start + _ROWS_AT_ONCE)
        found[some] = (rows[some] @ columns).toarray()
    return found


def _balanced(weights: Floats, positive: NDArray[np.bool_]) -> Floats:
    """Positives weigh 1 together and negatives at most 1, however many of them there are."""
    shared: Floats = weights / weights[positive].sum()
    shared[~positive] /= max(1.0, float(shared[~positive].sum()))
    return shared
