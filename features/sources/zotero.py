"""Zotero libraries, a user's or a group's, over the Zotero web API version 3 → example papers.

The key goes out in a header and nowhere else: it stands in no address, so in no log, and is never kept.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import SecretStr

from features.errors import InvalidValue, LimitExceeded, MalformedRow, SourceFailed
from features.settings import IngestSettings
from features.sources.examples import Entry, Examples, examples_of
from features.sources.fields import Row
from features.sources.timing import REAL_TIME, Timing

if TYPE_CHECKING:  # a server starts without it
    from features.sources.http import Answer

SERVICE = "Zotero"
_PAGE_SIZE = 100
_LARGEST_ID = 10**12
_NO_PAPERS = frozenset({"attachment", "note", "annotation"})


@dataclass(frozen=True, slots=True)
class ZoteroLibrary:
    """Whose library: ``number`` is the user's or group's id, ``key`` is needed where the library is not public."""

    kind: Literal["user", "group"]
    number: int
    key: SecretStr | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.number < _LARGEST_ID:
            raise InvalidValue(
                "Zotero id", self.number, "a positive number is needed; zotero.org/settings/keys shows it"
            )
        key = "none" if self.key is None else self.key.get_secret_value()
        if not (key.isascii() and key.isalnum() and len(key) <= 128):
            raise InvalidValue("Zotero key", "(not shown)", "a key is made of letters and digits")


def fetch_zotero(library: ZoteroLibrary, settings: IngestSettings, timing: Timing = REAL_TIME) -> Examples:
    """The papers of a library, its attachments and notes left out; "line" of a problem is the item's place.

    Raises
    ------
    InvalidValue
        when Zotero does not open the library, with this key or without one.
    LimitExceeded
        when there are more items than ``max_examples``.
    SourceFailed
        when Zotero does not answer as documented.
    """
    from features.sources.http import PoliteClient  # noqa: PLC0415  # a server starts without it

    headers = {"Zotero-API-Version": "3"}
    if library.key is not None:
        headers["Authorization"] = f"Bearer {library.key.get_secret_value()}"  # dropped when redirected elsewhere
    url = f"{settings.zotero_url.rstrip('/')}/{library.kind}s/{library.number}/items/top"
    items: list[object] = []
    with PoliteClient(SERVICE, settings, timing, headers) as client:
        while True:
            asked = {"format": "json", "limit": str(_PAGE_SIZE), "start": str(len(items))}
            page = client.get(url, asked, _read)
            items += page
            if len(items) > settings.max_examples:
                raise LimitExceeded("the items of a library", len(items), settings.max_examples, "ingest.max_examples")
            if len(page) < _PAGE_SIZE:
                return examples_of_items(items)


def examples_of_items(items: Sequence[object]) -> Examples:
    """The papers among ``items`` as the API gives them."""
    strays: list[MalformedRow] = []
    good, bad = examples_of(SERVICE, list(_entries(items, strays)))
    return good, sorted(bad + strays, key=lambda row: row.line)


def _entries(items: Sequence[object], strays: list[MalformedRow]) -> Iterator[Entry]:
    for place, item in enumerate(items, start=1):
        data = item.get("data") if isinstance(item, dict) else None
        if not isinstance(data, dict):
            strays.append(MalformedRow(SERVICE, place, "the item has no data"))
        elif data.get("itemType") not in _NO_PAPERS:
            yield _entry(place, data)


def _entry(place: int, data: Row) -> Entry:
    return Entry(
        line=place,
        title=_text(data, "title"),
        abstract=_text(data, "abstractNote"),
        authors=list(_authors(data)),
        mentions=[_text(data, name) for name in ("archiveID", "DOI", "url", "extra", "publicationTitle")],
    )


def _authors(data: Row) -> Iterator[str]:
    creators = data.get("creators")
    for creator in creators if isinstance(creators, list) else ():
        if isinstance(creator, dict) and creator.get("creatorType") == "author":
            yield _text(creator, "name") or f"{_text(creator, 'firstName')} {_text(creator, 'lastName')}".strip()


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _read(answer: "Answer") -> list[object]:
    if answer.status in (401, 403, 404):
        rule = "Zotero opens no library for this id and key; a private one needs a key that may read it"
        raise InvalidValue("Zotero library", f"HTTP {answer.status}", rule)
    if answer.status != 200:
        raise SourceFailed(SERVICE, f"answers HTTP {answer.status}")
    try:
        items = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise SourceFailed(SERVICE, f"the answer is no JSON: {error}") from error
    if not isinstance(items, list):
        raise SourceFailed(SERVICE, "the answer is no list of items")
    return items
