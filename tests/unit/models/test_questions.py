"""What is asked: wide posteriors first, no twins, clusters apart; the same again for the same input."""

import numpy as np

from models.posterior import Posterior
from models.questions import most_telling, starters


def prior(d: int) -> Posterior:
    """Of nobody's answers: variance ‖z‖² everywhere."""
    nothing = np.zeros((0, d))
    return Posterior(None, nothing, np.zeros(0), np.zeros(0), np.zeros(d), 0.0, 1.0, 0.0)


def test_the_widest_is_asked_first_and_its_twin_is_not_asked_next():
    Z = np.array([[3.0, 0.0], [2.99, 0.0], [0.0, 2.0], [0.0, 1.0]])
    assert most_telling(prior(2), Z, 3).tolist()[:2] == [0, 2]
    assert len(most_telling(prior(2), Z, 9)) == 4
    assert most_telling(prior(2), Z[:0], 3).tolist() == []


def test_shrinking_is_that_of_the_exact_posterior():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(8, 5))
    chosen = most_telling(prior(5), Z, 3).tolist()
    first, second = Z[chosen[:1]], Z[chosen[:2]]
    for rows, following in ((first, chosen[1]), (second, chosen[2])):
        covariance = np.linalg.inv(np.eye(5) + rows.T @ rows)
        variances = np.einsum("nd,de,ne->n", Z, covariance, Z)
        variances[[place for place in chosen if place != following][: len(rows)]] = -1
        assert int(variances.argmax()) == following


def test_of_two_unsure_ones_the_likelier_is_asked():
    Z = np.array([[2.0, 0.0], [0.0, 2.0], [0.1, 0.0]])
    assert most_telling(prior(2), Z, 1, np.array([0.0, 1.0, 1.0])).tolist() == [1]


def test_equal_rows_are_asked_in_their_order():
    assert most_telling(prior(2), np.ones((4, 2)), 2).tolist() == [0, 1]


def test_starters_come_one_from_each_cluster_the_largest_first():
    rng = np.random.default_rng(1)
    centres = np.eye(3)[[0] * 8 + [1] * 5 + [2] * 2]
    vectors = (centres + 0.01 * rng.normal(size=(15, 3))).astype(np.float32)
    found = starters(vectors, 3)
    assert [int(centres[row].argmax()) for row in found] == [0, 1, 2]
    assert found == starters(vectors, 3)


def test_few_papers_are_all_asked_and_papers_without_a_vector_never():
    vectors = np.array([[1, 0], [0, 0], [0, 1]], dtype=np.float32)
    assert starters(vectors, 5) == [0, 2]
    assert starters(vectors[:0], 5) == []
