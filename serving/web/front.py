"""The front page: a day as one reader's paper, or by trend for a visitor."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from features.domain import Cut, EmptyReason, User
from features.errors import UnknownDay
from features.moment import DayMoment
from features.store import Transaction
from models.slate import Slate
from serving.dependencies import EVERYTHING, Reading, Services, ServicesDep
from serving.notices import notice_of
from serving.ranking import Question, resolve, slate_for
from serving.schemas.fields import Day
from serving.trending import trends_of
from serving.web.last_act import last_act
from serving.web.opening import opening_url
from serving.web.pages import rendered
from serving.web.paper_views import NOTHING_SAID, Acts, PaperView, acts_by_paper, page_of, paper_url
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


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A day's papers in the order of a page, and what is said above them."""

    views: list[PaperView]
    slate: Slate | None
    notice: str | None

    @property
    def lead(self) -> dict[str, Any]:
        """The slate's own figures, for the top of the page."""
        if self.slate is None:
            return {"expected_useful": None, "slate_id": "", "notice": self.notice}
        useful = None if self.notice else self.slate.expected_useful
        return {"expected_useful": useful, "slate_id": self.slate.slate_id, "notice": self.notice}


def _day_page(services: Services, tx: Transaction, visit: Visit, day: date, page: int, done: str) -> Response:
    days = services.published.of(tx, EVERYTHING)
    feed = tx.days.feed(day, EVERYTHING)
    ranked = _Ranked([], None, None)
    if feed.n_papers:
        ranked = _personal(services, tx, visit.user, day) if visit.user else _by_trend(services, tx, day)
    if ranked.slate is not None and page == 1:
        services.served.served(ranked.slate.request, ranked.slate.items[:N_TOP])
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
        **ranked.lead,
    )


def _personal(services: Services, tx: Transaction, user: User, day: date) -> _Ranked:
    """The reader's slate, the very one that the API gives."""
    slate = slate_for(services, tx, user, resolve(services, tx, user, Question(day=day)))
    papers = tx.papers.get_many([item.paper_id for item in slate.items], Cut(slate.request.as_of))
    acts = acts_by_paper(tx.interactions.of_user(user.id, EVERYTHING))
    views = [
        PaperView(
            papers[item.paper_id],
            opening_url(services, user, item, slate.slate_id),
            acts.get(item.paper_id, NOTHING_SAID),
            item,
        )
        for item in slate.items
    ]
    return _Ranked(views, slate, notice_of(slate))


def _by_trend(services: Services, tx: Transaction, day: date) -> _Ranked:
    champion = services.shelf.champion
    moment: DayMoment = services.days.of(tx, day, Cut(services.clock()), champion)
    trends = trends_of(moment, champion.model.trend if champion else None)
    nobody: Acts = NOTHING_SAID
    views = [
        PaperView(trend.paper, paper_url(trend.paper.id), nobody, votes=trend.votes, trend=trend.probability)
        for trend in trends
    ]
    return _Ranked(views, None, None)
