import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidValue
from models.hard_negatives import HardNegatives, solve
from models.personal import Crowd, Linear, fit_users
from models.prior import LEAST_USERS, WIDTH, fit_prior, with_prior
from models.ridge import GaussianPrior, SharedGram, UserRows


def problem(seed, d=9, most=20):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(80, d))
    root = rng.normal(size=(d, d))
    prior = GaussianPrior(rng.normal(size=d), root @ root.T + 0.1 * np.eye(d))
    shared = SharedGram.from_background(X[:40], 5.0, 0.3, prior)
    users = []
    for _ in range(7):
        rows = np.sort(rng.choice(np.arange(40, 80), rng.integers(0, most), replace=False))
        weights = rng.uniform(0.1, 1.0, len(rows))
        targets = rng.choice([-1.0, 1.0], len(rows))
        users.append(UserRows(rows, weights, weights * targets, labelled=np.zeros(0, dtype=np.intp)))
    return X, prior, shared, users


@given(st.integers(0, 10_000), st.sampled_from([5, 20]))
def test_solution_with_a_prior_is_the_direct_one(seed, most):
    X, prior, shared, users = problem(seed, most=most)
    coef, intercept = solve(shared, X, users)
    d = X.shape[1]
    for user, own, at in zip(users, coef, intercept, strict=True):
        rows = np.column_stack([np.concatenate([X[:40], X[user.rows]]), np.ones(40 + len(user.rows))])
        weights = np.concatenate([np.full(40, shared.row_weight), user.sigma])
        targets = np.concatenate([-np.ones(40), user.rho / user.sigma])
        system, right = rows.T @ (weights[:, None] * rows), rows.T @ (weights * targets)
        system[:d, :d] += 0.3 * prior.precision
        right[:d] += 0.3 * prior.precision @ prior.mean
        np.testing.assert_allclose(np.append(own, at), np.linalg.solve(system, right), atol=1e-8)


@given(st.integers(0, 10_000), st.sampled_from([None, HardNegatives(5, 0.5)]))
def test_with_a_prior_too_a_user_alone_has_the_bits_she_has_in_a_batch(seed, hard):
    X, _, shared, users = problem(seed)
    coef, intercept = solve(shared, X, users, hard)
    for row, user in enumerate(users):
        alone, at = solve(shared, X, [user], hard)
        assert alone.tobytes() == coef[row].tobytes()
        assert at[0] == intercept[row]


def test_residuals_have_no_prior_mean():
    X, prior, shared, (user, *_) = problem(0)
    nothing = UserRows(user.rows[:0], user.sigma[:0], user.rho[:0], 0.0)
    assert not solve(shared, X, [nothing])[0].any()
    zero_mean = SharedGram.from_background(X[:40], 5.0, 0.3, GaussianPrior(0 * prior.mean, prior.precision))
    residual = UserRows(user.rows, user.sigma, user.rho, 0.0)
    np.testing.assert_allclose(solve(shared, X, [residual])[0], solve(zero_mean, X, [residual])[0])


def test_factors_and_start_rebuild_the_shared_problem():
    X, _, shared, _ = problem(1)
    again = SharedGram.from_factors(X[:40], shared.centre, shared.whitening, 5.0, shared.start)
    for name in ("centre", "whitening", "background", "start", "row_weight"):
        np.testing.assert_array_equal(getattr(again, name), getattr(shared, name))


def test_covariance_is_found_and_scaled_to_the_width():
    rng = np.random.default_rng(0)
    scales = np.array([4.0, 1.0, 0.25, 0.25])
    prior = fit_prior(3.0 + rng.normal(size=(5000, 4)) * scales)
    covariance = np.linalg.inv(prior.precision)
    assert prior.mean == pytest.approx([3.0] * 4, abs=0.2)
    assert np.trace(covariance) / 4 == pytest.approx(WIDTH)
    assert (np.diff(np.diag(covariance)[:3]) < 0).all()


def test_users_who_are_all_alike_have_a_prior_of_one_width():
    prior = fit_prior(np.ones((60, 5)))
    np.testing.assert_array_equal(prior.mean, np.ones(5))
    np.testing.assert_array_equal(prior.precision, np.eye(5) / WIDTH)
    assert np.isfinite(fit_prior(np.zeros((60, 5))).precision).all()


def test_fewer_users_than_dimensions_make_a_proper_prior():
    prior = fit_prior(np.random.default_rng(0).normal(size=(3, 40)))
    assert np.linalg.eigvalsh(prior.precision).min() > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(bad):
    coef = np.ones((60, 3))
    coef[1, 2] = bad
    with pytest.raises(InvalidValue, match="finite"):
        fit_prior(coef)


def crowd_of(world, n):
    rng = np.random.default_rng(0)
    drawn = [rng.choice(len(world.past), 5, replace=False) for _ in range(n)]
    return {
        f"key{row:03}": world.examples(tuple(world.past[at] for at in rows[:4]), (world.past[rows[4]],))
        for row, rows in enumerate(drawn)
    }


def test_few_users_leave_the_background_as_it_is(world):
    background, users = world.model.background, crowd_of(world, LEAST_USERS)
    assert with_prior(background, dict(list(users.items())[1:]), 0.5) is background
    assert with_prior(background, {}, 0.5) is background
    few = {key: world.examples(world.past[:2], world.past[2:9]) for key in users}
    assert with_prior(background, few, 0.5) is background
    assert with_prior(background, users, 0.5).shared.start.any()


def test_the_prior_depends_on_who_is_asked_and_not_on_their_order(world):
    background, users = world.model.background, crowd_of(world, LEAST_USERS + 3)
    first = with_prior(background, users, 0.5).shared
    second = with_prior(background, dict(reversed(users.items())), 0.5).shared
    assert first.whitening.tobytes() == second.whitening.tobytes()
    assert first.start.tobytes() == second.start.tobytes()


def test_users_with_one_label_only_negatives_or_identical_papers_are_no_obstacle(world):
    background = with_prior(world.model.background, crowd_of(world, LEAST_USERS), 0.5)
    crowd = Crowd(Linear(np.ones(background.vectors.shape[1]), -1.0), 1)
    users = [
        world.examples(world.past[:1]),
        world.examples((), world.past[:3]),
        world.examples((world.past[0],) * 6),
    ]
    coef, intercept = fit_users(background, crowd, users)
    assert np.isfinite(coef).all()
    liked, disliked = users[0].vectors[0], users[1].vectors[0]
    start = background.shared.whitening @ background.shared.start
    assert liked @ coef[0] + intercept[0] > (liked - background.shared.centre) @ start - 1.0
    assert disliked @ coef[1] + intercept[1] < crowd.linear.scores(disliked[None].astype(float))[0]
