"""One OAI-PMH record of arXiv, in the formats ``arXiv`` and ``arXivRaw`` → listings."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from enum import StrEnum
from xml.etree.ElementTree import Element

from features.arxiv_ids import parse_arxiv_id
from features.domain import Listing, Paper
from features.errors import InvalidValue
from features.sources.announcements import listing_day
from features.sources.arxiv_papers import listings_of
from features.sources.fields import parse_day
from features.text import plain, plain_abstract, plain_list, split_names

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_NOON = time(12, tzinfo=UTC)


class MetadataPrefix(StrEnum):
    """The two formats arXiv gives its own metadata in."""

    PLAIN = "arXiv"
    RAW = "arXivRaw"


def record_listings(record: Element, prefix: MetadataPrefix) -> Iterator[Listing]:
    """The listings of one ``record`` element; none of a deleted one. InvalidValue names what is missing."""
    header = record.find(f"{_OAI}header")
    if header is not None and header.get("status") == "deleted":
        return iter(())
    metadata = record.find(f"{_OAI}metadata/*")
    if metadata is None:
        raise InvalidValue("record", "", "it has no metadata")
    space = f"{{http://arxiv.org/OAI/{prefix}/}}"
    return _raw(metadata, space) if prefix is MetadataPrefix.RAW else _plain(metadata, space)


def _raw(metadata: Element, space: str) -> Iterator[Listing]:
    versions = [_instant(version.findtext(f"{space}date", "")) for version in metadata.findall(f"{space}version")]
    if not versions:
        raise InvalidValue("version", "", "it has no version")
    authors = split_names(metadata.findtext(f"{space}authors", ""))
    paper = _paper(metadata, space, authors, len(versions), versions[0])
    return listings_of(paper, listing_day(versions[0]), listing_day(versions[-1]))


def _plain(metadata: Element, space: str) -> Iterator[Listing]:
    created = parse_day(metadata.findtext(f"{space}created", "").strip(), "created")
    updated = metadata.findtext(f"{space}updated", "").strip()
    names = (
        " ".join(author.findtext(f"{space}{part}", "") for part in ("forenames", "keyname", "suffix"))
        for author in metadata.findall(f"{space}authors/{space}author")
    )
    paper = _paper(metadata, space, plain_list(names), 2 if updated else 1, None)
    return listings_of(paper, _listed_on(created), _listed_on(parse_day(updated, "updated")) if updated else None)


def _paper(
    metadata: Element, space: str, authors: tuple[str, ...], version: int, published_at: datetime | None
) -> Paper:
    written = metadata.findtext(f"{space}id", "")
    identifier = parse_arxiv_id(written)
    if identifier is None:
        raise InvalidValue("id", written, "an arXiv id is needed")
    return Paper(
        id=identifier[0],
        title=plain(metadata.findtext(f"{space}title", "")),
        abstract=plain_abstract(metadata.findtext(f"{space}abstract", "")),
        authors=authors,
        categories=plain_list(metadata.findtext(f"{space}categories", "").split()),
        comment=plain(metadata.findtext(f"{space}comments", "")),
        version=version,
        published_at=published_at,
    )


def _instant(value: str) -> datetime:
    try:
        instant = parsedate_to_datetime(value.strip())
    except (ValueError, OverflowError):
        raise InvalidValue("date", value, "a date is written like Mon, 15 Apr 2013 19:33:21 GMT") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _listed_on(submitted_on: date) -> date:
    # The hour is not given; noon UTC is before the deadline, as most of a day's submissions are.
    return listing_day(datetime.combine(submitted_on, _NOON))
