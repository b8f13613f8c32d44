from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.domain import Paper
from features.errors import InvalidValue, UnknownTopic
from features.settings import SlateSettings
from models.baselines import Recency
from models.evidence import FEATURES
from models.intercepts import UserIntercepts
from models.personal import fit_warm
from models.ranker import Blend
from models.recommend import Slate, encode_slate, recommend
from models.textscores import score_texts


def ids(slate: Slate) -> list[str]:
    return [item.paper_id for item in slate.items]


def unarranged(world):
    """The model with slates in plain order of score."""
    plain = SlateSettings(diversity=0.0, interest_shares=0.0, subject_shares=0.0)
    return replace(world.model, config=replace(world.model.config, slate=plain))


def subject_of_the_first(slate, world, n: int) -> set[str]:
    categories = {paper.id: paper.categories[0] for paper in world.today}
    return {categories[paper_id] for paper_id in ids(slate)[:n]}


def test_papers_like_the_users_positives_come_first(world):
    user = world.user(world.examples(world.past[2::4][:5]))
    slate = recommend(world.day(), user, world.model, world.request())
    assert slate.scorer == "relevance"
    assert len(slate.items) == len(world.today)
    assert subject_of_the_first(slate, world, 8) == {"cs.RO"}


def test_items_stand_by_score_then_id_with_positions_and_ranks_from_one(world):
    slate = recommend(world.day(), world.user(world.users["key1"]), unarranged(world), world.request())
    assert ids(slate) == [i.paper_id for i in sorted(slate.items, key=lambda item: (-item.score, item.paper_id))]
    assert [item.position for item in slate.items] == [item.rank for item in slate.items] == list(range(1, 41))
    assert {item.propensity for item in slate.items} == {1.0}
    assert all(item.score == round(item.score, 6) for item in slate.items)
    assert all(0 <= item.probability <= 1 for item in slate.items)


def test_an_intercept_of_ones_own_raises_every_probability_and_moves_no_paper(world):
    user, model = world.user(world.users["key1"]), world.model
    own = UserIntercepts({user.user_key: 1.0})
    before = recommend(world.day(), user, model, world.request())
    after = recommend(
        world.day(), user, replace(model, calibrator=replace(model.calibrator, users=own)), world.request()
    )
    assert [item._replace(probability=None) for item in after.items] == [
        item._replace(probability=None) for item in before.items
    ]
    assert all(new.probability > old.probability for new, old in zip(after.items, before.items, strict=True))


def test_less_probable_papers_are_no_candidates_and_the_others_keep_their_ranks(world):
    user = world.user(world.users["key1"])
    full = recommend(world.day(), user, world.model, world.request())
    least = sorted(item.probability for item in full.items)[-7]
    part = recommend(world.day(), user, world.model, replace(world.request(), min_probability=least))
    kept = {item.paper_id: item.rank for item in full.items if item.probability >= least}
    assert {item.paper_id: item.rank for item in part.items} == kept
    assert part.n_below == len(full.items) - len(kept)
    assert part.expected_useful == pytest.approx(full.expected_useful, abs=1e-5)


@given(st.data())
def test_hidden_papers_are_left_out_and_change_nothing_else(world, data):
    hidden = data.draw(st.frozensets(st.sampled_from([paper.id for paper in world.today])))
    full = recommend(world.day(), world.user(world.users["key1"]), unarranged(world), world.request())
    left = recommend(world.day(), world.user(world.users["key1"], hidden=hidden), unarranged(world), world.request())
    assert ids(left) == [paper_id for paper_id in ids(full) if paper_id not in hidden]
    scores = {item.paper_id: item.score for item in full.items}
    assert all(item.score == scores[item.paper_id] for item in left.items)


@pytest.mark.parametrize("key", ["key0", "key3", "key5"])
def test_the_row_solved_at_retrain_and_the_one_solved_now_give_the_same_bytes(world, key):
    warm = recommend(world.day(), world.user(world.users[key], user_key=key), world.model, world.request())
    cold = replace(world.model, warm=fit_warm(world.model.background, world.model.crowd, {}))
    fresh = recommend(world.day(), world.user(world.users[key], user_key=key), cold, world.request())
    assert encode_slate(warm) == encode_slate(fresh)


def test_after_a_new_label_the_warm_row_is_not_used(world):
    before = recommend(world.day(), world.user(world.users["key0"], user_key="key0"), world.model, world.request())
    user = world.user(world.examples(world.past[1:9:4]), user_key="key0")
    after = recommend(world.day(), user, world.model, world.request())
    assert encode_slate(before) != encode_slate(after)


def test_a_user_without_labels_gets_the_crowds_order_and_is_told(world):
    slate = recommend(world.day(), world.user(), world.model, world.request())
    assert slate.scorer == "crowd"
    assert all(item.reasons[0].kind == "cold_start" for item in slate.items)
    assert "you have not opened or saved anything yet" in slate.items[0].reasons[0].text


def test_a_user_with_negatives_only_is_told_so_and_sees_less_of_them(world):
    everybodys = ids(recommend(world.day(), world.user(), world.model, world.request()))
    slate = recommend(world.day(), world.user(world.examples((), world.past[0:40:4])), world.model, world.request())
    disliked = [paper.id for paper in world.today if paper.categories == world.past[0].categories]
    assert slate.scorer == "crowd"
    assert "turned papers down" in slate.items[0].reasons[0].text
    assert sum(map(ids(slate).index, disliked)) > sum(map(everybodys.index, disliked))


@pytest.mark.parametrize("n", [1, 2, 30])
def test_one_label_and_labels_on_identical_papers_work(world, n):
    twins = tuple(replace(world.past[0], id=f"2601.t{number:02d}") for number in range(n))
    slate = recommend(world.day(), world.user(world.examples(twins)), world.model, world.request())
    assert subject_of_the_first(slate, world, 3) == {"cs.CL"}


def test_a_day_without_papers_is_an_empty_slate(world):
    assert recommend(world.day(()), world.user(), world.model, world.request()).items == ()


def test_a_global_topic_keeps_its_papers_in_the_order_of_relevance(world):
    user = world.user(world.users["key1"])
    full = recommend(world.day(), user, unarranged(world), world.request())
    some = recommend(world.day(), user, unarranged(world), world.request(topic="cs.CV"))
    wanted = {paper.id for paper in world.today if "cs.CV" in paper.categories}
    assert wanted <= set(ids(some)) < set(ids(full))
    assert ids(some) == [paper_id for paper_id in ids(full) if paper_id in set(ids(some))]


def test_the_users_own_topic_ranks_all_papers_by_its_own_classifier(world):
    user = world.user(world.users["key0"], topics={"proteins": world.examples(world.past[3:20:4])})
    slate = recommend(world.day(), user, world.model, world.request(topic="proteins"))
    assert slate.scorer == "topic"
    assert len(slate.items) == len(world.today)
    assert subject_of_the_first(slate, world, 5) == {"q-bio.BM"}
    assert {item.probability for item in slate.items} == {None}
    assert any("which you labelled ‘proteins’" in reason.text for reason in slate.items[0].reasons)


@pytest.mark.parametrize("policy", ["model", "baseline"])
def test_an_unknown_topic_is_named(world, policy):
    chosen = world.model if policy == "model" else Recency()
    with pytest.raises(UnknownTopic, match="gardening"):
        recommend(world.day(), world.user(), chosen, world.request(topic="gardening"))


def test_a_baseline_ranks_with_its_name_and_no_probability(world):
    slate = recommend(world.day(), world.user(), Recency(), world.request("baseline:recency"))
    assert slate.scorer == "recency"
    assert {item.probability for item in slate.items} == {None}
    assert "ordered by the baseline recency" in slate.items[0].reasons[0].text
    assert len(ids(slate)) == 40


@pytest.mark.parametrize(
    ("change", "field"),
    [({"user_id": "bob"}, "user_id"), ({"day": date(2026, 1, 1)}, "day"), ({"model_version": "9"}, "model_version")],
)
def test_a_request_for_another_moment_or_model_is_refused(world, change, field):
    with pytest.raises(InvalidValue, match=field):
        recommend(world.day(), world.user(), world.model, replace(world.request(), **change))


def test_reasons_name_the_nearest_choice_the_words_and_the_topic(world):
    user = world.user(world.examples(world.past[2::4][:5]))
    told = {"relevance": 1.0, "nearest": 1.0, "topic": 1.0}
    blend = Blend(np.array([[told.get(name, 0.0), 0.0, 0.0] for name in FEATURES]))
    first = recommend(world.day(), user, replace(world.model, blend=blend), world.request()).items[0]
    kinds = {reason.kind: reason for reason in first.reasons}
    assert kinds["near"].text.startswith("close to ‘")
    assert kinds["near"].text.endswith("’, which you chose")
    paper = next(paper for paper in world.today if paper.id == first.paper_id)
    named = kinds["words"].text.removeprefix("words: ").replace(" and ", ", ").split(", ")
    assert all(word in paper.text.replace("\n", " ") for word in named)
    assert kinds["topic"].text == f"about {first.topics[0][0]}, one of your topics"


def test_examples_in_any_order_score_texts_to_the_same_numbers(world):
    positives, negatives = world.past[2:14:4], world.past[3:9:4]
    first = score_texts(world.model, positives, negatives, world.today)
    assert first == score_texts(world.model, positives[::-1], negatives[::-1], world.today)
    best = world.today[int(np.argmax(first.scores))]
    assert best.categories == ("cs.RO",)
    assert len(first.probabilities) == len(first.topics) == len(world.today)


def test_a_text_is_scored_alike_in_any_company(world):
    positives = world.past[2:14:4]
    together = score_texts(world.model, positives, (), world.today)
    assert score_texts(world.model, positives, (), world.today[7:8]).scores[0] == together.scores[7]
    wordless = score_texts(world.model, (), (), [Paper("x", "…"), Paper("y", "—")])
    assert wordless.scores[0] == wordless.scores[1]
