"""One paper, and search."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from features.domain import User
from features.store import Transaction
from models.causes import Explanation, explanation_of
from serving.dependencies import Reading, Services, ServicesDep
from serving.observed import EVERYTHING
from serving.own_papers import must_be_shown_to
from serving.ranking import Question, known_at, resolve
from serving.schemas.fields import PaperId
from serving.search import search, similar
from serving.web.community import tally_of
from serving.web.last_act import last_act
from serving.web.pages import rendered
from serving.web.ranked import acts_of, view_of, views_of
from serving.web.visit import VisitDep

router = APIRouter(include_in_schema=False)

_N_FOUND = 30
_N_SIMILAR = 8
_N_TELLING = 8
_OF_WORDS = ("relevance", "text")


@router.get("/search")
def search_page(
    services: ServicesDep,
    tx: Reading,
    visit: VisitDep,
    q: Annotated[str, Query(max_length=1000)] = "",
    done: str = "",
) -> Response:
    """Show what a search finds."""
    query = q.strip()
    hits = search(services, tx, query, _N_FOUND) if query else []
    papers = tx.papers.get_many([hit.paper_id for hit in hits], EVERYTHING)
    found = views_of(services, tx, visit.user, (papers[hit.paper_id] for hit in hits if hit.paper_id in papers))
    last = last_act(tx, visit.user, done) if visit.user else None
    return rendered(services, visit, "search.html", query=query, views=found, done=last)


@router.get("/papers/{paper_id:path}")
def paper_page(paper_id: PaperId, services: ServicesDep, tx: Reading, visit: VisitDep, done: str = "") -> Response:
    """Show a paper: its text, why it stands where in the reader's list of its day, revisions, and papers like it."""
    must_be_shown_to(visit.user, paper_id)
    paper = tx.papers.get(paper_id, EVERYTHING)
    day = tx.papers.first_day(paper_id, EVERYTHING)
    hits = similar(services, tx, paper, _N_SIMILAR)
    near = tx.papers.get_many([hit.paper_id for hit in hits], EVERYTHING)
    explained = _explained(services, tx, visit.user, day, paper_id) if visit.user and day else None
    return rendered(
        services,
        visit,
        "paper.html",
        view=view_of(services, visit.user, paper, acts_of(tx, visit.user)),
        explained=explained,
        words=_telling(explained) if explained else [],
        votes=tx.papers.votes([paper_id], EVERYTHING).get(paper_id),
        tally=tally_of(tx, visit.user, paper_id),
        day=day,
        versions=tx.papers.versions(paper_id, EVERYTHING),
        near=views_of(services, tx, None, (near[hit.paper_id] for hit in hits if hit.paper_id in near)),
        done=last_act(tx, visit.user, done) if visit.user else None,
    )


def _telling(explained: Explanation) -> list[str]:
    """The words that speak most for the paper."""
    parts = [part for share in explained.shares if share.kind in _OF_WORDS for part in share.parts if part.weight > 0]
    return [part.text for part in sorted(parts, key=lambda part: (-part.weight, part.text))[:_N_TELLING]]


def _explained(services: Services, tx: Transaction, user: User, day: date, paper_id: str) -> Explanation:
    """The paper's score for the reader among the papers of its day, taken apart."""
    known = known_at(services, tx, user, resolve(services, tx, user, Question(day=day)))
    return explanation_of(known.day, known.user, known.policy, paper_id)
