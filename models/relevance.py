"""The relevance classifiers with scikit-learn's contract: one linear classifier per user, all fitted together."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from models.hard_negatives import HardNegatives, solve
from models.ridge import Floats, SharedGram, UserRows


class RelevanceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Squared-loss linear classifiers of many users over the same papers.

    With labels y_i ∈ {−1, 1} of weight s_i, and the background papers j the user has not labelled as weak negatives of
    weight s_B = ``background_weight`` / m each, user u's (w, b) minimise

        Σ_i s_i (y_i − w·x_i − b)² + Σ_j s_B (−1 − w·x_j − b)² + λ‖w‖².

    The ``hard_negatives`` background papers next to what a user chose weigh ``hard_weight`` more together.
    :mod:`models.ridge` says how all users are solved at once, :mod:`models.hard_negatives` what is next to it.

    Parameters
    ----------
    regularization : float, default=0.5
        λ, > 0.
    background_size : int, default=5000
        m, rows drawn from ``X`` without replacement as the shared background; all rows, if there are fewer.
    background_weight : float, default=10.0
        Total weight of the background; 0 leaves it out.
    hard_negatives : int, default=50
        Background papers that count as hard for a user.
    hard_weight : float, default=1.0
        What they weigh more, together.
    random_state : int, RandomState instance or None, default=None
        Draws the background.

    Attributes
    ----------
    coef_ : ndarray of shape (n_users, n_features), float64
    intercept_ : ndarray of shape (n_users,), float64
    classes_ : ndarray of shape (2,)
        −1 and 1, or the two labels of a one-dimensional ``y``.
    background_ : ndarray of shape (m,)
        Rows of ``X`` that were drawn; empty for a one-dimensional ``y``, where no row is unlabelled.
    n_features_in_ : int

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> X = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    >>> Y = csr_array(np.array([[1, 0], [0, 0], [0, 1], [0, -1]]))
    >>> RelevanceClassifier(background_weight=1.0, random_state=0).fit(X, Y).decision_function(X).round(2)
    array([[ 0.17, -0.94],
           [ 0.06, -0.85],
           [-0.87, -0.03],
           [-0.77, -0.12]])
    """

    def __init__(
        self,
        regularization: float = 0.5,
        background_size: int = 5000,
        background_weight: float = 10.0,
        hard_negatives: int = 50,
        hard_weight: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.regularization = regularization
        self.background_size = background_size
        self.background_weight = background_weight
        self.hard_negatives = hard_negatives
        self.hard_weight = hard_weight
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit every user.

        ``X`` (n_papers, n_features); ``y``, the matrix Y of all users' labels, sparse (n_papers, n_users) in
        {−1, 0, 1}, 0 = unlabelled, with ``sample_weight`` sparse of the same pattern or None (all 1); or (n_papers,)
        of two labels, which is one user who labelled everything, with ``sample_weight`` (n_papers,). Raises
        ValueError for anything else. The name is ``y`` because scikit-learn passes labels by it.
        """
        self._check_parameters()
        if sparse.issparse(y):
            return self._fit_users(X, y, sample_weight)
        return self._fit_binary(X, y, sample_weight)

    def decision_function(self, X: Any) -> Floats:
        """Scores (n_papers, n_users), or (n_papers,) after a fit with a one-dimensional ``y``; > 0 is relevant."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scores: Floats = X @ self.coef_.T + self.intercept_
        return scores[:, 0] if self._binary else scores

    def predict(self, X: Any) -> NDArray[Any]:
        """The more likely of ``classes_``, in the shape of :meth:`decision_function`."""
        check_is_fitted(self)
        predicted: NDArray[Any] = self.classes_[(self.decision_function(X) > 0).astype(int)]
        return predicted

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _fit_binary(self, X: Any, y: Any, sample_weight: Any) -> Self:
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        classes, number = np.unique(y, return_inverse=True)
        if len(classes) != 2:
            kind = type_of_target(y, input_name="y")
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}, {len(classes)} class(es)."
            )
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if not weights.any():
            raise ValueError("sample_weight is zero everywhere")
        shared = SharedGram.without_background(X.mean(axis=0), self.regularization)
        user = UserRows(np.arange(len(X)), weights, weights * (2.0 * number - 1.0))
        self._binary = True
        return self._solve(shared, X, [user], classes, np.zeros(0, dtype=np.intp))

    def _fit_users(self, X: Any, Y: Any, sample_weight: Any) -> Self:
        X = validate_data(self, X, dtype=np.float64)
        labels = _canonical(Y, X.shape[0], "Y")
        if not np.isin(labels.data, (-1.0, 1.0)).all():
            raise ValueError("Y holds values other than -1, 0 and 1")
        weights = labels.copy()
        weights.data = np.ones_like(labels.data)
        if sample_weight is not None:
            weights = _weights_like(labels, sample_weight)
        background = np.zeros(0, dtype=np.intp)
        shared = SharedGram.without_background(X.mean(axis=0), self.regularization)
        if self.background_weight > 0:
            size = min(self.background_size, X.shape[0])
            drawn = check_random_state(self.random_state).choice(X.shape[0], size, replace=False)
            background = np.sort(drawn).astype(np.intp)
            shared = SharedGram.from_background(X[background], self.background_weight, self.regularization)
        place = np.full(X.shape[0], -1, dtype=np.intp)
        place[background] = np.arange(len(background))
        users = []
        for start, stop in zip(labels.indptr[:-1], labels.indptr[1:], strict=True):
            rows = labels.indices[start:stop].astype(np.intp)
            own, targets = weights.data[start:stop], labels.data[start:stop]
            taken_out = np.where(place[rows] >= 0, shared.row_weight, 0.0)
            labelled = place[rows][place[rows] >= 0]
            users.append(UserRows(rows, own - taken_out, own * targets + taken_out, labelled=labelled))
        if shared.total_weight == 0 and any(not (user.sigma > 0).any() for user in users):
            raise ValueError("a user without labels needs a background: background_weight > 0")
        self._binary = False
        return self._solve(shared, X, users, np.array([-1, 1]), background)

    def _solve(
        self, shared: SharedGram, X: Floats, users: list[UserRows], classes: NDArray[Any], background: NDArray[np.intp]
    ) -> Self:
        hard = HardNegatives(self.hard_negatives, self.hard_weight) if self.hard_negatives else None
        self.coef_, self.intercept_ = solve(shared, X, users, hard)
        self.classes_ = classes
        self.background_ = background
        return self

    def _check_parameters(self) -> None:
        if not self.regularization > 0:
            raise ValueError(f"regularization must be > 0, got {self.regularization!r}")
        if self.background_size < 1:
            raise ValueError(f"background_size must be at least 1, got {self.background_size!r}")
        if not self.background_weight >= 0:
            raise ValueError(f"background_weight must not be negative, got {self.background_weight!r}")
        if self.hard_negatives < 0:
            raise ValueError(f"hard_negatives must not be negative, got {self.hard_negatives!r}")
        if not self.hard_weight > 0:
            raise ValueError(f"hard_weight must be > 0, got {self.hard_weight!r}")


def _canonical(matrix: Any, n_rows: int, name: str) -> sparse.csc_array:
    columns = sparse.csc_array(matrix, dtype=np.float64, copy=True)
    if columns.shape[0] != n_rows:
        raise ValueError(f"{name} has {columns.shape[0]} rows, X has {n_rows}")
    columns.sum_duplicates()
    columns.eliminate_zeros()
    return columns


def _weights_like(labels: sparse.csc_array, sample_weight: Any) -> sparse.csc_array:
    if not sparse.issparse(sample_weight):
        raise ValueError("sample_weight must be sparse with the pattern of Y")
    weights = _canonical(sample_weight, labels.shape[0], "sample_weight")
    same = weights.shape == labels.shape and weights.nnz == labels.nnz
    if not same or (weights.indices != labels.indices).any() or (weights.indptr != labels.indptr).any():
        raise ValueError("sample_weight must have the pattern of Y")
    if not (weights.data > 0).all() or not np.isfinite(weights.data).all():
        raise ValueError("sample_weight must be positive and finite where Y is labelled")
    return weights
