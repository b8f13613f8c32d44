"""The first stage of a day: the same as sorting every score, for any number of papers, users, places and threads."""

import numpy as np
import pytest

from models.firststage import best_of_day


def made(n_users: int, n_papers: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    coef = rng.standard_normal((n_users, 16)).astype(np.float32)
    return coef, rng.standard_normal(n_users).astype(np.float32), rng.standard_normal((n_papers, 16)).astype(np.float32)


@pytest.mark.parametrize(
    ("n_users", "n_papers", "k"), [(700, 1000, 20), (3, 21, 20), (5, 7, 20), (1, 1, 1), (4, 333, 3), (4, 1001, 3)]
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_it_is_what_sorting_gives(n_users: int, n_papers: int, k: int, jobs: int) -> None:
    coef, intercept, vectors = made(n_users, n_papers)
    rows, scores = best_of_day(coef, intercept, vectors, k, jobs)
    every = coef @ vectors.T + intercept[:, None]
    order = np.argsort(-every, axis=1, kind="stable")[:, :k]
    np.testing.assert_allclose(scores, np.take_along_axis(every, order, axis=1), rtol=1e-4, atol=1e-4)
    assert (rows == order).mean() > 0.999  # BLAS may round two nearly equal scores the other way


def test_of_equal_scores_the_first_paper_is_better() -> None:
    coef, intercept, vectors = made(5, 1)
    rows, _ = best_of_day(coef, intercept, np.repeat(vectors, 400, axis=0), 20)
    assert rows.tolist() == [list(range(20))] * 5


def test_below_zero_and_at_either_zero_the_order_is_that_of_the_numbers() -> None:
    vectors = np.array([[-0.0], [-2.0], [0.0], [-1.0], [-0.0]], dtype=np.float32)
    rows, scores = best_of_day(np.ones((1, 1), np.float32), np.zeros(1, np.float32), vectors, 5)
    assert rows.tolist() == [[0, 2, 4, 3, 1]]
    assert scores.tolist() == [[0.0, 0.0, 0.0, -1.0, -2.0]]


def test_nobody_and_no_papers_have_no_places() -> None:
    coef, intercept, vectors = made(2, 3)
    assert best_of_day(coef[:0], intercept[:0], vectors, 2)[0].shape == (0, 2)
    assert best_of_day(coef, intercept, vectors[:0], 2)[0].shape == (2, 0)
