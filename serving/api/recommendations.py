"""A user's ranked papers of a day."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic_core import to_json

from features.domain import Cut, User
from features.errors import InvalidValue
from features.store import Transaction
from models.pauses import pause
from models.slate import SlatePage
from models.slate_columns import SlateItem
from serving.dependencies import Services, ServicesDep
from serving.notices import notice_of
from serving.one_thread import reading
from serving.paging import CursorQuery, Limit
from serving.problems import example, problems
from serving.ranking import Question, page_for, resolve
from serving.schemas.fields import Day, Instant, ModelVersion, TopicName
from serving.schemas.papers import FeedOut, paper_json
from serving.schemas.recommendations import RECOMMENDATIONS_EXAMPLE, Recommendations
from serving.security import OwnUser

_NO_ITEMS = b'"items":[]'

router = APIRouter(prefix="/v1/users/{user_id}", tags=["recommendations"])


async def _question(
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
async def list_recommendations(
    user_id: OwnUser,
    services: ServicesDep,
    question: Annotated[Question, Depends(_question)],
    limit: Limit,
    cursor: CursorQuery = None,
) -> Response:
    """Rank the papers of a day for a user.

    Papers the user has seen on an earlier day, saved or dismissed are left out. The same question gives the same
    bytes until something has happened; with the answer's as_of, model_version and seed it always does.
    """

    def ask(tx: Transaction) -> bytes:
        user = tx.users.get(user_id)
        if cursor is None:
            page = page_for(services, tx, user, resolve(services, tx, user, question), limit)
        else:
            page = _continued(services, tx, user, question, (cursor, limit))
        pause()
        services.served.served(page.request, page.items)
        return _answer(services, tx, page)

    # as JSON at once: the model is ours, and to validate it again would cost more than all of this
    return Response(await reading(services, ask), media_type="application/json")


def stored_answer(services: Services, user: User, limit: int) -> bytes | None:
    """The answer to the question that leaves all open but ``limit``, where its slate is stored; None where it is not.

    Made on the connections of ``services.marks``, for who has them already.
    """
    with services.marks.transaction(readonly=True) as tx:
        page = services.slates.page(tx, resolve(services, tx, user, Question()).slate_id, 0, limit)
        if page is None:
            return None
        body = _answer(services, tx, page)
    services.served.served(page.request, page.items)
    return body


def _continued(
    services: Services, tx: Transaction, user: User, question: Question, asked: tuple[str, int]
) -> SlatePage:
    """The next items, as many as asked for, of the stored slate a cursor continues, whatever the champion is by now."""
    cursor, limit = asked
    slate_id, offset = services.cursors.read(user.id, cursor)
    page = services.slates.page(tx, slate_id, offset, limit, answered=True)
    if page is None or page.request.user_id != user.id:
        raise InvalidValue("cursor", cursor, "its slate is gone; start again without one")
    for name in Question.__slots__:
        wanted = getattr(question, name)
        if wanted is not None and wanted != getattr(page.request, name):
            raise InvalidValue("cursor", cursor, f"it continues a slate of another {name}")
    return page


def _answer(services: Services, tx: Transaction, page: SlatePage) -> bytes:
    """What ``Recommendations`` says of the page, in its bytes: a paper is the same for all who are shown it."""
    request, cut = page.request, Cut(page.request.as_of)
    papers = services.observed.of(tx).papers(tx, [item.paper_id for item in page.items], cut)
    end = page.items[-1].position if page.items else page.n_items
    around = Recommendations(
        user_id=request.user_id,
        day=request.day,
        as_of=request.as_of,
        model_version=request.model_version,
        seed=request.seed,
        topic=request.topic,
        min_probability=request.min_probability,
        slate_id=page.slate_id,
        scorer=page.scorer,
        notice=notice_of(page),
        feed=FeedOut.of(services.days.feed(tx, request.day, cut)),
        expected_useful=page.expected_useful,
        items=[],
        next_cursor=services.cursors.sign(request.user_id, page.slate_id, end) if end < page.n_items else None,
    )
    # inside a string a backslash stands before every quotation mark, so that this is no title's
    before, after = around.model_dump_json().encode().rsplit(_NO_ITEMS, 1)
    items = [_item(item, paper_json(papers[item.paper_id])) for item in page.items]
    return b'%b"items":[%b]%b' % (before, b",".join(items), after)


def _item(item: SlateItem, paper: bytes) -> bytes:
    """A ``RecommendedPaper`` in its bytes."""
    said = {
        "position": item.position,
        "rank": item.rank,
        "score": item.score,
        "probability": item.probability,
        "topics": [{"name": name, "probability": probability} for name, probability in item.topics],
        "reasons": [{"kind": kind, "text": text, "weight": weight} for kind, text, weight in item.reasons],
    }
    return b'{"paper":%b,%b' % (paper, to_json(said)[1:])
