from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidValue, NothingToLearn
from features.settings import RelevanceSettings
from models.background import sample_background
from models.hard_negatives import HardNegatives, solve
from models.personal import examples_digest, fit_crowd, fit_user, fit_users, fit_warm
from models.ridge import SharedGram, UserRows


@given(st.data())
def test_a_user_alone_and_in_any_company_has_the_same_bits(world, data):
    model = world.model
    company = data.draw(st.permutations(sorted(world.users)))
    coef, intercept = fit_users(model.background, model.crowd, [world.users[key] for key in company])
    for row, key in enumerate(company):
        alone = fit_user(model.background, model.crowd, world.users[key])
        assert alone.coef.tobytes() == coef[row].tobytes()
        assert alone.intercept == intercept[row]


def test_positives_weigh_one_together_against_the_background(world):
    background = world.model.background
    user = world.examples(tuple(paper for paper in world.past if paper.id not in background.rows)[:3])
    weights = user.examples.weights / user.examples.weights.sum()
    rows = UserRows(np.arange(len(weights)), weights, weights, labelled=np.zeros(0, dtype=np.intp))
    expected, at = solve(background.shared, user.vectors, [rows], background.hard)
    found = fit_user(background, world.model.crowd, user)
    np.testing.assert_array_equal(found.coef, expected[0])
    assert found.intercept == at[0]


def test_a_labelled_paper_leaves_the_background_exactly_even_when_revised(world):
    background = replace(world.model.background, hard=HardNegatives(0, 1.0))
    paper = next(paper for paper in world.past if paper.id == background.paper_ids[0])
    revised = replace(paper, abstract="enzyme docking " * 5, version=2)
    user = world.examples((revised,))
    found = fit_user(background, world.model.crowd, user)
    rest = np.delete(background.vectors, 0, axis=0)
    weight = background.shared.row_weight * len(rest)
    smaller = SharedGram.from_background(rest, weight, world.model.config.relevance.regularization)
    expected, at = solve(smaller, user.vectors, [UserRows(np.array([0]), np.ones(1), np.ones(1))])
    np.testing.assert_allclose(found.coef, expected[0], atol=1e-9)
    assert found.intercept == pytest.approx(at[0], abs=1e-9)


def test_a_user_with_negatives_only_is_the_crowd_turned_away_from_them(world):
    model = world.model
    disliked = world.today[0]
    linear = fit_user(model.background, model.crowd, world.examples((), (disliked,)))
    vectors = world.day().vectors.astype(np.float64)
    change = linear.scores(vectors) - model.crowd.linear.scores(vectors)
    same_subject = np.array([paper.categories == disliked.categories for paper in world.today])
    assert change[0] < 0
    assert change[same_subject].mean() < change[~same_subject].mean()


def test_a_user_without_labels_is_the_crowd(world):
    assert fit_user(world.model.background, world.model.crowd, world.examples(())) is world.model.crowd.linear


def test_with_no_positives_anywhere_the_crowd_scores_all_alike(world):
    crowd = fit_crowd(world.model.background, [world.examples((), world.past[:2])])
    assert crowd.n_positives == 0
    assert set(crowd.linear.scores(world.day().vectors.astype(np.float64))) == {-1.0}


def test_the_warm_cache_answers_only_for_the_very_same_examples(world):
    warm = fit_warm(world.model.background, world.model.crowd, world.users)
    user = world.users["key2"]
    assert warm.find("key2", examples_digest(user)) is not None
    heavier = replace(user, examples=replace(user.examples, weights=user.examples.weights * 1.01))
    revised = replace(user, papers=(replace(user.papers[0], title="other"), *user.papers[1:]))
    assert warm.find("key2", examples_digest(heavier)) is None
    assert warm.find("key2", examples_digest(revised)) is None
    assert warm.find("nobody", examples_digest(user)) is None


def test_the_background_depends_on_papers_not_on_their_order(world):
    settings, order = RelevanceSettings(background_size=50), np.random.default_rng(0).permutation(len(world.past))
    vectors = world.encoder.transform([paper.text for paper in world.past])
    first = sample_background(world.past, vectors, settings, seed=3)
    second = sample_background([world.past[row] for row in order], vectors[order], settings, seed=3)
    assert first.paper_ids == second.paper_ids
    assert first.shared.whitening.tobytes() == second.shared.whitening.tobytes()


def test_no_papers_and_no_vectors_are_named(world):
    with pytest.raises(NothingToLearn, match="no papers"):
        sample_background([], np.zeros((0, 4), dtype=np.float32), RelevanceSettings(), seed=0)
    with pytest.raises(InvalidValue, match="without the model's encoder"):
        fit_user(world.model.background, world.model.crowd, replace(world.users["key0"], vectors=None))
