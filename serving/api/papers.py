"""Papers and days, the same for everybody."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from features.domain import Cut
from features.errors import InvalidValue
from serving.dependencies import Reading, ServicesDep
from serving.observed import EVERYTHING
from serving.own_papers import must_be_shown_to
from serving.paging import CursorQuery, Limit
from serving.problems import example, problems
from serving.ranking import papers_of
from serving.schemas.fields import Day, Instant, PaperId, TopicName
from serving.schemas.papers import PAGE_EXAMPLE, PAPER_EXAMPLE, FeedOut, PaperOut, PaperPage
from serving.security import ANYONE_KNOWN, CallerDep

router = APIRouter(prefix="/v1/papers", tags=["papers"], dependencies=ANYONE_KNOWN)

_OWNER = "/papers"  # no user can have this id
AsOf = Annotated[Instant | None, Query(description="As known then; default: as known now.")]


@dataclass(frozen=True, slots=True)
class _Question:
    day: date | None
    topic: str | None
    as_of: datetime | None


async def _question(
    day: Annotated[Day | None, Query(description="Default: the newest day.")] = None,
    topic: Annotated[TopicName | None, Query(description="Only papers of this topic.")] = None,
    as_of: AsOf = None,
) -> _Question:
    return _Question(day, topic, as_of)


@router.get(
    "",
    operation_id="list_papers",
    summary="A day's papers",
    response_model=PaperPage,
    responses={**example(200, PAGE_EXAMPLE, "One page."), **problems(401, 404, 429, 503)},
)
def list_papers(
    services: ServicesDep,
    tx: Reading,
    question: Annotated[_Question, Depends(_question)],
    limit: Limit,
    cursor: CursorQuery = None,
) -> PaperPage:
    """List the papers new on a day, in the order of their ids.

    With a topic, those that carry it as a category or keyword, or have it with a probability of at least one half.
    """
    observed, offset, topic = services.observed.of(tx), 0, question.topic
    at = question.as_of or observed.last_recorded_at(tx) or services.clock()
    if cursor is not None:
        # The first page's instant goes with the cursor, so that later pages continue the same list.
        list_id, offset = services.cursors.read(_OWNER, cursor)
        at = datetime.fromisoformat(list_id.partition("|")[0])
    cut = Cut(at)
    day = question.day or tx.days.newest(cut)
    list_id = "|".join((at.isoformat(), day.isoformat(), topic or ""))
    if cursor is not None and services.cursors.sign(_OWNER, list_id, offset) != cursor:
        raise InvalidValue("cursor", cursor, "it continues a list of another day or topic")
    papers = papers_of(services, tx, day, cut, topic)
    end = offset + limit
    return PaperPage(
        day=day,
        as_of=at,
        topic=topic,
        feed=FeedOut.of(observed.feed(tx, day, cut)),
        papers=[PaperOut.of(paper) for paper in papers[offset:end]],
        next_cursor=services.cursors.sign(_OWNER, list_id, end) if end < len(papers) else None,
    )


@router.get(
    "/{paper_id:path}",
    operation_id="get_paper",
    summary="One paper",
    response_model=PaperOut,
    responses={**example(200, PAPER_EXAMPLE, "The paper."), **problems(401, 404, 429, 503)},
)
def get_paper(paper_id: PaperId, caller: CallerDep, tx: Reading, as_of: AsOf = None) -> PaperOut:
    """Give a paper in the version that was known at the moment asked for.

    One that came with a user's library is given to that user only.
    """
    must_be_shown_to(tx.users.get(caller.user_id) if caller.user_id else None, paper_id)
    return PaperOut.of(tx.papers.get(paper_id, Cut(as_of) if as_of else EVERYTHING))
