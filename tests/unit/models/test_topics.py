from datetime import date
from pathlib import Path

import numpy as np
import pytest

from features.domain import Paper
from models.platt import fit_platt
from models.topics import ALIASES, TopicModel, canonical_topic, keyword_topic, topics_of


def corpus(n: int = 300) -> tuple[np.ndarray, list[tuple[str, ...]], np.ndarray]:
    """Papers on three axes; the axis is the category, and half of the first axis has a keyword too."""
    rng = np.random.default_rng(5)
    axis = np.arange(n) % 3
    X = np.eye(6)[axis] + rng.normal(scale=0.3, size=(n, 6))
    labels = [
        (["cs.CL", "cs.CV", "cs.RO"][a],) + (("keyword:agents",) if a == 0 and i % 2 else ())
        for i, a in enumerate(axis)
    ]
    days = np.datetime64("2026-01-01") + np.arange(n) // 10
    return X.astype(np.float32), labels, days


def test_a_paper_most_likely_has_the_topic_it_lies_next_to() -> None:
    X, labels, days = corpus()
    model = TopicModel.fit(X, labels, days, 50, 0)
    found = [model.names[row.argmax()] for row in model.probabilities(np.eye(6)[:3])[:, [0, 1, 2]]]
    assert found == ["cs.CL", "cs.CV", "cs.RO"]


def test_topics_need_so_many_papers() -> None:
    X, labels, days = corpus()
    assert TopicModel.fit(X, labels, days, 50, 0).names == ("cs.CL", "cs.CV", "cs.RO", "keyword:agents")
    assert TopicModel.fit(X, labels, days, 51, 0).names == ("cs.CL", "cs.CV", "cs.RO")
    assert TopicModel.fit(X, labels, days, 101, 0).names == ()


def test_probabilities_are_calibrated_on_papers_of_the_same_kind() -> None:
    X, labels, days = corpus(3000)
    model = TopicModel.fit(X, labels, days, 50, 0)
    again, truth, _ = corpus(3000)
    share = np.mean(["cs.CV" in topics for topics in truth])
    assert model.probabilities(again)[:, 1].mean() == pytest.approx(share, abs=0.02)


def test_a_threshold_names_a_topic_as_often_as_papers_carry_it() -> None:
    X, labels, days = corpus()
    model = TopicModel.fit(X, labels, days, 50, 0)
    named = model.probabilities(X)[:, :3] > model.thresholds[:3]
    np.testing.assert_allclose(named.mean(axis=0), 1 / 3, atol=0.01)


def test_an_untouched_copy_comes_back_from_its_arrays(tmp_path: Path) -> None:
    X, labels, days = corpus()
    model = TopicModel.fit(X, labels, days, 50, 0)
    for name, values in model.arrays().items():
        np.save(tmp_path / f"{name}.npy", values, allow_pickle=False)
    loaded = TopicModel.from_arrays({path.stem: np.load(path, allow_pickle=False) for path in tmp_path.iterdir()})
    assert loaded.names == model.names
    assert np.array_equal(loaded.probabilities(X), model.probabilities(X))


def test_one_category_for_all_papers_is_all_but_certain() -> None:
    X, _, days = corpus()
    model = TopicModel.fit(X, [("cs.CL",)] * len(X), days, 50, 0)
    assert model.names == ("cs.CL",)
    assert (model.probabilities(X) > 0.98).all()


def test_a_topic_of_one_paper_stays_rare() -> None:
    X, labels, days = corpus()
    labels[17] = (*labels[17], "cs.GR")
    probabilities = TopicModel.fit(X, labels, days, 1, 0)
    column = probabilities.names.index("cs.GR")
    assert 0 < probabilities.probabilities(X)[:, column].mean() < 0.05


def test_papers_without_categories_say_nothing() -> None:
    X, labels, days = corpus()
    silent = np.vstack([X, X])
    model = TopicModel.fit(silent, [*labels, *[()] * len(X)], np.concatenate([days, days]), 50, 0)
    expected = TopicModel.fit(X, labels, days, 50, 0)
    assert np.array_equal(model.probabilities(X), expected.probabilities(X))


@pytest.mark.parametrize("labels", [[], [()], [(), ()]])
def test_without_any_topic_there_are_none(labels: list[tuple[str, ...]]) -> None:
    days = np.full(len(labels), np.datetime64("2026-01-01"))
    model = TopicModel.fit(np.ones((len(labels), 4), dtype=np.float32), labels, days, 1, 0)
    assert model.probabilities(np.ones((3, 4))).shape == (3, 0)
    assert TopicModel.from_arrays(model.arrays()).names == ()


def test_one_day_of_papers_is_enough() -> None:
    X, labels, _ = corpus()
    days = np.full(len(X), np.datetime64(date(2026, 1, 1)))
    assert np.isfinite(TopicModel.fit(X, labels, days, 50, 0).probabilities(X)).all()


def test_the_second_names_of_categories_are_merged() -> None:
    paper = Paper("2601.00001", "t", categories=("eess.SY", "cs.SY", "math.IT", "cs.LG"))
    assert topics_of(paper) == ("cs.IT", "cs.LG", "cs.SY")
    assert {canonical_topic(name) for name in ALIASES} == set(ALIASES.values())
    assert canonical_topic("cs.CL") == "cs.CL"


@pytest.mark.parametrize(
    ("keyword", "topic"),
    [
        ("Large Language  Models (LLMs)", "keyword:large language models"),
        ("GRPO", "keyword:grpo"),
        ("AR/VR", "keyword:ar vr"),
        ("(RL)", None),
        ("x" * 80, None),
    ],
)
def test_keywords_that_differ_in_case_or_acronym_are_one_topic(keyword: str, topic: str | None) -> None:
    assert keyword_topic(keyword) == topic


def test_platt_finds_the_slope_and_shift_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(40_000, 2))
    true_slope, true_shift = np.array([0.5, 2.0]), np.array([-1.0, 0.5])
    outcomes = rng.random(scores.shape) < 1 / (1 + np.exp(-(true_slope * scores + true_shift)))
    slope, shift = fit_platt(scores, outcomes.astype(np.int8))
    np.testing.assert_allclose(slope, true_slope, rtol=0.05)
    np.testing.assert_allclose(shift, true_shift, atol=0.05)


def test_platt_leaves_scores_almost_alone_where_it_has_seen_little() -> None:
    slope, shift = fit_platt(np.array([[0.1], [-0.1]]), np.array([[1], [0]]))
    assert slope[0] == pytest.approx(1.0, abs=0.15)
    assert shift[0] == pytest.approx(0.0, abs=0.1)
