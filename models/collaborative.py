"""What other users' choices say about a paper, also about one that nobody has opened yet.

**Factors.** Alternating least squares for implicit feedback (Hu, Koren and Volinsky 2008, as ``implicit`` computes it)
over the papers that somebody chose. With y_i the factor of paper i, user u's factor minimises

    Σ_i c_ui (p_ui − x·y_i)² + λ‖x‖²,    p_ui = 1 and c_ui = 1 + α w_ui where u chose i with weight w_ui, else 0 and 1.

The papers' words take part as if each were a user who chose the papers it stands in, with its tf-idf as weight: a
paper that one user chose gets its place from its words too. Only users' factors are asked for afterwards, in closed
form from the fixed y, so that a click a minute old counts: x = (YᵀY + λI + Σ_i α w_i y_i y_iᵀ)⁻¹ Σ_i (1 + α w_i) y_i.

**Carrying.** A paper gets the mean of its nearest known papers' factors, weighed by similarity³ and divided by the
root of its own length, for a mean of like factors is longer than one of unlike ones and would win by that alone.
Nearest is by :mod:`models.neighbours`: by terms, where the encoder knows words, and by sentences too, where an encoder
of those is joined. A known paper is its own nearest, so that its own factor counts most. A paper like no known one has
the factor zero.

**Demand.** With n_i the number of users who chose the known paper i, a paper's demand is the mean of ln(1 + n_i) over
the same nearest papers with the same weights: how often papers like it are chosen, whoever asks.

Negative examples are left out: unchosen papers already pull a factor away, and the classifiers learn from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import solve

from features.domain import Paper
from features.moment import VectorExamples
from models.choices import Choices, rows_of
from models.kept_rows import KeptRows
from models.neighbours import KnownRows
from models.sense import SenseBlock
from models.threads import one_blas_thread

_POWER = 3
_CARRIED_KEPT = 4096
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FactorSettings:
    """``factors`` k, ``alpha`` α, ``regularization`` λ; ``word_weight`` 0 leaves words out."""

    factors: int = 128
    alpha: float = 29.0
    regularization: float = 10.0
    iterations: int = 8
    word_weight: float = 1.0
    neighbours: int = 50


DEFAULTS = FactorSettings()


@dataclass(frozen=True, slots=True)
class Collaborative:
    """Factors of known papers; an immutable value, empty (k = 0) where too few users have anything in common.

    ``paper_ids`` (m) ascend; ``factors`` float32 (m, k); ``chosen`` float32 (m,) are ln(1 + n) of the module's formula;
    ``known`` the same papers' rows, for looking up neighbours; ``sense`` finds a sentence encoder's part of vectors.
    """

    paper_ids: tuple[str, ...]
    factors: NDArray[np.float32]
    chosen: NDArray[np.float32]
    known: KnownRows
    alpha: float
    regularization: float
    neighbours: int
    sense: SenseBlock | None = None
    _row: dict[str, int] = field(init=False, repr=False, compare=False)
    _gram: Floats = field(init=False, repr=False, compare=False)
    _kept: KeptRows = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_kept", KeptRows(_CARRIED_KEPT))
        object.__setattr__(self, "_row", {paper_id: row for row, paper_id in enumerate(self.paper_ids)})
        exact = self.factors.astype(np.float64)
        with one_blas_thread():
            gram = exact.T @ exact + self.regularization * np.eye(exact.shape[1])
        object.__setattr__(self, "_gram", gram)

    @classmethod
    def fit(
        cls,
        choices: Choices | None,
        seed: int = 0,
        settings: FactorSettings = DEFAULTS,
        sense: SenseBlock | None = None,
        threads: int = 1,
    ) -> Self:
        """Learn from everybody's choices.

        Parameters
        ----------
        choices : Choices, optional
            As of the cut; None where there are too few, of which nothing is learnt.
        seed : int
            Draws where the iteration starts.
        sense : SenseBlock, optional
            The sentence encoder's part of the vectors, if one is joined.
        threads : int
            Share the work; they change no bit.
        """
        if choices is None:
            return cls.empty(settings)
        if choices.terms is None:
            sense = None
        rows = KnownRows.of(choices.vectors, choices.terms, _said(sense, choices.vectors))
        observed = [choices.weights]
        if choices.terms is not None and settings.word_weight > 0:
            observed.append(sparse.csr_array(choices.terms.T * np.float32(settings.word_weight)))
        factors = _factors(sparse.csr_array(sparse.vstack(observed, format="csr")), seed, settings, threads)
        chosen = np.log1p(np.bincount(choices.weights.indices, minlength=len(choices.paper_ids))).astype(np.float32)
        numbers = (settings.alpha, settings.regularization, settings.neighbours)
        return cls(choices.paper_ids, factors, chosen, rows, *numbers, sense)

    @classmethod
    def empty(cls, settings: FactorSettings = DEFAULTS) -> Self:
        """Of nobody: every score is zero."""
        none = KnownRows.of(np.zeros((0, 0), dtype=np.float32), None)
        nothing = np.zeros((0, 0), dtype=np.float32)
        numbers = (settings.alpha, settings.regularization, settings.neighbours)
        return cls((), nothing, np.zeros(0, dtype=np.float32), none, *numbers)

    def carry(self, vectors: NDArray[np.float32], terms: sparse.csr_array | None = None) -> tuple[Floats, Floats]:
        """Factors float64 (n, k) and demand (n,) of papers with these rows; a row's bits depend on no other row.

        ``vectors`` (n, d), and ``terms`` (n, n_terms) where the factors were fitted with terms, are the same encoder's.
        """
        carried, demand = np.zeros((len(vectors), self.factors.shape[1])), np.zeros(len(vectors))
        if not self.paper_ids:
            return carried, demand
        said = _said(self.sense, vectors)
        for start, rows, similarity in self.known.nearest(vectors, terms, self.neighbours, said):
            weights = similarity**_POWER
            total = weights.sum(axis=1, keepdims=True)
            weights /= np.where(total > 0, total, 1.0)
            mean = np.einsum("nj,njk->nk", weights, self.factors[rows], dtype=np.float64)
            length = np.sqrt(np.einsum("nk,nk->n", mean, mean))[:, None]
            carried[start : start + len(mean)] = mean / np.sqrt(np.where(length > 0, length, 1.0))
            demand[start : start + len(mean)] = np.einsum("nj,nj->n", weights, self.chosen[rows], dtype=np.float64)
        return carried, demand

    def keep(self, papers: Sequence[Paper], carried: Floats) -> None:
        """Remember the factors of these papers, which somebody may choose next."""
        self._kept.keep([_key(paper) for paper in papers], carried)

    @one_blas_thread()
    def fold_in(self, user: VectorExamples) -> Floats:
        """The user's factor float64 (k,) from her positives; zeros without any.

        A paper that was not known at the fit counts with its carried factor.
        """
        positive = np.flatnonzero(user.examples.targets > 0)
        if not len(positive) or not self.paper_ids:
            return np.zeros(self.factors.shape[1])
        chosen = self._factors_of(user, positive)
        extra = self.alpha * user.examples.weights[positive]
        system = self._gram + (chosen.T * extra) @ chosen
        return np.asarray(solve(system, (1.0 + extra) @ chosen, assume_a="pos"), dtype=np.float64)

    def scores(self, user_factor: Floats, carried: Floats) -> Floats:
        """Float64 (n,): how likely the user's likes would choose each paper, larger is better; no probability."""
        found: Floats = np.einsum("nk,k->n", carried, user_factor)
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays without objects, for ``.npy`` files."""
        return {
            "paper_ids": np.array(self.paper_ids, dtype=np.str_),
            "factors": self.factors,
            "chosen": self.chosen,
            "constants": np.array([self.alpha, self.regularization, self.neighbours], dtype=np.float64),
            **self.known.arrays(),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], sense: SenseBlock | None = None) -> Self:
        """The value whose :meth:`arrays` these are, which do not have ``sense``."""
        alpha, regularization, neighbours = arrays["constants"].tolist()
        ids = tuple(arrays["paper_ids"].tolist())
        known = KnownRows.from_arrays(arrays)
        numbers = (alpha, regularization, int(neighbours))
        return cls(ids, arrays["factors"], arrays["chosen"], known, *numbers, sense if "sense" in arrays else None)

    def _factors_of(self, user: VectorExamples, positive: NDArray[np.intp]) -> Floats:
        """Float64 (p, k): learned for known papers, carried for the others."""
        places = np.array([self._row.get(user.examples.paper_ids[row], -1) for row in positive.tolist()])
        found: Floats = self.factors[places].astype(np.float64)
        new = places < 0
        if new.any():
            rows = positive[new]
            keys = [_key(user.papers[row]) for row in rows.tolist()]
            found[new] = self._kept.of(keys, found.shape[1], lambda some: self.carry(*rows_of(user, rows[some]))[0])
        return found


def _key(paper: Paper) -> tuple[str, str]:
    return paper.id, paper.content_hash


def _said(sense: SenseBlock | None, vectors: NDArray[np.float32]) -> NDArray[np.float32] | None:
    return None if sense is None else sense.rows(vectors).astype(np.float32)


@one_blas_thread()
def _factors(weights: sparse.csr_array, seed: int, settings: FactorSettings, threads: int) -> NDArray[np.float32]:
    """Item factors float32 (items, k) of (users, items) weights; k is at most the smaller side."""
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  # a server starts without it

    confidence = sparse.csr_matrix(weights, copy=True)
    confidence.data = (1.0 + settings.alpha * confidence.data).astype(np.float32)
    model = AlternatingLeastSquares(
        factors=min(settings.factors, *weights.shape),
        alpha=1.0,
        regularization=settings.regularization,
        iterations=settings.iterations,
        num_threads=threads,
        random_state=seed,
    )
    model.fit(confidence, show_progress=False)
    return np.asarray(model.item_factors, dtype=np.float32)
