"""A feed as RSS 2.0.

RSS does not say whether a title or a description is text or HTML, and most readers take both for HTML. So each is HTML
that shows the text: escaped once here, and once more as XML.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, tostring

from serving.feeds.atom import ATOM
from serving.feeds.entries import Feed, FeedEntry, xml_text

_DC = "http://purl.org/dc/elements/1.1/"


def rss(feed: Feed) -> bytes:
    """The document, UTF-8."""
    root = Element("rss", {"version": "2.0", "xmlns:atom": ATOM, "xmlns:dc": _DC})
    channel = SubElement(root, "channel")
    _add(channel, "title", _html(feed.title))
    _add(channel, "link", feed.home)
    _add(channel, "description", _html(feed.title))
    _add(channel, "lastBuildDate", _instant(feed.updated_at))
    SubElement(channel, "atom:link", {"rel": "self", "type": "application/rss+xml", "href": feed.address})
    for entry in feed.entries:
        _add_item(SubElement(channel, "item"), entry)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root)


def _add_item(item: Element, entry: FeedEntry) -> None:
    _add(item, "title", _html(entry.title))
    _add(item, "link", entry.link)
    _add(item, "guid", entry.id, isPermaLink="false")
    _add(item, "pubDate", _instant(entry.published_at))
    for name in entry.authors:
        _add(item, "dc:creator", name)
    for category in entry.categories:
        _add(item, "category", category)
    _add(item, "description", _html(entry.abstract))


def _html(text: str) -> str:
    return escape(text, quote=False)


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = xml_text(text)


def _instant(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)
