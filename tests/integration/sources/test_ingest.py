import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from features.domain import (
    AnnounceType,
    Clock,
    Cut,
    EmptyReason,
    Feed,
    Interaction,
    InteractionKind,
    Listing,
    Paper,
    midnight,
)
from features.errors import BadInput, MalformedRow, SourceFailed, StoreFailed, UnreadableFile
from features.ingest import MOST_KEPT_REJECTIONS, ingest_interactions, ingest_listings, ingest_users
from features.settings import IngestSettings, Settings
from features.sources import arxiv_api, arxiv_feed
from features.sources.events import Event, Fetched
from features.sources.jsonl import read_listings
from features.sources.picks import pick_of, read_picks
from features.store import Store, open_store
from tests.integration.sources.conftest import Asked, FakeTime, Reply, Service

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = date(2026, 2, 25)
FRONT = Cut(datetime(2090, 1, 1, tzinfo=UTC))


def now() -> datetime:
    return NOW


def listing(number: int, **changes: object) -> Listing:
    paper = Paper(f"2602.{number:05}", f"On {number}", categories=("cs.LG",))
    return Listing(**{"paper": paper, "day": DAY, **changes})


def broken(line: int) -> MalformedRow:
    return MalformedRow("file", line, "broken")


def then(events: Iterable[Event], error: Exception) -> Iterator[Event]:
    yield from events
    raise error


def test_good_rows_go_in_and_bad_ones_are_named(store: Store) -> None:
    report = ingest_listings(store, [listing(1), broken(2), listing(3), broken(4)], now=now, batch_size=1)
    assert report.closing_line() == "2 new, 0 revised, 0 unchanged, 2 rejected"
    assert [row.line for row in report.rejected] == [2, 4]
    assert not report.ok


def test_the_same_rows_again_are_unchanged(store: Store) -> None:
    ingest_listings(store, [listing(1), listing(2)], now=now)
    report = ingest_listings(store, [listing(1), listing(2)], now=now)
    assert report.closing_line() == "0 new, 0 revised, 2 unchanged, 0 rejected"
    assert report.ok


@pytest.mark.parametrize("error", [UnreadableFile("f.gz", "ends too early"), SourceFailed("arXiv", "is down")])
def test_rows_before_a_failure_are_kept(store: Store, error: BadInput) -> None:
    report = ingest_listings(store, then([listing(1), listing(2)], error), now=now)
    assert (report.new, report.failure) == (2, error)
    assert not report.ok


def test_an_error_that_is_not_the_sources_is_raised(store: Store) -> None:
    with pytest.raises(StoreFailed, match="disk full"):
        ingest_listings(store, then([listing(1)], StoreFailed("disk full")), now=now)


def test_rejections_beyond_a_thousand_are_only_counted(store: Store) -> None:
    report = ingest_listings(store, (broken(n) for n in range(1500)), now=now)
    assert (report.n_rejected, len(report.rejected)) == (1500, MOST_KEPT_REJECTIONS)


def test_progress_counts_the_rows_read(store: Store) -> None:
    seen: list[int] = []
    ingest_listings(store, [listing(n) for n in range(1, 6)], now=now, batch_size=2, progress=seen.append)
    assert seen == [2, 4, 5]


def test_outcomes_say_why_a_day_is_empty(store: Store) -> None:
    failed = Fetched(Feed.ARXIV, date(2026, 2, 24), ok=False, n_papers=0, error="down")
    ingest_listings(store, [Fetched(Feed.ARXIV, DAY, ok=True, n_papers=0), failed], now=now)
    with store.transaction() as tx:
        reasons = [tx.days.feed(date(2026, 2, day), FRONT).reason for day in (23, 24, 25)]
    assert reasons == [EmptyReason.NOT_FETCHED, EmptyReason.FETCH_FAILED, EmptyReason.NOTHING_LISTED]


def test_picks_on_unknown_papers_wait_and_are_attached_when_the_paper_comes(store: Store) -> None:
    row: dict[str, object] = {"reader": "r1", "paper": "2602.00001", "picked_on": "2026-02-26"}
    picks = [pick_of(row), pick_of(row | {"paper": "2602.00002"}), broken(3)]
    ingest_listings(store, [listing(2)], now=now)
    report = ingest_interactions(store, picks, now=now)
    assert report.closing_line() == "1 new, 0 revised, 0 unchanged, 1 rejected, 1 pending"
    assert ingest_listings(store, [listing(1)], now=now).closing_line().endswith("0 rejected, 1 attached")
    assert ingest_interactions(store, picks, now=now).unchanged == 2


def test_a_client_id_with_other_content_is_called_conflicting(store: Store) -> None:
    first = Interaction("c1", "ann", "2602.00001", InteractionKind.SAVE, NOW)
    other = Interaction("c1", "ann", "2602.00001", InteractionKind.OPEN, NOW)
    ingest_listings(store, [listing(1)], now=now)
    assert ingest_interactions(store, [first, other], now=now).closing_line().endswith("1 conflicting")


def test_users_are_added_once(store: Store) -> None:
    ingest_users(store, ["ann"], now=now)
    report = ingest_users(store, ["ann", "bo", "bo", broken(4)], now=now)
    assert report.closing_line() == "1 new, 0 revised, 2 unchanged, 1 rejected"


def revised(number: int, text: str) -> list[Listing]:
    paper = Paper(f"2602.{number:05}", text, categories=("cs.LG",), version=3)
    later = date(2026, 3, 20)
    return [Listing(paper, DAY, Feed.ARXIV), Listing(paper, later, Feed.ARXIV, AnnounceType.REPLACE)]


def title_at(store: Store, day: date) -> str:
    with store.transaction() as tx:
        return tx.papers.get("2602.00001", Cut(midnight(day), Clock.OCCURRED)).title


def test_a_backfill_does_not_put_a_later_text_in_the_place_of_a_known_first_one(store: Store) -> None:
    ingest_listings(store, [listing(1, day=date(2026, 2, 26))], now=now)
    ingest_listings(store, revised(1, "Third thoughts"), now=now)
    assert [title_at(store, date(2026, 2, day)) for day in (25, 26)] == ["On 1", "On 1"]
    assert title_at(store, date(2026, 3, 20)) == "Third thoughts"


def test_a_backfill_of_unknown_papers_is_of_their_first_day(store: Store) -> None:
    report = ingest_listings(store, revised(1, "Third thoughts"), now=now)
    assert (report.new, title_at(store, DAY)) == (1, "Third thoughts")
    assert ingest_listings(store, revised(1, "Third thoughts"), now=now).unchanged == 1


def test_a_backfill_leaves_the_text_of_a_community_page_but_brings_the_categories(store: Store) -> None:
    paper = Paper("2602.00001", "On 1", keywords=("graphs",))
    ingest_listings(store, [Listing(paper, DAY, Feed.HUGGINGFACE, votes=3)], now=now)
    ingest_listings(store, revised(1, "Third thoughts"), now=now)
    with store.transaction() as tx:
        held = tx.papers.get("2602.00001", Cut(midnight(DAY), Clock.OCCURRED))
    assert (held.title, held.categories) == ("On 1", ("cs.LG",))


SPAN = arxiv_api.Span(("cs.LG",), DAY, DAY, page_size=1)
ENTRY = """<entry><id>http://arxiv.org/abs/2602.0000{n}v1</id><title>On {n}</title><summary>It is.</summary>
<published>2026-02-24T10:00:00Z</published><updated>2026-02-24T10:00:00Z</updated><category term="cs.LG"/></entry>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<id>x</id><opensearch:totalResults>4</opensearch:totalResults>{entry}</feed>"""


def one_entry(asked: Asked) -> Reply:
    return Reply(ATOM.format(entry=ENTRY.format(n=int(asked.query["start"]) + 1)))


def ids(store: Store) -> list[str]:
    with store.transaction() as tx:
        return [paper.id for paper in tx.papers.on_day(DAY, FRONT)]


def test_a_fetch_that_failed_continues_at_its_page(
    store: Store, service: Service, settings: Settings, clock: FakeTime
) -> None:
    service.answer = lambda asked: Reply("", 500) if asked.query["start"] == "2" else one_entry(asked)
    failed = ingest_listings(store, arxiv_api.fetch(SPAN, settings, clock.timing), now=clock.now)
    service.asked.clear()
    service.answer = one_entry
    rest = ingest_listings(store, arxiv_api.fetch(SPAN, settings, clock.timing), now=clock.now)
    assert (failed.new, rest.new, rest.ok) == (2, 2, True)
    assert [asked.query["start"] for asked in service.asked] == ["2", "3"]
    assert ids(store) == [f"2602.0000{n}" for n in (1, 2, 3, 4)]
    assert not list((settings.data_dir / "cursors").iterdir())


CHILD = """
import sys
from datetime import UTC, date, datetime
from features.ingest import ingest_listings
from features.settings import Settings
from features.sources.arxiv_api import Span, fetch
from features.store import open_store
settings = Settings.model_validate_json(sys.argv[1])
span = Span(("cs.LG",), date(2026, 2, 25), date(2026, 2, 25), page_size=1)
ingest_listings(open_store(settings.database_url), fetch(span, settings), now=lambda: datetime.now(UTC))
"""


def test_an_ingest_killed_in_the_middle_continues_and_loses_nothing(
    service: Service, settings: Settings, clock: FakeTime
) -> None:
    at_the_third, go_on = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Reply:
        if asked.query["start"] == "2" and not go_on.is_set():
            at_the_third.set()
            go_on.wait(30)
        return one_entry(asked)

    service.answer = answer
    hasty = settings.model_copy(update={"ingest": settings.ingest.model_copy(update={"request_interval_seconds": 0.0})})
    with subprocess.Popen([sys.executable, "-c", CHILD, hasty.model_dump_json()]) as child:
        assert at_the_third.wait(60)
        child.send_signal(signal.SIGKILL)
    go_on.set()
    with open_store(settings.database_url) as store:
        assert len(ids(store)) == 2
        report = ingest_listings(store, arxiv_api.fetch(SPAN, hasty, clock.timing), now=clock.now)
        assert (report.new, len(ids(store))) == (2, 4)
    assert [asked.query["start"] for asked in service.asked] == ["0", "1", "2", "2", "3"]


def test_a_billion_laughs_feed_is_one_line_and_a_failed_day(
    store: Store, service: Service, settings: Settings, clock: FakeTime
) -> None:
    service.replies = [Reply('<!DOCTYPE a [<!ENTITY l "ha">]><rss version="2.0"><a>&l;</a></rss>')]
    report = ingest_listings(store, arxiv_feed.fetch(("cs.LG",), settings, clock.timing), now=clock.now)
    assert "declares XML entities" in str(report.failure)
    with store.transaction() as tx:
        assert tx.days.feed(date(2026, 2, 27), FRONT).reason is EmptyReason.FETCH_FAILED


def test_a_truncated_gz_keeps_its_good_rows(store: Store, tmp_path: Path, data_dir: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    with (data_dir / "hf_daily.jsonl.gz").open("rb") as whole:
        path.write_bytes(whole.read(200_000))
    report = ingest_listings(store, read_listings(path, IngestSettings()), now=now)
    assert report.new > 200
    assert report.n_rejected == 0
    assert "ends too early" in str(report.failure)


def test_the_real_files_are_read_whole(data_dir: Path) -> None:
    settings = IngestSettings()
    counts = {
        name: sum(isinstance(row, Listing) for row in read_listings(data_dir / name, settings))
        for name in ("arxiv_cs.jsonl.gz", "arxiv_astro.jsonl.gz", "hf_daily.jsonl.gz")
    }
    assert list(counts.values()) == [47_919, 8_019, 6_942]
    picks = list(read_picks(data_dir / "picks.csv", settings))
    assert len(picks) == 14_991
    assert sum(isinstance(pick, Interaction) and pick.occurred_at is None for pick in picks) == 493
