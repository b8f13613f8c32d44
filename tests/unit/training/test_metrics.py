import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score

from training import metrics

rankings = st.lists(st.booleans(), min_size=2, max_size=40).filter(any).map(np.array)


def hits(text: str) -> np.ndarray:
    return np.array([mark == "1" for mark in text])


def test_ndcg_of_positives_at_ranks_1_and_3_of_2_is_the_hand_computed_value() -> None:
    assert metrics.ndcg_at(hits("1010"), 10) == pytest.approx((1 + 0.5) / (1 + 1 / np.log2(3)))


def test_ndcg_is_1_when_the_first_ten_of_twelve_positives_fill_the_page() -> None:
    assert metrics.ndcg_at(hits("1" * 12 + "0" * 5), 10) == pytest.approx(1.0)


def test_recall_counts_against_what_k_can_hold() -> None:
    assert metrics.recall_at(hits("1001"), 2) == pytest.approx(0.5)
    assert metrics.recall_at(hits("1100001"), 2) == pytest.approx(1.0)


def test_reciprocal_rank_looks_at_the_first_positive_only() -> None:
    assert metrics.reciprocal_rank(hits("00101")) == pytest.approx(1 / 3)


def test_average_precision_of_ranks_1_and_3_is_five_sixths() -> None:
    assert metrics.average_precision(hits("1010")) == pytest.approx(5 / 6)


def test_auc_counts_a_tie_half() -> None:
    assert metrics.auc(np.array([1.0, 1.0, 0.0]), hits("100")) == pytest.approx(0.75)


def test_without_a_positive_no_ranking_metric_has_a_value() -> None:
    none = hits("000")
    values = [metrics.ndcg_at(none, 10), metrics.recall_at(none, 10), metrics.reciprocal_rank(none)]
    assert np.isnan([*values, metrics.average_precision(none), metrics.auc(np.arange(3.0), none)]).all()


def test_brier_skill_of_the_reference_itself_is_zero_and_of_the_truth_is_one() -> None:
    outcomes, base = hits("1000"), np.full(4, 0.25)
    assert metrics.brier(base, outcomes) == pytest.approx(3 / 16)
    assert metrics.brier_skill(base, outcomes, base) == pytest.approx(0.0)
    assert metrics.brier_skill(outcomes.astype(float), outcomes, base) == pytest.approx(1.0)


def test_slope_is_one_for_true_probabilities_and_half_for_doubled_logits() -> None:
    # 1 of 4 at p = 1/4 and 3 of 4 at p = 3/4: exactly calibrated, so the maximum lies at slope 1.
    p, y = np.repeat([0.25, 0.75], 4), hits("10001110")
    assert metrics.calibration_slope(p, y) == pytest.approx(1.0, abs=1e-6)
    bold = 1 / (1 + np.exp(-2 * np.log(p / (1 - p))))
    assert metrics.calibration_slope(bold, y) == pytest.approx(0.5, abs=1e-6)


def test_slope_has_no_value_for_one_class_a_constant_or_a_perfect_separation() -> None:
    p = np.array([0.1, 0.2, 0.8, 0.9])
    assert np.isnan(metrics.calibration_slope(p, hits("0000")))
    assert np.isnan(metrics.calibration_slope(np.full(4, 0.3), hits("0101")))
    assert np.isnan(metrics.calibration_slope(p, hits("0011")))


def test_ece_weighs_the_gap_of_each_bin_by_its_mass() -> None:
    p, y = np.array([0.1, 0.1, 0.9, 0.9]), hits("0111")
    assert metrics.expected_calibration_error(p, y, bins=2) == pytest.approx(0.5 * 0.4 + 0.5 * 0.1)


def test_expected_over_observed_is_two_when_twice_as_many_were_promised() -> None:
    assert metrics.expected_over_observed(np.full(4, 0.5), hits("1000")) == pytest.approx(2.0)


@given(rankings, st.integers(1, 20))
def test_ranking_metrics_lie_in_the_unit_interval_and_match_scikit_learn(ranked: np.ndarray, k: int) -> None:
    scores = -np.arange(len(ranked), dtype=float)
    assert metrics.ndcg_at(ranked, k) == pytest.approx(ndcg_score([ranked], [scores], k=k))
    assert metrics.average_precision(ranked) == pytest.approx(average_precision_score(ranked, scores))
    assert 0 <= metrics.recall_at(ranked, k) <= 1


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auc_matches_scikit_learn_with_ties(rows: list[tuple[int, bool]]) -> None:
    scores, positive = np.array([float(s) for s, _ in rows]), np.array([p for _, p in rows])
    if positive.any() and not positive.all():
        assert metrics.auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


@given(rankings)
def test_moving_a_positive_to_the_front_never_lowers_a_metric(ranked: np.ndarray) -> None:
    last = np.flatnonzero(ranked)[-1]
    better = np.concatenate([[True], np.delete(ranked, last)])
    for metric in (lambda h: metrics.ndcg_at(h, 10), metrics.reciprocal_rank, metrics.average_precision):
        assert metric(better) >= metric(ranked) - 1e-12


def test_the_distance_within_a_list_is_the_mean_over_its_pairs() -> None:
    rows = np.array([[2, 0], [0, 3], [1, 0], [0, 0]], dtype=np.float32)
    # pairs: 0–1 1, 0–2 0, 0–3 1, 1–2 1, 1–3 1, 2–3 1
    assert metrics.intra_list_distance(rows) == pytest.approx(5 / 6)
    assert metrics.intra_list_distance(rows[:1]) == 0


def test_log_loss_is_the_mean_surprise() -> None:
    assert metrics.log_loss(np.array([0.5, 0.25]), np.array([True, False])) == pytest.approx(-np.log(0.5 * 0.75) / 2)
    assert metrics.log_loss(np.array([0.0]), np.array([True])) == np.inf
    assert np.isnan(metrics.log_loss(np.zeros(0), np.zeros(0, dtype=bool)))
