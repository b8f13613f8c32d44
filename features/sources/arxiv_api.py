"""The arXiv API (Atom): every paper of some categories submitted for the listings of some days; or one by its id.

For a span it is asked once a listing day for the submissions of that day's window
(``features.sources.announcements``), page by page, so that a day is either complete or known to be not, and a stopped
fetch continues at its page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from features.arxiv_ids import parse_arxiv_id
from features.domain import Feed, Listing, Paper
from features.errors import InvalidValue, MalformedRow, SourceFailed
from features.settings import IngestSettings, Settings
from features.sources.announcements import is_listing_day, listing_day, newest_listing_day, window
from features.sources.arxiv_papers import each_listing, listings_of, n_new, valid_categories
from features.sources.cursor import CursorFile, State
from features.sources.events import Checkpoint, Event, Fetched
from features.sources.fields import optional_instant, parse_day, plain_field, required_text
from features.sources.http import Answer, PoliteClient, TryAgain
from features.sources.timing import REAL_TIME, Timing
from features.sources.xml import parse_feed
from features.text import plain, plain_abstract, plain_list

if TYPE_CHECKING:  # only who fetches waits for it
    import feedparser

SERVICE = "arXiv API"
_ERRORS = "/api/errors"
_MINUTE = "%Y%m%d%H%M"


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for: arXiv categories, and the listing days from ``first`` to ``last``, both included."""

    categories: tuple[str, ...]
    first: date
    last: date
    page_size: int = 200

    def __post_init__(self) -> None:
        valid_categories(self.categories)
        if self.last < self.first:
            raise InvalidValue("last day", self.last.isoformat(), f"not before the first day, {self.first}")


def fetch(span: Span, settings: Settings, timing: Timing = REAL_TIME) -> Iterator[Event]:
    """The papers of ``span``, each day closed by its outcome; days not yet announced are left out.

    Raises :class:`~features.errors.SourceFailed` after the outcome of the day it stopped in.
    """
    cursor = CursorFile.of(settings.data_dir, "arxiv-api", _arguments(span, settings))
    state = cursor.load()
    day = max(span.first, _resumed_day(state, span.first))
    last = min(span.last, newest_listing_day(timing.now()))
    with PoliteClient(SERVICE, settings.ingest, timing) as client:
        while day <= last:
            yield from _Day(client, settings.ingest.arxiv_api_url, span, day, cursor).events(state)
            day, state = day + timedelta(days=1), {}
            yield Checkpoint(cursor, {"day": day.isoformat()} if day <= last else None)


def fetch_paper(paper_id: str, settings: IngestSettings, timing: Timing = REAL_TIME) -> list[Listing]:
    """The listings of the paper with arXiv id ``paper_id``, none where arXiv knows no such paper.

    Raises :class:`~features.errors.SourceFailed` where the service does not answer as documented.
    """
    with PoliteClient(SERVICE, settings, timing) as client:
        page = client.get(settings.arxiv_api_url, {"id_list": paper_id, "max_results": "1"}, lambda it: _read(it, 0))
    events = each_listing(SERVICE, page.entries, lambda entry: _announced(entry, timing.now()))
    return [event for event in events if isinstance(event, Listing) and event.paper.id == paper_id]


def _announced(entry: "feedparser.FeedParserDict", now: datetime) -> Iterator[Listing]:
    """The listings of an entry, on the day that arXiv's timetable gives for its first version."""
    published_at = optional_instant(entry, "published")
    if published_at is None:
        raise InvalidValue("published", "", "the day of a paper follows from when it was submitted")
    return _entry_listings(entry, min(listing_day(published_at), newest_listing_day(now)))


def _arguments(span: Span, settings: Settings) -> dict[str, str]:
    return {
        "url": settings.ingest.arxiv_api_url,
        "categories": ",".join(span.categories),
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "page_size": str(span.page_size),
    }


def _resumed_day(state: State, first: date) -> date:
    try:
        return parse_day(str(state["day"]), "day")
    except (KeyError, InvalidValue):
        return first


@dataclass(frozen=True, slots=True)
class _Page:
    entries: "list[feedparser.FeedParserDict]"
    total: int


@dataclass(frozen=True, slots=True)
class _Day:
    """One listing day of a span."""

    client: PoliteClient
    url: str
    span: Span
    day: date
    cursor: CursorFile

    def events(self, state: State) -> Iterator[Event]:
        if not is_listing_day(self.day):
            yield Fetched(Feed.ARXIV, self.day, ok=True, n_papers=0)
            return
        start, count = (_number(state.get(name)) for name in ("start", "n_papers"))
        try:
            while True:
                page = self.client.get(self.url, self._parameters(start), lambda answer: _read(answer, start))  # noqa: B023  called at once
                listings = self._listings(page)
                yield from listings
                start, count = start + len(page.entries), count + n_new(listings)
                if start >= page.total:
                    break
                yield Checkpoint(self.cursor, {"day": self.day.isoformat(), "start": start, "n_papers": count})
        except SourceFailed as error:
            yield Fetched(Feed.ARXIV, self.day, ok=False, n_papers=count, error=str(error))
            raise
        yield Fetched(Feed.ARXIV, self.day, ok=True, n_papers=count)

    def _parameters(self, start: int) -> dict[str, str]:
        opened, closed = window(self.day)
        categories = " OR ".join(f"cat:{category}" for category in self.span.categories)
        until = closed - timedelta(minutes=1)  # both ends of a range are included, to the minute
        return {
            "search_query": f"({categories}) AND submittedDate:[{opened:{_MINUTE}} TO {until:{_MINUTE}}]",
            "sortBy": "submittedDate",
            "sortOrder": "ascending",
            "start": str(start),
            "max_results": str(self.span.page_size),
        }

    def _listings(self, page: _Page) -> Sequence[Listing | MalformedRow]:
        return tuple(
            each_listing(f"{SERVICE}, {self.day}", page.entries, lambda entry: _entry_listings(entry, self.day))
        )


def _number(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _read(answer: Answer, start: int) -> _Page:
    feed = _feed(answer)
    entries = list(feed.entries)
    if entries and _ERRORS in str(entries[0].get("id", "")):
        raise SourceFailed(SERVICE, f"refuses the query: {plain(entries[0].get('summary', ''))[:200]}")
    digits = str(feed.feed.get("opensearch_totalresults", ""))
    total = int(digits) if digits.isascii() and digits.isdigit() else start + len(entries)
    if not entries and start < total:
        raise TryAgain(f"gives an empty page at {start} of {total} results")
    return _Page(entries, total)


def _feed(answer: Answer) -> "feedparser.FeedParserDict":
    if answer.status in (200, 400):  # 400 carries the reason as a feed
        return parse_feed(answer.body, SERVICE)
    raise SourceFailed(SERVICE, f"answers HTTP {answer.status}")


def _entry_listings(entry: "feedparser.FeedParserDict", day: date) -> Iterator[Listing]:
    identifier = parse_arxiv_id(required_text(entry, "id"))
    if identifier is None:
        raise InvalidValue("id", entry["id"], "an arXiv id is needed")
    primary = entry.get("arxiv_primary_category", {}).get("term", "")
    paper = Paper(
        id=identifier[0],
        title=plain_field(entry, "title"),
        abstract=plain_abstract(entry.get("summary", "")),
        authors=plain_list(author.get("name", "") for author in entry.get("authors", ())),
        categories=plain_list([primary, *(tag.get("term", "") for tag in entry.get("tags", ()))]),
        comment=plain_field(entry, "arxiv_comment"),
        version=identifier[1] or 1,
        published_at=optional_instant(entry, "published"),
    )
    revised_at = optional_instant(entry, "updated")
    return listings_of(paper, day, None if revised_at is None else listing_day(revised_at))
