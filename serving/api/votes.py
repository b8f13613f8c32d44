"""Votes and submissions: what readers want others to see."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from features.errors import NotAllowed
from features.store import Transaction
from serving.dependencies import Reading, ServicesDep, Writing
from serving.observed import EVERYTHING
from serving.problems import example, problems
from serving.schemas.community import (
    SUBMISSION_EXAMPLE,
    SUBMISSIONS_EXAMPLE,
    TALLY_EXAMPLE,
    SubmissionIn,
    SubmissionOut,
    Submissions,
    Tally,
)
from serving.schemas.fields import PaperId
from serving.schemas.papers import PaperOut
from serving.security import ANYONE_KNOWN, CallerDep
from serving.submitting import submit

router = APIRouter(prefix="/v1", tags=["community"])

_MOST = 100


async def _voter(caller: CallerDep) -> str:
    if caller.user_id is None:
        raise NotAllowed("voting: votes are counted once per user, and it is no user's token")
    return caller.user_id


Voter = Annotated[str, Depends(_voter)]
"""The user whose token it is; an administrator's is nobody's."""


@router.post(
    "/papers/{paper_id:path}/vote",
    operation_id="cast_vote",
    summary="Vote for a paper",
    response_model=Tally,
    responses={**example(200, TALLY_EXAMPLE, "The votes with this one."), **problems(401, 403, 404, 429, 503)},
)
def cast_vote(paper_id: PaperId, voter: Voter, services: ServicesDep, tx: Writing) -> Tally:
    """Count the token's user once for a paper; again changes nothing.

    Votes order `/v1/trending`. They are no evidence for anybody's own ranking, the voter's included.
    """
    tx.votes.cast(voter, paper_id, recorded_at=services.clock())
    return Tally(paper_id=paper_id, reader_votes=_n_votes(tx, paper_id), voted=True)


@router.delete(
    "/papers/{paper_id:path}/vote",
    status_code=204,
    operation_id="withdraw_vote",
    summary="Take a vote or a submission back",
    responses={204: {"description": "No vote of the user stands."}, **problems(401, 403, 404, 429, 503)},
)
def withdraw_vote(paper_id: PaperId, voter: Voter, services: ServicesDep, tx: Writing) -> Response:
    """Take the token's user's vote back, with the word why of a submission. Lists of an earlier moment keep it."""
    tx.votes.withdraw(voter, paper_id, recorded_at=services.clock())
    return Response(status_code=204)


@router.post(
    "/submissions",
    status_code=201,
    operation_id="submit_paper",
    summary="Submit a paper with a word why",
    response_model=SubmissionOut,
    responses={**example(201, SUBMISSION_EXAMPLE, "As everybody sees it."), **problems(401, 403, 404, 429, 502, 503)},
)
def submit_paper(wanted: SubmissionIn, voter: Voter, services: ServicesDep) -> SubmissionOut:
    """Submit a paper by its arXiv id or address; it counts as the submitter's vote, and once.

    A paper of arXiv's that the store lacks is fetched while this request waits; 404 where arXiv has none either.
    """
    vote = submit(services, voter, wanted.paper, wanted.why)
    with services.store.transaction(readonly=True) as tx:
        return SubmissionOut(
            paper=PaperOut.of(tx.papers.get(vote.paper_id, EVERYTHING)),
            why=vote.why,
            submitted_at=vote.recorded_at,
            curator=tx.lists.name_of(voter),
            reader_votes=_n_votes(tx, vote.paper_id),
        )


@router.get(
    "/submissions",
    operation_id="list_submissions",
    summary="Papers that readers submitted",
    response_model=Submissions,
    responses={**example(200, SUBMISSIONS_EXAMPLE, "One of them."), **problems(401, 404, 429, 503)},
    dependencies=ANYONE_KNOWN,
)
def list_submissions(
    tx: Reading, limit: Annotated[int, Query(ge=1, le=_MOST, description="At most so many.")] = 20
) -> Submissions:
    """List standing submissions, the newest first; who submitted one is said only by the name of their public list."""
    found = tx.votes.submissions(EVERYTHING, limit=limit)
    ids = [one.paper_id for one in found]
    papers, cast_at = tx.papers.get_many(ids, EVERYTHING), tx.votes.cast_at(ids, EVERYTHING)
    return Submissions(
        submissions=[
            SubmissionOut(
                paper=PaperOut.of(papers[one.paper_id]),
                why=one.why,
                submitted_at=one.recorded_at,
                curator=one.curator,
                reader_votes=len(cast_at[one.paper_id]),
            )
            for one in found
            if one.paper_id in papers
        ]
    )


def _n_votes(tx: Transaction, paper_id: str) -> int:
    return len(tx.votes.cast_at([paper_id], EVERYTHING).get(paper_id, ()))
