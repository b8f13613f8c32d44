from dataclasses import replace

import numpy as np
import pytest

from features.errors import PaperNotOnDay
from models.baselines import Recency
from models.causes import EXAMPLES_LEFT_OUT, causes_of, explanation_of
from models.recommend import fresh_profile, rank, recommend


def without(world, positives, negatives=()):
    """The examples made again without one paper."""

    def left(paper_id):
        return world.examples(
            tuple(paper for paper in positives if paper.id != paper_id),
            tuple(paper for paper in negatives if paper.id != paper_id),
        )

    return left


def test_an_explanation_has_the_slates_score_rank_and_probability(world):
    user = world.user(world.users["key1"], hidden=frozenset({world.today[3].id}))
    slate = recommend(world.day(), user, world.model, world.request())
    for item in slate.items[::7]:
        found = explanation_of(world.day(), user, world.model, item.paper_id)
        assert (found.place.score, found.place.rank) == (item.score, item.rank)
        assert (found.scorer, found.probability) == (slate.scorer, item.probability)
        assert sum(share.weight for share in found.shares) == pytest.approx(item.score, abs=1e-6)
        assert [reason.kind for reason in found.beside] == ["calibration"]


def test_a_hidden_paper_is_explained_and_said_to_be_hidden(world):
    user = world.user(world.users["key1"], hidden=frozenset({world.today[3].id}))
    found = explanation_of(world.day(), user, world.model, world.today[3].id)
    assert found.beside[0].kind == "rule"
    assert found.place.rank >= 1


@pytest.mark.parametrize("negatives", [0, 3])
def test_a_user_without_positives_is_told_so_beside_the_sum(world, negatives):
    user = world.user(world.examples((), world.past[:negatives]))
    found = explanation_of(world.day(), user, world.model, world.today[0].id)
    assert found.scorer == "crowd"
    assert "cold_start" in {reason.kind for reason in found.beside}
    assert sum(share.weight for share in found.shares) == pytest.approx(found.place.score, abs=1e-6)


def test_a_baseline_is_one_reason_and_has_no_causes(world):
    user = world.user(world.users["key1"])
    found = explanation_of(world.day(), user, Recency(), world.today[0].id)
    assert [(share.kind, share.weight) for share in found.shares] == [("baseline", found.place.score)]
    place, causes = causes_of(world.day(), user, Recency(), world.today[0].id, without(world, ()))
    assert (place, causes) == (found.place, ())


def test_a_paper_of_another_day_is_named(world):
    with pytest.raises(PaperNotOnDay, match=r"2601\.0000.*2026-02-27"):
        explanation_of(world.day(), world.user(), world.model, "2601.0000")


def test_a_cause_is_what_ranking_without_it_gives(world):
    positives, negatives = world.past[2:26:4], world.past[3:11:4]
    user = world.user(world.examples(positives, negatives))
    paper_id = world.today[2].id
    left = without(world, positives, negatives)
    place, causes = causes_of(world.day(), user, world.model, paper_id, left)
    assert len(causes) == EXAMPLES_LEFT_OUT
    row = [paper.id for paper in world.today].index(paper_id)
    for cause in causes:
        other = replace(user, relevance=left(cause.paper_id), user_key="somebody else")
        ranked = rank(world.day(), other, world.model, world.request())
        assert cause.without.score == ranked.scores[row]
        better = [other for other, score in enumerate(ranked.scores) if (-score, other) < (-ranked.scores[row], row)]
        assert cause.without.rank == 1 + len(better)
        assert cause.liked == (cause.paper_id in {paper.id for paper in positives})
    assert place.score == explanation_of(world.day(), user, world.model, paper_id).place.score


def test_the_examples_left_out_are_the_most_like_the_paper(world):
    positives = world.past[:24]
    user = world.user(world.examples(positives))
    causes = causes_of(world.day(), user, world.model, world.today[2].id, without(world, positives))[1]
    day, examples = world.day(), user.relevance
    cosines = examples.vectors @ day.vectors[2]
    assert [cause.similarity for cause in causes] == sorted((cause.similarity for cause in causes), reverse=True)
    assert causes[0].similarity == pytest.approx(float(cosines.max()), abs=1e-5)


def test_what_was_kept_of_a_user_is_not_disturbed(world):
    user = world.user(world.users["key1"], user_key="somebody new")
    recommend(world.day(), user, world.model, world.request())
    n = len(world.model.solved)
    causes_of(world.day(), user, world.model, world.today[0].id, lambda _: world.examples(world.past[:2]))
    assert len(world.model.solved) == n


def test_leaving_out_the_only_example_is_the_crowds_ranking(world):
    user = world.user(world.examples(world.past[2:3]))
    _, (cause,) = causes_of(world.day(), user, world.model, world.today[2].id, without(world, world.past[2:3]))
    nobodys = rank(world.day(), world.user(), world.model, world.request())
    assert cause.without.score == nobodys.scores[2]


def test_asked_again_it_is_the_same(world):
    user = world.user(world.users["key1"])
    found = [explanation_of(world.day(), user, world.model, world.today[1].id) for _ in range(2)]
    assert found[0] == found[1]
    assert np.isfinite([share.weight for share in found[0].shares]).all()
    assert fresh_profile(world.model, user.relevance).n_labels == len(user.relevance.examples)
