import numpy as np
import pytest

from training.bootstrap import clustered_interval


def test_mean_over_rows_and_mean_over_users_differ_when_users_differ_in_days() -> None:
    values, users = np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 1])
    assert clustered_interval(values, users, seed=0).mean == pytest.approx(0.75)
    assert clustered_interval(values, users, seed=0, macro=True).mean == pytest.approx(0.5)


def test_days_of_one_user_count_as_one_observation() -> None:
    rng = np.random.default_rng(0)
    per_user = rng.normal(0, 1, 20)
    values, users = np.repeat(per_user, 50), np.repeat(np.arange(20), 50)
    interval = clustered_interval(values, users, seed=1)
    assert interval.high - interval.low > 0.5  # bare rows would claim about 0.12


def test_a_constant_difference_excludes_zero_and_an_empty_one_has_no_value() -> None:
    assert clustered_interval(np.full(6, 0.1), np.arange(6), seed=0).excludes_zero
    empty = clustered_interval(np.array([np.nan]), np.array([0]), seed=0)
    assert np.isnan(empty.mean)
    assert not empty.excludes_zero


def test_the_same_seed_gives_the_same_interval() -> None:
    values, users = np.random.default_rng(3).normal(size=30), np.arange(30)
    assert clustered_interval(values, users, seed=7) == clustered_interval(values, users, seed=7)
