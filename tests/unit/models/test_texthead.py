from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize

from models.texthead import TextProblem


def problem(seed=0, n=6, n_terms=9):
    rng = np.random.default_rng(seed)
    rows = sparse.csr_array(rng.random((n, n_terms)) * (rng.random((n, n_terms)) < 0.6))
    mean = rng.random(n_terms) / 3
    return TextProblem(mean, np.ones(n_terms, dtype=np.float32), weight=0.7, regularization=0.2), rows, rng


@pytest.mark.parametrize("term_weights", [np.ones(9), np.geomspace(0.3, 3.0, 9)], ids=["plain", "weighed"])
def test_the_dual_solution_is_the_minimum_of_the_primal(term_weights):
    shared, rows, rng = problem()
    shared = replace(shared, term_weights=term_weights.astype(np.float32))
    targets, weights = np.array([1, 1, 1, -1, -1, 1], dtype=np.int8), rng.random(6) + 0.5
    head = shared.fit(rows, targets, weights)
    positive = targets > 0
    s = weights / weights[positive].sum()
    s[~positive] /= max(1.0, s[~positive].sum())
    X = np.vstack([rows.toarray(), shared.mean])
    y, s = np.append(targets, -1.0), np.append(s, shared.weight)

    def loss(w):
        return float(
            (s * (y - X @ w[:-1] - w[-1]) ** 2).sum()
            + shared.regularization * (w[:-1] ** 2 / shared.term_weights).sum()
        )

    best = minimize(loss, np.zeros(10), tol=1e-12).x[:-1]
    found = head.weights(9) + head.of_mean * shared.weighed_mean
    np.testing.assert_allclose(found, best, atol=1e-4)
    np.testing.assert_allclose(head.scores(rows, rows @ shared.weighed_mean), rows @ best, atol=1e-4)


def test_without_positives_or_words_there_is_no_head():
    shared, rows, _ = problem()
    assert shared.fit(rows, np.full(6, -1, dtype=np.int8), np.ones(6)) is None
    assert shared.fit(sparse.csr_array((2, 9)), np.ones(2, dtype=np.int8), np.ones(2)) is None


def test_one_label_and_equal_papers_are_no_trouble():
    shared, rows, _ = problem()
    one = shared.fit(rows[[0]], np.ones(1, dtype=np.int8), np.array([0.3]))
    same = shared.fit(rows[[0, 0, 0]], np.ones(3, dtype=np.int8), np.ones(3))
    for head in (one, same):
        scores = head.scores(rows, rows @ shared.mean)
        assert np.isfinite(scores).all()
        assert scores.argmax() == 0


def test_many_negatives_weigh_no_more_than_the_positives():
    shared, rows, _ = problem(n=5)
    targets = np.array([1, -1, -1, -1, -1], dtype=np.int8)
    few = shared.fit(rows, targets, np.array([1.0, 0.25, 0.25, 0.25, 0.25]))
    many = shared.fit(rows, targets, np.array([1.0, 9.0, 9.0, 9.0, 9.0]))
    np.testing.assert_allclose(few.values, many.values, rtol=1e-5)
