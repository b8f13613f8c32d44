"""A user's ranked papers of a day."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from features.domain import Cut, User
from features.errors import InvalidValue
from features.store import Transaction
from models.slate import Slate, decode_slate
from serving.dependencies import Reading, Services, ServicesDep
from serving.notices import notice_of
from serving.paging import CursorQuery, Limit
from serving.problems import example, problems
from serving.ranking import Question, resolve, slate_for
from serving.schemas.fields import Day, Instant, ModelVersion, TopicName
from serving.schemas.papers import FeedOut, PaperOut
from serving.schemas.recommendations import (
    RECOMMENDATIONS_EXAMPLE,
    ReasonOut,
    Recommendations,
    RecommendedPaper,
    TopicShare,
)
from serving.security import OwnUser

router = APIRouter(prefix="/v1/users/{user_id}", tags=["recommendations"])


def _question(
    day: Annotated[Day | None, Query(description="Default: the newest day.")] = None,
    topic: Annotated[TopicName | None, Query(description="A topic of the model, or one of the user's own.")] = None,
    as_of: Annotated[Instant | None, Query(description="Rank with what was recorded until then.")] = None,
    model_version: Annotated[ModelVersion | None, Query(description="Default: the champion.")] = None,
    seed: Annotated[int | None, Query(ge=0, lt=2**31, description="Default: 0.")] = None,
    min_probability: Annotated[float | None, Query(ge=0, le=1, description="Leave out what is less probable.")] = None,
) -> Question:
    return Question(day, as_of, model_version, topic, seed, min_probability)


@router.get(
    "/recommendations",
    operation_id="list_recommendations",
    summary="A user's ranked papers of a day",
    response_model=Recommendations,
    responses={**example(200, RECOMMENDATIONS_EXAMPLE, "One page of a slate."), **problems(401, 403, 404, 429, 503)},
)
def list_recommendations(
    user_id: OwnUser,
    services: ServicesDep,
    tx: Reading,
    question: Annotated[Question, Depends(_question)],
    limit: Limit,
    cursor: CursorQuery = None,
) -> Recommendations:
    """Rank the papers of a day for a user.

    Papers the user has seen on an earlier day, saved or dismissed are left out. The same question gives the same
    bytes until something has happened; with the answer's as_of, model_version and seed it always does.
    """
    user = tx.users.get(user_id)
    if cursor is None:
        slate, offset = slate_for(services, tx, user, resolve(services, tx, user, question)), 0
    else:
        slate, offset = _continued(services, tx, user, question, cursor)
    shown = slate.items[offset : offset + limit]
    services.served.served(slate.request, shown)
    return _page(services, tx, slate, offset, limit)


def _continued(services: Services, tx: Transaction, user: User, question: Question, cursor: str) -> tuple[Slate, int]:
    """The stored slate a cursor continues, whatever the champion is by now, and where it goes on."""
    slate_id, offset = services.cursors.read(user.id, cursor)
    stored = tx.slates.get(slate_id)
    if stored is None or stored.user_id != user.id:
        raise InvalidValue("cursor", cursor, "its slate is gone; start again without one")
    slate = decode_slate(stored.body)
    for name in Question.__slots__:
        asked = getattr(question, name)
        if asked is not None and asked != getattr(slate.request, name):
            raise InvalidValue("cursor", cursor, f"it continues a slate of another {name}")
    return slate, offset


def _page(services: Services, tx: Transaction, slate: Slate, offset: int, limit: int) -> Recommendations:
    request, shown = slate.request, slate.items[offset : offset + limit]
    cut, end = Cut(request.as_of), offset + limit
    papers = tx.papers.get_many([item.paper_id for item in shown], cut)
    return Recommendations(
        user_id=request.user_id,
        day=request.day,
        as_of=request.as_of,
        model_version=request.model_version,
        seed=request.seed,
        topic=request.topic,
        min_probability=request.min_probability,
        slate_id=slate.slate_id,
        scorer=slate.scorer,
        notice=notice_of(slate),
        feed=FeedOut.of(services.days.feed(tx, request.day, cut)),
        expected_useful=slate.expected_useful,
        items=[
            RecommendedPaper(
                paper=PaperOut.of(papers[item.paper_id]),
                position=item.position,
                rank=item.rank,
                score=item.score,
                probability=item.probability,
                topics=[TopicShare(name=name, probability=probability) for name, probability in item.topics],
                reasons=[ReasonOut(kind=kind, text=text, weight=weight) for kind, text, weight in item.reasons],
            )
            for item in shown
        ],
        next_cursor=services.cursors.sign(request.user_id, slate.slate_id, end) if end < len(slate.items) else None,
    )
