import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.personal import POSTERIOR_RANK, posterior_of
from models.posterior import posterior, squared
from models.ridge import GaussianPrior, SharedGram, UserRows


def dense(shared, X, user, rows):
    """Score variances of ``rows`` from the (d + 1) × (d + 1) precision of weights and intercept."""
    whitening = np.linalg.inv(shared.whitening)
    centred = X[user.rows] - shared.centre
    d = X.shape[1]
    precision = np.zeros((d + 1, d + 1))
    precision[:d, :d] = whitening.T @ whitening + centred.T @ (user.sigma[:, None] * centred)
    precision[:d, d] = precision[d, :d] = centred.T @ user.sigma
    precision[d, d] = shared.total_weight + user.sigma.sum()
    full = np.column_stack([rows - shared.centre, np.ones(len(rows))])
    return np.sqrt(np.einsum("nd,nd->n", full, np.linalg.solve(precision, full.T).T))


def problem(seed, n, d=12):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, d)) / np.sqrt(d)
    root = rng.normal(size=(d, d))
    prior = GaussianPrior(rng.normal(size=d), root @ root.T + 0.1 * np.eye(d))
    shared = SharedGram.from_background(X[:30], 5.0, 0.5, prior)
    return shared, X, UserRows(rng.choice(60, n), rng.uniform(0.1, 1.0, n), np.zeros(n))


@given(st.integers(0, 10_000), st.sampled_from([0, 1, 5, 12, 13, 40]), st.booleans())
def test_sd_equals_the_dense_formula(seed, n, revised):
    shared, X, user = problem(seed, n)
    if revised:
        rows, sigma = np.append(user.rows, 3), np.append(user.sigma, -shared.row_weight)
        user = UserRows(rows, sigma, np.zeros(n + 1))
    found = posterior(shared, shared.whiten(X), user).sd(X)
    np.testing.assert_allclose(found, dense(shared, X, user, X), rtol=0, atol=1e-8)


@given(st.integers(0, 10_000), st.sampled_from([0, 4, 30]))
def test_the_factor_is_a_root_of_the_weights_covariance(seed, n):
    shared, X, user = problem(seed, n)
    Z = shared.whiten(X[user.rows])
    inner = np.linalg.inv(np.eye(X.shape[1]) + Z.T @ (user.sigma[:, None] * Z))
    factor = posterior(shared, shared.whiten(X), user, noise=2.0).covariance_factor()
    np.testing.assert_allclose(factor @ factor.T, 2.0 * shared.whitening @ inner @ shared.whitening.T, atol=1e-8)


@given(st.integers(0, 10_000), st.integers(0, 12), st.sampled_from([10, 40]))
def test_truncation_overstates_by_no_more_than_it_says(seed, rank, n):
    shared, X, user = problem(seed, n)
    whole, part = posterior(shared, shared.whiten(X), user), posterior(shared, shared.whiten(X), user, rank=rank)
    excess = part.sd(X) ** 2 - whole.sd(X) ** 2
    assert (excess >= -1e-10).all()
    assert (excess <= part.left_out * (shared.whiten(X) ** 2).sum(axis=1) + 1e-10).all()


def test_a_row_has_the_same_bits_in_any_company():
    shared, X, user = problem(0, 8)
    found = posterior(shared, shared.whiten(X), user)
    together = found.sd(X)
    for row in range(0, 60, 7):
        assert found.sd(X[row : row + 1]).tobytes() == together[row : row + 1].tobytes()


def test_weights_that_no_precision_has_are_no_obstacle():
    shared, X, _ = problem(0, 0)
    user = UserRows(np.zeros(3, dtype=np.intp), np.full(3, -1e3), np.zeros(3))
    assert np.isfinite(posterior(shared, shared.whiten(X), user).sd(X)).all()


def test_identical_papers_and_papers_one_knows(world):
    background = world.model.background
    nothing = posterior_of(background, world.examples(()))
    one = posterior_of(background, world.examples(world.past[:1]))
    vector = world.encoder.transform([world.past[0].text])
    assert one.sd(vector)[0] < nothing.sd(vector)[0]
    many = posterior_of(background, world.examples((), world.past[:150]))
    assert len(many.directions) <= POSTERIOR_RANK
    assert (many.sd(background.vectors) <= nothing.sd(background.vectors)).all()


def test_a_day_as_a_whole_has_the_deviations_of_each_of_its_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 256)) / 16
    shared = SharedGram.from_background(X[:600], 10.0, 0.5)
    found = posterior(shared, shared.whiten(X), UserRows(np.arange(40), np.ones(40), np.zeros(40)))
    Z = shared.whiten(X[600:900])
    assert found.sd_whitened(Z, squared(Z)) == pytest.approx(found.sd(X[600:900]), rel=1e-12)
    rough = Z.astype(np.float32)
    assert found.sd_whitened(rough, squared(Z)) == pytest.approx(found.sd(X[600:900]), rel=1e-6)
