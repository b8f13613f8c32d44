import pickle

import numpy as np
from numpy.typing import NDArray

from models.kept_rows import KeptRows


def asked_of(asked: list[list[int]]):
    """Rows that say their place, and a note of what was computed."""

    def make(places: NDArray[np.intp]) -> NDArray[np.float64]:
        asked.append(places.tolist())
        return np.column_stack([places, places]).astype(np.float64)

    return make


def test_a_row_is_computed_once() -> None:
    kept, asked = KeptRows(10), list[list[int]]()
    kept.of(["a", "b"], 2, asked_of(asked))
    found = kept.of(["c", "b"], 2, asked_of(asked))
    assert asked == [[0, 1], [0]]
    assert found.tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_the_longest_unused_is_forgotten_and_more_than_fit_are_not_kept() -> None:
    kept, asked = KeptRows(2), list[list[int]]()
    kept.keep(["a", "b", "c"], np.arange(6.0).reshape(3, 2))
    assert kept.of(["b", "c"], 2, asked_of(asked)).tolist() == [[2.0, 3.0], [4.0, 5.0]]
    kept.of(["a"], 2, asked_of(asked))
    assert asked == [[0]]


def test_what_was_asked_for_again_is_kept_longest() -> None:
    kept, asked = KeptRows(2), list[list[int]]()
    kept.of(["a", "b"], 2, asked_of(asked))
    kept.of(["a"], 2, asked_of(asked))
    kept.of(["c"], 2, asked_of(asked))
    kept.of(["a"], 2, asked_of(asked))
    assert asked == [[0, 1], [0]]


def test_of_size_nought_nothing_is_kept() -> None:
    kept, asked = KeptRows(0), list[list[int]]()
    kept.keep(["a"], np.ones((1, 2)))
    assert kept.of(["a", "b"], 2, asked_of(asked)).tolist() == [[0.0, 0.0], [1.0, 1.0]]
    kept.of(["a"], 2, asked_of(asked))
    assert asked == [[0, 1], [0]]


def test_rows_are_of_the_kind_that_is_named() -> None:
    kept = KeptRows(2, np.float32)
    assert kept.of(["a"], 2, asked_of([])).dtype == np.float32
    assert pickle.loads(pickle.dumps(kept)).of(["a"], 2, asked_of([])).dtype == np.float32


def test_a_copy_for_another_process_is_empty() -> None:
    kept, asked = KeptRows(2), list[list[int]]()
    kept.keep(["a"], np.ones((1, 2)))
    pickle.loads(pickle.dumps(kept)).of(["a"], 2, asked_of(asked))
    assert asked == [[0]]
