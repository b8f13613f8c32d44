"""arXiv's OAI-PMH interface: records changed in a span of days, harvested by resumption tokens.

A record's datestamp is the day of its last change, so a span holds new papers and old ones that were revised. The days
of listings follow from the dates of the versions, by arXiv's timetable. Only ``arXivRaw`` numbers the versions; with
``arXiv`` a revised record counts as version 2. Deleted records are passed over: what was announced, was announced.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from features.domain import Feed, Listing
from features.errors import InvalidValue, MalformedRow, SourceFailed
from features.settings import Settings
from features.sources.announcements import newest_listing_day
from features.sources.arxiv_papers import each_listing
from features.sources.cursor import CursorFile, State
from features.sources.events import Checkpoint, Event, Fetched
from features.sources.http import Answer, PoliteClient
from features.sources.oai_records import MetadataPrefix, record_listings
from features.sources.timing import REAL_TIME, Timing
from features.sources.xml import local_name, parse_xml
from features.text import plain

SERVICE = "arXiv OAI-PMH"
_OAI = "{http://www.openarchives.org/OAI/2.0/}"


@dataclass(frozen=True, slots=True)
class Harvest:
    """What is asked for: records changed from ``first`` to ``last``, both included, of one set (``cs``) or of all."""

    first: date
    last: date
    set_spec: str | None = None
    prefix: MetadataPrefix = MetadataPrefix.RAW

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidValue("last day", self.last.isoformat(), f"not before the first day, {self.first}")

    @property
    def parameters(self) -> dict[str, str]:
        """The request that begins the harvest."""
        span = {"from": self.first.isoformat(), "until": self.last.isoformat()}
        chosen = {"set": self.set_spec} if self.set_spec else {}
        return {"verb": "ListRecords", "metadataPrefix": self.prefix.value, **span, **chosen}


class _TokenExpired(Exception):
    """The service no longer knows the resumption token."""


@dataclass(frozen=True, slots=True)
class _Page:
    records: list[Element]
    token: str


def fetch(harvest: Harvest, settings: Settings, timing: Timing = REAL_TIME) -> Iterator[Event]:
    """The papers of ``harvest``, then the outcome of each of its days.

    A token that has expired starts the harvest over, once. Raises :class:`~features.errors.SourceFailed` after the
    outcome of the last day: of the days before, which may be known from elsewhere, a broken harvest says nothing.
    """
    url = settings.ingest.arxiv_oai_url
    cursor = CursorFile.of(settings.data_dir, "arxiv-oai", {"url": url, **harvest.parameters})
    counts: Counter[str] = Counter()
    try:
        with PoliteClient(SERVICE, settings.ingest, timing) as client:
            yield from _pages(client, url, harvest, cursor, counts)
    except SourceFailed as error:
        yield Fetched(Feed.ARXIV, harvest.last, ok=False, n_papers=0, error=str(error))
        raise
    for day in _days(harvest.first, min(harvest.last, newest_listing_day(timing.now()))):
        yield Fetched(Feed.ARXIV, day, ok=True, n_papers=counts[day.isoformat()])
    yield Checkpoint(cursor, None)


def _pages(
    client: PoliteClient, url: str, harvest: Harvest, cursor: CursorFile, counts: Counter[str]
) -> Iterator[Event]:
    state = cursor.load()
    restarted = False
    while True:
        token = str(state.get("token", ""))
        counts.clear()
        counts.update(_counts(state))
        try:
            page = client.get(url, _parameters(harvest, token), _read)
        except _TokenExpired as error:
            if restarted or not token:
                raise SourceFailed(SERVICE, f"refuses its own resumption token: {error}") from error
            state, restarted = {}, True
            continue
        listings = tuple(_listings(page, harvest, token))
        yield from listings
        counts.update(
            str(event.day) for event in listings if isinstance(event, Listing) and not event.announce_type.is_revision
        )
        if not page.token:
            return
        state = {"token": page.token, "counts": dict(counts)}
        yield Checkpoint(cursor, state)


def _parameters(harvest: Harvest, token: str) -> dict[str, str]:
    return {"verb": "ListRecords", "resumptionToken": token} if token else harvest.parameters


def _listings(page: _Page, harvest: Harvest, token: str) -> Iterator[Listing | MalformedRow]:
    origin = f"{SERVICE}, {token or harvest.first}"
    return each_listing(origin, page.records, lambda record: record_listings(record, harvest.prefix))


def _read(answer: Answer) -> _Page:
    if answer.status != 200:
        raise SourceFailed(SERVICE, f"answers HTTP {answer.status}")
    root = parse_xml(answer.body, SERVICE)
    if local_name(root) != "OAI-PMH":
        raise SourceFailed(SERVICE, "the answer is not OAI-PMH")
    error = root.find(f"{_OAI}error")
    if error is not None:
        return _nothing_or_raise(error)
    token = root.findtext(f"{_OAI}ListRecords/{_OAI}resumptionToken") or ""
    return _Page(root.findall(f"{_OAI}ListRecords/{_OAI}record"), token.strip())


def _nothing_or_raise(error: Element) -> _Page:
    code, message = plain(error.get("code", "")), plain(error.text or "")[:200]
    if code == "noRecordsMatch":
        return _Page([], "")
    if code == "badResumptionToken":
        raise _TokenExpired(message)
    raise SourceFailed(SERVICE, f"refuses the request: {code} {message}".strip())


def _counts(state: State) -> dict[str, int]:
    counts = state.get("counts")
    return {day: n for day, n in counts.items() if isinstance(n, int)} if isinstance(counts, dict) else {}


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
