import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidValue
from models.calibration import Calibrator

ROWS = st.lists(
    st.tuples(st.floats(-5, 5), st.booleans(), st.integers(0, 200)),
    max_size=30,
)


@given(ROWS)
def test_the_probability_rises_with_the_score_whatever_was_seen(rows: list[tuple[float, bool, int]]) -> None:
    scores, chosen, n_labels = zip(*rows, strict=True) if rows else ((), (), ())
    calibrator = Calibrator.fit(scores, chosen, n_labels)
    for n in (0, 3, 500):
        found = calibrator.probability(np.linspace(-3, 3, 20), n)
        assert ((found > 0) & (found < 1)).all()
        assert (np.diff(found) >= 0).all()


def test_the_formula_is_the_documented_one() -> None:
    calibrator = Calibrator((1.5, 0.25, -2.0, 0.5), scale=2.0)
    odds = (1.5 + 0.25 * np.log(4)) * 3.0 / 2.0 - 2.0 + 0.5 * np.log(4)
    assert calibrator.probability(3.0, 3) == pytest.approx(1 / (1 + np.exp(-odds)))


def test_it_recovers_probabilities_that_depend_on_score_and_number_of_labels() -> None:
    rng = np.random.default_rng(0)
    scores, n_labels = rng.normal(scale=0.2, size=50_000), rng.integers(0, 50, 50_000)
    truth = 1 / (1 + np.exp(-((2 + np.log1p(n_labels)) * scores - 2)))
    calibrator = Calibrator.fit(scores, rng.random(50_000) < truth, n_labels)
    assert np.abs(calibrator.probability(scores, n_labels) - truth).max() < 0.03


def test_the_probabilities_add_up_to_what_was_chosen() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=5000)
    chosen = rng.random(5000) < 0.02
    found = Calibrator.fit(scores, chosen, np.full(5000, 4)).probability(scores, 4)
    assert found.sum() == pytest.approx(chosen.sum(), rel=0.05)


@pytest.mark.parametrize("chosen", [True, False])
def test_rows_of_one_kind_give_a_probability_short_of_certain(chosen: bool) -> None:
    found = Calibrator.fit([0.1, 0.2, 0.3], [chosen] * 3, [1, 1, 1]).probability(0.2, 1)
    assert 0.02 < found < 0.98
    assert (found > 0.5) == chosen


def test_without_rows_the_score_counts_as_log_odds() -> None:
    assert Calibrator.fit([], [], []).probability(1.0, 7) == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_score_that_says_the_opposite_is_not_turned_round() -> None:
    scores = np.linspace(-1, 1, 400)
    calibrator = Calibrator.fit(scores, scores < 0, np.ones(400))
    assert calibrator.probability(1.0, 1) == pytest.approx(calibrator.probability(-1.0, 1))


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    scores, chosen, n_labels = np.array([0.1, 0.9, 0.5]), np.array([0, 1, 1]), np.array([1, 2, 3])
    weighted = Calibrator.fit(scores, chosen, n_labels, [1, 1, 2])
    doubled = Calibrator.fit([*scores, 0.5], [*chosen, 1], [*n_labels, 3])
    np.testing.assert_allclose(weighted.weights, doubled.weights, atol=1e-5)
    assert weighted.scale == pytest.approx(doubled.scale)


def test_an_untouched_copy_comes_back_from_its_arrays() -> None:
    calibrator = Calibrator.fit([0.1, 0.9], [0, 1], [3, 4])
    assert Calibrator.from_arrays(calibrator.arrays()) == calibrator


@pytest.mark.parametrize("scores", [[0.1], [np.nan, 0.2]])
def test_rows_that_do_not_fit_together_are_refused(scores: list[float]) -> None:
    with pytest.raises(InvalidValue, match="finite rows of one length"):
        Calibrator.fit(scores, [0, 1], [1, 1])
