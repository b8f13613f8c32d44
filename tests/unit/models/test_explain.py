import time
from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest

from features.encoders.joined import JoinedEncoder
from models import sentences
from models.dayview import view_of
from models.evidence import FEATURES
from models.explain import EXPLAINED, KINDS, SHOWN, explain
from models.personal import fit_user
from models.ranker import Blend, default_blend
from models.recommend import fresh_profile, recommend
from models.scored import Scored
from models.slate import decode_slate, encode_slate
from models.words import word_index


def scored_for(world, examples, blend=None, papers=None) -> Scored:
    model = replace(world.model, blend=blend or world.model.blend)
    return Scored.of(model, world.day(papers), examples, fresh_profile(model, examples))


def only(**weights: float) -> Blend:
    return Blend(np.array([[weights.get(name, 0.0), 0.0, 0.0] for name in FEATURES]))


def sums_of(view, linear) -> list[float]:
    """Per paper the sum of what all its words add."""
    return [float(view.words.in_score(linear.coef, view.words.entries(row)).sum()) for row in range(len(view.papers))]


def test_the_words_of_a_paper_add_up_to_its_score_without_the_intercept(world):
    linear = fit_user(world.model.background, world.model.crowd, world.users["key1"])
    view = view_of(world.day(), world.encoder, world.model.evidence)
    np.testing.assert_allclose(
        sums_of(view, linear), linear.scores(view.candidates.vectors) - linear.intercept, atol=1e-5
    )


def test_in_a_joined_encoder_words_add_up_to_their_part_of_the_score(world):
    joined = JoinedEncoder([world.encoder, world.encoder])
    day = world.day()
    day = replace(day, vectors=joined.transform([paper.text for paper in day.papers]))
    index, coef = word_index(day, joined), np.random.default_rng(0).normal(size=joined.dimensions)
    half = world.encoder.dimensions
    sums = [float(index.in_score(coef, index.entries(row)).sum()) for row in range(len(day.papers))]
    np.testing.assert_allclose(sums, day.vectors[:, :half] @ coef[:half], atol=1e-5)


def test_every_feature_belongs_to_one_kind_of_reason(world):
    for name in FEATURES:
        scored = scored_for(world, world.users["key1"], only(**{name: 1.0}))
        kinds = {reason.kind for reasons in explain(scored, np.arange(40)) for reason in reasons}
        assert "together" not in kinds, name
        assert len(kinds) <= 1, name


def test_the_reasons_of_a_paper_add_up_to_its_margin_where_all_are_told(world):
    scored = scored_for(world, world.users["key1"], only(text=0.5, relevance=1.0, nearest=0.5, topic=2.0))
    for row, reasons in enumerate(explain(scored, np.arange(40))):
        assert sum(reason.weight for reason in reasons) == pytest.approx(scored.margins[row], abs=3e-6)


def test_the_strongest_three_come_first_and_those_for_the_paper_before_those_against_it(world):
    for reasons in explain(scored_for(world, world.users["key1"]), np.arange(40)):
        weights = [reason.weight for reason in reasons]
        speaking, against = [w for w in weights if w > 0], [w for w in weights if w < 0]
        assert weights == [*sorted(speaking, reverse=True), *sorted(against)]
        assert 0 < len(weights) <= SHOWN


def test_the_words_named_are_among_those_that_add_most(world):
    scored = scored_for(world, world.users["key1"], only(relevance=1.0))
    index = scored.view.words
    for row, reasons in enumerate(explain(scored, np.arange(40))):
        if not reasons or reasons[0].weight <= 0 or reasons[0].text == sentences.TASTE:
            continue
        entries = index.entries(row)
        added = dict(zip(index.named(entries), index.in_score(scored.profile.linear.coef, entries), strict=True))
        named = reasons[0].text.removeprefix("words: ").replace(" and ", ", ").split(", ")
        assert max(added, key=added.get) == named[0]
        assert all(added[word] > 0 for word in named)


def test_an_author_is_named_with_how_much_of_what_was_chosen_is_theirs(world):
    chosen = (replace(world.past[0], authors=("Ada Lovelace", "Ben")), *world.past[4:12:4])
    papers = (replace(world.today[0], authors=("Zed", "Ada Lovelace")), *world.today[1:])
    scored = scored_for(world, world.examples(chosen), only(authors=1.0), papers)
    assert explain(scored, np.array([0]))[0][0].text == "by Ada Lovelace, who wrote 1 of the 3 papers you chose"


def test_a_far_paper_is_not_called_close(world):
    scored = scored_for(world, world.examples(world.past[2:3]), only(nearest=1.0))
    cosines = np.round(scored.view.candidates.vectors @ scored.profile.chosen.vectors[0], 6)
    for reasons, cosine in zip(explain(scored, np.arange(40)), cosines, strict=True):
        assert all(reason.text.startswith("close to") == (cosine >= 0.5) for reason in reasons if reason.weight > 0)
        assert all(reason.text.startswith("not close") for reason in reasons if reason.weight < 0)


def test_a_text_without_known_words_names_none(world):
    papers = (replace(world.today[0], title="zzz", abstract=""), *world.today[1:])
    reasons = explain(scored_for(world, world.users["key1"], papers=papers), np.array([0]))[0]
    assert all("words:" not in reason.text for reason in reasons)


def test_a_paper_far_down_has_one_reason_that_names_nothing(world):
    papers = tuple(replace(world.today[n % 40], id=f"2602.{n:04d}") for n in range(EXPLAINED + 20))
    slate = recommend(world.day(papers), world.user(world.users["key1"]), world.model, world.request())
    told = [[reason for reason in item.reasons if reason.kind in KINDS] for item in slate.items]
    assert {len(reasons) for reasons in told[:EXPLAINED]} == {SHOWN}
    assert {len(reasons) for reasons in told[EXPLAINED:]} == {1}
    plain = set(sentences.GENERAL.values())
    assert all(reasons[0].text in plain for reasons in told[EXPLAINED:])


def test_a_slate_with_reasons_is_read_back_as_it_was(world):
    slate = recommend(world.day(), world.user(world.users["key1"]), world.model, world.request())
    assert decode_slate(encode_slate(slate)) == slate


def test_reasons_that_older_slates_held_are_still_read(world):
    slate = recommend(world.day(), world.user(world.users["key1"]), world.model, world.request())
    older = encode_slate(slate).replace(b'"near"', b'"a kind of old"')
    assert any(reason.kind == "a kind of old" for item in decode_slate(older).items for reason in item.reasons)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sentence_for_both_signs(kind):
    assert sentences.GENERAL[kind, True]
    assert sentences.GENERAL[kind, False]


def test_untrusted_titles_stay_on_one_short_line():
    assert sentences.one_line("a\n<script>\x00\u202e b\t c") == "a <script> b c"
    assert len(sentences.one_line("word " * 100)) == 100
    assert sentences.one_line("word " * 100).endswith("…")
    assert "\n" not in sentences.by_author("A\nB", 2, 3)
    assert sentences.term("tag:cs.CV\n") == "the tag cs.CV"


@pytest.mark.parametrize(("names", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_names_are_listed_as_people_do(names, said):
    assert sentences.listed(names) == said


def test_a_day_asked_for_again_keeps_its_view(world):
    views, day = type(world.model.views)(), world.day()
    built = [
        views.of(each, lambda: view_of(day, world.encoder, world.model.evidence)) for each in (day, day, world.day())
    ]
    assert built[0] is built[1] is built[2]


def test_reasons_of_a_large_day_cost_little(world):
    papers = tuple(replace(world.today[n % 40], id=f"2602.{n:04d}") for n in range(1000))
    scored = scored_for(world, world.users["key1"], default_blend(), papers)
    order = np.argsort(-scored.margins, kind="stable")
    explain(scored, order)
    took = []
    for _ in range(9):
        start = time.perf_counter()
        explain(scored, order)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.02  # 2 ms on an idle core


@pytest.mark.parametrize("name", FEATURES)
def test_what_any_feature_adds_is_told_by_a_reason_of_its_kind(world, name):
    user = world.users["key1"]
    scored = Scored.of(world.model, world.day(), user, fresh_profile(world.model, user))
    slopes = np.array([float(feature == name) for feature in FEATURES])
    one = replace(scored, features=np.ones_like(scored.features), slopes=slopes, margins=np.ones_like(scored.margins))
    for reasons in explain(one, np.arange(EXPLAINED + 1) % len(scored.margins)):
        assert [reason.weight for reason in reasons] == [1.0]
        assert reasons[0].kind != "together"


def test_a_view_made_ready_has_all_that_its_first_reader_would_have_waited_for(world):
    view = view_of(world.day(), world.encoder, world.model.evidence)
    lazily = {name for name, made in vars(type(view)).items() if isinstance(made, cached_property)}
    view.make_ready()
    assert lazily == {name for name in vars(view) if name in lazily} != set()
