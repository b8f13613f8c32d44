"""Baselines that read title, abstract and authors: centroid, arxiv-sanity-lite, Scholar Inbox.

All three work on the tf-idf of arxiv-sanity-lite: 20,000 words and word pairs that stand in 5 papers or more and in
at most a tenth of them, sublinear counts, English stop words and accents left out.
"""

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from features.domain import Paper
from features.encoders.terms import TfidfTerms
from features.encoders.words import Candidates
from features.errors import NothingToLearn
from features.moment import DayMoment, UserMoment
from models.baselines.base import Past, Scores

Rows = NDArray[np.int64]


def text_of_paper(paper: Paper) -> str:
    """Title, abstract and authors."""
    return f"{paper.title} {paper.abstract} {' '.join(paper.authors)}"


class PastTerms:
    """The tf-idf of the past's papers and of a day's, each computed once for all who share this object.

    ``ngrams`` 1 reads single words only; ``text_of`` says what is read of a paper.
    """

    def __init__(self, ngrams: int = 2, text_of: Callable[[Paper], str] = text_of_paper) -> None:
        self._ngrams = ngrams
        self._text_of = text_of
        self._papers: tuple[Paper, ...] | None = None
        self._terms: TfidfTerms | None = None
        self._day: tuple[DayMoment, sparse.csr_array] | None = None
        self.matrix = sparse.csr_array((0, 0), dtype=np.float64)
        self._row: dict[str, int] = {}

    def fit(self, past: Past) -> None:
        """Read the past's papers; again with the same ones does nothing."""
        if past.papers is self._papers:
            return
        self._papers, self._day = past.papers, None
        self._row = {paper.id: row for row, paper in enumerate(past.papers)}
        try:
            self._terms = TfidfTerms(dtype=np.float64, ngrams=self._ngrams)
            self.matrix = self._terms.fit_candidates(self._candidates(past, self._terms))
        except NothingToLearn:
            self._terms = None
            self.matrix = sparse.csr_array((len(past.papers), 0), dtype=np.float64)

    def _candidates(self, past: Past, terms: TfidfTerms) -> Candidates:
        if past.candidates is not None and self._ngrams > 1 and self._text_of is text_of_paper:
            return past.candidates
        return terms.candidates([self._text_of(paper) for paper in past.papers])

    def rows(self, paper_ids: Sequence[str]) -> Rows:
        """Rows of :attr:`matrix`, ascending, of those papers that the past holds."""
        return np.array(sorted({self._row[paper] for paper in paper_ids if paper in self._row}), dtype=np.int64)

    def of_day(self, day: DayMoment) -> sparse.csr_array:
        """CSR (n papers of the day, n_terms)."""
        if self._day is None or self._day[0] is not day:
            empty = sparse.csr_array((len(day.papers), 0), dtype=np.float64)
            texts = [self._text_of(paper) for paper in day.papers]
            self._day = (day, self._terms.transform(texts) if self._terms else empty)
        return self._day[1]


class _PerUser:
    """A linear scorer per user, made of the past when the user is first ranked and kept until the next fit."""

    def __init__(self, terms: PastTerms | None = None) -> None:
        self._terms = terms or PastTerms()
        self._past: Past | None = None
        self._linear: dict[str, Scores | None] = {}

    def fit(self, past: Past) -> Self:
        """Read the past; users are learnt when they are ranked."""
        self._terms.fit(past)
        self._past, self._linear = past, {}
        return self

    def score(self, day: DayMoment, user: UserMoment) -> Scores:
        """float64 (n); zeros for a user without positives in the past, or where nothing has been fitted."""
        if self._past is not None:
            self._terms.fit(self._past)  # one who shares them may have read another past since
        if user.user_id not in self._linear:
            self._linear[user.user_id] = self._learnt(user.user_id)
        weights = self._linear[user.user_id]
        if weights is None:
            return np.zeros(len(day.papers))
        return np.asarray(self._terms.of_day(day) @ weights[:-1] + weights[-1])

    def _learnt(self, user_id: str) -> Scores | None:
        if self._past is None:
            return None
        liked = self._terms.rows(self._past.positives.get(user_id, ()))
        disliked = np.setdiff1d(self._terms.rows(self._past.negatives.get(user_id, ())), liked)
        if not len(liked) or not self._terms.matrix.shape[1]:
            return None
        return self._weights(liked, disliked, self._past)

    def _weights(self, liked: Rows, disliked: Rows, past: Past) -> Scores | None:
        """Weights of the terms and the intercept last, from the rows of positives and negatives."""
        raise NotImplementedError


class TfidfCentroid(_PerUser):
    """Cosine to the mean of the user's positives."""

    name = "tfidf_centroid"

    def _weights(self, liked: Rows, disliked: Rows, past: Past) -> Scores | None:  # noqa: ARG002  # positives only
        centroid: Scores = np.asarray(self._terms.matrix[liked].sum(axis=0)).ravel()
        length = np.linalg.norm(centroid)
        return np.append(centroid / length, 0.0) if length > 0 else None


class ArxivSanitySvm(_PerUser):
    """arxiv-sanity-lite: a linear SVM of the user's positives against every other paper.

    ``LinearSVC(class_weight="balanced", C=0.01, max_iter=10000, tol=1e-6)``; explicit negatives are papers like all
    others, as there.
    """

    name = "arxiv_sanity_svm"

    def _weights(self, liked: Rows, disliked: Rows, past: Past) -> Scores | None:  # noqa: ARG002  # as there
        matrix = self._terms.matrix
        if len(liked) == matrix.shape[0]:
            return None
        targets = np.zeros(matrix.shape[0], dtype=np.int64)
        targets[liked] = 1
        svm = LinearSVC(class_weight="balanced", C=0.01, max_iter=10000, tol=1e-6, random_state=past.seed)
        svm.fit(matrix, targets)
        return np.append(svm.coef_[0], svm.intercept_[0])


class ScholarInbox(_PerUser):
    """Scholar Inbox: weighted logistic regression against random papers, with its authors' constants for tf-idf.

    5,000 papers are drawn at random as negatives, the user's own labels left out. With ``n_P`` positives, ``n_N``
    explicit negatives and ``n_R`` random ones, C = 0.4, S = 1 and V = 0.9, a positive weighs ``1/n_P``, an explicit
    negative ``S·V/(V·n_N + (1−V)·n_R)`` and a random one ``S·(1−V)/(V·n_N + (1−V)·n_R)``.
    """

    name = "scholar_inbox"

    C, S, V = 0.4, 1.0, 0.9
    N_RANDOM = 5000

    def _weights(self, liked: Rows, disliked: Rows, past: Past) -> Scores | None:
        labelled = np.union1d(liked, disliked)
        order = np.random.default_rng(past.seed).permutation(self._terms.matrix.shape[0])
        drawn = order[~np.isin(order, labelled)][: self.N_RANDOM]
        n_liked, n_disliked, n_drawn = len(liked), len(disliked), len(drawn)
        if not n_disliked + n_drawn:
            return None
        share = self.S / (self.V * n_disliked + (1 - self.V) * n_drawn)
        weights = np.repeat([1 / n_liked, share * self.V, share * (1 - self.V)], [n_liked, n_disliked, n_drawn])
        targets = np.repeat([1, 0, 0], [n_liked, n_disliked, n_drawn])
        rows = self._terms.matrix[np.concatenate([liked, disliked, drawn])]
        model = LogisticRegression(C=self.C, max_iter=1000).fit(rows, targets, sample_weight=weights)
        return np.append(model.coef_[0], model.intercept_[0])
