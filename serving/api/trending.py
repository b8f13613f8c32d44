"""A day's papers by the community's interest, the same for everybody."""

from typing import Annotated

from fastapi import APIRouter, Query

from features.domain import Cut
from features.errors import InvalidValue
from serving.api.papers import AsOf
from serving.dependencies import Reading, ServicesDep
from serving.hot import MOST_DAYS, trends_at
from serving.paging import Limit
from serving.problems import example, problems
from serving.schemas.fields import Day
from serving.schemas.papers import FeedOut, PaperOut
from serving.schemas.trending import TRENDING_EXAMPLE, Trending, TrendingPaper
from serving.security import ANYONE_KNOWN

router = APIRouter(prefix="/v1", tags=["papers"], dependencies=ANYONE_KNOWN)


@router.get(
    "/trending",
    operation_id="list_trending",
    summary="A day's papers by the community's interest",
    response_model=Trending,
    responses={**example(200, TRENDING_EXAMPLE, "The first of them."), **problems(401, 404, 429, 503)},
)
def list_trending(
    services: ServicesDep,
    tx: Reading,
    limit: Limit,
    day: Annotated[Day | None, Query(description="Default: the newest day.")] = None,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="Of so many days up to that one.")] = 1,
    as_of: AsOf = None,
) -> Trending:
    """List a day's papers by votes, older ones weighing less; those without any follow by predicted interest.

    A predicted place is marked. Without a model that has learnt from the community's page nothing is predicted.
    """
    now = services.clock()
    at = as_of or now
    if at > now:
        raise InvalidValue("as_of", at.isoformat(), "the future is not known yet")
    cut = Cut(at)
    found, champion = day or tx.days.newest(cut), services.shelf.champion
    trends = trends_at(services, tx, found, cut, n_days=days)
    predicting = champion is not None and any(trend.predicted for trend in trends)
    return Trending(
        day=found,
        days=days,
        as_of=at,
        model_version=champion.model.version if champion and predicting else None,
        feed=FeedOut.of(services.days.feed(tx, found, cut)),
        papers=[
            TrendingPaper(
                paper=PaperOut.of(trend.paper),
                votes=trend.votes,
                reader_votes=trend.reader_votes,
                heat=trend.heat,
                probability=trend.probability,
                predicted=trend.predicted,
            )
            for trend in trends[:limit]
        ],
    )
