"""A day by trend or by topic, a week, a month, and what a reader has saved."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from features.domain import InteractionKind, User
from features.errors import InvalidValue
from features.store import Transaction
from serving.dependencies import Reading, Services, ServicesDep
from serving.observed import EVERYTHING
from serving.schemas.fields import Day, TopicName
from serving.topics import own_topics
from serving.web.last_act import last_act
from serving.web.pages import rendered
from serving.web.paper_views import PaperView, page_of
from serving.web.ranked import Ranked, by_trend, personal, view_of, views_of
from serving.web.visit import Visit, VisitDep

router = APIRouter(include_in_schema=False)

_N = 20
_N_PERIOD = 30
_A_DAYS_BEST = 10
_SAVED_KINDS = (InteractionKind.SAVE, InteractionKind.PICK)
PageQuery = Annotated[int, Query(ge=1, le=1000)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which part of a list is wanted; ``done`` names what the reader did before."""

    day: date | None
    page: int
    done: str


async def _asked(day: Annotated[Day | None, Query()] = None, page: PageQuery = 1, done: str = "") -> _Asked:
    return _Asked(day, page, done)


AskedDep = Annotated[_Asked, Depends(_asked)]


@router.get("/trending")
def trending(services: ServicesDep, tx: Reading, visit: VisitDep, asked: AskedDep) -> Response:
    """Show a day by votes, and by predicted interest what is too new for any."""
    day = asked.day or tx.days.newest(EVERYTHING)
    ranked = by_trend(services, tx, visit.user, day)
    return _list_page(services, tx, visit, ranked, replace(asked, day=day), "Trending")


@router.get("/topics")
def topics(services: ServicesDep, tx: Reading, visit: VisitDep) -> Response:
    """List everybody's topics, and the reader's own."""
    champion = services.shelf.champion
    names = sorted(champion.model.topics.names, key=str.casefold) if champion else []
    own = own_topics(tx.interactions.of_user(visit.user.id, EVERYTHING)) if visit.user else []
    return rendered(services, visit, "topics.html", names=names, own=own)


@router.get("/topics/{topic}")
def topic_page(topic: TopicName, services: ServicesDep, tx: Reading, visit: VisitDep, asked: AskedDep) -> Response:
    """Show a day's papers of one topic."""
    day, user = asked.day or tx.days.newest(EVERYTHING), visit.user
    ranked = personal(services, tx, user, day, topic) if user else by_trend(services, tx, None, day, topic)
    return _list_page(services, tx, visit, ranked, replace(asked, day=day), topic)


@router.get("/weekly/{week}")
def weekly(
    week: Annotated[str, Path(pattern=r"^\d{4}-W\d{2}$")], services: ServicesDep, tx: Reading, visit: VisitDep
) -> Response:
    """Show the best of a week, as in 2026-W09."""
    try:
        first = date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
    except ValueError as error:
        raise InvalidValue("week", week, "a week is written as 2026-W09, and a year has 52 or 53") from error
    last = first + timedelta(days=6)
    heading = f"The week of {first.day} {first:%B %Y}"
    return _period_page(services, tx, visit, (first, last), heading)


@router.get("/monthly/{month}")
def monthly(
    month: Annotated[str, Path(pattern=r"^\d{4}-\d{2}$")], services: ServicesDep, tx: Reading, visit: VisitDep
) -> Response:
    """Show the best of a month, as in 2026-02."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise InvalidValue("month", month, "a month is written as 2026-02") from error
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return _period_page(services, tx, visit, (first, last), f"{first:%B %Y}")


@router.get("/saved")
def saved(services: ServicesDep, tx: Reading, visit: VisitDep, page: PageQuery = 1, done: str = "") -> Response:
    """Show what the reader saved, the newest first."""
    reader = visit.reader
    said = [one for one in tx.interactions.of_user(reader.id, EVERYTHING) if one.interaction.kind in _SAVED_KINDS]
    newest = sorted(said, key=lambda one: (one.recorded_at, one.interaction.client_id), reverse=True)
    ids = list(dict.fromkeys(one.interaction.paper_id for one in newest))
    shown, n_pages = page_of(ids, page, _N)
    papers = tx.papers.get_many(shown, EVERYTHING)
    return rendered(
        services,
        visit,
        "saved.html",
        views=views_of(services, tx, reader, (papers[paper_id] for paper_id in shown if paper_id in papers)),
        n_saved=len(ids),
        page=page,
        n_pages=n_pages,
        done=last_act(tx, reader, done),
    )


def _list_page(
    services: Services, tx: Transaction, visit: Visit, ranked: Ranked, asked: _Asked, heading: str
) -> Response:
    day = asked.day or tx.days.newest(EVERYTHING)
    days = services.published.of(tx, EVERYTHING)
    views, n_pages = page_of(ranked.views, asked.page, _N)
    if ranked.slate is not None:
        services.served.served(ranked.slate.request, (view.item for view in views if view.item))
    return rendered(
        services,
        visit,
        "list.html",
        heading=heading,
        predicted=any(view.trend is not None for view in ranked.views),
        day=day,
        ranked=ranked,
        views=views,
        first=_N * (asked.page - 1) + 1,
        page=asked.page,
        n_pages=n_pages,
        previous=days.previous(day),
        following=days.following(day),
        done=last_act(tx, visit.user, asked.done) if visit.user else None,
    )


def _period_page(
    services: Services, tx: Transaction, visit: Visit, period: tuple[date, date], heading: str
) -> Response:
    days = services.published.of(tx, EVERYTHING).within(*period)
    views = _best_for(services, tx, visit.user, days) if visit.user else _most_liked(services, tx, days)
    return rendered(services, visit, "period.html", heading=heading, views=views, days=days)


def _best_for(services: Services, tx: Transaction, user: User, days: Iterable[date]) -> list[PaperView]:
    """The best of each day's slate, the most probable first: probabilities compare between days, scores do not."""
    found: list[PaperView] = []
    for day in days:
        found += personal(services, tx, user, day).views[:_A_DAYS_BEST]
    return sorted(found, key=_less_probable)[:_N_PERIOD]


def _less_probable(view: PaperView) -> tuple[float, int, str]:
    probability = view.item.probability if view.item and view.item.probability is not None else 0.0
    return -probability, view.item.position if view.item else 0, view.paper.id


def _most_liked(services: Services, tx: Transaction, days: Iterable[date]) -> list[PaperView]:
    """The papers with the most votes, the page's and the readers' together; a period is no place for predictions."""
    papers = {
        paper.id: paper
        for day in days
        for paper in services.days.of(tx, day, EVERYTHING, services.shelf.champion).papers
    }
    votes = Counter(tx.papers.votes(papers, EVERYTHING))
    votes.update({paper_id: len(cast) for paper_id, cast in tx.votes.cast_at(papers, EVERYTHING).items()})
    best = sorted((paper_id for paper_id in papers if votes[paper_id]), key=lambda one: (-votes[one], one))
    return [view_of(services, None, papers[one], {}, votes[one]) for one in best[:_N_PERIOD]]
