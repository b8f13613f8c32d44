"""What the three arXiv clients share: categories, and the listings that follow from one paper's dates."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TypeVar

from features.domain import AnnounceType, Feed, Listing, Paper
from features.errors import InvalidValue, MalformedRow

Item = TypeVar("Item")

_CATEGORY = re.compile(r"[a-z][a-z-]{1,15}(?:\.(?:[A-Z]{2}|[a-z][a-z-]{1,15}|\*))?", re.ASCII)


def valid_categories(categories: Sequence[str]) -> tuple[str, ...]:
    """``categories`` if there are any and all can be arXiv's, as in ``cs.LG`` or ``astro-ph.*``."""
    for category in categories:
        if not _CATEGORY.fullmatch(category):
            raise InvalidValue("category", category, "an arXiv category is written like cs.LG")
    if not categories:
        raise InvalidValue("categories", "", "name at least one arXiv category, as in cs.LG,cs.CL")
    return tuple(categories)


def listings_of(paper: Paper, first_day: date, revised_on: date | None) -> Iterator[Listing]:
    """A catalogue gives the newest text only: the listing that made the paper new, then that of its newest version.

    The first stands in for a text nobody gives any more; ``features.ingest`` puts the text the store had in its place.
    """
    yield Listing(paper, first_day, Feed.ARXIV, AnnounceType.NEW)
    if paper.version > 1 and revised_on is not None:
        yield Listing(paper, max(revised_on, first_day), Feed.ARXIV, AnnounceType.REPLACE)


def each_listing(
    origin: str, items: Iterable[Item], read: Callable[[Item], Iterable[Listing]]
) -> Iterator[Listing | MalformedRow]:
    """The listings of each item of an answer; an item that breaks a rule is a MalformedRow with its place, from 1."""
    for place, item in enumerate(items, start=1):
        try:
            yield from tuple(read(item))
        except InvalidValue as error:
            yield MalformedRow(origin, place, str(error))


def n_new(events: Iterable[Listing | MalformedRow]) -> int:
    """How many of ``events`` are listings of papers that are no revisions."""
    return sum(isinstance(event, Listing) and not event.announce_type.is_revision for event in events)
