import doctest

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import parametrize_with_checks

import models.relevance
from models.relevance import RelevanceClassifier


def labelled(n_papers: int, n_users: int, d: int, seed: int, most: int = 40):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_papers, d))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    Y = np.zeros((n_papers, n_users))
    for user in range(n_users):
        rows = rng.choice(n_papers, rng.integers(1, most + 1), replace=False)
        Y[rows, user] = rng.choice([-1, 1], len(rows))
    weights = np.where(Y != 0, rng.uniform(1e-3, 3.0, Y.shape), 0.0)
    return X, sparse.csr_array(Y), sparse.csr_array(weights)


def oracle(model, X, y, s):
    """Scikit-learn's ridge on the stacked rows of one user: her labels and the background she has not labelled.

    With hard negatives also two rows of the mean and the spread of the background rows next to what she chose: those
    that score highest after a first step of the descent, in the metric of what all users share.
    """
    own, rest = np.flatnonzero(y), np.setdiff1d(model.background_, np.flatnonzero(y))
    weights = np.concatenate([s[own], np.full(len(rest), model.background_weight / len(model.background_))])
    targets = np.concatenate([y[own], -np.ones(len(rest))])
    ridge = Ridge(alpha=model.regularization, solver="cholesky")
    if model.hard_negatives == 0:
        return ridge.fit(X[np.concatenate([own, rest])], targets, weights)
    each = model.background_weight / len(model.background_)
    centred = X - X[model.background_].mean(axis=0)
    gram = each * centred[model.background_].T @ centred[model.background_] + model.regularization * np.eye(X.shape[1])
    rho = s[own] * y[own] + np.where(np.isin(own, model.background_), each, 0.0)
    scores = centred[rest] @ np.linalg.solve(gram, centred[own].T @ rho)
    hardest = np.argsort(-scores, kind="stable")[: model.hard_negatives]
    off = scores[hardest] - scores[hardest].mean()
    mean, spread = X[rest[hardest]].mean(axis=0), off @ X[rest[hardest]] / len(hardest) / max(off.std(), 1e-9)
    X = np.concatenate([X[own], X[rest], [mean + spread, mean - spread]])
    weights = np.concatenate([weights, np.full(2, model.hard_weight / 2)])
    return ridge.fit(X, np.concatenate([targets, [-1.0, -1.0]]), weights)


@parametrize_with_checks([RelevanceClassifier()])
def test_keeps_the_contract_of_scikit_learn_estimators(estimator, check):
    check(estimator)


def test_its_example_is_true():
    assert doctest.testmod(models.relevance).failed == 0


@pytest.mark.parametrize("hard_negatives", [0, 25])
def test_200_weighted_users_equal_ridge_on_their_stacked_rows(hard_negatives):
    X, Y, weights = labelled(1500, 200, 64, seed=1, most=100)
    model = RelevanceClassifier(0.05, 600, 5.0, hard_negatives, 0.5, random_state=3).fit(X, Y, weights)
    dense_y, dense_s = Y.toarray(), weights.toarray()
    for user in range(200):
        expected = oracle(model, X, dense_y[:, user], dense_s[:, user])
        np.testing.assert_allclose(model.coef_[user], expected.coef_, rtol=0, atol=1e-8)
        assert model.intercept_[user] == pytest.approx(expected.intercept_, abs=1e-8)


def test_a_user_who_labelled_the_whole_background_has_no_background():
    X, _, _ = labelled(40, 1, 5, seed=2)
    y = np.where(np.arange(40) % 3 == 0, 1.0, -1.0)
    model = RelevanceClassifier(0.1, 40, 7.0, random_state=0).fit(X, sparse.csr_array(y[:, None]))
    expected = Ridge(alpha=0.1).fit(X, y)
    np.testing.assert_allclose(model.coef_[0], expected.coef_, atol=1e-10)


def test_without_background_users_are_fitted_on_their_labels_alone():
    X, Y, weights = labelled(300, 5, 8, seed=3)
    model = RelevanceClassifier(0.1, background_weight=0.0).fit(X, Y, weights)
    y, s = Y.toarray()[:, 2], weights.toarray()[:, 2]
    expected = Ridge(alpha=0.1).fit(X[y != 0], y[y != 0], s[y != 0])
    np.testing.assert_allclose(model.coef_[2], expected.coef_, atol=1e-10)


def test_a_hand_computed_user():
    # x = ±1, y = ±1, weight 1 each, λ = 2: w = Σxy / (Σx² + λ) = 2 / 4, b = 0
    model = RelevanceClassifier(2.0).fit(np.array([[1.0], [-1.0]]), np.array([1, -1]))
    assert model.coef_[0, 0] == pytest.approx(0.5)
    assert model.intercept_[0] == pytest.approx(0.0)


def test_order_of_users_and_company_leave_a_users_bits_alone():
    X, Y, weights = labelled(500, 30, 16, seed=4)
    model = RelevanceClassifier(random_state=0).fit(X, Y, weights)
    order = np.random.default_rng(0).permutation(30)
    shuffled = RelevanceClassifier(random_state=0).fit(X, Y[:, order], weights[:, order])
    assert (shuffled.coef_ == model.coef_[order]).all()
    alone = RelevanceClassifier(random_state=0).fit(X, Y[:, [7]], weights[:, [7]])
    assert (alone.coef_[0] == model.coef_[7]).all()
    assert alone.intercept_[0] == model.intercept_[7]


def test_predictions_are_labels_in_the_shape_of_the_scores():
    X, Y, _ = labelled(50, 3, 4, seed=5)
    model = RelevanceClassifier(random_state=0).fit(X, Y)
    assert model.predict(X).shape == model.decision_function(X).shape == (50, 3)
    assert set(np.unique(model.predict(X))) <= {-1, 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": sparse.csr_array(np.full((50, 1), 2.0))}, "other than -1, 0 and 1"),
        ({"y": sparse.csr_array(np.ones((49, 1)))}, "49 rows"),
        ({"sample_weight": np.ones((50, 3))}, "sparse"),
        ({"sample_weight": sparse.csr_array(np.ones((50, 3)))}, "pattern"),
    ],
)
def test_labels_that_make_no_sense_are_refused(change, message):
    X, Y, _ = labelled(50, 3, 4, seed=6)
    with pytest.raises(ValueError, match=message):
        RelevanceClassifier().fit(X, **({"y": Y} | change))


@pytest.mark.parametrize(
    "bad",
    [
        {"regularization": 0},
        {"background_size": 0},
        {"background_weight": -1},
        {"hard_negatives": -1},
        {"hard_weight": 0},
    ],
)
def test_parameters_are_checked_in_fit(bad):
    X, Y, _ = labelled(50, 3, 4, seed=7)
    with pytest.raises(ValueError, match=next(iter(bad))):
        RelevanceClassifier(**bad).fit(X, Y)
