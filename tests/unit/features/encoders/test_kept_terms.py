import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import sparse

from features.domain import Paper
from features.encoders import EncodedPapers, TfidfLsaEncoder
from features.encoders.kept_terms import KeptTerms, gathered

Fit = Callable[..., TfidfLsaEncoder]


def numbered(names: Sequence[str], asked: list[str] | None = None) -> Callable[[Sequence[int]], sparse.csr_array]:
    """Row ``n`` of name ``"n"`` holds n in column n, and none for 0."""

    def read(places: Sequence[int]) -> sparse.csr_array:
        found = [int(names[place]) for place in places]
        if asked is not None:
            asked.extend(names[place] for place in places)
        dense = np.zeros((len(found), 50), dtype=np.float32)
        dense[np.arange(len(found)), found] = found
        return sparse.csr_array(dense)

    return read


def test_rows_come_in_the_order_asked_and_are_read_once() -> None:
    kept, asked = KeptTerms(50, 100), []
    for names in (["3", "1"], ["1", "0", "7", "3", "7"], []):
        rows = kept.of(names, numbered(names, asked))
        assert rows.shape == (len(names), 50)
        assert rows.dtype == np.float32
        assert np.array_equal(rows.toarray(), numbered(names)(range(len(names))).toarray())
    assert asked == ["3", "1", "0", "7"]


def test_what_was_handed_out_is_a_copy_of_its_own() -> None:
    kept = KeptTerms(50, 100)
    first = kept.of(["3"], numbered(["3"]))
    first.data[:] = 9
    for number in range(40):
        kept.of([str(number)], numbered([str(number)]))
    assert kept.of(["3"], numbered(["3"])).toarray()[0, 3] == 3


def test_it_stays_within_its_bound_and_still_answers_for_more() -> None:
    kept = KeptTerms(50, 10)
    for start in range(0, 40, 4):
        names = [str(number) for number in range(start, start + 4)]
        kept.of(names, numbered(names))
        assert len(kept) <= 10
    names = [str(number) for number in range(30)]
    assert kept.of(names, numbered(names)).sum() == sum(range(30))


def test_threads_get_their_own_rows() -> None:
    kept, wrong = KeptTerms(50, 20), []

    def ask(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(50):
            names = rng.integers(0, 50, 8).astype(str).tolist()
            if not np.array_equal(kept.of(names, numbered(names)).toarray(), numbered(names)(range(8)).toarray()):
                wrong.append(names)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_gathered_rows_are_the_rows(fit: Fit, texts: list[str]) -> None:
    matrix = fit(texts).terms([*texts, ""])
    rows = np.array([60, 3, 3, 0])
    found = gathered(matrix, rows)
    found.check_format()
    assert np.array_equal(found.toarray(), matrix.toarray()[rows])


def test_papers_have_the_terms_of_their_texts(fit: Fit, papers: list[Paper], texts: list[str]) -> None:
    encoder = fit(texts)
    encoded = EncodedPapers(encoder)
    for chosen in (papers[:5], papers[::-1], []):
        found = encoded.terms(chosen)
        expected = encoder.terms([paper.text for paper in chosen])
        assert found is not None
        assert found.dtype == np.float32
        assert np.array_equal(found.toarray(), expected.toarray())


@pytest.mark.parametrize(("n", "milliseconds"), [(40, 5), (20_000, 2000)])
def test_kept_rows_are_gathered_in_no_time(n: int, milliseconds: float) -> None:
    names = [f"{number:032d}" for number in range(20_000)]
    rng = np.random.default_rng(0)
    block = sparse.csr_array(
        (np.ones(3_000_000, np.float32), rng.integers(0, 20_000, 3_000_000), np.arange(0, 3_000_001, 150)),
        shape=(20_000, 20_000),
    )
    kept = KeptTerms(20_000, 50_000)
    kept.of(names, lambda _: block)
    started = time.perf_counter()
    kept.of(names[:n], lambda _: block)
    assert (time.perf_counter() - started) * 1000 < milliseconds
