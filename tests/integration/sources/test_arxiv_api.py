from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from features.domain import AnnounceType, Feed, Listing
from features.errors import InvalidValue, MalformedRow, SourceFailed
from features.settings import Settings
from features.sources.arxiv_api import Span, fetch
from features.sources.events import Checkpoint, Event, Fetched
from tests.integration.sources.conftest import Asked, FakeTime, Reply, Service

Recorded = Callable[[str], list[Reply]]
THURSDAY = date(2026, 2, 26)
ONE_DAY = Span(("cs.LG", "cs.CL"), THURSDAY, THURSDAY, page_size=10)
EMPTY = "arxiv_api_atom/id_0000.0000_s0_m100_8b51d9633a68.json"
PAGES = {
    0: "arxiv_api_atom/q_testing_s0_m10_bc5a6c384fe9.json",
    10: "arxiv_api_atom/q_testing_s10_m10_34e56e15aaac.json",
    20: "arxiv_api_atom/q_testing_s20_m10_348a237fecab.json",
}


@pytest.fixture
def three_pages(service: Service, recorded: Recorded) -> Service:
    """The recorded pages of a query, its 214,881 results cut down to 30."""

    def answer(asked: Asked) -> Reply:
        (reply,) = recorded(PAGES[int(asked.query["start"])])
        return Reply(reply.raw.replace(b">214881<", b">30<"))

    service.answer = answer
    return service


def listings(events: list[Event]) -> list[Listing]:
    return [event for event in events if isinstance(event, Listing)]


def outcomes(events: list[Event]) -> list[Fetched]:
    return [event for event in events if isinstance(event, Fetched)]


def test_a_day_is_read_page_by_page(three_pages: Service, settings: Settings, clock: FakeTime) -> None:
    events = list(fetch(ONE_DAY, settings, clock.timing))
    new = [event for event in listings(events) if event.announce_type is AnnounceType.NEW]
    assert len({event.paper.id for event in new}) == len(new) == 30
    assert outcomes(events) == [Fetched(Feed.ARXIV, THURSDAY, ok=True, n_papers=30)]
    assert [asked.query["start"] for asked in three_pages.asked] == ["0", "10", "20"]
    assert clock.slept == [3.0, 3.0]


def test_the_query_names_categories_and_the_days_window(
    three_pages: Service, settings: Settings, clock: FakeTime
) -> None:
    list(fetch(ONE_DAY, settings, clock.timing))
    query = "(cat:cs.LG OR cat:cs.CL) AND submittedDate:[202602241900 TO 202602251859]"
    assert three_pages.asked[0].query["search_query"] == query


def test_a_recorded_entry_keeps_all_it_says(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    service.replies = recorded("arxiv_api_atom/id_astro-ph_0601001_s0_m100_3150dca9dc76.json")
    (listing,) = listings(list(fetch(ONE_DAY, settings, clock.timing)))
    paper = listing.paper
    assert (paper.id, paper.version, listing.day) == ("astro-ph/0601001", 1, THURSDAY)
    assert paper.authors == ("Andrew Gould", "Susan Dorsher", "B. Scott Gaudi", "Andrzej Udalski")
    assert paper.categories == ("astro-ph",)
    assert paper.published_at == datetime(2006, 1, 2, 14, 57, 58, tzinfo=UTC)
    assert "V_max<17.5" in paper.abstract
    assert paper.comment.startswith("62 pages")


def test_a_later_version_is_also_a_revision(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    (reply,) = recorded("arxiv_api_atom/id_1605.08386_s0_m100_199195aa31ad.json")
    newer = reply.raw.replace(b"1605.08386v1", b"1605.08386v3").replace(b"<updated>2016", b"<updated>2026")
    service.replies = [Reply(newer)]
    first, second = listings(list(fetch(ONE_DAY, settings, clock.timing)))
    assert (first.announce_type, first.day, first.paper.version) == (AnnounceType.NEW, THURSDAY, 3)
    assert (second.announce_type, second.day.year) == (AnnounceType.REPLACE, 2026)


def test_a_day_with_nothing_is_fetched_and_empty(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    service.replies = recorded(EMPTY)
    outcome, end = fetch(ONE_DAY, settings, clock.timing)
    assert outcome == Fetched(Feed.ARXIV, THURSDAY, ok=True, n_papers=0)
    assert isinstance(end, Checkpoint)
    assert end.state is None


def test_weekends_are_not_asked_for_and_days_to_come_are_left_out(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    service.replies = recorded(EMPTY)
    span = Span(("cs.LG",), date(2026, 2, 20), date(2026, 3, 31))
    days = [outcome.day.day for outcome in outcomes(list(fetch(span, settings, clock.timing)))]
    assert days == [20, 21, 22, 23, 24, 25, 26, 27]
    assert len(service.asked) == 6


def test_a_refused_query_gives_the_services_own_reason(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    service.replies = recorded("arxiv_api_atom/id_abc_s0_m100_b79c8dcf6bc3.json")
    events: list[Event] = []
    with pytest.raises(SourceFailed, match="arXiv API: refuses the query: incorrect id format for abc"):
        events.extend(fetch(ONE_DAY, settings, clock.timing))
    assert [(outcome.ok, outcome.day) for outcome in outcomes(events)] == [(False, THURSDAY)]


def test_an_empty_page_in_the_middle_is_asked_for_again(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    (empty,) = recorded(EMPTY)
    (last,) = recorded("arxiv_api_atom/id_1605.08386_s0_m100_199195aa31ad.json")
    service.replies = [Reply(empty.raw.replace(b">0</opensearch:totalResults>", b">1</opensearch:totalResults>")), last]
    assert len(listings(list(fetch(ONE_DAY, settings, clock.timing)))) == 1
    assert clock.slept == [3.0]


def test_an_entry_without_a_title_is_named_and_the_others_stand(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    (reply,) = recorded(PAGES[0])
    body = reply.raw.replace(b">214881<", b">10<")
    start = body.index(b"<title>", body.index(b"<entry>"))
    service.replies = [Reply(body[:start] + body[body.index(b"</title>", start) + len(b"</title>") :])]
    events = list(fetch(ONE_DAY, settings, clock.timing))
    (broken,) = (event for event in events if isinstance(event, MalformedRow))
    assert broken.line == 1
    assert "title" in broken.reason
    assert outcomes(events)[0].n_papers == 9


def test_a_stopped_fetch_continues_at_its_page(three_pages: Service, settings: Settings, clock: FakeTime) -> None:
    stopped = fetch(ONE_DAY, settings, clock.timing)
    for event in stopped:
        if isinstance(event, Checkpoint):
            event.keep()
            break
    stopped.close()
    rest = list(fetch(ONE_DAY, settings, clock.timing))
    assert [asked.query["start"] for asked in three_pages.asked] == ["0", "10", "20"]
    assert outcomes(rest) == [Fetched(Feed.ARXIV, THURSDAY, ok=True, n_papers=30)]


@pytest.mark.parametrize("categories", [(), ("cs.LG) OR (all:x",)])
def test_what_is_no_category_is_refused_before_asking(categories: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValue, match="arXiv category"):
        Span(categories, THURSDAY, THURSDAY)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidValue, match="not before the first day"):
        Span(("cs.LG",), THURSDAY, date(2026, 2, 25))
