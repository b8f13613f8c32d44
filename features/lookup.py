"""One paper that a reader names and the store lacks, from arXiv into the store."""

from collections.abc import Callable
from datetime import datetime

from features.errors import UnknownPaper
from features.ingest import ingest_listings
from features.settings import IngestSettings
from features.store import Store


def fetch_into(store: Store, paper_id: str, settings: IngestSettings, *, now: Callable[[], datetime]) -> None:
    """Ask the arXiv API for ``paper_id`` and record its listings, as an ingest of their days would have.

    Raises
    ------
    UnknownPaper
        where arXiv knows no such paper.
    SourceFailed
        where arXiv does not answer.
    """
    from features.sources.arxiv_api import fetch_paper  # noqa: PLC0415  # a server starts without its client

    listings = fetch_paper(paper_id, settings)
    if not listings:
        raise UnknownPaper(paper_id)
    ingest_listings(store, listings, now=now)
