import gzip
import json
from pathlib import Path

import numpy as np

from benchmarks.cross_listings import LEAST_PAPERS, LEAST_WANTED, PER_PRIMARY, read_cross_listings

CROSSED = {"cs.RO": 25, "cs.GR": 40, "cs.MM": 30, "cs.HC": LEAST_WANTED - 1, "cs.LG": 200}


def listings(folder: Path) -> Path:
    """Primaries of enough and of too few papers; the first carry each of CROSSED, others in their own field only."""
    rows = [
        {"id": f"2501.{number:05d}", "title": f"t{number}", "abstract": None, "categories": [primary, *crossed]}
        for primary, n in (("cs.CV", LEAST_PAPERS), ("cs.CL", LEAST_PAPERS - 1))
        for number in range(n)
        for crossed in [[name for name, n_crossed in CROSSED.items() if number < n_crossed] + [primary]]
    ]
    path = folder / "arxiv.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    return path


def test_the_most_frequent_of_the_rare_cross_listings_are_screened(tmp_path: Path) -> None:
    found = read_cross_listings([listings(tmp_path)], seed=0)
    assert [review.name for review in found] == ["cs.CV in cs.GR", "cs.CV in cs.MM"]
    assert [review.index for review in found] == list(range(PER_PRIMARY))
    assert [int(review.yes.sum()) for review in found] == [40, 30]
    assert found[0].positives == {f"2501.{number:05d}" for number in range(40)}


def test_what_is_wanted_cannot_be_read_off_a_record(tmp_path: Path) -> None:
    [review, _] = read_cross_listings([listings(tmp_path)], seed=0)
    assert all(paper.categories == () for paper in review.papers)


def test_a_seed_draws_the_records(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.cross_listings.N_RECORDS", 590)
    path = listings(tmp_path)
    drawn = [[paper.id for paper in read_cross_listings([path], seed)[0].papers] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] == sorted(drawn[0])
    assert drawn[0] != drawn[2]
    assert len(np.unique(drawn[0])) == 590
