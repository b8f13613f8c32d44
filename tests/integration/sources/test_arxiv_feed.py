from datetime import date
from pathlib import Path

import pytest

from features.domain import AnnounceType, Feed, Listing
from features.errors import MalformedRow, SourceFailed
from features.settings import Settings
from features.sources.arxiv_feed import Format, fetch
from features.sources.events import Event, Fetched
from tests.integration.sources.conftest import FakeTime, Reply, Service

ITEM = """<item><title>{id}</title><link>https://arxiv.org/abs/{id}</link>
<description>arXiv:{id}{version} Announce Type: {kind} \nAbstract: About {id}.</description>
<guid isPermaLink="false">oai:arXiv.org:{id}{version}</guid><category>math.AP</category><category>math.OC</category>
<pubDate>Fri, 23 Feb 2024 00:00:00 -0500</pubDate><arxiv:announce_type>{kind}</arxiv:announce_type>
<dc:creator>Antonin Monteil, Paul Pegon</dc:creator></item>"""
CHANNEL = """<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
<channel><title>math.OC updates on arXiv.org</title><lastBuildDate>Fri, 23 Feb 2024 05:00:11 +0000</lastBuildDate>
<pubDate>Fri, 23 Feb 2024 00:00:00 -0500</pubDate><skipDays><day>Saturday</day><day>Sunday</day></skipDays>
{items}</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
xmlns:dc="http://purl.org/dc/elements/1.1/"><id>http://rss.arxiv.org/atom/</id><title>math.OC updates</title>
<updated>2024-02-24T03:08:30.941605+00:00</updated>
<entry><id>oai:arXiv.org:2203.01250v3</id><title>On gradients</title><updated>2024-02-23T16:08:30+00:00</updated>
<link href="https://arxiv.org/abs/2203.01250" rel="alternate" type="text/html"/>
<summary>arXiv:2203.01250v3 Announce Type: replace-cross \nAbstract: We prove it.</summary>
<category term="math.AP"/><category term="math.OC"/><published>2024-02-23T00:00:00-05:00</published>
<arxiv:announce_type>replace-cross</arxiv:announce_type><dc:creator>Antonin Monteil, Paul Pegon</dc:creator>
</entry></feed>"""
FRIDAY = date(2024, 2, 23)


def feed_of(*kinds: str) -> Reply:
    items = (ITEM.format(id=f"2402.0000{n}", version=f"v{n}", kind=kind) for n, kind in enumerate(kinds, start=1))
    return Reply(CHANNEL.format(items="".join(items)))


def listings(events: list[Event]) -> list[Listing]:
    return [event for event in events if isinstance(event, Listing)]


def test_the_four_announce_types_are_told_apart(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [feed_of("new", "cross", "replace", "replace-cross")]
    *found, outcome = fetch(("math.OC", "math.AP"), settings, clock.timing)
    assert [event.announce_type for event in listings(found)] == list(AnnounceType)
    assert [event.paper.version for event in listings(found)] == [1, 2, 3, 4]
    assert {event.day for event in listings(found)} == {FRIDAY}
    assert outcome == Fetched(Feed.ARXIV, FRIDAY, ok=True, n_papers=2)
    assert service.asked[0].path == "/rss/math.OC+math.AP"


def test_an_item_gives_authors_categories_and_the_abstract_alone(
    service: Service, settings: Settings, clock: FakeTime
) -> None:
    service.replies = [feed_of("new")]
    (listing,) = listings(list(fetch(("math.OC",), settings, clock.timing)))
    assert listing.paper.authors == ("Antonin Monteil", "Paul Pegon")
    assert listing.paper.categories == ("math.AP", "math.OC")
    assert listing.paper.abstract == "About 2402.00001."


def test_the_head_of_the_real_feed_is_read(
    service: Service, settings: Settings, clock: FakeTime, recordings: Path
) -> None:
    head = (recordings / "arxiv_rss" / "rss_csAI_2025-09-18_TRUNCATED.xml.txt").read_text().rstrip()
    rest = "<arxiv:announce_type>new</arxiv:announce_type><dc:creator>A. B., C. D.</dc:creator></item></channel></rss>"
    service.replies = [Reply(f"{head}</description>{rest}")]
    (listing,) = listings(list(fetch(("cs.AI",), settings, clock.timing)))
    assert (listing.paper.id, listing.day) == ("2509.13332", date(2025, 9, 18))
    assert listing.paper.abstract.startswith("As Large Language Models (LLMs) are increasingly")
    assert listing.paper.authors == ("A. B.", "C. D.")


def test_the_real_feed_cut_off_is_a_failed_fetch(
    service: Service, settings: Settings, clock: FakeTime, recordings: Path
) -> None:
    service.replies = [Reply((recordings / "arxiv_rss" / "rss_csAI_2025-09-18_TRUNCATED.xml.txt").read_bytes())]
    events: list[Event] = []
    with pytest.raises(SourceFailed, match="arXiv feed: the answer is no complete XML"):
        events.extend(fetch(("cs.AI",), settings, clock.timing))
    (outcome,) = events
    assert isinstance(outcome, Fetched)
    assert (outcome.ok, outcome.day) == (False, date(2026, 2, 27))


def test_the_atom_feed_says_the_same(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [Reply(ATOM)]
    (listing,) = listings(list(fetch(("math.OC",), settings, clock.timing, Format.ATOM)))
    assert (listing.day, listing.announce_type) == (FRIDAY, AnnounceType.REPLACE_CROSS)
    assert (listing.paper.id, listing.paper.version, listing.paper.abstract) == ("2203.01250", 3, "We prove it.")
    assert listing.paper.authors == ("Antonin Monteil", "Paul Pegon")
    assert service.asked[0].path == "/atom/math.OC"


def test_an_empty_feed_of_a_weekend_or_holiday_is_a_good_fetch(
    service: Service, settings: Settings, clock: FakeTime
) -> None:
    service.replies = [feed_of()]
    assert list(fetch(("math.OC",), settings, clock.timing)) == [Fetched(Feed.ARXIV, FRIDAY, ok=True, n_papers=0)]


def test_an_unknown_announce_type_rejects_its_item_only(service: Service, settings: Settings, clock: FakeTime) -> None:
    service.replies = [feed_of("withdrawn", "new")]
    broken, good, _ = fetch(("math.OC",), settings, clock.timing)
    assert isinstance(broken, MalformedRow)
    assert "announce_type" in broken.reason
    assert isinstance(good, Listing)


def test_a_billion_laughs_feed_is_refused(service: Service, settings: Settings, clock: FakeTime) -> None:
    entities = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = CHANNEL.format(items="<item><title>&l9;</title></item>")
    service.replies = [Reply(f'<!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]>{bomb}')]
    with pytest.raises(SourceFailed, match="declares XML entities"):
        list(fetch(("math.OC",), settings, clock.timing))
