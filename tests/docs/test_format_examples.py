"""The rows docs/formats.md shows are read without complaint by the readers it describes."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from features.domain import AnnounceType, Feed, Interaction, Listing
from features.settings import IngestSettings
from features.sources.interactions import read_interactions
from features.sources.jsonl import read_listings
from features.sources.picks import read_picks
from features.sources.users import read_users

READERS: dict[str, Callable[[Path, IngestSettings], Iterator[object]]] = {
    "jsonl": read_listings,
    "picks": read_picks,
    "interactions": read_interactions,
    "users": read_users,
}


def examples(root: Path, command: str) -> list[str]:
    """The blocks under the heading of ``broadsheet ingest COMMAND``."""
    sections = re.split(r"^## ", (root / "docs" / "formats.md").read_text(), flags=re.MULTILINE)
    section = next(text for text in sections if f"`broadsheet ingest {command} " in text.partition("\n")[0])
    return re.findall(r"```(?:json|csv)\n(.*?)```", section, re.DOTALL)


@pytest.mark.parametrize("command", READERS)
def test_the_examples_of_a_format_are_read(root: Path, tmp_path: Path, command: str) -> None:
    blocks = examples(root, command)
    assert blocks
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.txt"
        path.write_text(block)
        rows = list(READERS[command](path, IngestSettings()))
        assert rows
        assert [row for row in rows if isinstance(row, Exception)] == []


def test_a_documented_revision_is_read_as_one(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(examples(root, "jsonl")[0])
    plain, revision = read_listings(path, IngestSettings())
    assert isinstance(plain, Listing)
    assert plain.feed is Feed.LOCAL
    assert isinstance(revision, Listing)
    assert revision.announce_type is AnnounceType.REPLACE
    assert (revision.paper.id, revision.paper.version) == ("2602.01234", 2)


def test_a_documented_label_keeps_its_topic(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "interactions.jsonl"
    path.write_text(examples(root, "interactions")[0])
    *_, label = read_interactions(path, IngestSettings())
    assert isinstance(label, Interaction)
    assert label.topic == "attention"
