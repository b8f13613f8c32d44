import json

import numpy as np
import pytest

from benchmarks.result import Estimate, Resamples, Row, SuiteResult
from benchmarks.table import lines_of


def row(method: str, values: list[float], draws: Resamples, *, baseline: bool = True) -> Row:
    return Row(method, {"ndcg_at_20": draws.mean(np.array(values))}, baseline)


@pytest.fixture
def result() -> SuiteResult:
    draws = Resamples(4, seed=1)
    return SuiteResult(
        "toy",
        1,
        4,
        [
            row("broadsheet", [0.5, 0.6, 0.7, 0.8], draws, baseline=False),
            row("weak", [0.1, 0.1, 0.1, 0.1], draws),
            row("strong", [0.4, 0.5, 0.6, 0.7], draws),
        ],
    )


def test_the_same_seed_draws_the_same_resamples() -> None:
    assert np.array_equal(Resamples(9, 3).counts, Resamples(9, 3).counts)
    assert not np.array_equal(Resamples(9, 3).counts, Resamples(9, 4).counts)
    assert Resamples(9, 3).counts.shape == (2000, 9)


def test_clusters_are_drawn_whole() -> None:
    draws = Resamples(2, seed=0)
    found = draws.mean(np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 1]))
    assert found.value == 0.75
    assert set(np.round(found.resampled, 6)) == {0.0, 0.75, 1.0}


def test_a_macro_mean_counts_every_cluster_once() -> None:
    found = Resamples(2, seed=0).mean(np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 1]), macro=True)
    assert found.value == 0.5


def test_values_that_are_not_there_are_left_out() -> None:
    draws = Resamples(3, seed=0)
    assert draws.mean(np.array([1.0, np.nan, 0.0])).value == 0.5
    assert np.isnan(draws.mean(np.full(3, np.nan)).value)


def test_a_statistic_is_given_multiplicities() -> None:
    draws = Resamples(3, seed=0)
    values = np.array([1.0, 2.0, 6.0])
    found = draws.statistic(lambda weights: float(weights @ values / weights.sum()))
    plain = draws.mean(values)
    assert found.value == plain.value == 3.0
    assert np.allclose(found.resampled, plain.resampled)


def test_a_paired_difference_that_is_the_same_everywhere_has_no_width(result: SuiteResult) -> None:
    found = result.versus_best(result.rows[0], "ndcg_at_20")
    assert found is not None
    assert found.baseline == "strong"
    assert np.allclose([found.interval.mean, found.interval.low, found.interval.high], 0.1)
    assert found.interval.excludes_zero


def test_the_best_of_a_loss_is_its_smallest() -> None:
    rows = [Row("a", {"brier": Estimate(0.2)}), Row("b", {"brier": Estimate(0.1)})]
    best = SuiteResult("toy", 0, 1, rows).best_baseline("brier")
    assert best is not None
    assert best.method == "b"


def test_equal_baselines_are_told_apart_by_name() -> None:
    rows = [Row("b", {"auc": Estimate(0.5)}), Row("a", {"auc": Estimate(0.5)})]
    best = SuiteResult("toy", 0, 1, rows).best_baseline("auc")
    assert best is not None
    assert best.method == "a"


def test_the_json_has_the_shape_that_is_written_down(result: SuiteResult) -> None:
    found = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert list(found) == ["suite", "seed", "n_users", "rows"]
    first, *_, best = found["rows"]
    assert first["method"] == "broadsheet"
    assert first["metrics"] == {"ndcg_at_20": 0.65}
    assert first["vs_best_baseline"]["ndcg_at_20"].keys() == {"baseline", "mean", "low", "high"}
    assert best["vs_best_baseline"] == {}


def test_a_missing_value_is_null_in_json() -> None:
    found = SuiteResult("toy", 0, 0, [Row("a", {"auc": Estimate(float("nan"))})]).as_json()
    assert found["rows"][0]["metrics"] == {"auc": None}


def test_the_table_stars_the_best_baseline_and_says_what_excludes_zero(result: SuiteResult) -> None:
    lines = list(lines_of(result))
    assert any(line.startswith("strong") and line.endswith("0.5500*") for line in lines)
    assert any("+0.1000" in line and line.endswith("excludes 0") for line in lines)
