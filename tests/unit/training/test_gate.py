"""The gate on tables made up with what real ones have: users who differ, days that differ, rankings that agree."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.errors import InvalidValue
from features.settings import GateSettings
from training.gate import Decision, Evidence, Forecasts, Outcome, Verdict, decide, first_or_broken, force_reason

SETTINGS = GateSettings()


def table(
    n_users: int, *, gain: float = 0.0, gain_few: float = 0.0, seed: int = 0, slower: float = 1.0
) -> pd.DataFrame:
    """Six days a user, two users in five with few labels; the two rankings correlate by .9, as two seeds do."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        level, few = rng.beta(2, 4), user % 5 < 2
        lucky = rng.normal(0, 0.02)
        for day in range(6):
            base = rng.normal(level, 0.15)
            change = gain + (gain_few if few else 0.0)
            values = {"champion": base, "broadsheet": (base + lucky + rng.normal(0, 0.07)) * (1 + change)}
            for method, value in values.items():
                seconds = 0.002 * rng.lognormal(0, 0.2) * (slower if method == "broadsheet" else 1.0)
                rows.append(
                    (date(2026, 1, 1) + timedelta(days=day), f"u{user}", method, 2 if few else 9, value, seconds)
                )
    return pd.DataFrame(rows, columns=["day", "user_key", "method", "n_labels", "ndcg_at_10", "seconds"])


def forecasts(n_users: int, error: float, seed: int = 0) -> Forecasts:
    """Forty papers a user, one in ten chosen; probabilities are the truth and ``error`` of noise."""
    rng = np.random.default_rng(seed)
    users = np.repeat([f"u{user}" for user in range(n_users)], 40)
    truth = rng.beta(1, 9, len(users))
    chosen = rng.random(len(users)) < truth
    return Forecasts(users, np.clip(truth + rng.normal(0, error, len(users)), 0, 1), chosen)


def said(rows: pd.DataFrame, given: dict[str, Forecasts] | None = None, seed: int = 0) -> Decision:
    return decide(Evidence(rows, given or {}), "3", SETTINGS, min_labels=1, seed=seed)


def verdicts(decision: Decision) -> list[str]:
    return [criterion.verdict.value for criterion in decision.criteria]


def test_equal_models_seldom_win_and_are_seldom_refused() -> None:
    outcomes = [said(table(200, seed=seed)).outcome for seed in range(20)]
    assert outcomes.count(Outcome.WIN) <= 1
    assert outcomes.count(Outcome.NOT_WORSE) >= 18


def test_a_planted_worse_model_is_refused_and_a_planted_better_one_wins() -> None:
    assert {said(table(200, gain=-0.1, seed=seed)).outcome for seed in range(3)} == {Outcome.WORSE}
    assert {said(table(200, gain=0.1, seed=seed)).outcome for seed in range(3)} == {Outcome.WIN}


def test_the_same_model_is_shown_not_worse() -> None:
    rows = table(200)
    champion = rows[rows["method"] == "champion"]
    decision = said(pd.concat([champion, champion.assign(method="broadsheet")]))
    assert decision.outcome is Outcome.NOT_WORSE
    assert decision.criteria[0].loss.loss == 0.0
    assert verdicts(decision)[:2] == ["shown not worse", "shown not worse"]


def test_a_loss_of_users_with_few_labels_alone_is_a_refusal() -> None:
    decision = said(table(300, gain_few=-0.25, gain=0.1))
    assert decision.outcome is Outcome.WORSE
    assert decision.criteria[1].verdict is Verdict.WORSE
    assert "fewer than 5 labels" in decision.reason


def test_worse_probabilities_alone_are_a_refusal() -> None:
    given = {"champion": forecasts(200, 0.0), "broadsheet": forecasts(200, 0.15)}
    decision = said(table(200, gain=0.1), given)
    assert decision.outcome is Outcome.WORSE
    assert decision.criteria[2].verdict is Verdict.WORSE
    equal = said(table(200, gain=0.1), {"champion": given["champion"], "broadsheet": given["champion"]})
    assert equal.outcome is Outcome.WIN


def test_a_model_half_again_as_slow_is_refused_and_one_a_tenth_slower_is_not() -> None:
    assert said(table(200, slower=1.5)).criteria[3].verdict is Verdict.WORSE
    decision = said(table(200, slower=1.1))
    assert decision.outcome is Outcome.NOT_WORSE
    assert decision.criteria[3].loss.loss == pytest.approx(0.1, abs=0.08)


def test_too_few_users_are_insufficient_evidence_whatever_they_show() -> None:
    for gain in (-0.5, 0.0, 0.5):
        decision = said(table(SETTINGS.min_users - 1, gain=gain))
        assert decision.outcome is Outcome.INSUFFICIENT
        assert not decision.passed
        assert "30 are needed" in decision.reason


def test_an_interval_too_wide_to_tell_anything_is_insufficient_evidence() -> None:
    rows = table(40)
    noise = np.random.default_rng(1).uniform(-1, 1, len(rows))
    users = pd.factorize(rows["user_key"])[0]
    own = rows["method"] == "broadsheet"
    rows.loc[own, "ndcg_at_10"] += noise[users][own]
    rows.loc[own, "ndcg_at_10"] += rows[~own]["ndcg_at_10"].mean() - rows[own]["ndcg_at_10"].mean()
    decision = said(rows)
    assert decision.outcome is Outcome.INSUFFICIENT
    assert "uncertain" in decision.reason


EMPTY = table(1).head(0)


@pytest.mark.parametrize(
    "rows",
    [
        EMPTY,
        table(1),
        EMPTY.drop(columns="seconds"),
        table(50).assign(ndcg_at_10=np.nan),
        table(50).query("method == 'broadsheet'"),
        table(50).query("method == 'champion'"),
        table(50).assign(n_labels=0),
    ],
    ids=["empty", "one user", "no seconds", "NaN", "no champion", "no product", "no labels"],
)
def test_rows_that_cannot_be_compared_keep_the_champion_without_a_traceback(rows: pd.DataFrame) -> None:
    decision = said(rows)
    assert decision.outcome is Outcome.INSUFFICIENT
    json.dumps(decision.document(), allow_nan=False)


def test_a_champion_without_probabilities_seconds_or_gain_is_compared_by_what_there_is() -> None:
    decision = said(table(100).drop(columns="seconds"), {"broadsheet": forecasts(100, 0.0)})
    assert verdicts(decision)[2:] == ["not judged", "not judged"]
    assert decision.outcome is Outcome.NOT_WORSE
    nothing = table(100)
    nothing.loc[nothing["method"] == "champion", "ndcg_at_10"] = 0.0
    assert verdicts(said(nothing))[0] == "not judged"


def test_probabilities_that_are_no_numbers_count_as_wrong() -> None:
    good = forecasts(100, 0.05)
    nan = Forecasts(good.users, np.full(len(good.users), np.nan), good.chosen)
    assert said(table(100), {"champion": good, "broadsheet": nan}).outcome is Outcome.WORSE


def test_the_record_has_every_criterion_with_its_numbers() -> None:
    document = said(table(100)).document()
    assert document["outcome"] == "not worse"
    assert [row["name"] for row in document["criteria"]] == [  # type: ignore[union-attr, index]  # a list of mappings
        "ndcg_at_10",
        "ndcg_at_10, fewer than 5 labels",
        "brier",
        "p95 seconds",
    ]
    first = document["criteria"][0]  # type: ignore[index]  # as above
    assert {"champion", "challenger", "loss", "low", "high", "margin", "n_users", "verdict"} <= set(first)


def test_the_first_champion_and_one_in_the_place_of_a_broken_one_need_no_comparison() -> None:
    for found, outcome in (
        (first_or_broken(None, None), "first champion"),
        (first_or_broken("3", "x"), "broken champion"),
    ):
        assert found is not None
        assert (found.passed, found.outcome) == (True, outcome)
    assert first_or_broken("3", None) is None


def test_force_passes_what_was_refused_and_says_what_it_overrode() -> None:
    refused = said(table(200, gain=-0.1))
    forced = refused.forced("the old one leaks")
    assert (refused.passed, forced.passed) == (False, True)
    assert (forced.outcome, forced.without_force) == (Outcome.FORCED, Outcome.WORSE)
    assert "the old one leaks" in forced.reason
    won = said(table(200, gain=0.1)).forced("just so")
    assert (won.outcome, won.force) == (Outcome.WIN, "just so")


def test_drift_keeps_the_champion_until_forced() -> None:
    won = said(table(200, gain=0.1))
    assert won.with_drift(()) == won
    drifted = won.with_drift(("volume (from 200 to 20 papers a day)",))
    assert not drifted.passed
    assert "from 200 to 20" in drifted.reason
    assert drifted.forced("a holiday").passed


@pytest.mark.parametrize(("reason", "promote"), [("", True), ("  ", True), ("why", False)])
def test_a_force_without_a_reason_or_a_promotion_is_refused(reason: str, promote: bool) -> None:
    with pytest.raises(InvalidValue):
        force_reason(reason, promote=promote)
    force_reason(None, promote=promote)


def test_the_same_rows_and_seed_give_the_same_record() -> None:
    assert said(table(60), seed=4) == said(table(60), seed=4)
