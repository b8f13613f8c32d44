"""Hugging Face daily papers: votes and keywords of a day's page, in the three stages its schema has had.

A week or month is asked day by day: only then is it certain which day's page a paper stood on.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from features.arxiv_ids import paper_id
from features.domain import Feed, Listing, Paper
from features.errors import InvalidValue, MalformedRow, SourceFailed
from features.settings import Settings
from features.sources.arxiv_papers import each_listing, n_new
from features.sources.cursor import CursorFile, State
from features.sources.events import Checkpoint, Event, Fetched
from features.sources.fields import Row, optional_count, optional_instant, phrases, plain_field, raw_text, required_text
from features.sources.http import Answer, PoliteClient
from features.sources.timing import REAL_TIME, Timing
from features.text import plain_abstract, plain_list

SERVICE = "Hugging Face"
_PAGE_SIZE = 100
_DAY = timedelta(days=1)


def days_of_week(week: str) -> tuple[date, ...]:
    """The seven days of an ISO week written ``2026-W09``."""
    written = re.fullmatch(r"(\d{4})-W(\d{2})", week, re.ASCII)
    try:
        first = date.fromisocalendar(int(written[1]), int(written[2]), 1) if written else None
    except ValueError:
        first = None
    if first is None:
        raise InvalidValue("week", week, "a week is written like 2026-W09")
    return tuple(first + n * _DAY for n in range(7))


def days_of_month(month: str) -> tuple[date, ...]:
    """The days of a month written ``2026-02``."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise InvalidValue("month", month, "a month is written like 2026-02") from None
    return tuple(day for n in range(31) if (day := first + n * _DAY).month == first.month)


def fetch(days: Sequence[date], settings: Settings, timing: Timing = REAL_TIME) -> Iterator[Event]:
    """The pages of ``days`` in order, each closed by its outcome; days in the future are left out.

    Raises :class:`~features.errors.SourceFailed` after the outcome of the day it stopped in.
    """
    url = settings.ingest.huggingface_url
    asked = {"url": url, "days": ",".join(day.isoformat() for day in days)}
    cursor = CursorFile.of(settings.data_dir, "huggingface", asked)
    done = str(cursor.load().get("done", ""))
    today = timing.now().date()
    with PoliteClient(SERVICE, settings.ingest, timing) as client:
        for day in sorted(set(days)):
            if day.isoformat() > done and day <= today:
                yield from _day_events(client, url, day)
                state: State = {"done": day.isoformat()}
                yield Checkpoint(cursor, state)
    yield Checkpoint(cursor, None)


def _day_events(client: PoliteClient, url: str, day: date) -> Iterator[Event]:
    count = page = 0
    try:
        while True:
            items = client.get(url, {"date": day.isoformat(), "limit": str(_PAGE_SIZE), "p": str(page)}, _read)
            listings = _listings(items, day)
            yield from listings
            count, page = count + n_new(listings), page + 1
            if len(items) < _PAGE_SIZE:
                break
    except SourceFailed as error:
        yield Fetched(Feed.HUGGINGFACE, day, ok=False, n_papers=count, error=str(error))
        raise
    yield Fetched(Feed.HUGGINGFACE, day, ok=True, n_papers=count)


def _read(answer: Answer) -> list[object]:
    if answer.status != 200:
        raise SourceFailed(SERVICE, f"answers HTTP {answer.status}")
    try:
        items = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise SourceFailed(SERVICE, f"the answer is no JSON: {error}") from error
    if not isinstance(items, list):
        raise SourceFailed(SERVICE, "the answer is no list of papers")
    return items


def _listings(items: list[object], day: date) -> Sequence[Listing | MalformedRow]:
    return tuple(each_listing(f"{SERVICE}, {day}", items, lambda item: (listing_of(item, day),)))


def listing_of(item: object, day: date) -> Listing:
    """The listing of one element of a day's page; before 2025 it had no keywords, before 2026 no organisation."""
    row = item.get("paper") if isinstance(item, dict) else None
    if not isinstance(row, dict):
        raise InvalidValue("paper", item, "an object is needed")
    identifier, version = paper_id(required_text(row, "id"))
    paper = Paper(
        id=identifier,
        title=plain_field(row, "title"),
        abstract=plain_abstract(raw_text(row, "summary")),
        authors=plain_list(_author_names(row)),
        keywords=phrases(row, "ai_keywords"),
        version=version or 1,
        published_at=optional_instant(row, "publishedAt", zone_needed=False),
    )
    return Listing(paper, day, Feed.HUGGINGFACE, votes=optional_count(row, "upvotes"))


def _author_names(row: Row) -> Iterator[str]:
    authors = row.get("authors")
    for author in authors if isinstance(authors, list) else ():
        # A hidden author is one the page's editors took off the paper.
        if isinstance(author, dict) and isinstance(author.get("name"), str) and not author.get("hidden"):
            yield author["name"]
