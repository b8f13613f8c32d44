"""A feed as JSON Feed 1.1. Abstracts are ``content_text``: no reader may take markup out of them."""

import json
from datetime import UTC, datetime

from serving.feeds.entries import Feed, FeedEntry


def json_feed(feed: Feed) -> bytes:
    """The document, UTF-8."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _item(entry: FeedEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "url": entry.link,
        "title": entry.title,
        "content_text": entry.abstract or entry.title,
        "date_published": _instant(entry.published_at),
        "authors": [{"name": name} for name in entry.authors],
        "tags": list(entry.categories),
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
