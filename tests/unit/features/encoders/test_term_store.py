from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from features.encoders.term_store import TermStore
from features.errors import InvalidValue

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
ROWS = np.array([[0, 0.5, 0, 0.5], [0, 0, 0, 0], [1, 0, 0, 0]], dtype=np.float32)


def terms(*rows: int) -> sparse.csr_array:
    return sparse.csr_array(ROWS[list(rows)])


def test_rows_come_back_under_their_hashes_from_several_segments(tmp_path: Path) -> None:
    store = TermStore(tmp_path / "terms", 4)
    assert store.append([B, A], terms(0, 1)) == 2
    assert store.append([A, C], terms(2, 2)) == 1
    found, known = store.get([C, D, B, A, C])
    assert known.tolist() == [True, False, True, True, True]
    assert found.toarray().tolist() == [ROWS[2].tolist(), [0] * 4, ROWS[0].tolist(), [0] * 4, ROWS[2].tolist()]
    assert found.dtype == np.float32
    assert len(store) == 3


def test_a_reader_sees_what_another_writer_has_added_since(tmp_path: Path) -> None:
    reader, writer = TermStore(tmp_path, 4), TermStore(tmp_path, 4)
    writer.append([A], terms(0))
    assert reader.get([A])[1].all()
    writer.append([B], terms(2))
    assert reader.get([B])[0].toarray().tolist() == [ROWS[2].tolist()]


def test_nothing_is_asked_of_an_empty_store(tmp_path: Path) -> None:
    store = TermStore(tmp_path / "none", 4)
    assert store.get([])[0].shape == (0, 4)
    assert not store.get([A])[1].any()


def test_rows_of_another_vocabulary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="expected"):
        TermStore(tmp_path, 5).append([A], terms(0))


@pytest.mark.parametrize("torn", ["weights", "columns", "starts", "hashes"])
def test_a_torn_segment_is_ignored(tmp_path: Path, torn: str) -> None:
    TermStore(tmp_path, 4).append([A], terms(0))
    path = next(tmp_path.glob(f"*.{torn}.npy"))
    path.write_bytes(path.read_bytes()[:-4])
    assert not TermStore(tmp_path, 4).get([A])[1].any()


@pytest.mark.parametrize(
    ("part", "rotten"),
    [("columns", [0, 4]), ("columns", [-1, 3]), ("starts", [0, 3, 2]), ("starts", [2, 0, 2])],
)
def test_rows_that_cannot_be_are_not_given(tmp_path: Path, part: str, rotten: list[int]) -> None:
    TermStore(tmp_path, 4).append([A, B], terms(0, 1))
    path = next(tmp_path.glob(f"*.{part}.npy"))
    np.save(path, np.array(rotten, dtype=np.load(path).dtype))
    found, known = TermStore(tmp_path, 4).get([A, B])
    assert not known.any()
    assert not found.nnz
