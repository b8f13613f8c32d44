from dataclasses import replace

import numpy as np
import pytest

from models.cosines import Chosen, Cosines
from models.kept_rows import KeptRows
from models.recommend import fresh_profile


@pytest.fixture
def chosen(world) -> Chosen:
    examples = world.examples(world.past[:6])
    terms = world.encoder.terms([paper.text for paper in examples.papers])
    return fresh_profile(world.model, replace(examples, terms=terms)).chosen


@pytest.fixture
def candidates(world):
    """The day's papers as arrays that have not been asked anything, and remember five papers."""
    day = world.day()
    return world.model.evidence.keeping(5).candidates(
        day.vectors, world.encoder.terms([paper.text for paper in day.papers])
    )


def part(chosen: Chosen, rows: list[int]) -> Chosen:
    terms = None if chosen.terms is None else chosen.terms[rows]
    return Chosen([chosen.keys[row] for row in rows], chosen.vectors[rows], terms, None)


def test_cosines_are_products_of_rows(chosen: Chosen, candidates) -> None:
    found = Cosines.of(chosen, candidates)
    np.testing.assert_allclose(found.vectors, candidates.vectors @ chosen.vectors.T, atol=1e-6)
    np.testing.assert_allclose(found.terms, (chosen.terms @ candidates.terms.T).toarray(), atol=1e-6)
    assert found.sense.shape == (0, 6)


def test_a_chosen_paper_has_the_same_bits_whatever_was_asked_before(chosen: Chosen, candidates) -> None:
    at_once = Cosines.of(chosen, replace(candidates, kept_cosines=KeptRows(0))).terms
    for rows in ([4], [0, 4, 2], [1, 3, 4], [5, 0], [0, 1, 2, 3, 4, 5]):
        assert np.array_equal(Cosines.of(part(chosen, rows), candidates).terms, at_once[rows])


def test_a_revision_is_another_paper(chosen: Chosen, candidates) -> None:
    Cosines.of(chosen, candidates)
    revised = replace(part(chosen, [1]), keys=[(chosen.keys[0][0], "another text")])
    assert np.array_equal(Cosines.of(revised, candidates).terms, Cosines.of(part(chosen, [1]), candidates).terms)


def test_nothing_chosen(chosen: Chosen, candidates) -> None:
    found = Cosines.of(part(chosen, []), candidates)
    assert found.terms.shape == (0, len(candidates.vectors))
    assert found.vectors.shape == (len(candidates.vectors), 0)
