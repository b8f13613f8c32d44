import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from features.domain import Paper
from features.encoders import EncodedPapers, TfidfLsaEncoder, VectorStore
from features.encoders.term_store import TermStore
from features.errors import InvalidValue

Fit = Callable[..., TfidfLsaEncoder]
A, B, C = ("a" * 32, "b" * 32, "c" * 32)


def rows(*numbers: float) -> np.ndarray:
    return np.array([[number, number] for number in numbers], dtype=np.float32)


def test_vectors_come_back_under_their_hashes_in_the_order_asked(tmp_path: Path) -> None:
    store = VectorStore(tmp_path / "v", 2)
    store.append([B, A], rows(2, 1))
    store.append([C], rows(3))
    vectors, found = store.get([C, "d" * 32, A, A])
    assert vectors.tolist() == rows(3, 0, 1, 1).tolist()
    assert found.tolist() == [True, False, True, True]


def test_appending_what_is_there_adds_nothing(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, 2)
    assert store.append([A, A], rows(1, 1)) == 1
    assert store.append([A, B], rows(9, 2)) == 1
    assert store.get([A])[0].tolist() == [[1, 1]]
    assert len(store) == 2


def test_a_reader_sees_what_another_writer_has_added_since(tmp_path: Path) -> None:
    reader, writer = VectorStore(tmp_path, 2), VectorStore(tmp_path, 2)
    writer.append([A], rows(1))
    assert reader.get([A])[1].all()


def test_vectors_are_mapped_from_disk_and_not_read(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, 2)
    store.append([A], rows(1))
    assert all(isinstance(part.base, np.memmap) for arrays in store._segments.index.arrays for part in arrays.values())


@pytest.mark.parametrize("torn", ["vectors", "hashes"])
def test_a_torn_segment_is_ignored_and_can_be_written_again(tmp_path: Path, torn: str) -> None:
    VectorStore(tmp_path, 2).append([A], rows(1))
    path = next(tmp_path.glob(f"*.{torn}.npy"))
    path.write_bytes(path.read_bytes()[:-5])
    store = VectorStore(tmp_path, 2)
    assert not store.get([A])[1].any()
    store.append([A], rows(5))
    assert VectorStore(tmp_path, 2).get([A])[0].tolist() == [[5, 5]]


def test_what_a_killed_writer_left_is_not_read_and_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".000000-dead.vectors.npy").write_bytes(b"half")
    store = VectorStore(tmp_path, 2)
    store.append([A], rows(1))
    assert len(store) == 1
    assert not list(tmp_path.glob(".*.npy"))


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    def write(number: int) -> None:
        VectorStore(tmp_path, 2).append([f"{number:032d}", A], rows(number, 7))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    vectors, found = VectorStore(tmp_path, 2).get([f"{number:032d}" for number in range(8)])
    assert found.all()
    assert vectors[:, 0].tolist() == list(range(8))


def test_vectors_of_another_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="expected"):
        VectorStore(tmp_path, 3).append([A], rows(1))


def test_an_empty_store_has_nothing(tmp_path: Path) -> None:
    vectors, found = VectorStore(tmp_path / "none", 2).get([A])
    assert vectors.tolist() == [[0, 0]]
    assert not found.any()


def test_papers_have_the_same_vectors_from_the_store_as_encoded_now(
    fit: Fit, papers: list[Paper], texts: list[str], tmp_path: Path
) -> None:
    encoder = fit(texts)
    encoded = EncodedPapers(encoder, VectorStore(tmp_path, encoder.dimensions))
    now = encoded.of(papers)
    assert encoded.backfill(papers, batch=16) == len({paper.content_hash for paper in papers})
    assert np.array_equal(encoded.of(papers), now)
    assert np.array_equal(EncodedPapers(encoder).of(papers), now)


def test_a_backfill_says_how_far_it_is_and_does_only_what_is_missing(
    fit: Fit, papers: list[Paper], texts: list[str], tmp_path: Path
) -> None:
    encoder = fit(texts)
    encoded = EncodedPapers(encoder, VectorStore(tmp_path, encoder.dimensions))
    encoded.backfill(papers[:20])
    steps: list[int] = []
    encoded.backfill(papers, steps.append, batch=25)
    assert steps == [25, 25, 10]
    assert encoded.backfill(papers) == 0


def test_a_backfill_without_a_store_says_so(fit: Fit, papers: list[Paper], texts: list[str]) -> None:
    with pytest.raises(InvalidValue, match="needs a vector store"):
        EncodedPapers(fit(texts)).backfill(papers)


def test_the_longest_unused_paper_is_forgotten_first(fit: Fit, papers: list[Paper], texts: list[str]) -> None:
    encoded = EncodedPapers(fit(texts), kept=2)
    first = encoded.of(papers[:1])
    encoded.of(papers[1:4])
    assert len(encoded._memory) == 2
    assert papers[0].content_hash not in encoded._memory
    assert np.array_equal(encoded.of(papers[:1]), first)


def test_a_revised_text_is_another_vector(fit: Fit, texts: list[str]) -> None:
    encoded = EncodedPapers(fit(texts))
    before, after = encoded.of([Paper("2601.00001", "camera pixel"), Paper("2601.00001", "vowel tone", version=2)])
    assert not np.array_equal(before, after)


def test_terms_are_stored_with_the_vectors_and_equal_those_read_now(
    fit: Fit, papers: list[Paper], texts: list[str], tmp_path: Path
) -> None:
    encoder = fit(texts)
    EncodedPapers(encoder, VectorStore(tmp_path, encoder.dimensions)).backfill(papers[:40], batch=16)
    later = EncodedPapers(encoder, VectorStore(tmp_path, encoder.dimensions))
    stored, now = later.terms(papers), EncodedPapers(encoder).terms(papers)
    assert stored is not None
    assert now is not None
    assert len(TermStore(tmp_path / "terms", len(encoder.vocabulary))) == len({p.content_hash for p in papers[:40]})
    for part in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(stored, part), getattr(now, part))


def test_a_store_of_vectors_alone_gets_terms_with_the_next_backfill(
    fit: Fit, papers: list[Paper], texts: list[str], tmp_path: Path
) -> None:
    encoder = fit(texts)
    encoded = EncodedPapers(encoder, VectorStore(tmp_path, encoder.dimensions))
    encoded.backfill(papers)
    for path in (tmp_path / "terms").iterdir():
        path.unlink()
    again = EncodedPapers(encoder, VectorStore(tmp_path, encoder.dimensions))
    assert again.backfill(papers) == 0
    assert TermStore(tmp_path / "terms", len(encoder.vocabulary)).get([papers[0].content_hash])[1].all()
