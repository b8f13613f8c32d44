import numpy as np
import pandas as pd
import pytest

from training import summary
from training.replay import METRICS


def table() -> pd.DataFrame:
    """Ann has three days at 1.0, Bob one at 0.0; the baseline has 0.5 throughout."""
    rows = []
    for user, day, value, n_labels in (("ann", 1, 1.0, 9), ("ann", 2, 1.0, 9), ("ann", 3, 1.0, 12), ("bob", 1, 0.0, 1)):
        for method, metric in (("broadsheet", value), ("recency", 0.5)):
            row = dict.fromkeys(METRICS, metric)
            place = {"day": np.datetime64(f"2026-01-0{day}"), "user_key": user, "method": method, "n_labels": n_labels}
            rows.append(place | {"n_papers": 9, "n_chosen": 1} | row)
    return pd.DataFrame(rows)


def test_means_over_users_count_everybody_once_and_means_over_user_days_do_not() -> None:
    assert summary.overall(table(), macro=True)["auc"]["broadsheet"] == pytest.approx(0.5)
    assert summary.overall(table(), macro=False)["auc"]["broadsheet"] == pytest.approx(0.75)


def test_days_are_steps_counted_from_1970() -> None:
    steps = summary.daily(table(), "broadsheet")
    first = int(np.datetime64("2026-01-01").astype(int))
    assert sorted(steps) == [first, first + 1, first + 2]
    assert steps[first] == pytest.approx(
        dict.fromkeys([f"daily/{name}" for name in METRICS], 0.5) | {"daily/n_users": 2.0}
    )


def test_users_below_the_least_number_of_labels_are_left_out_of_the_headline() -> None:
    assert set(summary.counted(table(), 3)["user_key"]) == {"ann"}


def test_the_learning_curve_has_a_column_a_bucket_and_counts_user_days() -> None:
    curve = summary.by_labels(table())
    assert curve.loc["n"].fillna(0).tolist() == [0, 1, 2, 1]
    assert curve.loc["broadsheet", "1_2"] == 0.0


def test_the_best_baseline_is_not_the_product_and_its_difference_is_paired() -> None:
    means = summary.overall(table(), macro=True)
    assert summary.best_baseline(means, "auc") == "recency"
    assert summary.versus(table(), "auc", seed=0, macro=False)["recency"].mean == pytest.approx(0.25)


def test_one_row_a_user_carries_the_newest_number_of_labels() -> None:
    rows = summary.per_user(table(), "broadsheet").set_index("user_key")
    assert (rows["n_days"]["ann"], rows["n_labels"]["ann"]) == (3, 12)
