"""Rules as of a moment, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Cut
from features.errors import InvalidValue, UnknownRule, UnknownUser
from features.moment import latest_relevant_at, user_moment
from features.rules import MAX_RULES, Rule, RuleField, RuleKind
from features.settings import LabelSettings

DAY = date(2026, 2, 27)
T1 = datetime(2026, 3, 1, 8, tzinfo=UTC)
T2, T3 = T1 + timedelta(hours=1), T1 + timedelta(hours=2)
NO_GANS = Rule(RuleKind.NEVER, RuleField.WORD, "GANs")


@pytest.fixture
def tx(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY)], recorded_at=T1)
        for user_id in ("ada", "ben"):
            tx.users.add(user_id, created_at=T1)
        yield tx


def rules_at(tx, at):
    moment = user_moment(tx, tx.users.get("ada"), DAY, Cut(at), LabelSettings(), None)
    return moment.rules


def test_a_rule_holds_from_when_it_was_said_until_it_was_taken_back(tx):
    known = tx.rules.add("ada", NO_GANS, recorded_at=T2)
    tx.rules.withdraw("ada", known.id, recorded_at=T3)
    tx.rules.withdraw("ada", known.id, recorded_at=T3 + timedelta(hours=1))
    assert (rules_at(tx, T1), rules_at(tx, T2), rules_at(tx, T3)) == ((), (NO_GANS,), ())
    assert tx.rules.last_changed_at("ada", Cut(T3 + timedelta(days=1))) == T3


def test_a_rule_said_later_changes_nothing_known_before(tx):
    tx.rules.add("ada", NO_GANS, recorded_at=T1)
    before = rules_at(tx, T2)
    tx.rules.add("ada", Rule(RuleKind.MUST, RuleField.AUTHOR, "Ada B."), recorded_at=T3)
    assert rules_at(tx, T2) == before


def test_a_rule_makes_a_new_default_moment_and_only_for_its_user(tx):
    now = Cut(T3 + timedelta(days=1))
    ada, ben = tx.users.get("ada"), tx.users.get("ben")
    before = latest_relevant_at(tx, ben, DAY, now)
    known = tx.rules.add("ada", NO_GANS, recorded_at=T2)
    assert latest_relevant_at(tx, ada, DAY, now) == T2
    tx.rules.withdraw("ada", known.id, recorded_at=T2)  # the clock stood still
    assert latest_relevant_at(tx, ada, DAY, now) > T2
    assert latest_relevant_at(tx, ben, DAY, now) == before
    assert tx.interactions.label_counter("ada") == 2


def test_a_rule_said_again_stays_the_one_it_was(tx):
    first = tx.rules.add("ada", NO_GANS, recorded_at=T1)
    assert tx.rules.add("ada", Rule(RuleKind.NEVER, RuleField.WORD, "gans"), recorded_at=T2) == first
    assert tx.interactions.label_counter("ada") == 1


def test_nobody_withdraws_the_rule_of_another(tx):
    known = tx.rules.add("ada", NO_GANS, recorded_at=T1)
    with pytest.raises(UnknownRule):
        tx.rules.withdraw("ben", known.id, recorded_at=T2)
    with pytest.raises(UnknownUser):
        tx.rules.add("eve", NO_GANS, recorded_at=T2)


def test_there_is_an_end_to_rules(tx):
    for number in range(MAX_RULES):
        tx.rules.add("ada", Rule(RuleKind.NEVER, RuleField.WORD, f"word{number}"), recorded_at=T1)
    with pytest.raises(InvalidValue, match="withdraw one first"):
        tx.rules.add("ada", NO_GANS, recorded_at=T1)
