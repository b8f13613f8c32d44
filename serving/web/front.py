"""The front page: a day as one reader's paper, or by trend for a visitor."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from features.domain import EmptyReason
from features.errors import UnknownDay
from features.store import Transaction
from serving.dependencies import Reading, Services, ServicesDep
from serving.observed import EVERYTHING
from serving.schemas.fields import Day
from serving.web.last_act import last_act
from serving.web.pages import rendered
from serving.web.paper_views import page_of
from serving.web.ranked import Ranked, by_trend, personal
from serving.web.visit import Visit, VisitDep

router = APIRouter(include_in_schema=False)

N_TOP = 20
N_REST = 120
PageNumber = Annotated[int, Query(ge=1, le=1000)]

_WHY_EMPTY = {
    EmptyReason.WEEKEND: "Nothing is announced on weekends.",
    EmptyReason.HOLIDAY: "No catalogue announced anything: most likely a holiday.",
    EmptyReason.FETCH_FAILED: "The catalogue could not be reached: this day’s papers come with the next fetch.",
    EmptyReason.NOTHING_LISTED: "The catalogue answered, and listed nothing.",
    EmptyReason.NOT_FETCHED: "This day has not been fetched yet.",
    EmptyReason.FEW_PAPERS: "Fewer papers than usual are known of this day: its list may be incomplete.",
}


@router.get("/")
def newest(services: ServicesDep, tx: Reading, visit: VisitDep, page: PageNumber = 1, done: str = "") -> Response:
    """Show the newest day."""
    try:
        day = tx.days.newest(EVERYTHING)
    except UnknownDay:
        return rendered(services, visit, "no_papers.html")
    return _day_page(services, tx, visit, day, page, done)


@router.get("/daily/{day}")
def daily(
    day: Day, services: ServicesDep, tx: Reading, visit: VisitDep, page: PageNumber = 1, done: str = ""
) -> Response:
    """Show a day."""
    return _day_page(services, tx, visit, day, page, done)


def _day_page(services: Services, tx: Transaction, visit: Visit, day: date, page: int, done: str) -> Response:
    days = services.published.of(tx, EVERYTHING)
    feed = tx.days.feed(day, EVERYTHING)
    ranked = Ranked([])
    if feed.n_papers:
        ranked = personal(services, tx, visit.user, day) if visit.user else by_trend(services, tx, None, day)
    services.catalogue.at_hand(tx, services.shelf.champion, EVERYTHING)  # a reader of this page may search next
    if ranked.slate is not None and page == 1:
        services.served.served(ranked.slate.request, ranked.slate.columns.items(0, N_TOP))
    rest, n_pages = page_of(ranked.views[N_TOP:], page, N_REST)
    return rendered(
        services,
        visit,
        "day.html",
        day=day,
        feed=feed,
        why=_WHY_EMPTY.get(feed.reason) if feed.reason else None,
        top=ranked.views[:N_TOP] if page == 1 else [],
        rest=rest,
        page=page,
        n_pages=n_pages,
        n_first_rest=N_TOP + (page - 1) * N_REST,
        previous=days.previous(day),
        following=days.following(day),
        month=days.month(day),
        done=last_act(tx, visit.user, done) if visit.user else None,
        ranked=ranked,
    )
