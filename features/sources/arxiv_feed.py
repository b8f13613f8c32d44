"""arXiv's daily feed (RSS or Atom): what was announced today, with announce types. One request, no history."""

from collections.abc import Iterator
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from features.arxiv_ids import parse_arxiv_id
from features.domain import AnnounceType, Feed, Listing, Paper
from features.errors import InvalidValue, SourceFailed
from features.settings import Settings
from features.sources.announcements import EASTERN
from features.sources.arxiv_papers import each_listing, n_new, valid_categories
from features.sources.events import Event, Fetched
from features.sources.fields import plain_field
from features.sources.http import Answer, PoliteClient
from features.sources.jsonl import one_of
from features.sources.timing import REAL_TIME, Timing
from features.sources.xml import parse_feed
from features.text import plain_abstract, plain_list, split_names

if TYPE_CHECKING:  # only who fetches waits for it
    import feedparser

SERVICE = "arXiv feed"


class Format(StrEnum):
    """The two formats the same feed comes in."""

    RSS = "rss"
    ATOM = "atom"


def fetch(
    categories: tuple[str, ...], settings: Settings, timing: Timing = REAL_TIME, form: Format = Format.RSS
) -> Iterator[Event]:
    """Today's listing of ``categories`` and its outcome; empty on weekends and arXiv's holidays.

    Raises :class:`~features.errors.SourceFailed` after the outcome.
    """
    url = f"{settings.ingest.arxiv_feed_url}/{form}/{'+'.join(valid_categories(categories))}"
    today = timing.now().astimezone(EASTERN).date()
    try:
        with PoliteClient(SERVICE, settings.ingest, timing) as client:
            feed = client.get(url, {}, _read)
    except SourceFailed as error:
        yield Fetched(Feed.ARXIV, today, ok=False, n_papers=0, error=str(error))
        raise
    day = _day(feed.feed) or today
    listings = tuple(each_listing(f"{SERVICE}, {day}", feed.entries, lambda entry: (_listing(entry, day),)))
    yield from listings
    yield Fetched(Feed.ARXIV, day, ok=True, n_papers=n_new(listings))


def _read(answer: Answer) -> "feedparser.FeedParserDict":
    if answer.status != 200:
        raise SourceFailed(SERVICE, f"answers HTTP {answer.status}; are these categories arXiv's?")
    return parse_feed(answer.body, SERVICE)


def _day(channel: "feedparser.FeedParserDict") -> date | None:
    """The day of a listing: its publication date in Eastern time, where arXiv's days begin."""
    for name in ("published", "updated"):
        instant = _instant(str(channel.get(name, "")))
        if instant is not None:
            return instant.astimezone(EASTERN).date()
    return None


def _instant(value: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            instant = parse(value)
        except (ValueError, OverflowError):
            continue
        return instant if instant.tzinfo else instant.replace(tzinfo=EASTERN)
    return None


def _listing(entry: "feedparser.FeedParserDict", day: date) -> Listing:
    identifier = parse_arxiv_id(str(entry.get("id", ""))) or parse_arxiv_id(str(entry.get("link", "")))
    if identifier is None:
        raise InvalidValue("guid", entry.get("id"), "an arXiv id is needed")
    paper = Paper(
        id=identifier[0],
        title=plain_field(entry, "title"),
        abstract=plain_abstract(entry.get("summary", "")),
        authors=plain_list(name for author in entry.get("authors", ()) for name in split_names(author.get("name", ""))),
        categories=plain_list(tag.get("term", "") for tag in entry.get("tags", ())),
        version=identifier[1] or 1,
    )
    return Listing(paper, day, Feed.ARXIV, one_of(entry, "arxiv_announce_type", AnnounceType))
