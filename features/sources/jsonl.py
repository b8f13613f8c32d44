"""JSON Lines of papers → listings: the arXiv stream, Hugging Face daily and Broadsheet's own format (docs/formats.md).

Each row says by its fields which format it is in: ``first_day`` is the arXiv stream's, ``upvotes`` Hugging Face's.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from features.arxiv_ids import paper_id
from features.domain import AnnounceType, Feed, Listing, Paper
from features.errors import InvalidValue, MalformedRow
from features.settings import IngestSettings
from features.sources.fields import (
    Row,
    codes,
    names,
    optional_count,
    optional_instant,
    optional_text,
    phrases,
    plain_field,
    raw_text,
    required_day,
    required_text,
)
from features.sources.rows import read_json_rows
from features.text import plain_abstract

Choice = TypeVar("Choice", bound=StrEnum)


def read_listings(path: Path, settings: IngestSettings) -> Iterator[Listing | MalformedRow]:
    """The listing on each line of ``path``, plain or gzipped.

    Raises
    ------
    UnreadableFile, LimitExceeded
        after the rows before the broken place have been yielded.
    """
    return read_json_rows(path, settings, listing_of)


def listing_of(row: Row) -> Listing:
    """The listing a row of any of the three formats describes."""
    if "first_day" in row:
        return Listing(_paper(row), required_day(row, "first_day"), Feed.ARXIV)
    if "upvotes" in row:
        return Listing(_paper(row), required_day(row, "day"), Feed.HUGGINGFACE, votes=optional_count(row, "upvotes"))
    return Listing(
        _paper(row),
        required_day(row, "day"),
        one_of(row, "feed", Feed, Feed.LOCAL),
        one_of(row, "announce_type", AnnounceType, AnnounceType.NEW),
        optional_count(row, "votes"),
    )


def one_of(row: Row, field: str, choices: type[Choice], default: Choice | None = None) -> Choice:
    """The member of ``choices`` that ``field`` names, ``default`` where absent."""
    value = optional_text(row, field)
    if value is None and default is not None:
        return default
    if value not in set(choices):
        raise InvalidValue(field, value, f"one of {', '.join(choices)} is needed")
    return choices(value)


def _paper(row: Row) -> Paper:
    identifier, version = paper_id(required_text(row, "id"))
    cited = dict.fromkeys(paper_id(reference)[0] for reference in codes(row, "references"))
    return Paper(
        id=identifier,
        title=plain_field(row, "title"),
        abstract=plain_abstract(raw_text(row, "abstract")),
        authors=names(row, "authors"),
        categories=codes(row, "categories"),
        comment=plain_field(row, "comment"),
        keywords=phrases(row, "keywords"),
        version=optional_count(row, "version", least=1) or version or 1,
        published_at=optional_instant(row, "published_at", zone_needed=False),
        references=tuple(cited),
    )
