"""Users differ in how much they choose; what each adds to the log-odds is learned, and shrunken."""

import numpy as np
import pytest

from models.calibration import Calibrator
from models.intercepts import UserIntercepts

N = 2000
KEYS = np.repeat(np.array(["eager", "picky", "usual"]), N)


def outcomes(*shares: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.random(N) < share for share in shares])


def test_who_chooses_more_than_the_scores_say_has_higher_probabilities_in_the_same_order() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=3 * N)
    chosen = rng.random(3 * N) < 1 / (1 + np.exp(2.5 - scores - np.repeat([1.0, -2.0, 0.0], N)))
    calibrator = Calibrator.fit(scores, chosen, np.full(3 * N, 4))
    own = calibrator.with_users(scores, chosen, np.full(3 * N, 4), KEYS)
    some = np.linspace(-2, 2, 9)
    eager, picky, stranger = (own.probability(some, 4, key) for key in ("eager", "picky", "stranger"))
    assert (eager > stranger).all()
    assert (stranger > picky).all()
    assert all((np.diff(each) > 0).all() for each in (eager, picky, stranger))
    np.testing.assert_array_equal(stranger, own.probability(some, 4))
    assert own.probability(scores[:N], 4, "eager").mean() == pytest.approx(chosen[:N].mean(), abs=0.03)


def test_users_who_do_not_differ_have_no_intercepts() -> None:
    assert UserIntercepts.fit(KEYS, outcomes(0.1, 0.1, 0.1), np.full(3 * N, 0.1)).by_key == {}


@pytest.mark.parametrize("chosen", [False, True])
def test_a_user_of_one_kind_of_answer_moves_a_little_and_stays_finite(chosen: bool) -> None:
    users = np.concatenate([KEYS, np.array(["one", "one"])])
    found = UserIntercepts.fit(users, np.append(outcomes(0.3, 0.02, 0.1), [chosen, chosen]), np.full(3 * N + 2, 0.1))
    assert 0 < abs(found.by_key["one"]) < abs(found.by_key["eager"]) + 5
    assert (found.by_key["one"] > 0) == chosen


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_who_chooses_many_times_as_much_as_expected_gets_that_share(share: float) -> None:
    rng = np.random.default_rng(2)
    users = np.repeat([f"user-{number:02d}" for number in range(20)], 1000)
    chosen = rng.random(len(users)) < np.where(users == "user-00", share, 0.005)
    found = UserIntercepts.fit(users, chosen, np.full(len(users), 0.005))
    eager = 1 / (1 + np.exp(-np.log(0.005 / 0.995) - found.by_key["user-00"]))
    assert eager == pytest.approx(chosen[:1000].mean(), rel=0.3)
    assert max(map(abs, found.by_key.values())) < 10


def test_no_rows_give_none() -> None:
    assert UserIntercepts.fit(np.zeros(0, dtype=np.str_), np.zeros(0, dtype=np.bool_), np.zeros(0)).by_key == {}


def test_they_come_back_from_their_arrays_and_older_versions_have_none() -> None:
    found = UserIntercepts.fit(KEYS, outcomes(0.3, 0.02, 0.1), np.full(3 * N, 0.1))
    assert UserIntercepts.from_arrays(found.arrays()) == found
    assert UserIntercepts.from_arrays(UserIntercepts.none().arrays()) == UserIntercepts.none()
    assert UserIntercepts.from_arrays({}) == UserIntercepts.none()
    np.testing.assert_array_equal(found.of(np.array(["nobody", "eager"])), [0.0, found.by_key["eager"]])
