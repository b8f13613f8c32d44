"""A search index as files: read as written, or not at all."""

import numpy as np
import pytest

from features.domain import Paper
from models.search import SearchIndex
from models.search_files import read_index, write_index

PAPERS = [Paper(f"2602.0000{n}", f"On zymurgy, part {n}", "Émile's yeast" + " and yeast" * n) for n in range(5)]
VECTORS = np.eye(5, 3, dtype=np.float32)


@pytest.mark.parametrize("vectors", [None, VECTORS])
def test_what_was_written_finds_the_same(tmp_path, vectors):
    index = SearchIndex.of(PAPERS, vectors)
    write_index(index, tmp_path)
    read = read_index(tmp_path)
    for query in ("yeast part", "emile 3", "nowhere"):
        assert read.search(query, VECTORS[0], 10) == index.search(query, VECTORS[0], 10)
    assert read.similar(PAPERS[0].id, 3) == index.similar(PAPERS[0].id, 3)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("ids.json", lambda whole: b'{"format": 0, "ids": []}'),
        ("ids.json", lambda whole: whole.replace(b"2602.00004", b"2602.00003")[:-9]),
        ("ids.json", lambda whole: whole.replace(b', "2602.00004"', b"")),
        ("data.npy", lambda whole: whole[:-3]),
        ("data.npy", lambda whole: whole.replace(b"<f4", b"<i4")),
        ("indices.npy", lambda whole: whole[:-4] + b"\xff\xff\xff\x7f"),
        ("indptr.npy", lambda whole: whole[:-4] + b"\xff\xff\x00\x00"),
        ("starts.npy", lambda whole: whole[:-8] + b"\xff\xff\x00\x00\x00\x00\x00\x00"),
        ("vectors.npy", lambda whole: whole.replace(b"(5, 3)", b"(3, 5)")),
        ("letters.npy", lambda whole: b""),
    ],
)
def test_what_is_not_as_written_is_not_read(tmp_path, name, broken):
    write_index(SearchIndex.of(PAPERS, VECTORS), tmp_path)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(broken(whole))
    assert (tmp_path / name).read_bytes() != whole
    assert read_index(tmp_path) is None
    assert read_index(tmp_path / "nowhere") is None
