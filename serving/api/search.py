"""Search over all papers."""

from typing import Annotated

from fastapi import APIRouter, Query

from serving.dependencies import Reading, ServicesDep
from serving.observed import EVERYTHING
from serving.paging import Limit
from serving.problems import example, problems
from serving.schemas.papers import PaperOut
from serving.schemas.search import SEARCH_EXAMPLE, FoundPaper, SearchResult
from serving.search import search
from serving.security import ANYONE_KNOWN

router = APIRouter(prefix="/v1", tags=["papers"], dependencies=ANYONE_KNOWN)


@router.get(
    "/search",
    operation_id="search_papers",
    summary="Search all papers",
    response_model=SearchResult,
    responses={**example(200, SEARCH_EXAMPLE, "The best of them."), **problems(401, 429, 503)},
)
def search_papers(
    services: ServicesDep,
    tx: Reading,
    limit: Limit,
    q: Annotated[str, Query(max_length=1000, description="Words, authors, or an arXiv id or address.")],
) -> SearchResult:
    """Find papers by id, by words of title, abstract, authors and keywords, and by meaning where a model serves.

    Words and meaning are ranked each by itself and then together. A query with no known word finds nothing.
    """
    hits = search(services, tx, q, limit)
    papers = tx.papers.get_many([hit.paper_id for hit in hits], EVERYTHING)
    return SearchResult(
        query=q,
        papers=[
            FoundPaper(paper=PaperOut.of(papers[hit.paper_id]), score=hit.score)
            for hit in hits
            if hit.paper_id in papers
        ],
    )
