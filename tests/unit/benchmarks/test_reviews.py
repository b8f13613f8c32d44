import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.reviews import measures, read_reviews, recall_after, wss_95


def hits(*ranks: int, n: int = 20) -> np.ndarray:
    found = np.zeros(n, dtype=bool)
    found[np.array(ranks) - 1] = True
    return found


def test_wss_counts_to_the_rank_of_nearly_all_positives() -> None:
    assert wss_95(hits(1, 2, 4)) == pytest.approx((20 - 4) / 20 - 0.05)  # ⌈.95 · 3⌉ = 3: all of them


def test_wss_may_pass_over_one_positive_in_twenty() -> None:
    found = hits(*range(1, 20), 40, n=40)
    assert wss_95(found) == pytest.approx((40 - 19) / 40 - 0.05)


def test_recall_after_a_tenth_of_the_records() -> None:
    assert recall_after(hits(1, 3), 0.1) == 0.5


def test_a_review_without_positives_has_no_measures() -> None:
    assert all(np.isnan(value) for value in measures(np.zeros(5, dtype=bool)).values())


def test_records_without_title_or_abstract_are_records(tmp_path: Path) -> None:
    rows = [
        {"review": "A", "idx": 0, "title": "", "abstract": None, "label": 1},
        {"review": "B", "idx": 0, "title": "t", "abstract": "a", "label": 0},
        {"review": "A", "idx": 1, "title": "u", "abstract": "b", "label": 0},
    ]
    path = tmp_path / "screening.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    first, second = read_reviews(path)
    assert (first.name, first.index, second.index) == ("A", 0, 1)
    assert first.yes.tolist() == [True, False]
    assert first.positives == {first.papers[0].id}
    assert first.papers[0].title == "00000"
