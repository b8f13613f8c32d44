import json
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.domain import AnnounceType, Feed, Listing
from features.errors import InvalidValue, MalformedRow
from features.settings import IngestSettings
from features.sources.fields import Row
from features.sources.jsonl import listing_of, read_listings

STREAM: Row = {
    "id": "2503.11677",
    "first_day": "2025-03-18",
    "title": "On\n $x<y$",
    "abstract": "Abstract: we &amp; you",
    "categories": ["cs.CV", "cs.LG"],
    "authors": ["Ann One", ""],
    "comment": None,
}
DAILY: Row = {
    "id": "2405.15738",
    "day": "2024-05-27",
    "title": "T",
    "abstract": "",
    "authors": [],
    "published_at": "2024-05-24T17:34:15.000Z",
    "upvotes": 46,
    "comments": 3,
    "keywords": ["LMM"],
    "submitted_by": None,
}
OWN: Row = {"id": "lab/7", "day": "2026-01-05", "title": "T"}


def test_a_row_of_the_arxiv_stream_is_a_listing_of_its_first_day() -> None:
    listing = listing_of(STREAM)
    assert (listing.day, listing.feed, listing.announce_type) == (date(2025, 3, 18), Feed.ARXIV, AnnounceType.NEW)
    assert (listing.paper.title, listing.paper.abstract) == ("On $x<y$", "we & you")
    assert (listing.paper.authors, listing.paper.categories) == (("Ann One",), ("cs.CV", "cs.LG"))


def test_a_row_of_hugging_face_daily_carries_votes_and_keywords() -> None:
    listing = listing_of(DAILY)
    assert (listing.feed, listing.votes, listing.paper.keywords) == (Feed.HUGGINGFACE, 46, ("LMM",))
    assert listing.paper.published_at == datetime(2024, 5, 24, 17, 34, 15, tzinfo=UTC)


def test_our_own_format_needs_an_id_a_day_and_a_title_only() -> None:
    listing = listing_of(OWN)
    assert (listing.feed, listing.paper.version, listing.votes, listing.paper.authors) == (Feed.LOCAL, 1, None, ())


def test_our_own_format_takes_every_field() -> None:
    row: Row = {"feed": "arxiv", "announce_type": "replace", "votes": 3, "authors": "A. One and B. Two"}
    row |= {
        "id": "arXiv:2501.00001v3",
        "day": "2026-01-05",
        "title": "T",
        "categories": "cs.CL cs.LG",
        "keywords": "a, b",
        "references": ["arXiv:2401.00001v2", "lab/7", "2401.00001"],
    }
    listing = listing_of(row)
    assert (listing.paper.id, listing.paper.version, listing.votes) == ("2501.00001", 3, 3)
    assert (listing.feed, listing.announce_type) == (Feed.ARXIV, AnnounceType.REPLACE)
    assert (listing.paper.authors, listing.paper.categories) == (("A. One", "B. Two"), ("cs.CL", "cs.LG"))
    assert listing.paper.keywords == ("a", "b")
    assert listing.paper.references == ("2401.00001", "lab/7")


@pytest.mark.parametrize("references", [["two words", "lab/(7)"], [7], {"2401.00001": 1}])
def test_references_that_name_no_paper_are_refused(references: object) -> None:
    with pytest.raises(InvalidValue):
        listing_of(OWN | {"references": references})


def test_half_a_character_goes_from_a_title_but_is_refused_in_an_id() -> None:
    assert listing_of(OWN | {"title": "a\ud800b"}).paper.title == "ab"
    with pytest.raises(InvalidValue, match="lone surrogate"):
        listing_of(OWN | {"id": "a\ud800b"})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"title": "  "}, "needs a title"),
        ({"title": 5}, "title"),
        ({"id": None}, "id"),
        ({"id": "a b"}, "paper id"),
        ({"day": None}, "day"),
        ({"day": "2026-02-30"}, "YYYY-MM-DD"),
        ({"day": "20260105"}, "YYYY-MM-DD"),
        ({"day": "0001-01-01"}, "YYYY-MM-DD"),
        ({"authors": [1]}, "authors"),
        ({"votes": -1}, "votes"),
        ({"votes": True}, "votes"),
        ({"version": 0}, "version"),
        ({"feed": "rss"}, "one of arxiv, local, huggingface"),
        ({"published_at": "yesterday"}, "published_at"),
    ],
)
def test_a_broken_field_is_named(change: Row, named: str) -> None:
    with pytest.raises(InvalidValue, match=named):
        listing_of(OWN | change)


def test_a_malformed_line_is_named_by_number_and_the_rest_goes_in(tmp_path: Path) -> None:
    deep = "[" * 100_000
    lines = [json.dumps(OWN), "{", "[1]", deep, '{"id": NaN}', '{"votes": ' + "9" * 5000 + "}", json.dumps(OWN)]
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(lines))
    first, *broken, last = read_listings(path, IngestSettings())
    assert isinstance(first, Listing)
    assert isinstance(last, Listing)
    assert [(row.origin, row.line) for row in broken if isinstance(row, MalformedRow)] == [
        (str(path), number) for number in range(2, 7)
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
FIELDS = st.sampled_from([*STREAM, *DAILY, "feed", "version", "votes", "announce_type"])


@given(st.dictionaries(FIELDS, VALUES), st.sampled_from([{}, STREAM, DAILY, OWN]))
def test_any_row_is_a_listing_or_an_invalid_value(changes: Row, base: Row) -> None:
    with suppress(InvalidValue):
        assert listing_of(base | changes).paper.title
