from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from features.domain import AnnounceType, Feed, Listing
from features.errors import MalformedRow, SourceFailed
from features.settings import Settings
from features.sources.arxiv_oai import Harvest, fetch
from features.sources.events import Checkpoint, Event, Fetched
from features.sources.oai_records import MetadataPrefix
from tests.integration.sources.conftest import Asked, FakeTime, Reply, Service

Recorded = Callable[[str], list[Reply]]
RECORDED = "arxiv_oai_pmh/oaipmh-listrecords---should-list-identifiers-from-arxiv.json"
HARVEST = Harvest(date(2026, 2, 24), date(2026, 2, 27), "cs")
ENVELOPE = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{}</OAI-PMH>'
RECORD = """<record><header{status}><identifier>oai:arXiv.org:{id}</identifier></header>{metadata}</record>"""
METADATA = """<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{id}</id>{versions}<title>On {id}</title>
<authors>A. One, B. Two and C. Three (Here, There)</authors><categories>cs.LG cs.CL</categories><abstract> It
is. </abstract></arXivRaw></metadata>"""
VERSION = '<version version="v{n}"><date>{date}</date></version>'
TUESDAY, WEDNESDAY = "Tue, 24 Feb 2026 10:00:00 GMT", "Wed, 25 Feb 2026 10:00:00 GMT"


def record(identifier: str, *dates: str, deleted: bool = False) -> str:
    versions = "".join(VERSION.format(n=n, date=each) for n, each in enumerate(dates, start=1))
    metadata = "" if deleted else METADATA.format(id=identifier, versions=versions)
    return RECORD.format(id=identifier, metadata=metadata, status=' status="deleted"' if deleted else "")


def page(*records: str, token: str = "") -> Reply:
    end = f"<resumptionToken>{token}</resumptionToken>"
    return Reply(ENVELOPE.format(f"<ListRecords>{''.join(records)}{end}</ListRecords>"))


def refusal(code: str, message: str = "") -> Reply:
    return Reply(ENVELOPE.format(f'<error code="{code}">{message}</error>'))


def listings(events: list[Event]) -> list[Listing]:
    return [event for event in events if isinstance(event, Listing)]


def test_the_recorded_503_and_its_records_are_read(
    service: Service, settings: Settings, clock: FakeTime, recorded: Recorded
) -> None:
    service.replies = recorded(RECORDED)
    harvest = Harvest(date(2015, 1, 1), date(2015, 1, 3), prefix=MetadataPrefix.PLAIN)
    first, second = listings(list(fetch(harvest, settings, clock.timing)))
    assert clock.slept == [10.0]
    assert (first.paper.id, second.paper.id) == ("1412.8544", "hep-th/9504118")
    assert first.paper.authors == ("Sander Uijlen", "Bas Westerbaan")
    assert first.day == date(2014, 12, 30)
    assert "{\\it cellular network}" in second.paper.abstract


def test_the_recorded_raw_record_is_read(
    service: Service, settings: Settings, clock: FakeTime, recordings: Path
) -> None:
    body = (recordings / "arxiv_oai_pmh" / "arXivRaw_GetRecord_2013.xml").read_text()
    service.replies = [Reply(body.replace("GetRecord>", "ListRecords>"))]
    (listing,) = listings(list(fetch(HARVEST, settings, clock.timing)))
    assert listing.paper.authors == ("Igor A. Zaliznyak", "John M. Tranquada")
    assert listing.paper.categories == ("cond-mat.str-el",)
    assert listing.day == date(2013, 4, 17)
    assert service.asked[0].query["metadataPrefix"] == "arXivRaw"


def test_tokens_are_followed_and_the_days_closed(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [
        page(record("2602.00001", TUESDAY), token="next/1"),
        page(record("2602.00002", TUESDAY), record("2602.00003", WEDNESDAY)),
    ]
    events = list(fetch(HARVEST, settings, clock.timing))
    assert [event.paper.id for event in listings(events)] == ["2602.00001", "2602.00002", "2602.00003"]
    counts = {event.day.day: event.n_papers for event in events if isinstance(event, Fetched) and event.ok}
    assert counts == {24: 0, 25: 2, 26: 1, 27: 0}
    first, second = (asked.query for asked in service.asked)
    assert first["set"] == "cs"
    assert second == {"verb": "ListRecords", "resumptionToken": "next/1"}


def test_a_revised_record_is_new_on_its_first_day_and_a_revision_later(
    service: Service, settings: Settings, clock: FakeTime
) -> None:
    service.replies = [page(record("2602.00001", TUESDAY, "Thu, 26 Feb 2026 10:00:00 GMT"))]
    found = [(event.announce_type, event.day.day) for event in listings(list(fetch(HARVEST, settings, clock.timing)))]
    assert found == [(AnnounceType.NEW, 25), (AnnounceType.REPLACE, 27)]


def test_deleted_records_are_passed_over_and_broken_ones_named(
    service: Service, settings: Settings, clock: FakeTime
) -> None:
    service.replies = [page(record("2602.00001", deleted=True), record("2602.00002"), record("2602.00003", TUESDAY))]
    events = [event for event in fetch(HARVEST, settings, clock.timing) if isinstance(event, Listing | MalformedRow)]
    broken, good = events
    assert isinstance(broken, MalformedRow)
    assert broken.line == 2
    assert isinstance(good, Listing)


def test_no_records_is_a_good_fetch(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [refusal("noRecordsMatch")]
    *outcomes, end = fetch(HARVEST, settings, clock.timing)
    assert outcomes == [Fetched(Feed.ARXIV, date(2026, 2, day), ok=True, n_papers=0) for day in (24, 25, 26, 27)]
    assert isinstance(end, Checkpoint)


def test_another_error_ends_the_harvest_with_its_reason(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [refusal("badArgument", "no such set")]
    events: list[Event] = []
    with pytest.raises(SourceFailed, match="badArgument no such set"):
        events.extend(fetch(HARVEST, settings, clock.timing))
    assert [(event.day.day, event.ok) for event in events if isinstance(event, Fetched)] == [(27, False)]


def stop_at_the_first_checkpoint(settings: Settings, clock: FakeTime) -> None:
    stopped = fetch(HARVEST, settings, clock.timing)
    next(event for event in stopped if isinstance(event, Checkpoint)).keep()
    stopped.close()


def test_a_stopped_harvest_continues_at_its_token(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [page(record("2602.00001", TUESDAY), token="next"), page(record("2602.00002", TUESDAY))]
    stop_at_the_first_checkpoint(settings, clock)
    events = list(fetch(HARVEST, settings, clock.timing))
    assert [event.paper.id for event in listings(events)] == ["2602.00002"]
    assert Fetched(Feed.ARXIV, date(2026, 2, 25), ok=True, n_papers=2) in events


def test_an_expired_token_starts_the_harvest_over(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [page(record("2602.00001", TUESDAY), token="old")]
    stop_at_the_first_checkpoint(settings, clock)
    service.replies = [refusal("badResumptionToken"), page(record("2602.00001", TUESDAY))]
    events = list(fetch(HARVEST, settings, clock.timing))
    assert [asked.query.get("resumptionToken") for asked in service.asked] == [None, "old", None]
    assert Fetched(Feed.ARXIV, date(2026, 2, 25), ok=True, n_papers=1) in events


def test_a_service_that_never_takes_its_tokens_has_failed(
    service: Service, settings: Settings, clock: FakeTime
) -> None:
    def answer(asked: Asked) -> Reply:
        return refusal("badResumptionToken") if "resumptionToken" in asked.query else page(token="x")

    service.answer = answer
    with pytest.raises(SourceFailed, match="refuses its own resumption token"):
        list(fetch(HARVEST, settings, clock.timing))


def test_what_is_no_oai_answer_is_named(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [Reply("<html/>")]
    with pytest.raises(SourceFailed, match="not OAI-PMH"):
        list(fetch(HARVEST, settings, clock.timing))
