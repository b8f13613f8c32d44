"""Rules: what they match, and that a ranking without any is the same to the byte."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.domain import Paper
from features.rules import Rule, RuleField, RuleKind
from models.causes import explanation_of
from models.recommend import baseline_named, decode_slate, encode_slate, rank, recommend
from models.rules import apply_rules, rule_about

MUST, NEVER = RuleKind.MUST, RuleKind.NEVER
WORD, AUTHOR, CATEGORY = RuleField.WORD, RuleField.AUTHOR, RuleField.CATEGORY
PAPER = Paper(
    "1",
    "Self-Supervised GANs for C++",
    "We began with León's method. Then more.",
    ("Yann A. LeCun", "Wei Wang"),
    ("cs.LG", "stat.ML"),
    keywords=("deep learning",),
)


def ids(slate):
    return [item.paper_id for item in slate.items]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (WORD, "self supervised", True),
        (WORD, "gan", False),  # neither a part of GANs nor of began
        (WORD, "leon", True),
        (WORD, "c", False),
        (WORD, "C++ we", False),  # title and abstract are two texts
        (WORD, "deep learning", True),
        (AUTHOR, "LeCun", True),
        (AUTHOR, "y. lecun", True),
        (AUTHOR, "Yann LeCun", True),
        (AUTHOR, "A. Y. LeCun", False),
        (AUTHOR, "Yann", False),
        (AUTHOR, "Yann Wang", False),
        (CATEGORY, "stat.ml", True),
        (CATEGORY, "cs", True),
        (CATEGORY, "cs.L", False),
    ],
)
def test_a_rule_speaks_of_whole_words_names_and_categories(field, value, expected):
    assert (rule_about([Rule(MUST, field, value)], PAPER) is not None) == expected


def test_never_wins_over_must():
    both = [Rule(MUST, AUTHOR, "LeCun"), Rule(NEVER, WORD, "gans")]
    allowed, ruled = apply_rules(both, [PAPER], np.array([True]))
    assert (allowed.tolist(), ruled.n_left_out, dict(ruled.asked_for)) == ([False], 1, {})


def test_what_is_no_candidate_anyway_is_not_said_to_be_left_out():
    _, ruled = apply_rules([Rule(NEVER, WORD, "gans")], [PAPER], np.array([False]))
    assert ruled.n_left_out == 0


@given(st.text(alphabet="bcdfgh", min_size=1, max_size=9))
def test_rules_that_match_nothing_leave_the_bytes_alone(world, value):
    rules = (Rule(MUST, WORD, f"x{value}"), Rule(NEVER, AUTHOR, f"x{value}"), Rule(NEVER, CATEGORY, f"x{value}"))
    without = recommend(world.day(), world.user(world.users["key1"]), world.model, world.request())
    found = recommend(world.day(), world.user(world.users["key1"], rules=rules), world.model, world.request())
    assert encode_slate(found) == encode_slate(without)


def test_never_leaves_out_and_changes_no_score(world):
    user = world.user(world.users["key1"], rules=(Rule(NEVER, CATEGORY, "cs.CL"),))
    full = recommend(world.day(), world.user(world.users["key1"]), world.model, world.request())
    left = recommend(world.day(), user, world.model, world.request())
    unwanted = {paper.id for paper in world.today if paper.categories == ("cs.CL",)}
    scores = {item.paper_id: item.score for item in full.items}
    assert set(ids(left)) == set(ids(full)) - unwanted
    assert left.n_left_out == len(unwanted) == 10
    assert all(item.score == scores[item.paper_id] for item in left.items)
    assert decode_slate(encode_slate(left)) == left


def test_must_stands_first_by_score_with_the_rule_as_its_first_reason(world):
    rules = (Rule(MUST, CATEGORY, "q-bio"),)
    user = world.user(world.users["key1"])
    full = recommend(world.day(), user, world.model, world.request())
    slate = recommend(world.day(), replace(user, rules=rules), world.model, world.request())
    first = [item for item in slate.items if item.reasons and item.reasons[0].kind == "rule"]
    asked = {paper.id for paper in world.today if paper.categories == ("q-bio.BM",)}
    assert {item.paper_id for item in first} == asked
    assert list(slate.items[: len(first)]) == first
    assert [item.score for item in first] == sorted((item.score for item in first), reverse=True)
    assert first[0].reasons[0].text == "you asked for papers in q-bio"
    assert {item.paper_id: item.rank for item in slate.items} == {item.paper_id: item.rank for item in full.items}
    assert [item.position for item in slate.items] == list(range(1, len(slate.items) + 1))
    ranked = rank(world.day(), replace(user, rules=rules), world.model, world.request())
    assert [world.day().papers[row].id for row in ranked.order.tolist()] == ids(slate)


def test_must_stands_however_improbable(world):
    user = world.user(world.users["key1"], rules=(Rule(MUST, CATEGORY, "q-bio.BM"),))
    slate = recommend(world.day(), user, world.model, replace(world.request(), min_probability=1.0))
    assert len(slate.items) == 10
    assert slate.n_below == 30


def test_a_baseline_keeps_rules_too(world):
    user = world.user(rules=(Rule(NEVER, CATEGORY, "cs"), Rule(MUST, CATEGORY, "q-bio")))
    version = "baseline:recency"
    slate = recommend(world.day(), user, baseline_named(version), world.request(version))
    assert {item.reasons[0].kind for item in slate.items} == {"rule"}
    assert slate.n_left_out == 30


def test_an_explanation_says_which_rule_decided(world):
    user = world.user(world.users["key1"], rules=(Rule(NEVER, CATEGORY, "cs"),))
    beside = explanation_of(world.day(), user, world.model, world.today[0].id).beside
    assert "you asked for no papers in cs" in [reason.text for reason in beside]
