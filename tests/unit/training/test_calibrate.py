from dataclasses import replace

import numpy as np
import pytest

from training.calibrate import calibrate, in_bucket
from training.replay import Predictions


def predictions(n_days: int, per_day: int = 2000, flip_from: int | None = None) -> Predictions:
    """Scores whose true log-odds are 2 s − 3; from ``flip_from`` on the other way round."""
    rng = np.random.default_rng(0)
    n = n_days * per_day
    day = np.repeat(np.arange(n_days), per_day)
    scores = rng.normal(size=n)
    sign = np.where(day >= (flip_from if flip_from is not None else n_days), -1, 1)
    chosen = rng.random(n) < 1 / (1 + np.exp(3 - 2 * sign * scores))
    return Predictions(
        user_days=day,
        users=np.full(n, "k"),
        days=np.datetime64("2026-01-01") + day,
        scores=scores,
        chosen=chosen,
        n_labels=np.full(n, 5),
        ranks=np.tile(np.arange(1, per_day + 1), n_days),
        rates=np.full(n, chosen.mean()),
    )


def test_a_true_relation_is_found_and_measures_as_calibrated() -> None:
    found = calibrate(predictions(4))
    assert found.metrics["calibration_slope"] == pytest.approx(1.0, abs=0.15)
    assert found.metrics["expected_over_observed"] == pytest.approx(1.0, abs=0.1)
    assert found.metrics["brier_skill"] > 0.2


def test_the_skill_has_an_interval_over_users() -> None:
    rows = predictions(4)
    found = calibrate(replace(rows, users=np.array(["a", "b", "c", "d"])[np.arange(len(rows.users)) % 4])).metrics
    assert found["brier_skill_low"] < found["brier_skill"] < found["brier_skill_high"]
    assert found["brier_skill_low"] > 0.2


def test_users_own_intercepts_are_learned_from_earlier_days_only() -> None:
    rows = predictions(4)
    keys = np.array(["a", "b"])[np.arange(len(rows.users)) % 2]
    eager = replace(rows, users=keys, chosen=rows.chosen | ((keys == "a") & (rows.scores > 0.5)))
    before = calibrate(eager)
    turned = eager.days >= np.unique(eager.days)[2]
    after = calibrate(replace(eager, chosen=np.where(turned, False, eager.chosen)))
    np.testing.assert_array_equal(before.probabilities, after.probabilities)
    assert before.shipped.probability(0.0, 5, "a") > before.shipped.probability(0.0, 5, "b")


def test_intercepts_that_later_days_do_not_bear_out_are_left_out() -> None:
    rows = predictions(4)
    keys = np.array(["a", "b"])[np.arange(len(rows.users)) % 2]
    turned = rows.days >= np.unique(rows.days)[2]
    eager = np.where(turned, keys == "b", keys == "a") & (rows.scores > 0.5)
    found = calibrate(replace(rows, users=keys, chosen=rows.chosen | eager)).shipped
    assert found.probability(0.0, 5, "a") == found.probability(0.0, 5, "b")


def test_what_is_reported_is_of_days_that_were_not_fitted_on() -> None:
    turned = calibrate(predictions(4, flip_from=2))
    assert turned.metrics["brier_skill"] < 0
    assert len(turned.chosen) == 2 * 2000


def test_a_single_day_or_none_ships_a_calibrator_and_reports_nothing() -> None:
    assert calibrate(predictions(1)).metrics == {}
    empty = calibrate(predictions(1).where(np.zeros(2000, dtype=bool)))
    assert empty.metrics == {}
    assert 0 < empty.shipped.probability(0.0, 0) < 1


def test_buckets_of_labels_are_0_1_to_2_3_to_9_and_10_up() -> None:
    n_labels = np.array([0, 1, 2, 3, 9, 10, 500])
    found = [
        "".join("x" if kept else "." for kept in in_bucket(n_labels, name)) for name in ("0", "1_2", "3_9", "10_up")
    ]
    assert found == ["x......", ".xx....", "...xx..", ".....xx"]
