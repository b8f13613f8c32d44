"""What screening tools do: a classifier of tf-idf, fitted on what has been screened so far, as a baseline.

The constants are those of ASReview's models in scikit-learn's spelling: words and pairs of words, sublinear counts,
terms in more than 95 % of the records left out, fitted on all records of the review; labelled records only are learnt
from. SVM: squared hinge, C = 0.11; LR: C = 1; both balance the classes. Naive Bayes: alpha = 3.822.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from features.domain import Paper
from features.moment import DayMoment, UserMoment
from models.baselines import Past

Floats = NDArray[np.float64]


class Records:
    """The tf-idf of a review's records, computed once for all who share this object; ``dimensions`` > 0 for its LSA."""

    def __init__(self, dimensions: int = 0) -> None:
        self._dimensions = dimensions
        self._papers: tuple[Paper, ...] | None = None
        self._row: dict[str, int] = {}
        self.matrix: Any = sparse.csr_matrix((0, 0))

    def fit(self, past: Past) -> None:
        """Read the records; again with the same ones does nothing."""
        if past.papers is self._papers:
            return
        self._papers = past.papers
        self._row = {paper.id: row for row, paper in enumerate(past.papers)}
        vectoriser = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), max_df=0.95)
        self.matrix = vectoriser.fit_transform([paper.text for paper in past.papers])
        if self._dimensions:
            size = min(self._dimensions, min(self.matrix.shape) - 1)
            reduced = TruncatedSVD(size, random_state=past.seed).fit_transform(self.matrix)
            self.matrix = normalize(reduced)

    def rows(self, paper_ids: Sequence[str]) -> NDArray[np.int64]:
        """Rows of :attr:`matrix` of these records, in their order."""
        return np.array([self._row[paper_id] for paper_id in paper_ids], dtype=np.int64)


class Screener:
    """One user's classifier, fitted at the first ranking after each :meth:`fit`."""

    def __init__(self, name: str, records: Records, estimator: Callable[[int], Any]) -> None:
        self.name = name
        self._records = records
        self._estimator = estimator
        self._past: Past | None = None
        self._fitted: dict[str, Any] = {}

    def fit(self, past: Past) -> Self:
        """Read what has been screened."""
        self._records.fit(past)
        self._past, self._fitted = past, {}
        return self

    def score(self, day: DayMoment, user: UserMoment) -> Floats:
        """float64 (n): the margin, or the log odds of naive Bayes; zeros unless there is a yes and a no."""
        if user.user_id not in self._fitted:
            self._fitted[user.user_id] = self._learnt(user.user_id)
        model = self._fitted[user.user_id]
        if model is None:
            return np.zeros(len(day.papers))
        X = self._records.matrix[self._records.rows([paper.id for paper in day.papers])]
        if hasattr(model, "decision_function"):
            return np.asarray(model.decision_function(X), dtype=np.float64)
        log = model.predict_log_proba(X)
        return np.asarray(log[:, 1] - log[:, 0], dtype=np.float64)

    def _learnt(self, user_id: str) -> Any:
        if self._past is None:
            return None
        yes, no = (chosen.get(user_id, ()) for chosen in (self._past.positives, self._past.negatives))
        if not yes or not no:
            return None
        y = np.repeat([1, 0], [len(yes), len(no)])
        X = self._records.matrix[self._records.rows([*yes, *no])]
        return self._estimator(self._past.seed).fit(X, y)


def screeners() -> tuple[Screener, ...]:
    """One of each, sharing their tf-idf."""
    records, reduced = Records(), Records(dimensions=128)

    def logistic(seed: int) -> LogisticRegression:
        return LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000, random_state=seed)

    return (
        Screener("tfidf_lr", records, logistic),
        Screener("tfidf_svm", records, lambda seed: LinearSVC(C=0.11, class_weight="balanced", random_state=seed)),
        Screener("tfidf_nb", records, lambda _: MultinomialNB(alpha=3.822)),
        Screener("lsa_lr", reduced, logistic),
    )
