"""What the service takes a user to be interested in."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from features.domain import Cut, Paper
from models.slate import rounded
from models.tastes import interests_at
from serving.dependencies import Reading, ServicesDep
from serving.interests import change_of, forget, unmute
from serving.problems import example, problems
from serving.ranking import Question, known_at, resolve
from serving.schemas.fields import Day, Instant, ModelVersion, TopicName
from serving.schemas.interests import INTERESTS_EXAMPLE, ChangeOut, InterestOut, InterestPatch, Interests
from serving.schemas.papers import PaperOut
from serving.security import OwnUser

router = APIRouter(prefix="/v1/users/{user_id}", tags=["users"])

_SHOWN = 3


async def _question(
    day: Annotated[Day | None, Query(description="As of the ranking of this day; default: the newest.")] = None,
    as_of: Annotated[Instant | None, Query(description="With what was recorded until then.")] = None,
    model_version: Annotated[ModelVersion | None, Query(description="Default: the champion.")] = None,
) -> Question:
    return Question(day, as_of, model_version)


@router.get(
    "/interests",
    operation_id="list_interests",
    summary="The interests found in a user's choices",
    response_model=Interests,
    responses={**example(200, INTERESTS_EXAMPLE, "One interest."), **problems(401, 403, 404, 429, 503)},
)
def list_interests(
    user_id: OwnUser, services: ServicesDep, tx: Reading, question: Annotated[Question, Depends(_question)]
) -> Interests:
    """Say which interests the user's choices fall into, in their own words; each gets its share of the slate.

    `topic=` with the name of one ranks by that one alone. A user who chose nothing has none, and so has everybody
    while a baseline serves.
    """
    user = tx.users.get(user_id)
    request = resolve(services, tx, user, question)
    known = known_at(services, tx, user, request)
    chosen = known.user.relevance.papers
    return Interests(
        user_id=request.user_id,
        day=request.day,
        as_of=request.as_of,
        model_version=request.model_version,
        interests=[
            InterestOut(
                name=interest.name,
                words=list(interest.words),
                share=rounded(interest.share),
                n_papers=len(interest.rows),
                papers=_newest([chosen[row] for row in interest.rows.tolist()]),
            )
            for interest in interests_at(known.user, known.policy)
        ],
        changes=[ChangeOut.of(change) for change in tx.interest_changes.of_user(user.id, Cut(request.as_of))],
    )


@router.patch(
    "/interests/{name}",
    status_code=204,
    operation_id="change_interest",
    summary="Rename, merge, mute or unmute an interest",
    responses={204: {"description": "It is so from now on."}, **problems(401, 403, 404, 429, 503)},
)
def change_interest(
    user_id: OwnUser, name: TopicName, patch: InterestPatch, services: ServicesDep, tx: Reading
) -> Response:
    """Correct an interest by the name it has now; earlier rankings stay as they are.

    The correction is kept with the papers that make the interest, and means whatever interest holds most of them later.
    A muted one has no share: its papers are no examples any more, as if they had not been chosen, though they stay
    saved and out of the list. Papers chosen later count again.
    """
    user = tx.users.get(user_id)
    if patch.muted is False:
        unmute(services, tx, user, name)
    else:
        change = change_of(services, tx, user, name, patch)
        with services.store.transaction() as writing:
            writing.interest_changes.add(user.id, change, recorded_at=services.clock())
    return Response(status_code=204)


@router.delete(
    "/interests/{name}",
    status_code=204,
    operation_id="forget_interest",
    summary="Take back everything that makes an interest",
    responses={204: {"description": "Nothing stands that made it."}, **problems(401, 403, 404, 429, 503)},
)
def forget_interest(user_id: OwnUser, name: TopicName, services: ServicesDep, tx: Reading) -> Response:
    """Retract all that the user did with the papers of an interest, so that they are not saved any more either.

    To keep them saved and only take their voice, mute the interest instead.
    """
    forget(services, tx, tx.users.get(user_id), name)
    return Response(status_code=204)


def _newest(papers: Sequence[Paper]) -> list[PaperOut]:
    ordered = sorted(papers, key=lambda paper: paper.id, reverse=True)
    return [PaperOut.of(paper) for paper in ordered[:_SHOWN]]
