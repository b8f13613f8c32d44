"""Interests as their reader corrected them, found again after a refit and after new choices."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.interest_changes import ChangeKind, InterestChange
from models.arrangement import interests_of_user
from models.interest_changes import changed
from models.interests import Interest, Names, classifier_of
from models.recommend import encode_slate, profile_of_user, recommend

IDS = [f"p{number}" for number in range(9)]


def found(*groups):
    return tuple(
        Interest(Names(list), 0, len(rows) / 9, np.array(rows), f"interest:{number}")
        for number, rows in enumerate(groups, start=1)
    )


def change(kind, name, papers, into=()):
    return InterestChange(ChangeKind(kind), name, tuple(IDS[row] for row in papers), tuple(IDS[row] for row in into))


THREE = found((0, 1, 2, 3), (4, 5, 6), (7, 8))


def names(interests):
    return [interest.name for interest in interests]


def test_a_name_goes_with_the_papers_not_with_the_place():
    renaming = [change("rename", "robots", (4, 5, 6))]
    assert names(changed(THREE, renaming, IDS)) == ["interest:1", "interest:robots", "interest:3"]
    split = found((0, 1, 2, 3), (7, 8, 4), (5, 6))
    assert names(changed(split, renaming, IDS)) == ["interest:1", "interest:2", "interest:robots"]


def test_of_two_names_the_later_stands():
    renaming = [change("rename", "robots", (4, 5, 6)), change("rename", "arms", (4, 5))]
    assert names(changed(THREE, renaming, IDS))[1] == "interest:arms"


def test_a_name_without_an_interest_that_holds_half_of_its_papers_does_nothing():
    assert names(changed(THREE, [change("rename", "x", (0, 4, 7))], IDS)) == names(THREE)
    assert names(changed(THREE, [InterestChange(ChangeKind.RENAME, "x", ("gone",))], IDS)) == names(THREE)


def test_two_interests_never_share_a_name():
    renaming = [change("rename", "x", (0, 1)), change("rename", "x", (4, 5))]
    assert names(changed(THREE, renaming, IDS))[:2] == ["interest:x", "interest:x (2)"]


def test_merged_interests_are_one_with_both_shares_and_a_classifier_of_its_own():
    merged = changed(THREE, [change("merge", "interest:3", (7, 8), (4, 5, 6))], IDS)
    assert names(merged) == ["interest:2", "interest:1"]
    assert merged[0].rows.tolist() == [4, 5, 6, 7, 8]
    assert sum(each.share for each in merged) == pytest.approx(1.0)


@given(st.lists(st.tuples(st.sampled_from(["rename", "merge"]), st.sets(st.integers(0, 8), min_size=1)), max_size=5))
def test_whatever_is_changed_every_choice_stays_in_one_interest(wanted):
    changes = [change(kind, "x", sorted(papers), (0,) if kind == "merge" else ()) for kind, papers in wanted]
    after = changed(THREE, changes, IDS)
    assert sorted(row for interest in after for row in interest.rows.tolist()) == list(range(9))
    assert len(set(names(after))) == len(after)
    assert sum(each.share for each in after) == pytest.approx(1.0)


def two_subjects(world):
    return world.examples((*world.past[0:32:4], *world.past[3:32:4]))


def test_the_slate_knows_a_renamed_interest_and_a_merged_one_gives_a_single_share(world):
    user = world.user(two_subjects(world), user_key="changing")
    profile = profile_of_user(world.model, user.user_key, user.relevance)
    first, second = interests_of_user(world.model, user.user_key, profile, user.relevance)
    ids = user.relevance.examples.paper_ids
    ours, others = (tuple(ids[row] for row in each.rows.tolist()) for each in (first, second))
    renamed = replace(user, changes=(InterestChange(ChangeKind.RENAME, "mine", ours),))
    slate = recommend(world.day(), renamed, world.model, world.request(topic="interest:mine"))
    assert slate.scorer == "interest"
    merged = replace(user, changes=(InterestChange(ChangeKind.MERGE, first.name, ours, others),))
    (one,) = interests_of_user(world.model, user.user_key, profile, user.relevance, merged.changes)
    assert one.share == pytest.approx(1.0)
    own = classifier_of(world.model.background, world.model.crowd, user.relevance, one)
    np.testing.assert_array_equal(own.coef, profile.linear.coef)
    kinds = {reason.kind for item in recommend(world.day(), merged, world.model, world.request()).items
             for reason in item.reasons}  # fmt: skip
    assert "interest" not in kinds


def test_a_name_alone_leaves_the_bytes_of_a_slate_alone(world):
    user = world.user(two_subjects(world), user_key="renaming")
    ids = user.relevance.examples.paper_ids[:3]
    renamed = replace(user, changes=(InterestChange(ChangeKind.RENAME, "mine", ids),))
    slates = [recommend(world.day(), each, world.model, world.request()) for each in (user, renamed)]
    assert encode_slate(slates[0]) == encode_slate(slates[1])
