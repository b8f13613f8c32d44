"""Papers and days."""

from datetime import datetime
from functools import lru_cache

from pydantic import BaseModel, Field

from features.domain import DayFeed, EmptyReason, Paper
from serving.schemas.fields import Day

PAPER_EXAMPLE = {
    "id": "2602.01234",
    "title": "Sparse attention from scratch",
    "abstract": "We rebuild attention from sparse parts.",
    "authors": ["A. Author", "B. Author"],
    "categories": ["cs.LG", "cs.CL"],
    "comment": "12 pages",
    "keywords": ["attention"],
    "version": 1,
    "published_at": "2026-02-26T17:00:00Z",
}
FEED_EXAMPLE = {"n_papers": 183, "fetched_at": "2026-02-27T01:30:00Z", "complete": True, "reason": None}


class PaperOut(BaseModel):
    """One paper in the version known at the moment asked for."""

    id: str
    title: str
    abstract: str
    authors: list[str]
    categories: list[str] = Field(description="arXiv categories, the primary first.")
    comment: str
    keywords: list[str]
    version: int
    published_at: datetime | None

    @classmethod
    def of(cls, paper: Paper) -> "PaperOut":
        """``paper`` for the wire."""
        return cls(
            id=paper.id,
            title=paper.title,
            abstract=paper.abstract,
            authors=list(paper.authors),
            categories=list(paper.categories),
            comment=paper.comment,
            keywords=list(paper.keywords),
            version=paper.version,
            published_at=paper.published_at,
        )


@lru_cache(maxsize=4096)
def paper_json(paper: Paper) -> bytes:
    """``paper`` for the wire, rendered once for all readers who are shown it."""
    return PaperOut.of(paper).model_dump_json().encode()


class FeedOut(BaseModel):
    """What the day's feed held and how far to trust it."""

    n_papers: int
    fetched_at: datetime | None
    complete: bool
    reason: EmptyReason | None = Field(description="Why the day is empty or short; null for a complete day.")

    @classmethod
    def of(cls, feed: DayFeed) -> "FeedOut":
        """``feed`` for the wire."""
        return cls(n_papers=feed.n_papers, fetched_at=feed.fetched_at, complete=feed.complete, reason=feed.reason)


class PaperPage(BaseModel):
    """A day's papers in the order of their ids."""

    day: Day
    as_of: datetime
    topic: str | None
    feed: FeedOut
    papers: list[PaperOut]
    next_cursor: str | None


PAGE_EXAMPLE = {
    "day": "2026-02-27",
    "as_of": "2026-02-27T08:00:00Z",
    "topic": None,
    "feed": FEED_EXAMPLE,
    "papers": [PAPER_EXAMPLE],
    "next_cursor": None,
}
