import numpy as np
import pytest
from scipy import sparse

from models.surroundings import NEIGHBOURS, Surroundings


def unit_rows(dense):
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.divide(dense, lengths, out=np.zeros_like(dense), where=lengths > 0)


@pytest.fixture
def dense():
    """Sixty papers of a few of forty terms; the last has words that no other has."""
    rng = np.random.default_rng(0)
    found = rng.random((60, 42)) * (rng.random((60, 42)) < 0.15)
    found[:, 40:] = 0.0
    found[59] = 0.0
    found[59, 41] = 1.0
    return unit_rows(found)


def made_of(dense):
    return Surroundings.of(sparse.csr_array(dense.astype(np.float32)))


def test_steps_go_to_the_nearest_of_either_in_proportion_to_likeness(dense):
    cosines = dense @ dense.T
    np.fill_diagonal(cosines, 0.0)
    nearest = np.zeros_like(cosines, dtype=bool)
    np.put_along_axis(nearest, np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS], True, axis=1)
    joined = np.where(nearest | nearest.T, cosines, 0.0)
    total = joined.sum(axis=1, keepdims=True)
    expected = np.divide(joined, total, out=np.zeros_like(joined), where=total > 0)
    np.testing.assert_allclose(made_of(dense).steps.toarray(), expected, atol=1e-6)
    assert not expected[59].any()


def test_what_is_said_against_is_the_formula(dense):
    surroundings, rng = made_of(dense), np.random.default_rng(1)
    margins, chosen, refused = rng.normal(size=60), [3, 8], [10, 11, 59]
    said = (margins - margins.mean()) / margins.std()
    said[chosen], said[refused] = said.max(), said.min()
    agreed = said
    for _ in range(8):
        agreed = 0.7 * surroundings.steps.toarray() @ agreed + 0.3 * said
    expected = margins.std() * np.minimum((agreed - agreed.mean()) / agreed.std(), 0.0)
    expected[59] = 0.0  # without neighbours nothing is said of it, though it was refused itself
    np.testing.assert_allclose(surroundings.against(margins, chosen, refused), expected, atol=1e-12)


def test_a_field_that_was_refused_goes_down_as_a_whole_and_a_lone_paper_does_not():
    fields = unit_rows(np.repeat(np.eye(3), 6, axis=0) + 0.01)
    surroundings = made_of(np.vstack([fields, np.zeros((1, 3))]))
    said = surroundings.against(np.resize([1.0, 0.9], 19), [0, 1], [6, 7, 8])
    assert said[6:12].max() < 0.0
    assert said[6:12].mean() < said[12:18].mean() < said[:6].mean()
    assert said[18] == 0.0


@pytest.mark.parametrize("n", [0, 1, 2])
def test_days_of_few_papers_say_nothing_that_is_not_finite(n):
    surroundings = made_of(np.ones((n, 3)) / np.sqrt(3.0))
    assert np.isfinite(surroundings.against(np.arange(float(n)), [], [])).all()
    assert not surroundings.against(np.ones(n), [], []).any()
