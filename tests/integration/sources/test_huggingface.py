import json
from datetime import date
from pathlib import Path

import pytest

from features.domain import Feed, Listing
from features.errors import InvalidValue, MalformedRow, SourceFailed
from features.settings import Settings
from features.sources.events import Checkpoint, Event, Fetched
from features.sources.huggingface import days_of_month, days_of_week, fetch
from tests.integration.sources.conftest import Asked, FakeTime, Reply, Service

DAY = date(2026, 2, 24)


def paper(number: int) -> dict[str, object]:
    return {"paper": {"id": f"2602.{number:05}", "title": f"On {number}", "summary": "It is.", "upvotes": number}}


@pytest.mark.parametrize(
    ("day", "counts"), [("2024-06-03", (6, 0)), ("2025-06-03", (29, 28)), ("2026-02-24", (12, 12))]
)
def test_the_three_stages_of_the_schema_are_read(
    service: Service, settings: Settings, clock: FakeTime, recordings: Path, day: str, counts: tuple[int, int]
) -> None:
    service.replies = [Reply((recordings / "hf_daily_papers_api" / f"{day}.json").read_bytes())]
    *found, outcome, _, _ = fetch([date.fromisoformat(day)], settings, clock.timing)
    listings = [event for event in found if isinstance(event, Listing)]
    assert outcome == Fetched(Feed.HUGGINGFACE, date.fromisoformat(day), ok=True, n_papers=counts[0])
    assert (len(listings), sum(bool(each.paper.keywords) for each in listings)) == counts
    assert all(each.votes is not None and each.paper.authors and each.paper.published_at for each in listings)


def test_a_recorded_paper_keeps_all_it_says(
    service: Service, settings: Settings, clock: FakeTime, recordings: Path
) -> None:
    service.replies = [Reply((recordings / "hf_daily_papers_api" / "2024-06-03.json").read_bytes())]
    first = next(iter(fetch([date(2024, 6, 3)], settings, clock.timing)))
    assert isinstance(first, Listing)
    assert (first.feed, first.day, first.votes) == (Feed.HUGGINGFACE, date(2024, 6, 3), 27)
    assert first.paper.authors == ("Tri Dao", "Albert Gu")
    assert first.paper.title.endswith("Models and Efficient Algorithms Through Structured State Space Duality")


def test_a_long_day_is_read_to_its_last_page(service: Service, settings: Settings, clock: FakeTime) -> None:
    def answer(asked: Asked) -> Reply:
        start = 100 * int(asked.query["p"])
        return Reply(json.dumps([paper(n) for n in range(start, min(130, start + 100))]))

    service.answer = answer
    events = list(fetch([DAY], settings, clock.timing))
    assert sum(isinstance(event, Listing) for event in events) == 130
    assert [asked.query for asked in service.asked] == [
        {"date": "2026-02-24", "limit": "100", "p": page} for page in ("0", "1")
    ]


def test_an_empty_page_is_a_good_fetch_and_days_to_come_are_left_out(
    service: Service, settings: Settings, clock: FakeTime
) -> None:
    service.replies = [Reply("[]")]
    outcomes = [event for event in fetch([DAY, date(2026, 3, 1)], settings, clock.timing) if isinstance(event, Fetched)]
    assert outcomes == [Fetched(Feed.HUGGINGFACE, DAY, ok=True, n_papers=0)]


def test_a_broken_element_is_named_and_the_others_stand(service: Service, settings: Settings, clock: FakeTime) -> None:
    broken = [7, {}, {"paper": {"id": "x"}}, {"paper": {"id": "2602.00001", "title": "T", "upvotes": "many"}}]
    service.replies = [Reply(json.dumps([*broken, paper(5)]))]
    events = list(fetch([DAY], settings, clock.timing))
    assert [event.line for event in events if isinstance(event, MalformedRow)] == [1, 2, 3, 4]
    assert sum(isinstance(event, Listing) for event in events) == 1


@pytest.mark.parametrize("reply", [Reply("{}"), Reply("<html>"), Reply("[" * 100_000), Reply("gone", 404)])
def test_what_is_no_page_is_a_failed_fetch(service: Service, settings: Settings, clock: FakeTime, reply: Reply) -> None:
    service.replies = [reply]
    events: list[Event] = []
    with pytest.raises(SourceFailed, match="Hugging Face"):
        events.extend(fetch([DAY], settings, clock.timing))
    assert [event.ok for event in events if isinstance(event, Fetched)] == [False]


def test_a_stopped_month_continues_at_its_next_day(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [Reply("[]")]
    days = days_of_month("2026-02")
    stopped = fetch(days, settings, clock.timing)
    for _ in range(3):
        next(event for event in stopped if isinstance(event, Checkpoint)).keep()
    stopped.close()
    assert next(iter(fetch(days, settings, clock.timing))) == Fetched(
        Feed.HUGGINGFACE, date(2026, 2, 4), ok=True, n_papers=0
    )


def test_weeks_and_months_are_days() -> None:
    assert days_of_week("2026-W09") == (*(date(2026, 2, day) for day in range(23, 29)), date(2026, 3, 1))
    assert days_of_month("2024-02")[-1] == date(2024, 2, 29)


@pytest.mark.parametrize("written", ["2026-W60", "2026-09", "W09", "0000-W01"])
def test_what_is_no_week_is_refused(written: str) -> None:
    with pytest.raises(InvalidValue, match="a week is written like 2026-W09"):
        days_of_week(written)


@pytest.mark.parametrize("written", ["2026-13", "2026", "", "2026-02-01"])
def test_what_is_no_month_is_refused(written: str) -> None:
    with pytest.raises(InvalidValue, match="a month is written like 2026-02"):
        days_of_month(written)
