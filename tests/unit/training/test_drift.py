import gzip
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from features.domain import DayFeed, Paper, midnight
from features.settings import DriftSettings
from training.drift import Drift, Scores, divergence, measure_drift
from training.history import Catalogue

SETTINGS = DriftSettings(min_papers=100)
LAST = date(2026, 2, 27)
LETTERS = "abcdefghijklmnopqrst"
WORDS = {"cs.CV": "image", "cs.CL": "token", "cs.LG": "kernel", "cs.RO": "robot"}
Shares = dict[str, float]
USUAL: Shares = {"cs.CV": 0.5, "cs.CL": 0.4, "cs.LG": 0.1}


def stream(newest: Shares, *, n_newest: int = 100, before: int = 100) -> tuple[Catalogue, list[DayFeed]]:
    """Forty days of the usual and five of something else, papers drawn by a fixed seed."""
    rng = np.random.default_rng(0)
    rows: list[tuple[Paper, date]] = []
    for back in range(44, -1, -1):
        day = LAST - timedelta(days=back)
        shares, count = (newest, n_newest) if back < 5 else (USUAL, before)
        for number in range(rng.poisson(count)):
            category = str(rng.choice(list(shares), p=list(shares.values())))
            words = " ".join(f"{WORDS[category]}-{letter}" for letter in rng.choice(list(LETTERS), 4))
            rows.append((Paper(f"{day:%m%d}.{number:04d}", words, "common words", (), (category,)), day))
    return catalogue_of(rows), feeds_of(rows)


def catalogue_of(rows: Sequence[tuple[Paper, date]]) -> Catalogue:
    ordered = sorted(rows, key=lambda row: row[0].id)
    return Catalogue(tuple(paper for paper, _ in ordered), np.array([day for _, day in ordered], dtype="datetime64[D]"))


def feeds_of(rows: Sequence[tuple[Paper, date]]) -> list[DayFeed]:
    counts = Counter(day for _, day in rows)
    return [DayFeed(day, n, midnight(day), complete=True, reason=None) for day, n in sorted(counts.items())]


def measured(parts: tuple[Catalogue, list[DayFeed]], scores: Scores | None = None) -> Drift:
    return measure_drift(*parts, midnight(LAST + timedelta(days=1)), SETTINGS, scores)


def fired(drift: Drift) -> set[str]:
    return {measure.name for measure in drift.measures if measure.fired}


def test_the_usual_days_do_not_fire() -> None:
    drift = measured(stream(USUAL))
    assert (len(drift.newest), len(drift.window), fired(drift)) == (5, 40, set())


def test_a_lost_category_is_named_with_its_shares() -> None:
    drift = measured(stream({"cs.CV": 0.55, "cs.CL": 0.45}))
    assert "lost category" in fired(drift)
    assert any("cs.LG from 10" in words and "to 0.0%" in words for words in drift.fired)


def test_a_new_category_a_new_vocabulary_and_another_volume_fire() -> None:
    assert "categories" in fired(measured(stream({"cs.CV": 0.4, "cs.CL": 0.3, "cs.LG": 0.1, "cs.RO": 0.2})))
    assert "terms" in fired(measured(stream({"cs.CV": 0.1, "cs.CL": 0.8, "cs.LG": 0.1})))
    assert fired(measured(stream(USUAL, n_newest=30))) == {"volume"}
    assert fired(measured(stream(USUAL, n_newest=300))) == {"volume"}


def test_scores_fire_when_they_move_and_not_when_there_are_none_or_they_are_no_numbers() -> None:
    days = np.repeat(np.arange(LAST - timedelta(days=19), LAST + timedelta(days=1), dtype="datetime64[D]"), 400)
    values = np.random.default_rng(1).normal(size=len(days))
    parts = stream(USUAL)
    assert fired(measured(parts, Scores(days, values))) == set()
    moved = values + 3.0 * (days > np.datetime64(LAST - timedelta(days=5)))
    assert fired(measured(parts, Scores(days, moved))) == {"scores"}
    for nothing in (Scores(days[:0], values[:0]), Scores(days, np.full(len(days), np.nan))):
        assert fired(measured(parts, nothing)) == set()


def test_too_little_is_not_compared_and_says_so() -> None:
    for parts in ((Catalogue((), np.zeros(0, "datetime64[D]")), []), stream(USUAL, n_newest=3)):
        drift = measured(parts)  # type: ignore[arg-type]  # the empty list has no type of its own
        assert drift.measures == ()
        assert "too little" in str(drift.reason)
        json.dumps(drift.document(), allow_nan=False)


def test_papers_without_categories_and_words_are_compared_by_what_is_left() -> None:
    rows = [(Paper(f"{n}", "1 2 3"), LAST - timedelta(days=n % 45)) for n in range(9000)]
    drift = measured((catalogue_of(rows), feeds_of(rows)))
    assert fired(drift) == set()
    json.dumps(drift.document(), allow_nan=False)


def test_days_after_the_cut_take_no_part() -> None:
    parts = stream({"cs.RO": 1.0})
    drift = measure_drift(*parts, midnight(LAST - timedelta(days=5)), SETTINGS)
    assert max(drift.newest) == LAST - timedelta(days=5)
    assert fired(drift) == set()


def test_divergence_is_one_bit_for_nothing_in_common_and_none_for_the_same() -> None:
    one, other = np.array([1e6, 0.0]), np.array([0.0, 1e6])
    assert divergence(one, other) == pytest.approx(1.0, abs=1e-5)
    assert divergence(one, one) == 0.0
    assert np.isnan(divergence(np.zeros(2), one))


@pytest.fixture(scope="module")
def arxiv(data_dir: Path) -> list[tuple[Paper, date]]:
    with gzip.open(data_dir / "arxiv_cs.jsonl.gz", "rt") as lines:
        rows = map(json.loads, lines)
        return [
            (Paper(row["id"], row["title"], row["abstract"], (), tuple(row["categories"])), day)
            for row in rows
            if date(2025, 5, 20) <= (day := date.fromisoformat(row["first_day"])) <= date(2025, 12, 22)
        ]


@pytest.mark.parametrize(
    ("as_of", "lost"),
    [("2025-08-06", True), ("2025-08-30", True), ("2025-09-20", False), ("2025-10-25", False), ("2025-12-20", False)],
)
def test_the_loss_of_cs_lg_in_august_2025_fires_and_ordinary_weeks_do_not(
    arxiv: list[tuple[Paper, date]], as_of: str, lost: bool
) -> None:
    cut = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    known = [(paper, day) for paper, day in arxiv if day < cut.date()]
    # What the store calls complete takes in all weekdays; here a tenth of the usual tells the broken days.
    feeds = [feed for feed in feeds_of(known) if feed.n_papers >= 60]
    drift = measure_drift(catalogue_of(known), feeds, cut, DriftSettings())
    assert bool(drift.fired) == lost
    assert any("cs.LG" in words for words in drift.fired) == lost
