"""Feeds as feed readers see them: parsed by feedparser, titles and abstracts nothing but text."""

import html
import json
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.feeds.atom import atom
from serving.feeds.entries import Feed, FeedEntry
from serving.feeds.json_feed import json_feed
from serving.feeds.rss import rss

NOON = datetime(2026, 2, 27, 12, 0, 0, 5, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script> a < b & c > d \x08"


def entry(**fields: Any) -> FeedEntry:
    values: dict[str, Any] = {
        "id": "https://arxiv.org/abs/2602.00001",
        "link": "https://arxiv.org/abs/2602.00001",
        "title": "Sparse attention",
        "abstract": "We attend to $x<y$.",
        "authors": ("Ada B.", "Ö. C."),
        "categories": ("cs.LG", "cs.CL"),
        "published_at": NOON,
    }
    return FeedEntry(**values | fields)


def feed(*entries: FeedEntry) -> Feed:
    return Feed("urn:x:1", "The day’s papers & more", "http://h/", "http://h/feeds/daily.atom", NOON, entries)


@pytest.mark.parametrize(("render", "version"), [(atom, "atom10"), (rss, "rss20")])
def test_a_feed_reader_finds_everything(render, version):
    parsed = feedparser.parse(render(feed(entry())))
    assert (parsed.version, parsed.bozo) == (version, False)
    assert html.unescape(parsed.feed.title) == "The day’s papers & more"
    assert {link.href for link in parsed.feed.links} == {"http://h/", "http://h/feeds/daily.atom"}
    [found] = parsed.entries
    assert (found.id, found.link) == ("https://arxiv.org/abs/2602.00001", "https://arxiv.org/abs/2602.00001")
    assert found.title == "Sparse attention"
    assert html.unescape(found.summary) == "We attend to $x<y$."
    assert [tag.term for tag in found.tags] == ["cs.LG", "cs.CL"]
    assert tuple(found.published_parsed[:6]) == (2026, 2, 27, 12, 0, 0)
    assert "Ada B." in str(found.authors)


def test_json_feed_says_the_same():
    document = json.loads(json_feed(feed(entry())))
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == "http://h/feeds/daily.atom"
    [item] = document["items"]
    assert (item["title"], item["content_text"]) == ("Sparse attention", "We attend to $x<y$.")
    assert (item["date_published"], item["tags"]) == ("2026-02-27T12:00:00Z", ["cs.LG", "cs.CL"])
    assert item["authors"] == [{"name": "Ada B."}, {"name": "Ö. C."}]


@pytest.mark.parametrize("render", [atom, rss, json_feed])
def test_script_in_a_title_stays_text(render):
    written = render(feed(entry(title=SCRIPT, abstract=SCRIPT, authors=(SCRIPT,), categories=(SCRIPT,))))
    if render is json_feed:
        item = json.loads(written)["items"][0]
        assert (item["title"], item["content_text"], "content_html" in item) == (SCRIPT, SCRIPT, False)
        return
    assert b"<script" not in written
    parsed = feedparser.parse(written)
    assert not parsed.bozo
    [found] = parsed.entries
    shown = SCRIPT.replace("\x08", "").strip()
    for detail in (found.title_detail, found.summary_detail):
        # text is shown as it is; HTML is shown unescaped, and was never markup
        is_text = render is atom
        assert is_text or "<script" not in detail.value
        assert (detail.value if is_text else html.unescape(detail.value)).strip() == shown


@pytest.mark.parametrize("render", [atom, rss, json_feed])
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_a_feed(render, title, abstract):
    made = feed(entry(title=title, abstract=abstract, authors=(title,), categories=(abstract,)))
    assert render(made) == render(made)
    if render is json_feed:
        assert len(json.loads(render(made))["items"]) == 1
    else:
        parsed = feedparser.parse(render(made))
        assert (len(parsed.entries), parsed.bozo) == (1, False)


@pytest.mark.parametrize("render", [atom, rss, json_feed])
def test_a_day_without_papers_is_a_feed_without_entries(render):
    written = render(feed())
    if render is not json_feed:
        assert (feedparser.parse(written).bozo, feedparser.parse(written).entries) == (False, [])
