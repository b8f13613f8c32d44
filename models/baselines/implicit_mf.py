"""Implicit-feedback matrix factorisation, carried to papers nobody has opened by their nearest neighbours."""

from typing import Self

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy import sparse

from features.moment import DayMoment, UserMoment
from models.baselines.base import Past, Scores
from models.baselines.content import PastTerms
from models.neighbours import KnownRows
from models.threads import one_blas_thread


class ImplicitMf:
    """``implicit``'s alternating least squares: 512 factors, alpha 30, regularization 10; positives only.

    A paper gets the mean of the factors of the 50 papers nearest to it by the shared tf-idf, among those somebody
    chose, weighed by similarity²; its score is the product with the user's factor. There are never more factors than
    users or chosen papers. A paper with no word in common with a chosen one scores 0, and so does everything for a
    user without positives.
    """

    name = "implicit_mf"

    FACTORS, ALPHA, REGULARIZATION, NEIGHBOURS, POWER = 512, 30.0, 10.0, 50, 2

    def __init__(self, terms: PastTerms | None = None) -> None:
        self._terms = terms or PastTerms()
        self._past: Past | None = None
        self._user: dict[str, int] = {}
        self._day: tuple[DayMoment, NDArray[np.float32]] | None = None

    def fit(self, past: Past) -> Self:
        """Factorise the past's positives."""
        self._terms.fit(past)
        self._past, self._user, self._day = past, {}, None
        rows = {user: found for user in sorted(past.positives) if len(found := self._terms.rows(past.positives[user]))}
        if not rows or not self._terms.matrix.shape[1]:
            return self
        self._user = {user: number for number, user in enumerate(rows)}
        papers, columns = np.unique(np.concatenate(list(rows.values())), return_inverse=True)
        starts = np.cumsum([0, *map(len, rows.values())])
        chosen = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(rows), len(papers)))
        self._factors, self._papers = self._factorised(chosen, past.seed)
        self._known = KnownRows.of(np.zeros((0, 0), dtype=np.float32), self._terms.matrix[papers])
        return self

    def score(self, day: DayMoment, user: UserMoment) -> Scores:
        """float64 (n); zeros for a user without positives in the past, or where nothing has been fitted."""
        number = self._user.get(user.user_id)
        if number is None:
            return np.zeros(len(day.papers))
        if self._day is None or self._day[0] is not day:
            self._day = (day, self._carried(day))
        scores: Scores = np.einsum("nk,k->n", self._day[1], self._factors[number], dtype=np.float64)
        return scores

    def _carried(self, day: DayMoment) -> NDArray[np.float32]:
        """float32 (n, k)."""
        if self._past is not None:
            self._terms.fit(self._past)  # one who shares them may have read another past since
        terms = self._terms.of_day(day)
        carried = np.zeros((len(day.papers), self._papers.shape[1]), dtype=np.float32)
        for start, rows, similarity in self._known.nearest(
            np.zeros((terms.shape[0], 0), np.float32), terms, self.NEIGHBOURS
        ):
            weights = similarity**self.POWER
            total = weights.sum(axis=1, keepdims=True)
            weights /= np.where(total > 0, total, 1.0)
            carried[start : start + len(rows)] = np.einsum("nj,njk->nk", weights, self._papers[rows])
        return carried

    @one_blas_thread()
    def _factorised(self, chosen: sparse.csr_matrix, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Factors of users and papers."""
        model = AlternatingLeastSquares(
            factors=min(self.FACTORS, *chosen.shape),
            alpha=self.ALPHA,
            regularization=self.REGULARIZATION,
            num_threads=1,
            random_state=seed,
        )
        model.fit(chosen, show_progress=False)
        return model.user_factors, model.item_factors
