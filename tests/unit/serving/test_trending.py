from datetime import UTC, date, datetime, timedelta

import numpy as np

from features.domain import Cut, DayFeed, Paper, midnight
from features.moment import DayMoment
from models.trending import PageRecord, TrendHistory, TrendModel, TrendRows
from serving.trending import trends_of

FIRST = date(2026, 1, 1)
DAY = date(2026, 2, 27)


def model() -> TrendModel:
    """Papers whose first number is large came on the page."""
    n = 400
    papers = [Paper(f"old{row:03d}", "Title", "words") for row in range(n)]
    vectors = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    days = np.datetime64(FIRST) + np.arange(n) // 10
    pages = [
        PageRecord(papers[row], FIRST + timedelta(row // 10), 2.0)
        for row in np.flatnonzero(vectors[:, 0] > 0.5).tolist()
    ]
    history = TrendHistory.of(pages, np.ones((len(pages), 3), dtype=np.float32), papers, days)
    return TrendModel.fit(TrendRows(papers, days, vectors), vectors[:, 0] > 0.5, history, 0)


MODEL = model()


def moment(votes: list[int], first: list[float], days_later: int = 0) -> DayMoment:
    """Papers a, b, c… with these votes and first numbers of their vectors, seen so many days after their own."""
    papers = tuple(Paper("abcdef"[row], "Title", "words") for row in range(len(votes)))
    vectors = np.column_stack([first, np.zeros((len(votes), 2))]).astype(np.float32)
    feed = DayFeed(DAY, len(votes), datetime(2026, 2, 27, 1, tzinfo=UTC), True, None)
    cut = Cut(midnight(DAY) + timedelta(days=days_later, hours=8))
    return DayMoment(DAY, cut, feed, papers, vectors, np.array(votes, dtype=np.int64))


def test_papers_too_new_for_votes_come_by_predicted_trend_after_those_with_votes() -> None:
    found = trends_of(moment([0, 0, 2, 7], [-1.5, 1.5, 0.0, -1.5]), MODEL)
    assert [trend.paper.id for trend in found] == ["d", "c", "b", "a"]
    assert [trend.predicted for trend in found] == [False, False, True, True]
    assert [trend.votes for trend in found] == [7, 2, None, None]


def test_papers_alike_come_by_id() -> None:
    found = trends_of(moment([0, 0, 0], [1.0, 1.0, 1.0]), MODEL)
    assert [trend.paper.id for trend in found] == ["a", "b", "c"]
    assert len({trend.probability for trend in found}) == 1


def test_the_probability_is_the_models_own() -> None:
    day = moment([0, 0], [1.0, -1.0])
    assert day.vectors is not None
    asked = MODEL.probabilities(TrendRows(day.papers, np.full(2, np.datetime64(DAY)), day.vectors))
    found = {trend.paper.id: trend.probability for trend in trends_of(day, MODEL)}
    assert found == {"a": round(asked[0], 6), "b": round(asked[1], 6)}


def test_after_two_weeks_nothing_is_predicted_any_more() -> None:
    votes, first = [0, 0], [-1.0, 1.0]
    assert all(trend.predicted for trend in trends_of(moment(votes, first, 14), MODEL))
    assert [(t.paper.id, t.probability) for t in trends_of(moment(votes, first, 15), MODEL)] == [
        ("a", None),
        ("b", None),
    ]


def test_without_a_model_papers_without_votes_come_last_by_id() -> None:
    found = trends_of(moment([0, 0, 3], [-1.0, 1.0, 0.0]), None)
    assert [(trend.paper.id, trend.predicted) for trend in found] == [("c", False), ("a", False), ("b", False)]


def test_a_day_without_papers_has_no_trends() -> None:
    assert trends_of(moment([], []), MODEL) == []


def test_readers_votes_count_beside_the_pages_and_are_reported_apart() -> None:
    cast_at = {"a": [midnight(DAY) + timedelta(hours=1)], "b": [midnight(DAY)] * 2}
    found = trends_of(moment([1, 0, 0], [0.0, 0.0, 1.0]), MODEL, cast_at)
    assert [(trend.paper.id, trend.votes, trend.reader_votes) for trend in found] == [
        ("a", 1, 1),
        ("b", None, 2),
        ("c", None, 0),
    ]
    assert [trend.predicted for trend in found] == [False, False, True]


def test_a_vote_is_worth_half_after_two_days() -> None:
    at = midnight(DAY) + timedelta(hours=8)
    (trend,) = trends_of(moment([4], [0.0], 2), None)
    assert trend.heat == round(4 * 2 ** -((2 + 8 / 24) / 2), 6)
    (late,) = trends_of(moment([0], [0.0], 2), None, {"a": [at + timedelta(days=2)]})
    assert late.heat == 1.0


def test_fresh_votes_pass_older_ones_and_waiting_alone_changes_no_order() -> None:
    cast_at = {"b": [midnight(DAY) + timedelta(days=4)] * 2}
    orders = [
        [trend.paper.id for trend in trends_of(moment([6, 0], [0.0, 0.0], days), None, cast_at)] for days in (5, 6, 90)
    ]
    assert orders == [["b", "a"]] * 3
