from datetime import date

import pandas as pd
import pytest

from training.promotion import Gate, decide

GATE = Gate(tolerance=0.02, min_labels=3, seed=0)


def table(product: float, champion: float | None, n_labels: int = 5) -> pd.DataFrame:
    values = {"broadsheet": product} | ({} if champion is None else {"champion": champion})
    rows = [
        {
            "day": date(2026, 1, day),
            "user_key": f"user{user}",
            "method": method,
            "n_labels": n_labels,
            "ndcg_at_10": value,
            "recall_at_10": 0.0,
            "mrr": 0.0,
            "auc": 0.0,
            "average_precision": 0.0,
        }
        for method, value in values.items()
        for user in range(4)
        for day in (1, 2)
    ]
    return pd.DataFrame(rows)


def test_the_first_champion_needs_no_comparison() -> None:
    assert decide(table(0.1, None), None, None, GATE).passed


@pytest.mark.parametrize(("challenger", "passed"), [(0.5, True), (0.491, True), (0.489, False)])
def test_a_loss_within_the_tolerance_passes(challenger: float, passed: bool) -> None:
    decision = decide(table(challenger, 0.5), "3", None, GATE)
    assert decision.passed == passed
    assert ("not worse than champion 3" in decision.reason) == passed
    assert decision.gain is not None
    assert decision.gain.mean == pytest.approx(challenger - 0.5)


def test_a_champion_that_does_not_load_gives_way_and_the_reason_says_so() -> None:
    decision = decide(table(0.1, None), "3", "model files are refused", GATE)
    assert decision.passed
    assert "refused" in decision.reason


def test_where_nobody_has_enough_labels_there_is_nobody_to_compare_on() -> None:
    decision = decide(table(0.1, 0.9, n_labels=1), "3", None, GATE)
    assert decision.passed
    assert "nobody" in decision.reason
