"""Answers to a search."""

from pydantic import BaseModel, Field

from serving.schemas.papers import PAPER_EXAMPLE, PaperOut

SEARCH_EXAMPLE = {"query": "sparse attention", "papers": [{"paper": PAPER_EXAMPLE, "score": 0.032522475}]}


class FoundPaper(BaseModel):
    """One paper found."""

    paper: PaperOut
    score: float = Field(
        description="Sum of 1 / (60 + rank) by words and by meaning; 1 for the paper whose id was asked."
    )


class SearchResult(BaseModel):
    """Papers for a query, best first."""

    query: str
    papers: list[FoundPaper]
