"""What to ask a new reader, and a reader of whom little is known."""

from typing import Annotated

from fastapi import APIRouter, Query

from serving.asking import questions_for, starter_papers
from serving.dependencies import Reading, ServicesDep
from serving.problems import example, problems
from serving.schemas.asking import ASKED_EXAMPLE, AskedPapers
from serving.schemas.papers import PaperOut
from serving.security import ANYONE_KNOWN, OwnUser

router = APIRouter(prefix="/v1", tags=["users"])


@router.get(
    "/starters",
    operation_id="list_starters",
    summary="Papers to begin with",
    response_model=AskedPapers,
    responses={**example(200, ASKED_EXAMPLE, "Papers that lie far apart."), **problems(401, 404, 429, 503)},
    dependencies=ANYONE_KNOWN,
)
def list_starters(
    services: ServicesDep, tx: Reading, n: Annotated[int, Query(ge=1, le=50, description="How many.")] = 12
) -> AskedPapers:
    """Give papers of the newest week that tell interests apart, one from each cluster, the largest cluster first."""
    return AskedPapers(papers=[PaperOut.of(paper) for paper in starter_papers(services, tx, n)])


@router.get(
    "/users/{user_id}/questions",
    operation_id="list_questions",
    summary="Papers whose answers teach most",
    response_model=AskedPapers,
    responses={**example(200, ASKED_EXAMPLE, "Papers to judge."), **problems(401, 403, 404, 429, 503)},
)
def list_questions(
    user_id: OwnUser,
    services: ServicesDep,
    tx: Reading,
    n: Annotated[int, Query(ge=1, le=50, description="How many.")] = 5,
) -> AskedPapers:
    """Give papers of the newest day, among those the user is likeliest to want, where the model is least sure.

    Each is chosen as if those before it had been answered. Post the answers as interactions: the next questions, and
    the next ranking, know them.
    """
    found = questions_for(services, tx, tx.users.get(user_id), n)
    return AskedPapers(papers=[PaperOut.of(paper) for paper in found])
