"""A feed as Atom (RFC 4287). Titles and summaries are of type text: no reader may take markup out of them."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from serving.feeds.entries import Feed, FeedEntry, xml_text

ATOM = "http://www.w3.org/2005/Atom"
_NOBODY = "unknown"


def atom(feed: Feed) -> bytes:
    """The document, UTF-8."""
    root = Element("feed", {"xmlns": ATOM})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", _instant(feed.updated_at))
    _add(SubElement(root, "author"), "name", "Broadsheet")
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.address})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.home})
    for entry in feed.entries:
        _add_entry(SubElement(root, "entry"), entry)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root)


def _add_entry(parent: Element, entry: FeedEntry) -> None:
    _add(parent, "id", entry.id)
    _add(parent, "title", entry.title, type="text")
    _add(parent, "published", _instant(entry.published_at))
    _add(parent, "updated", _instant(entry.published_at))
    SubElement(parent, "link", {"rel": "alternate", "type": "text/html", "href": entry.link})
    for name in entry.authors or (_NOBODY,):
        _add(SubElement(parent, "author"), "name", name)
    for category in entry.categories:
        SubElement(parent, "category", {"term": xml_text(category)})
    _add(parent, "summary", entry.abstract, type="text")


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = xml_text(text)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
