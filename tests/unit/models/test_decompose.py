"""The parts of a margin add up, whatever the user, the paper and the blend; and they say what happens."""

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.domain import Paper
from models.authorship import Authorship
from models.choices import Choices
from models.collaborative import Collaborative
from models.decompose import decompose, rounded_to
from models.evidence import FEATURES
from models.metric import Metric
from models.ranker import Blend, Trees, default_blend, tree_columns
from models.recommend import fresh_profile, rank
from models.scored import Scored
from models.sense import SenseBlock

NAMES = ["Ada", "Ben", "Cyd", "Dov", "Eve", "Fay"]


def authored(papers: tuple[Paper, ...], seed: int) -> tuple[Paper, ...]:
    rng = np.random.default_rng(seed)
    return tuple(replace(paper, authors=tuple(rng.choice(NAMES, rng.integers(0, 4)))) for paper in papers)


class Everything:
    """The world with all evidence at work; half of its vectors stand for what a sentence encoder says."""

    def __init__(self, world) -> None:
        self.world = world
        self.past, self.today = authored(world.past, 3), authored(world.today, 4)
        choices = Choices.of({f"u{n}": self.examples(self.past[n : n + 60 : 4]) for n in range(24)})
        evidence = world.model.evidence
        vectors = world.encoder.transform([paper.text for paper in self.past[:64]])
        parts = replace(
            evidence,
            collaborative=Collaborative.fit(choices),
            authorship=Authorship.fit(self.past),
            sense=SenseBlock.of(slice(8, 16), vectors.mean(axis=0, dtype=np.float64)),
            metric=Metric.fit(choices, vectors.mean(axis=0)),
        )
        terms = world.encoder.terms([paper.text for paper in self.past[:64]])
        self.model = replace(world.model, evidence=parts.with_reference(vectors, terms))

    def examples(self, positives, negatives=()):
        found = self.world.examples(positives, negatives)
        return replace(found, terms=self.world.encoder.terms([paper.text for paper in found.papers]))

    def day(self, papers=None):
        day = self.world.day(self.today if papers is None else papers)
        votes = np.random.default_rng(5).integers(0, 9, len(day.papers))
        return replace(day, votes=votes, terms=self.world.encoder.terms([paper.text for paper in day.papers]))

    def scored(self, examples, blend=None, day=None) -> Scored:
        model = replace(self.model, blend=blend or self.model.blend)
        return Scored.of(model, day or self.day(), examples, fresh_profile(model, examples))


@pytest.fixture(scope="module")
def all_of_it(world) -> Everything:
    return Everything(world)


@pytest.fixture(scope="module")
def trees() -> Trees:
    rng = np.random.default_rng(5)
    columns = np.vstack([tree_columns(rng.normal(size=(100, len(FEATURES))), n) for n in (0, 3, 9, 50)])
    wanted = columns[:, 0] * columns[:, 3] + columns[:, 2] * (columns[:, -1] - 2) > 0
    settings = {"objective": "binary", "num_leaves": 7, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(columns, wanted), 12)
    text = booster.model_to_string()
    return Trees(text, float(booster.predict(columns, raw_score=True).mean()) - 0.1)


def assert_adds_up(scored: Scored, blend: Blend, row: int) -> None:
    shares = decompose(scored, blend, row)
    assert sum(share.weight for share in shares) == pytest.approx(scored.margins[row], abs=1e-6)
    assert sum(share.weight for share in shares) == pytest.approx(round(scored.margins[row], 6), abs=1e-9)
    for share in shares:
        assert share.text
        assert sum(part.weight for part in share.parts) == pytest.approx(share.weight, abs=1e-9), share.kind
        assert all(part.weight == round(part.weight, 6) for part in share.parts)


@given(st.data())
def test_both_levels_add_up_for_any_user_and_blend(all_of_it, trees, data):
    liked = data.draw(st.lists(st.sampled_from(all_of_it.past), max_size=9, unique=True))
    disliked = data.draw(st.lists(st.sampled_from(all_of_it.past), max_size=3, unique=True))
    examples = all_of_it.examples(tuple(liked), tuple(paper for paper in disliked if paper not in liked))
    seed, grown = data.draw(st.integers(0, 1000)), data.draw(st.booleans())
    weights = np.random.default_rng(seed).normal(size=(len(FEATURES), 3))
    blend = Blend(weights, trees if grown else None)
    scored = all_of_it.scored(examples, blend)
    for row in data.draw(st.lists(st.integers(0, 39), min_size=1, max_size=4)):
        assert_adds_up(scored, blend, row)


def test_trees_give_every_feature_its_exact_part(all_of_it, trees):
    blend = Blend(default_blend().weights, trees)
    scored = all_of_it.scored(all_of_it.examples(all_of_it.past[2:40:4]), blend)
    terms = blend.terms(scored.features, scored.profile.n_positives, np.arange(40))
    np.testing.assert_allclose(terms.sum(axis=1), scored.margins, atol=1e-6)
    shares = [share for row in range(40) for share in decompose(scored, blend, row)]
    assert {part.kind for share in shares if share.kind == "text" for part in share.parts} >= {"word", "together"}
    assert {"n_labels", "baseline"} <= {share.kind for share in shares}


def test_every_feature_at_work_is_named_once_and_says_what_it_is_made_of(all_of_it):
    blend = Blend(np.ones((len(FEATURES), 3)))
    scored = all_of_it.scored(all_of_it.examples(all_of_it.past[2:14:4], all_of_it.past[1:5:4]), blend)
    shares = [share for row in range(40) for share in decompose(scored, blend, row)]
    parts = {share.kind: {part.kind for part in share.parts} for share in shares}
    # A posterior may be missing, and no paper here has a date.
    assert set(FEATURES) - {"uncertainty", "recency"} <= parts.keys()
    assert {"word", "comparison"} <= parts["relevance"] & parts["text"]
    assert parts["nearest_three"] == parts["nearest_sense"] == parts["likeness"] == {"paper", "comparison"}
    assert parts["metric"] == {"paper", "comparison"}
    assert parts["authors"] == parts["author_share"] == parts["coauthors"] | {"author"} == {"author"}
    assert parts["topic"] == {"topic", "comparison"}


def test_words_stand_to_each_other_as_their_terms_in_the_linear_score(all_of_it):
    scored = all_of_it.scored(all_of_it.examples(all_of_it.past[2:40:4]))
    index = scored.view.words
    entries = index.entries(7)
    added = dict(zip(index.named(entries), index.in_score(scored.profile.linear.coef, entries), strict=True))
    share = next(share for share in decompose(scored, default_blend(), 7) if share.kind == "relevance")
    told = {part.text: part.weight for part in share.parts if part.kind == "word"}
    ratios = [told[word] / added[word] for word in told if abs(added[word]) > 1e-2]
    assert len(ratios) > 3
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-3)


def test_words_that_add_up_to_nothing_are_one_reason(all_of_it):
    scored = all_of_it.scored(all_of_it.examples(all_of_it.past[2:40:4]))
    flat = replace(scored.profile.linear, coef=np.zeros_like(scored.profile.linear.coef))
    scored = replace(scored, profile=replace(scored.profile, linear=flat))
    share = next(share for share in decompose(scored, default_blend(), 7) if share.kind == "relevance")
    assert [(part.kind, part.text) for part in share.parts] == [("taste", "your overall taste")]
    assert share.parts[0].weight == share.weight


@pytest.mark.parametrize("case", ["nobody", "one label", "only negatives", "identical papers"])
def test_users_with_little_to_go_by_are_explained_too(all_of_it, case):
    past = all_of_it.past
    examples = {
        "nobody": all_of_it.examples(()),
        "one label": all_of_it.examples(past[:1]),
        "only negatives": all_of_it.examples((), past[:5]),
        "identical papers": all_of_it.examples(tuple(replace(past[0], id=f"2601.t{n}") for n in range(5))),
    }[case]
    scored = all_of_it.scored(examples)
    for row in range(5):
        assert_adds_up(scored, all_of_it.model.blend, row)


def test_papers_without_words_authors_or_anything_are_explained_too(all_of_it):
    papers = (Paper("2602.a", "…", ""), Paper("2602.b", "zzz", "qqq"), replace(all_of_it.today[0], authors=()))
    examples = all_of_it.examples(all_of_it.past[2:40:4])
    scored = all_of_it.scored(examples, day=all_of_it.day(papers))
    for row in range(3):
        assert_adds_up(scored, all_of_it.model.blend, row)


def test_deleting_the_top_word_moves_the_margin_as_said(all_of_it):
    as_said, cases = 0, 0
    for seed in range(25):
        examples = all_of_it.examples(all_of_it.past[seed : 60 + seed : 4])
        user = all_of_it.world.user(examples)
        order = rank(all_of_it.day(), user, all_of_it.model, all_of_it.world.request()).order
        scored = all_of_it.scored(examples)
        for row in order[:8].tolist():
            word, said = top_word(scored, row)
            left = without_word(all_of_it.today[row], word)
            papers = (*all_of_it.today[:row], left, *all_of_it.today[row + 1 :])
            after = rank(all_of_it.day(papers), user, all_of_it.model, all_of_it.world.request()).scores[row]
            as_said += np.sign(scored.margins[row] - after) == np.sign(said)
            cases += 1
    assert cases == 200
    assert as_said >= 0.95 * cases


def top_word(scored: Scored, row: int) -> tuple[str, float]:
    weights: dict[str, float] = {}
    for share in decompose(scored, default_blend(), row):
        for part in share.parts:
            if part.kind == "word" and " " not in part.text:
                weights[part.text] = weights.get(part.text, 0.0) + part.weight
    return max(weights.items(), key=lambda item: (abs(item[1]), item[0]))


def without_word(paper: Paper, word: str) -> Paper:
    return replace(paper, title=dropped(paper.title, word), abstract=dropped(paper.abstract, word))


def dropped(text: str, word: str) -> str:
    return " ".join(each for each in text.split() if each.lower() != word)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40))
def test_weights_are_rounded_together(values):
    exact = np.array(values)
    told = rounded_to(exact, float(exact.sum()))
    assert sum(told) == pytest.approx(round(exact.sum(), 6), abs=1.1e-6)
    assert np.abs(told - exact).max() < 1.001e-6
