import numpy as np
import pytest
from scipy import sparse

from features.errors import InvalidValue
from models.neighbours import KnownRows


def unit(n: int, d: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def found_by(known: KnownRows, rows: np.ndarray, n: int) -> list[tuple[list[int], list[float]]]:
    terms = None if known.terms is None else sparse.csr_array(rows)
    blocks = known.nearest(rows, terms, n)
    return [
        (places.tolist(), similarity.tolist())
        for _, found, cosines in blocks
        for places, similarity in zip(found, cosines, strict=True)
    ]


def made(rows: np.ndarray, by_terms: bool) -> KnownRows:
    return KnownRows.of(rows, sparse.csr_array(rows) if by_terms else None)


@pytest.mark.parametrize("by_terms", [True, False])
def test_the_nearest_are_those_of_the_largest_cosines(by_terms: bool) -> None:
    rows, asked = unit(300, 12, 1), unit(200, 12, 2)
    exact = asked.astype(np.float64) @ rows.T.astype(np.float64)
    for cosines, (places, similarity) in zip(exact, found_by(made(rows, by_terms), asked, 5), strict=True):
        assert places == sorted(np.argsort(-cosines)[:5].tolist())
        np.testing.assert_allclose(similarity, cosines[places], atol=1e-6)


@pytest.mark.parametrize("by_terms", [True, False])
def test_a_row_has_the_same_bits_alone_and_among_others(by_terms: bool) -> None:
    known, asked = made(unit(400, 32, 1), by_terms), unit(300, 32, 2)
    together = found_by(known, asked, 50)
    for row in (0, 1, 127, 128, 299):
        assert found_by(known, asked[row : row + 1], 50) == together[row : row + 1]


@pytest.mark.parametrize("by_terms", [True, False])
def test_of_equals_the_earlier_one_is_taken(by_terms: bool) -> None:
    rows = np.repeat(unit(1, 8, 1), 90, axis=0)
    assert found_by(made(rows, by_terms), rows[:1], 3)[0][0] == [0, 1, 2]


@pytest.mark.parametrize("by_terms", [True, False])
def test_fewer_known_than_asked_for_and_opposites_count_as_unlike(by_terms: bool) -> None:
    places, similarity = found_by(made(np.array([[1.0, 0], [-1, 0]], np.float32), by_terms), np.eye(2)[:1], 50)[0]
    assert (places, similarity) == ([0, 1], [1.0, 0.0])


def test_those_known_by_terms_ask_for_terms() -> None:
    rows = unit(3, 4, 1)
    with pytest.raises(InvalidValue, match="terms"):
        next(made(rows, by_terms=True).nearest(rows, None, 1))


def found_by_both(known: KnownRows, rows: np.ndarray, sense: np.ndarray, n: int) -> list[tuple[list[int], list[float]]]:
    blocks = known.nearest(rows, sparse.csr_array(rows), n, sense)
    return [
        (places.tolist(), similarity.tolist())
        for _, found, alike in blocks
        for places, similarity in zip(found, alike, strict=True)
    ]


def test_what_sentences_say_is_added_where_it_is_alike() -> None:
    rows, asked, sense, asked_sense = unit(300, 12, 1), unit(150, 12, 2), unit(300, 24, 3), unit(150, 24, 4)
    known = KnownRows.of(rows, sparse.csr_array(rows), sense)
    exact = asked.astype(np.float64) @ rows.T + np.maximum(asked_sense.astype(np.float64) @ sense.T, 0.0) / 2
    for alike, (places, similarity) in zip(exact, found_by_both(known, asked, asked_sense, 5), strict=True):
        assert places == sorted(np.argsort(-alike)[:5].tolist())
        np.testing.assert_allclose(similarity, alike[places], atol=1e-6)


def test_by_both_a_row_has_the_same_bits_alone_and_among_others() -> None:
    rows, asked, asked_sense = unit(400, 32, 1), unit(300, 32, 2), unit(300, 64, 4)
    known = KnownRows.of(rows, sparse.csr_array(rows), unit(400, 64, 3))
    together = found_by_both(known, asked, asked_sense, 50)
    for row in (0, 1, 127, 128, 299):
        one = slice(row, row + 1)
        assert found_by_both(known, asked[one], asked_sense[one], 50) == together[one]


def test_those_known_by_what_they_say_ask_for_it() -> None:
    rows = unit(3, 4, 1)
    known = KnownRows.of(rows, sparse.csr_array(rows), rows)
    with pytest.raises(InvalidValue, match="sense"):
        next(known.nearest(rows, sparse.csr_array(rows), 1))
