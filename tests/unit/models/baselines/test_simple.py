from datetime import UTC, datetime

import numpy as np

from features.domain import Paper
from models.baselines import Baseline, Popularity, Random, Recency
from models.baselines.recipes import baselines


def test_every_baseline_keeps_the_protocol_and_has_its_own_name() -> None:
    made = baselines(0)
    assert all(isinstance(baseline, Baseline) for baseline in made)
    assert [baseline.name for baseline in made] == [
        "random",
        "recency",
        "popularity",
        "tfidf_centroid",
        "arxiv_sanity_svm",
        "scholar_inbox",
        "implicit_mf",
    ]


def test_every_baseline_ranks_unfitted_and_on_an_empty_past(past, day, user) -> None:
    papers = [Paper("2601.00001", "one"), Paper("2601.00002", "two")]
    for baseline in baselines(0):
        assert baseline.score(day(papers), user("a")).shape == (2,)
        assert np.isfinite(baseline.fit(past([])).score(day(papers), user("a"))).all()
        assert baseline.score(day([]), user("a")).shape == (0,)


def test_chance_is_even_and_hangs_on_user_and_seed_only(day, user) -> None:
    papers = [Paper(f"2601.{number:05d}", "t") for number in range(2000)]
    scores = Random(1).score(day(papers), user("a"))
    assert abs(scores.mean() - 0.5) < 0.02
    assert np.array_equal(Random(1).score(day(papers[:10]), user("a")), scores[:10])
    assert not np.array_equal(Random(1).score(day(papers), user("b")), scores)
    assert not np.array_equal(Random(2).score(day(papers), user("a")), scores)


def test_the_seed_of_the_past_replaces_that_of_the_start(past, day, user) -> None:
    papers = [Paper("2601.00001", "t")]
    assert Random(1).fit(past([], seed=7)).score(day(papers), user("a")) == Random(7).score(day(papers), user("a"))


def test_the_latest_publication_comes_first_and_the_arxiv_number_breaks_ties(day, user) -> None:
    noon, later = datetime(2026, 1, 4, 12, tzinfo=UTC), datetime(2026, 1, 4, 13, tzinfo=UTC)
    papers = [
        Paper("2601.00002", "t", published_at=noon),
        Paper("2601.00003", "t", published_at=noon),
        Paper("2512.09999", "t", published_at=later),
        Paper("2601.00009", "t"),
        Paper("local-1", "t"),
        Paper("local-2", "t"),
    ]
    assert Recency().score(day(papers), user("a")).tolist() == [2, 3, 4, 1, 0, 0]


def test_votes_come_first_then_categories_whose_papers_are_chosen(past, day, user) -> None:
    known = [Paper(f"2512.{number:05d}", "t", categories=("cs.CL" if number < 3 else "cs.CV",)) for number in range(5)]
    positives = {"a": ("2512.00000", "2512.00003", "elsewhere"), "b": ("2512.00003",)}
    papers = [
        Paper("1", "t", categories=("cs.CL",)),
        Paper("2", "t", categories=("cs.CV",)),
        Paper("3", "t"),
        Paper("4", "t"),
    ]
    scores = Popularity().fit(past(known, positives)).score(day(papers, [0, 0, 0, 1]), user("a"))
    rates = np.array([1 / 4, 2 / 3, 0.0])
    np.testing.assert_allclose(scores, [*(rates / (1 + rates)), 1.0])


def test_unfitted_popularity_is_the_votes(day, user) -> None:
    papers = [Paper("1", "t"), Paper("2", "t")]
    assert Popularity().score(day(papers, [3, 8]), user("a")).tolist() == [3, 8]
