import math

import numpy as np
import pytest

from features.domain import Paper
from models.categories import CategoryRows, category_means


def paper(name: str, *categories: str) -> Paper:
    return Paper(name, name, "", categories=categories)


def test_the_cosine_is_the_mean_over_the_chosen_papers() -> None:
    chosen = [paper("a", "cs.RO"), paper("b", "cs.CV", "cs.RO")]
    means, _ = category_means(chosen, np.array([1.0, 1.0]))
    found = CategoryRows.of([paper("x", "cs.RO"), paper("y", "cs.CL"), paper("z", "cs.RO", "cs.CV")]).cosines(means)
    half = 1 / math.sqrt(2)
    assert found == pytest.approx([(1 + half) / 2, 0.0, (half + 1) / 2])


def test_a_choice_counts_by_its_weight_and_the_first_category_is_the_primary_one() -> None:
    _, primaries = category_means([paper("a", "cs.RO", "cs.AI"), paper("b", "cs.CV")], np.array([3.0, 1.0]))
    assert primaries == {"cs.RO": 0.75, "cs.CV": 0.25}
    papers = [paper("x", "cs.CV", "cs.RO"), paper("y", "cs.RO"), paper("z")]
    assert CategoryRows.of(papers).shares(primaries).tolist() == [0.25, 0.75, 0.0]


def test_papers_and_choices_without_categories_say_nothing() -> None:
    means, primaries = category_means([paper("a")], np.array([1.0]))
    rows = CategoryRows.of([paper("x"), paper("y", "cs.CV")])
    assert rows.cosines(means).tolist() == rows.shares(primaries).tolist() == [0.0, 0.0]
    assert CategoryRows.of([]).cosines(means).shape == (0,)
