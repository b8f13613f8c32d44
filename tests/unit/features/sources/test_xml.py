import pytest

from features.errors import SourceFailed
from features.sources.xml import parse_feed, parse_xml

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION_LAUGHS = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">{LAUGHS}]><rss version="2.0"><l>&l9;</l></rss>'
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><l>&x;</l></rss>'


@pytest.mark.parametrize("body", [BILLION_LAUGHS, OUTSIDE])
def test_entity_bombs_and_outside_files_are_refused(body: str) -> None:
    for parse in (parse_xml, parse_feed):
        with pytest.raises(SourceFailed, match="the service: the answer declares XML entities"):
            parse(body.encode(), "the service")


@pytest.mark.parametrize(
    "body", [b"", b"<rss>", b"not xml", b'<?xml version="1.0" encoding="x-none"?><a/>', b"\xff\xfe"]
)
def test_broken_xml_is_named(body: bytes) -> None:
    with pytest.raises(SourceFailed, match="the answer is"):
        parse_feed(body, "the service")


def test_xml_that_is_no_feed_is_named() -> None:
    with pytest.raises(SourceFailed, match="neither Atom nor RSS"):
        parse_feed(b"<html><body>down</body></html>", "the service")


def test_angle_brackets_in_a_feeds_text_survive() -> None:
    item = "<item><title>H&lt;sub&gt;2&lt;/sub&gt; if a &lt; b and c &gt; d</title></item>"
    feed = parse_feed(f'<rss version="2.0"><channel>{item}</channel></rss>'.encode(), "the service")
    assert feed.entries[0].title == "H<sub>2</sub> if a < b and c > d"
