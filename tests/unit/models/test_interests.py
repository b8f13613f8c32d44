"""Interests found from what a user chose, and the first places of the slate that they and variety change."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import UnknownTopic
from features.settings import SlateSettings
from models.arrangement import interests_of_user, subjects_told
from models.diversity import Interested, place
from models.interests import INTEREST, Interest, Names, belonging_to, classifier_of, grouped, subjects_of
from models.recommend import encode_slate, profile_of_user, rank, recommend
from models.sense import SenseBlock

OFF = SlateSettings(diversity=0.0, interest_shares=0.0, subject_shares=0.0)


def interests(world, user):
    # the world's examples come without terms
    terms = world.encoder.terms([paper.text for paper in user.relevance.papers])
    examples = replace(user.relevance, terms=terms)
    profile = profile_of_user(world.model, user.user_key, examples)
    return interests_of_user(world.model, user.user_key, profile, examples)


def two_subjects(world, n=8):
    return world.examples((*world.past[0 : 4 * n : 4], *world.past[3 : 4 * n : 4]))


def test_two_far_subjects_are_two_interests_with_shares_names_and_classifiers(world):
    found = interests(world, world.user(two_subjects(world), user_key="two"))
    assert len(found) == 2
    assert sum(each.share for each in found) == pytest.approx(1.0)
    assert all(each.name == INTEREST + ", ".join(each.words) and each.words for each in found)
    assert not set(found[0].words) & set(found[1].words)
    ours = [{two_subjects(world).papers[row].categories for row in each.rows} for each in found]
    assert all(len(subjects) == 1 for subjects in ours)
    for each, subjects in zip(found, ours, strict=True):
        linear = classifier_of(world.model.background, world.model.crowd, two_subjects(world), each)
        best = int(linear.scores(world.day().vectors.astype(np.float64)).argmax())
        assert {world.today[best].categories} == subjects


@pytest.mark.parametrize("n", [1, 2, 40])
def test_few_or_nearly_identical_saves_are_one_interest(world, n):
    twins = tuple(replace(world.past[0], id=f"2601.t{number:02d}") for number in range(n))
    found = interests(world, world.user(world.examples(twins), user_key=f"twins{n}"))
    assert [each.share for each in found] == [1.0]


def test_near_copies_are_not_split():
    rng = np.random.default_rng(0)
    X = np.ones((40, 16)) + 0.01 * rng.normal(size=(40, 16))
    assert len(grouped(X / np.linalg.norm(X, axis=1, keepdims=True), np.ones(40))) == 1


def test_no_positives_no_interests(world):
    assert interests(world, world.user(user_key="nothing")) == ()
    assert interests(world, world.user(world.examples((), world.past[:5]), user_key="negatives")) == ()


def test_without_words_interests_are_numbered(world):
    user = world.user(two_subjects(world), user_key="wordless")
    profile = profile_of_user(world.model, user.user_key, user.relevance)
    found = interests_of_user(world.model, user.user_key, profile, user.relevance)
    assert [each.name for each in found] == ["interest:1", "interest:2"]


def test_groups_do_not_depend_on_the_order_of_arrival(world):
    X = two_subjects(world).vectors.astype(np.float64)
    shuffled = np.random.default_rng(1).permutation(len(X))
    plain = {frozenset(group.tolist()) for group in grouped(X, np.ones(len(X)))}
    assert {frozenset(shuffled[group].tolist()) for group in grouped(X[shuffled], np.ones(len(X)))} == plain


def test_vectors_of_zeros_are_one_group():
    assert [group.tolist() for group in grouped(np.zeros((7, 3)), np.ones(7))] == [list(range(7))]


def test_both_interests_stand_among_the_first_ten_and_rank_gives_the_same_order(world):
    user = world.user(two_subjects(world))
    slate = recommend(world.day(), user, world.model, world.request())
    subjects = {paper.id: paper.categories[0] for paper in world.today}
    first = [subjects[item.paper_id] for item in slate.items[:10]]
    assert min(first.count("cs.CL"), first.count("q-bio.BM")) >= 2
    order = rank(world.day(), user, world.model, world.request()).order
    assert [world.day().papers[row].id for row in order] == [item.paper_id for item in slate.items]
    assert encode_slate(slate) == encode_slate(recommend(world.day(), user, world.model, world.request()))


def test_an_interest_can_be_asked_for_by_its_name_and_another_name_is_unknown(world):
    user = world.user(two_subjects(world), user_key="wordless")
    slate = recommend(world.day(), user, world.model, world.request(topic="interest:2"))
    assert slate.scorer == "interest"
    assert len(slate.items) == len(world.today)
    with pytest.raises(UnknownTopic, match="interest:9"):
        recommend(world.day(), user, world.model, world.request(topic="interest:9"))


def test_an_own_topic_with_the_name_of_an_interest_goes_first(world):
    user = world.user(two_subjects(world), topics={"interest:1": world.examples(world.past[1:9:4])})
    assert recommend(world.day(), user, world.model, world.request(topic="interest:1")).scorer == "topic"


def test_moved_papers_say_so_and_keep_their_score_and_rank(world):
    strong = replace(world.model, config=replace(world.model.config, slate=SlateSettings(diversity=5.0)))
    plain = replace(world.model, config=replace(world.model.config, slate=OFF))
    user = world.user(world.users["key1"])
    moved = recommend(world.day(), user, strong, world.request()).items
    still = {item.paper_id: item for item in recommend(world.day(), user, plain, world.request()).items}
    assert all((item.score, item.rank) == (still[item.paper_id].score, still[item.paper_id].rank) for item in moved)
    reasons = [reason for item in moved for reason in item.reasons if reason.kind in ("diversity", "interest")]
    assert reasons
    assert all(reason.weight == 0.0 for reason in reasons)


def test_a_copy_loses_its_place_by_hand():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    placed = place(np.arange(3), np.array([1.0, 0.9, 0.6]), vectors, SlateSettings(diversity=0.5), None)
    assert placed.order.tolist() == [0, 2, 1]
    assert placed.moved == {1: "diversity", 2: "diversity"}


def test_a_neglected_interest_gets_its_place_by_hand():
    interested = Interested((0.5, 0.5), lambda rows: (rows == 3).astype(np.intp))
    settings = SlateSettings(diversity=0.0, interest_shares=2.0)
    placed = place(np.arange(4), np.array([1.0, 0.9, 0.8, 0.5]), np.eye(4), settings, interested)
    assert placed.order.tolist() == [0, 3, 1, 2]
    assert placed.moved == {1: "interest", 3: "interest"}


def test_a_neglected_subject_gets_its_place_by_hand():
    of_two = Interested((0.4, 0.3, 0.3), lambda rows: np.array([0, 1, 0, 1, 2])[rows], (0, 0, 1))
    settings = SlateSettings(diversity=0.0, interest_shares=0.0, subject_shares=2.0)
    margins = np.array([1.0, 0.9, 0.8, 0.7, 0.2])
    assert place(np.arange(5), margins, np.eye(5), settings, of_two).order.tolist() == [0, 4, 1, 2, 3]
    of_one = replace(of_two, subjects=(0, 0, 0))
    assert place(np.arange(5), margins, np.eye(5), settings, of_one).order.tolist() == [0, 1, 2, 3, 4]


def test_interests_that_hang_together_are_one_subject_and_one_with_nothing_in_common_is_another():
    angles = np.radians([0, 4, 50, 54, 170, 174])
    chosen = np.column_stack([np.cos(angles), np.sin(angles)])
    interests = [Interest(Names(list), number, 1 / 3, np.arange(2 * number, 2 * number + 2)) for number in range(3)]
    assert subjects_of(interests, chosen, np.ones(6), 0.3) == (0, 0, 1)
    assert subjects_of(interests, chosen, np.ones(6), 0.9) == (0, 1, 2)
    assert subjects_of(interests[:1], chosen, np.ones(6), 0.3) == (0,)


@pytest.mark.parametrize(
    ("degrees", "subjects"),
    [((0, 60, 120, 180), (0, 0, 0, 0)), ((0, 120, 60, 180), (0, 0, 0, 0)), ((0, 90, 180, 270), (0, 1, 2, 3))],
)
def test_a_subject_is_whatever_hangs_together(degrees, subjects):
    """The first and the last have nothing in common, but each has with the next, in whatever order they stand."""
    turns = np.deg2rad(degrees)
    chosen = np.column_stack([np.cos(turns), np.sin(turns)]).astype(np.float32)
    interests = [Interest(Names(list), number, 0.25, np.array([number])) for number in range(len(degrees))]
    assert subjects_of(interests, chosen, np.ones(len(degrees)), 0.4) == subjects


def test_what_a_sentence_encoder_says_joins_no_subjects(world):
    examples = two_subjects(world)
    of_words = np.eye(16)[[0] * 8 + [1] * 8]
    vectors = (0.3 * of_words + 0.954 * np.eye(16)[8]).astype(np.float32)
    far = replace(examples, vectors=vectors)
    both = tuple(Interest(Names(list), number, 0.5, np.arange(8 * number, 8 * number + 8)) for number in range(2))
    block = SenseBlock(8, 16, np.zeros(8))
    joined = replace(world.model, evidence=replace(world.model.evidence, sense=block))
    assert subjects_told(world.model, both, far) == (0, 0)
    assert subjects_told(joined, both, far) == (0, 1)


def test_strength_nought_changes_nothing():
    placed = place(np.arange(4), np.ones(4), np.ones((4, 1)), OFF, Interested((0.5, 0.5), lambda rows: rows % 2))
    assert placed.order.tolist() == [0, 1, 2, 3]
    assert placed.moved == {}


def test_a_paper_belongs_to_the_interest_whose_three_nearest_papers_are_nearest():
    angles = np.radians([0, 5, 10, 80, 40, 42, 44])
    chosen = np.column_stack([np.cos(angles), np.sin(angles)])
    both = (Interest(Names(list), 0, 0.6, np.arange(4)), Interest(Names(list), 1, 0.4, np.arange(4, 7)))
    X = chosen[[0, 3, 4]]
    assert belonging_to(both, chosen, X).tolist() == [0, 1, 1]
    assert belonging_to(both[:1], chosen, X).tolist() == [0, 0, 0]
