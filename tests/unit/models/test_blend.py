"""The blend: weights learned from lists, trees on top of them, margins that add up."""

from dataclasses import replace

import numpy as np
import pytest

from models import boosting, listwise
from models.boosting import with_trees
from models.evidence import FEATURES
from models.listwise import ChoiceList, choice_list, fit_weights
from models.ranker import LAMBDARANK, POINTWISE, SUM, Blend, default_blend, default_weights, shortlist

TEXT, CROWD = FEATURES.index("text"), FEATURES.index("crowd")


def made_lists(n, seed, chosen_by, n_papers=60):
    """Lists in which the paper that ``chosen_by`` (evidence → scores) puts first was chosen, with some noise."""
    rng = np.random.default_rng(seed)
    lists = []
    for _ in range(n):
        evidence = rng.normal(size=(n_papers, len(FEATURES)))
        scores = chosen_by(evidence) + rng.gumbel(size=n_papers)
        lists.append(choice_list(evidence, scores >= np.sort(scores)[-2], 10, evidence[:, TEXT], rng))
    return lists


def test_without_lists_the_default_stands():
    np.testing.assert_array_equal(fit_weights(()), default_weights())
    empty = ChoiceList(np.zeros((3, len(FEATURES)), np.float32), np.zeros(3, np.bool_), np.ones(3), 5)
    np.testing.assert_array_equal(fit_weights([empty]), default_weights())


def test_with_many_lists_the_weights_are_those_that_chose():
    weights = fit_weights(made_lists(1500, 0, lambda z: 1.5 * z[:, CROWD]))
    slopes = Blend(weights).slopes(10)
    assert slopes[CROWD] == pytest.approx(1.5, abs=0.2)
    assert np.abs(np.delete(slopes, CROWD)).max() < 0.25


def test_choices_out_of_reach_do_not_steer(monkeypatch):
    near = made_lists(150, 0, lambda z: 4 * z[:, TEXT], 400)
    far = made_lists(30, 1, lambda z: 4 * z[:, CROWD] - 4 * z[:, TEXT], 400)  # what the others rank lowest
    told = Blend(fit_weights([*near, *far])).slopes(10)
    monkeypatch.setattr(listwise, "HOPELESS", 0.0)
    distracted = Blend(fit_weights([*near, *far])).slopes(10)
    assert told[CROWD] < 0.5 * distracted[CROWD]


def test_margins_are_no_surer_than_those_of_all_choices(monkeypatch):
    lists = made_lists(800, 0, lambda z: 2 * z[:, TEXT], 400)
    within_reach = Blend(fit_weights(lists)).slopes(10)[TEXT]
    monkeypatch.setattr(listwise, "HOPELESS", 0.0)
    assert within_reach == pytest.approx(Blend(fit_weights(lists)).slopes(10)[TEXT], rel=0.1)


def test_in_a_short_list_every_choice_steers(monkeypatch):
    lists = made_lists(40, 0, lambda z: z[:, TEXT], listwise.REACH)
    weights = fit_weights(lists)
    monkeypatch.setattr(listwise, "HOPELESS", 0.0)
    np.testing.assert_allclose(fit_weights(lists), weights, atol=1e-4)


def test_who_has_no_labels_bends_nobody_elses_weights():
    rng = np.random.default_rng(4)
    known = made_lists(400, 0, lambda z: 2 * z[:, TEXT])
    unknown = [replace(each, n_positives=0) for each in made_lists(400, 1, lambda z: 2 * z[:, CROWD])]
    both = Blend(fit_weights([*known, *unknown]))
    assert both.slopes(10)[CROWD] < 0.3
    assert both.slopes(0)[CROWD] > 1.5
    evidence = rng.normal(size=(5, len(FEATURES)))
    np.testing.assert_allclose(both.terms(evidence, 0, np.arange(5)).sum(axis=1), both.margins(evidence, 0), atol=1e-9)


def test_nobodys_list_costs_what_each_users_list_would():
    """One order for all who have no labels, judged by what each of three users chose."""
    rng = np.random.default_rng(6)
    evidence = rng.normal(size=(60, len(FEATURES))).astype(np.float32)
    users = [np.isin(np.arange(60), papers) for papers in ((3, 8), (8,), (1, 2, 3, 9))]
    each = [ChoiceList(evidence, chosen, np.ones(60), 0) for chosen in users]
    counts = np.sum([chosen / chosen.sum() for chosen in users], axis=0)
    together = ChoiceList(evidence, counts > 0, np.ones(60), 0, counts=counts)
    np.testing.assert_allclose(fit_weights([together]), fit_weights(each), atol=1e-5)


def test_few_lists_move_the_default_little():
    far = np.abs(fit_weights(made_lists(2, 0, lambda z: 9 * z[:, CROWD])) - default_weights()).max()
    assert 0 < far < 0.3


def test_a_feature_left_out_weighs_nothing():
    kept = np.arange(len(FEATURES)) != TEXT
    weights = fit_weights(made_lists(50, 0, lambda z: z[:, TEXT]), kept)
    np.testing.assert_array_equal(weights[TEXT], 0.0)


def test_constant_features_and_equal_papers_are_no_trouble():
    evidence = np.ones((20, len(FEATURES)), np.float32)
    lists = [ChoiceList(evidence, np.arange(20) == 3, np.ones(20), 1)] * 3
    np.testing.assert_allclose(fit_weights(lists), default_weights(), atol=1e-6)


def test_a_choice_below_the_kept_papers_is_not_put_back():
    rng = np.random.default_rng(0)
    evidence = rng.normal(size=(1000, len(FEATURES)))
    sums = -np.arange(1000.0)
    found = [choice_list(evidence, np.arange(1000) == 800, 5, sums, rng) for _ in range(40)]
    assert 0 < sum(each.chosen.any() for each in found) < 20
    assert all(each.weights.sum() == pytest.approx(1000) for each in found)


def test_trees_are_kept_where_the_sum_is_wrong_and_their_terms_add_up():
    lists = made_lists(400, 1, lambda z: 4.0 * (z[:, TEXT] > 1) * (z[:, CROWD] > 1))
    blend = with_trees(Blend(fit_weights(lists)), lists, 0)
    assert blend.kind in {POINTWISE, LAMBDARANK}
    evidence = np.random.default_rng(5).normal(size=(500, len(FEATURES)))
    margins, rows = blend.margins(evidence, 10), np.arange(500)
    np.testing.assert_allclose(blend.terms(evidence, 10, rows).sum(axis=1), margins, atol=1e-6)
    assert len(shortlist(blend.sums(evidence, 10))) == 300
    again = Blend.from_arrays(blend.arrays())
    np.testing.assert_array_equal(again.margins(evidence, 10), margins)


def test_trees_correct_nothing_for_who_has_no_labels_and_learn_nothing_from_them():
    lists = made_lists(400, 1, lambda z: 4.0 * (z[:, TEXT] > 1) * (z[:, CROWD] > 1))
    blend = with_trees(Blend(fit_weights(lists)), [*lists, *(replace(each, n_positives=0) for each in lists[:50])], 0)
    assert blend.trees == with_trees(Blend(blend.weights), lists, 0).trees
    evidence, rows = np.random.default_rng(5).normal(size=(50, len(FEATURES))), np.arange(50)
    np.testing.assert_array_equal(blend.margins(evidence, 0), blend.sums(evidence, 0))
    np.testing.assert_allclose(blend.terms(evidence, 0, rows).sum(axis=1), blend.margins(evidence, 0), atol=1e-9)


def test_trees_that_add_nothing_are_not_kept():
    lists = made_lists(300, 2, lambda z: z[:, TEXT])
    assert with_trees(Blend(fit_weights(lists)), lists, 0).kind == SUM
    assert with_trees(default_blend(), lists[: boosting.LEAST_LISTS - 1], 0).kind == SUM


def test_a_list_and_its_young_copy_judge_the_same_trees():
    lists = made_lists(7, 4, lambda z: z[:, TEXT])
    mixed = [each for one in lists for each in (one, replace(one, young=True))]
    thirds = boosting.thirds_of(mixed)
    assert (thirds[0::2] == thirds[1::2]).all()
    assert set(thirds[0::6]) | set(thirds[2::6]) | set(thirds[4::6]) == {0, 1, 2}


def test_the_same_lists_give_the_same_blend():
    lists = made_lists(250, 3, lambda z: 4.0 * (z[:, TEXT] > 1) * (z[:, CROWD] > 1))
    blends = [with_trees(Blend(fit_weights(lists)), lists, 0) for _ in range(2)]
    first, second = (blend.arrays() for blend in blends)
    assert all(np.array_equal(first[name], second[name]) for name in first)
