import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models.multilabel import fit_multilabel


def sample(n: int = 200, d: int = 5, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    Y = (X @ rng.normal(size=(d, k)) + rng.normal(size=(n, k)) + np.arange(k) > 1).astype(np.int8)
    return X, Y


@pytest.mark.parametrize("regularization", [0.3, 10.0])
def test_each_label_is_scikit_learns_logistic_regression(regularization: float) -> None:
    X, Y = sample()
    model = fit_multilabel(X, Y, regularization, tol=1e-10)
    for label in range(Y.shape[1]):
        peer = LogisticRegression(C=1 / regularization, tol=1e-10, max_iter=1000).fit(X, Y[:, label])
        np.testing.assert_allclose(model.coef[label], peer.coef_[0], atol=1e-4)
        np.testing.assert_allclose(model.intercept[label], peer.intercept_[0], atol=1e-4)


def test_labels_together_are_the_labels_one_by_one() -> None:
    X, Y = sample()
    together = fit_multilabel(X, Y, 1.0, tol=1e-10)
    alone = np.vstack([fit_multilabel(X, Y[:, [label]], 1.0, tol=1e-10).coef for label in range(Y.shape[1])])
    np.testing.assert_allclose(together.coef, alone, atol=1e-5)


def test_a_label_of_every_row_or_of_none_has_its_smoothed_share() -> None:
    X, _ = sample(n=10)
    Y = np.repeat([[1, 0]], 10, axis=0).astype(np.int8)
    model = fit_multilabel(X, Y, 1.0)
    assert not model.coef.any()
    np.testing.assert_allclose(model.intercept, [np.log(10.5 / 0.5), np.log(0.5 / 10.5)])


def test_a_fit_that_goes_on_from_a_solution_stays_there() -> None:
    X, Y = sample()
    model = fit_multilabel(X, Y, 1.0, tol=1e-9)
    again = fit_multilabel(X, Y, 1.0, start=model, tol=1e-9)
    np.testing.assert_allclose(again.coef, model.coef, atol=1e-5)


def test_single_precision_gives_the_same_model_to_single_precision() -> None:
    X, Y = sample()
    single = fit_multilabel(X.astype(np.float32), Y, 1.0)
    np.testing.assert_allclose(single.coef, fit_multilabel(X, Y, 1.0).coef, atol=1e-3)


def test_rows_of_zeros_fit_the_share() -> None:
    model = fit_multilabel(np.zeros((4, 3)), np.array([[1], [0], [0], [0]], dtype=np.int8), 1.0, tol=1e-10)
    np.testing.assert_allclose(model.intercept, [np.log(1 / 3)], atol=1e-4)
