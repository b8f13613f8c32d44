"""The synthetic sample: deterministic, drifting, biased by position, and a stranger to what learns from it."""

import ast
import gzip
import json
import re
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.sample import SamplePaths, write_sample
from broadsheet.sample.corpus import N_STRANDS, strand_popularity, weekdays
from broadsheet.sample.lexicon import SUBJECTS
from broadsheet.sample.readers import make_readers
from features.domain import Feed, Listing
from features.settings import IngestSettings
from features.sources.interactions import read_interactions
from features.sources.jsonl import read_listings
from features.sources.users import read_users

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> SamplePaths:
    return write_sample(tmp_path_factory.mktemp("sample"), seed=0)


@pytest.fixture(scope="module")
def papers(paths: SamplePaths) -> Rows:
    return [json.loads(line) for line in gzip.decompress(paths.papers.read_bytes()).splitlines()]


@pytest.fixture(scope="module")
def clicks(paths: SamplePaths) -> Rows:
    return [json.loads(line) for line in paths.interactions.read_bytes().splitlines()]


def test_the_same_seed_gives_the_same_bytes(paths: SamplePaths, tmp_path: Path) -> None:
    again = write_sample(tmp_path, seed=0)
    for one, other in ((paths.papers, again.papers), (paths.interactions, again.interactions)):
        assert one.read_bytes() == other.read_bytes()


def test_another_seed_gives_another_sample(paths: SamplePaths, tmp_path: Path) -> None:
    assert write_sample(tmp_path, seed=1).papers.read_bytes() != paths.papers.read_bytes()


def test_more_readers_leave_the_papers_as_they_were(paths: SamplePaths, tmp_path: Path) -> None:
    assert write_sample(tmp_path, seed=0, n_users=3).papers.read_bytes() == paths.papers.read_bytes()


def test_a_sample_too_small_is_refused_with_the_least_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 6 days and 1 reader, not 2 and 1"):
        write_sample(tmp_path, seed=0, n_days=2, n_users=1)


def test_our_own_readers_accept_every_row(paths: SamplePaths) -> None:
    settings = IngestSettings()
    listings = list(read_listings(paths.papers, settings))
    assert all(isinstance(row, Listing) for row in listings)
    assert {row.feed for row in listings if isinstance(row, Listing)} == {Feed.LOCAL, Feed.HUGGINGFACE}
    assert not [row for row in read_interactions(paths.interactions, settings) if isinstance(row, Exception)]
    assert len(list(read_users(paths.users, settings))) == 200


def test_everything_is_called_synthetic(papers: Rows, clicks: Rows) -> None:
    assert all(row["id"].startswith("synthetic-") and row["comment"].startswith("Synthetic") for row in papers)
    assert all(category.startswith("synth.") for row in papers for category in row["categories"])
    assert all(row["user_id"].startswith("synthetic-") and row["slate_id"].startswith("synth.") for row in clicks)


def test_papers_come_on_weekdays_with_one_failed_and_one_incomplete_day(paths: SamplePaths, papers: Rows) -> None:
    a_day = Counter(row["day"] for row in papers if row["feed"] == "local" and row["version"] == 1)
    expected = {day.isoformat() for day in weekdays(paths.newest_day, 40)} - {paths.failed_day.isoformat()}
    assert set(a_day) == expected
    assert a_day[paths.incomplete_day.isoformat()] < np.median(list(a_day.values())) / 4


def test_papers_are_as_odd_as_real_ones(papers: Rows) -> None:
    texts = [f"{row['title']} {row['abstract']}" for row in papers]
    assert any(not row["abstract"] for row in papers)
    assert any(not row["authors"] for row in papers)
    assert any("$\\alpha$" in text for text in texts)
    assert any("<sub>" in text for text in texts)
    assert any("\u200b" in text for text in texts)
    assert any(row["version"] == 2 and row["announce_type"] == "replace" for row in papers)


def test_the_same_list_at_random_earns_more_clicks_at_its_top(clicks: Rows) -> None:
    """In lists of random order every position holds papers of the same appeal: what is left is position bias."""
    opened = [row["position"] for row in clicks if row["kind"] == "open" and ".shuffled." in row["slate_id"]]
    top, bottom = (sum(low <= position < low + 5 for position in opened) for low in (1, 16))
    assert top > 3 * bottom > 0


def test_nobody_has_read_the_newest_day(paths: SamplePaths, clicks: Rows) -> None:
    midnight = datetime.combine(paths.newest_day, time(), UTC)
    assert all(datetime.fromisoformat(row["occurred_at"]) < midnight for row in clicks)


def test_clicks_come_on_the_day_of_the_paper(papers: Rows, clicks: Rows) -> None:
    first_day = {row["id"]: row["day"] for row in papers if row["feed"] == "local" and row["version"] == 1}
    late = [row for row in clicks if row["occurred_at"][:10] != first_day[row["paper_id"]]]
    assert len(late) == 0


def test_fields_of_study_come_and_go(papers: Rows) -> None:
    assert np.abs(strand_popularity(0.0) - strand_popularity(1.0)).sum() > 0.2
    half = sorted(row["day"] for row in papers)[len(papers) // 2]
    old, new = (
        Counter(row["categories"][0] for row in papers if (row["day"] < half) is past) for past in (True, False)
    )
    assert max(abs(old[code] / old.total() - new[code] / new.total()) for code in old) > 0.02


def test_words_come_into_fashion(papers: Rows) -> None:
    days = sorted({row["day"] for row in papers})
    late = [word for subject in SUBJECTS for word in subject.late]
    first, last = (
        sum(word in row["abstract"] for row in papers if row["day"] in some for word in late)
        for some in (days[:10], days[-10:])
    )
    assert last > 2 * first


def test_two_thirds_of_the_readers_drift() -> None:
    readers = make_readers(200, np.random.default_rng(0))
    drifting = [not np.array_equal(reader.start, reader.end) for reader in readers]
    assert 0.55 < np.mean(drifting) < 0.8
    assert all(reader.interests(0.5).shape == (N_STRANDS,) for reader in readers)


def test_neighbouring_fields_share_a_few_words_and_no_more() -> None:
    own = [{thing for strand in subject.strands for thing in strand} for subject in SUBJECTS]
    shared = [len(one & other) for i, one in enumerate(own) for other in own[:i]]
    assert sum(shared) >= 4
    assert max(shared) <= 2


def test_the_sample_imports_nothing_that_learns_from_it(root: Path) -> None:
    allowed = {"broadsheet", "numpy", "collections", "dataclasses", "datetime", "gzip", "json", "pathlib"}
    trees = [ast.parse(path.read_text()) for path in (root / "broadsheet" / "sample").glob("*.py")]
    modules = {node.module for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {str(module).split(".")[0] for module in modules} <= allowed
    assert {str(module) for module in modules if str(module).startswith("broadsheet")} <= {
        f"broadsheet.sample.{path.stem}" for path in (root / "broadsheet" / "sample").glob("*.py")
    }


def test_the_sample_shares_no_vocabulary_with_what_learns_from_it(root: Path) -> None:
    """No thing, act or trait of the grammar stands as a string in the code of features or models."""
    things = {thing for subject in SUBJECTS for strand in subject.strands for thing in strand}
    fashions = {
        word for subject in SUBJECTS for word in (*subject.acts, *subject.traits, *subject.early, *subject.late)
    }
    known = {text for folder in ("features", "models", "training") for text in string_literals(root / folder)}
    assert (things | fashions) & known == set()


def string_literals(folder: Path) -> set[str]:
    """Words and pairs of words in string constants that are neither docstrings nor dotted names of settings."""
    words: set[str] = set()
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text())
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
                if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", node.value):
                    continue
                singles = re.findall(r"[a-z'-]+", node.value.lower())
                words |= {*singles, *(" ".join(pair) for pair in pairwise(singles))}
    return words


def test_days_before_a_weekend_are_skipped() -> None:
    days = weekdays(datetime(2026, 3, 30, tzinfo=UTC).date(), 2)
    assert days[1] - days[0] == timedelta(days=3)
