from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from features.domain import (
    AnnounceType,
    Clock,
    Cut,
    Exposure,
    Feed,
    Impression,
    Interaction,
    InteractionKind,
    Listing,
    Paper,
    midnight,
)
from features.errors import InvalidValue

NOON = datetime(2026, 2, 27, 12, tzinfo=UTC)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidValue, match="time zone"):
        Cut(datetime(2026, 2, 27))  # noqa: DTZ001  the naive value is the point


def test_an_instant_is_kept_in_utc() -> None:
    paris = timezone(timedelta(hours=1))
    assert Cut(datetime(2026, 2, 27, 13, tzinfo=paris)) == Cut(NOON, Clock.RECORDED)
    assert Cut(datetime(2026, 2, 27, 13, tzinfo=paris)).at.tzinfo is UTC


def test_midnight_is_the_first_instant_of_the_day() -> None:
    assert midnight(date(2026, 2, 27)).isoformat() == "2026-02-27T00:00:00+00:00"


@pytest.mark.parametrize("paper_id", ["2503.11677", "astro-ph/0601001", "local:a-1", "math.GT/0309136"])
def test_ids_of_known_catalogues_name_a_paper(paper_id: str) -> None:
    assert Paper(paper_id, "A title").id == paper_id


@pytest.mark.parametrize("paper_id", ["", " 2503.1", "a b", "x" * 129, "<script>", "../../etc"])
def test_other_ids_do_not(paper_id: str) -> None:
    with pytest.raises(InvalidValue, match="paper id"):
        Paper(paper_id, "A title")


def test_a_paper_needs_a_title() -> None:
    with pytest.raises(InvalidValue, match=r"2503\.1 needs a title"):
        Paper("2503.1", " ")


def test_the_content_hash_is_of_title_and_abstract_only() -> None:
    paper = Paper("2503.1", "A title", "An abstract.")
    assert paper.content_hash == Paper("other", "A title", "An abstract.", authors=("Ada",)).content_hash
    assert paper.content_hash != Paper("2503.1", "A title", "Another abstract.").content_hash
    assert len(paper.content_hash) == 32


def test_a_revision_is_told_from_a_new_paper() -> None:
    assert [kind.is_revision for kind in AnnounceType] == [False, False, True, True]


def test_only_a_catalogue_decides_what_is_new() -> None:
    assert [feed.is_catalogue for feed in (Feed.ARXIV, Feed.LOCAL, Feed.HUGGINGFACE)] == [True, True, False]


def test_votes_are_not_negative() -> None:
    with pytest.raises(InvalidValue, match="votes"):
        Listing(Paper("2503.1", "A title"), date(2025, 3, 18), votes=-1)


def test_a_label_and_only_a_label_names_a_topic() -> None:
    with pytest.raises(InvalidValue, match="topic"):
        Interaction("c1", "ada", "2503.1", InteractionKind.LABEL, NOON)
    with pytest.raises(InvalidValue, match="topic"):
        Interaction("c1", "ada", "2503.1", InteractionKind.SAVE, NOON, topic="robots")


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.5])
def test_a_propensity_is_a_probability_above_zero(propensity: float) -> None:
    with pytest.raises(InvalidValue, match="propensity"):
        Impression("ada", "s", "2503.1", 1, Exposure.SERVED, NOON, propensity, "3")
