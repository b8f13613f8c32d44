"""What a feed holds, before it is written in one of its forms."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Everything but tab, line feed, carriage return and the characters that XML 1.0 allows.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FeedForm(StrEnum):
    """The three forms, by the ending of an address."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A paper in a feed. ``id`` is an IRI that stays the same for good; ``published_at`` is aware UTC."""

    id: str
    link: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A list of papers in the order of ``entries``.

    ``id`` is an IRI that stays the same for good, ``home`` the page of the same papers, ``address`` where this
    very feed is. ``updated_at`` moves only when the entries do, so that the same papers give the same bytes.
    """

    id: str
    title: str
    home: str
    address: str
    updated_at: datetime
    entries: Sequence[FeedEntry]


def xml_text(text: str) -> str:
    """``text`` without the characters that no XML may hold."""
    return _NOT_IN_XML.sub("", text)
