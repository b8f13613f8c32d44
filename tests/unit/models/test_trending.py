from datetime import date, timedelta

import numpy as np
import pytest
from scipy import sparse

from features.domain import Paper
from models.trend_evidence import FEATURES, evidence_of
from models.trending import PageRecord, TrendHistory, TrendModel, TrendRows
from training.history import Catalogue
from training.trending import UNKNOWN, Settled, outcomes_of

FIRST = date(2026, 1, 1)
COLUMN = {name: place for place, name in enumerate(FEATURES)}


def paper(number: int, *authors: str) -> Paper:
    return Paper(f"p{number:04d}", f"Paper {number}", "words", authors=authors, categories=("cs.CL",))


def world(n: int = 600) -> tuple[TrendRows, np.ndarray, list[PageRecord]]:
    """Ten papers a day; every third is by Star, whose papers are on the page the day after."""
    papers = [paper(row, "Star" if row % 3 == 0 else f"Author {row}", "Common") for row in range(n)]
    days = np.datetime64(FIRST) + np.arange(n) // 10
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(n, 4)).astype(np.float32)
    terms = sparse.csr_array((rng.random((n, 6)) < 0.4).astype(np.float32))
    pages = [PageRecord(papers[row], FIRST + timedelta(row // 10 + 1), 5.0) for row in range(0, n, 3)]
    return TrendRows(papers, days, vectors, terms), np.arange(n) % 3 == 0, pages


def history_of(rows: TrendRows, pages: list[PageRecord]) -> TrendHistory:
    vectors = np.ones((len(pages), rows.vectors.shape[1]), dtype=np.float32)
    return TrendHistory.of(pages, vectors, rows.papers, rows.days)


def test_the_author_of_earlier_pages_is_found_out() -> None:
    rows, outcomes, pages = world()
    model = TrendModel.fit(rows, outcomes, history_of(rows, pages), 0)
    found = model.probabilities(rows.at(np.arange(300, 600)))
    assert found[outcomes[300:]].mean() > 0.7
    assert found[~outcomes[300:]].mean() < 0.2


def test_a_page_counts_from_the_day_after_it_and_after_the_papers_own_listing() -> None:
    old, new = paper(1, "Star"), paper(2, "Star")
    listed = np.array(["2026-01-10", "2026-01-10"], dtype="datetime64[D]")
    pages = [PageRecord(old, date(2026, 1, 5), 3.0)]  # on the page five days before its listing
    history = TrendHistory.of(pages, np.ones((1, 2), dtype=np.float32), [old, new], listed)
    vectors = np.ones((2, 2), dtype=np.float32)
    for day, hits in (("2026-01-10", 0), ("2026-01-11", 1)):
        days = np.full(2, np.datetime64(day))
        assert evidence_of([old, new], vectors, days, history)[1, COLUMN["hits"]] == hits


def test_appending_the_future_changes_nothing() -> None:
    rows, outcomes, pages = world()
    history = history_of(rows, pages)
    model = TrendModel.fit(rows.at(np.arange(300)), outcomes[:300], history, 0)
    tested = rows.at(np.arange(300, 310))  # day 30
    past = [record for record in pages if record.day < FIRST + timedelta(30)]
    assert len(past) < len(pages)
    known = rows.at(np.arange(300))
    cut = TrendHistory.of(past, np.ones((len(past), 4), dtype=np.float32), known.papers, known.days)
    assert np.array_equal(model.probabilities(tested, history), model.probabilities(tested, cut))
    again = TrendModel.fit(rows.at(np.arange(300)), outcomes[:300], cut, 0)
    assert np.array_equal(again.probabilities(tested), model.probabilities(tested))


def test_arrays_give_the_same_model_back_and_a_fit_repeats_itself() -> None:
    rows, outcomes, pages = world()
    model = TrendModel.fit(rows, outcomes, history_of(rows, pages), 7)
    loaded = TrendModel.from_arrays(model.arrays())
    again = TrendModel.fit(rows, outcomes, history_of(rows, pages), 7)
    assert all(values.dtype != object for values in model.arrays().values())
    assert np.array_equal(loaded.probabilities(rows), model.probabilities(rows))
    assert again.trees == model.trees


@pytest.mark.parametrize("votes", [None, float("nan"), -1.0])
def test_votes_nobody_knows_count_as_none(votes: float | None) -> None:
    rows, _, pages = world(30)
    history = history_of(rows, [PageRecord(record.paper, record.day, votes) for record in pages])
    found = evidence_of(rows.papers, rows.vectors, rows.days + 9, history)
    assert np.isfinite(found).all()
    assert (found[:, COLUMN["best_votes"]] == 0).all()


def test_without_any_page_and_without_authors_there_are_probabilities() -> None:
    rows, outcomes, _ = world()
    nameless = [Paper(each.id, each.title) for each in rows.papers]
    bare = TrendRows(nameless, rows.days, np.ones_like(rows.vectors))  # constant features, and no terms either
    model = TrendModel.fit(bare, outcomes, history_of(bare, []), 0)
    assert np.isfinite(model.probabilities(bare)).all()


@pytest.mark.parametrize("n_positives", [0, 1, 600])
def test_with_too_few_outcomes_of_one_kind_everything_gets_the_share(n_positives: int) -> None:
    rows, _, pages = world()
    model = TrendModel.fit(rows, np.arange(600) < n_positives, history_of(rows, pages), 0)
    found = TrendModel.from_arrays(model.arrays()).probabilities(rows)
    assert found == pytest.approx((n_positives + 0.5) / 601)


def test_no_papers_have_no_probabilities() -> None:
    rows, outcomes, pages = world()
    model = TrendModel.fit(rows, outcomes, history_of(rows, pages), 0)
    assert model.probabilities(rows.at(np.arange(0))).shape == (0,)


def test_outcomes_are_pages_within_two_weeks_of_the_first_day() -> None:
    papers = [paper(row) for row in range(6)]
    first = np.full(6, np.datetime64(FIRST))
    first[5] += 20
    pages = [PageRecord(papers[row], FIRST + timedelta(delay)) for row, delay in enumerate((0, 14, 15, -1))]
    found = outcomes_of(papers, first, pages, FIRST + timedelta(30))
    assert found.tolist() == [1, 1, 0, UNKNOWN, 0, UNKNOWN]


def test_a_history_from_a_day_on_answers_that_day_and_later_as_the_whole_one() -> None:
    rows, outcomes, pages = world(2000)
    history = history_of(rows, pages)
    cut = FIRST + timedelta(180)
    short = history.from_day(cut)
    assert 0 < len(short.vectors) < len(history.vectors)
    model = TrendModel.fit(rows, outcomes, history, 0)
    later = rows.at(np.flatnonzero(rows.days >= np.datetime64(cut)))
    assert np.array_equal(model.probabilities(later, short), model.probabilities(later, history))


def test_a_fit_learns_from_papers_whose_two_weeks_are_over_and_whose_pages_were_kept() -> None:
    rows, _, pages = world(600)  # days 0 to 59, pages from day 1
    late = [record for record in pages if record.day >= FIRST + timedelta(10)]
    settled = Settled.of(Catalogue(tuple(rows.papers), rows.days), late, FIRST + timedelta(50))
    days = rows.days[settled.rows]
    assert (days.min(), days.max()) == (np.datetime64(FIRST) + 10, np.datetime64(FIRST) + 49 - 14)
    assert max(record.day for record in settled.pages) < FIRST + timedelta(50)


def test_pages_that_were_not_fetched_lately_do_not_count_as_empty() -> None:
    rows, _, pages = world(600)
    until = [record for record in pages if record.day <= FIRST + timedelta(30)]
    settled = Settled.of(Catalogue(tuple(rows.papers), rows.days), until, FIRST + timedelta(59))
    assert rows.days[settled.rows].max() == np.datetime64(FIRST) + 30 - 14


def test_what_comes_after_the_cut_is_not_read() -> None:
    rows, _, pages = world(600)
    catalogue, cut = Catalogue(tuple(rows.papers), rows.days), FIRST + timedelta(40)
    whole = Settled.of(catalogue, pages, cut)
    past = Settled.of(catalogue.before(cut), [record for record in pages if record.day < cut], cut)
    assert whole.pages == past.pages
    assert [whole.catalogue.papers[row] for row in whole.rows] == [past.catalogue.papers[row] for row in past.rows]
    assert np.array_equal(whole.outcomes, past.outcomes)


def test_too_little_history_is_named() -> None:
    rows, _, pages = world(600)
    catalogue = Catalogue(tuple(rows.papers), rows.days)
    assert Settled.of(catalogue, [], FIRST + timedelta(60)).lack == "no community page is in the store"
    assert "20 of the 60 papers" in (Settled.of(catalogue, pages, FIRST + timedelta(21)).lack or "")
    assert Settled.of(catalogue, pages, FIRST + timedelta(60)).lack is None


def test_threads_change_no_bit() -> None:
    rows, outcomes, pages = world()
    one, three = (TrendModel.fit(rows, outcomes, history_of(rows, pages), 7, threads) for threads in (1, 3))
    assert (one.coef.tobytes(), one.intercept, one.trees) == (three.coef.tobytes(), three.intercept, three.trees)
