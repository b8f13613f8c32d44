"""Papers → entries, and which papers each feed holds."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from urllib.parse import quote

from features.arxiv_ids import parse_arxiv_id
from features.domain import Cut, Paper, User, midnight
from features.store import Transaction
from serving.dependencies import Services
from serving.feeds.entries import Feed, FeedEntry, FeedForm
from serving.observed import EVERYTHING
from serving.ranking import Question, papers_of, resolve, slate_for
from serving.trending import trends_of

N_TRENDING = 30
N_PERSONAL = 20
N_LISTED = 500


def daily(services: Services, tx: Transaction, day: date | None, form: FeedForm) -> Feed:
    """The papers of a day, ascending by id."""
    found = day or tx.days.newest(EVERYTHING)
    asked = f"?day={found}" if day else ""
    home = f"/daily/{day}" if day else "/"
    listed = entries_of(services, tx.papers.on_day(found, EVERYTHING)[:N_LISTED], found)
    return _public(services, f"/feeds/daily.{form}{asked}", "Broadsheet: the day’s papers", home, (found, listed))


def trending(services: Services, tx: Transaction, form: FeedForm) -> Feed:
    """The newest day's first papers by votes and predicted interest."""
    day, cut, champion = tx.days.newest(EVERYTHING), Cut(services.clock()), services.shelf.champion
    trends = trends_of(services.days.of(tx, day, cut, champion), champion.model.trend if champion else None)
    listed = entries_of(services, (trend.paper for trend in trends[:N_TRENDING]), day)
    return _public(services, f"/feeds/trending.{form}", "Broadsheet: trending", "/trending", (day, listed))


def of_topic(services: Services, tx: Transaction, topic: str, form: FeedForm) -> Feed:
    """The newest day's papers of a topic, ascending by id; UnknownTopic."""
    day = tx.days.newest(EVERYTHING)
    papers = papers_of(services, tx, day, Cut(services.clock()), topic)
    listed = entries_of(services, papers[:N_LISTED], day)
    name = quote(topic, safe="")
    address, home = f"/feeds/topics/{name}.{form}", f"/topics/{name}"
    return _public(services, address, f"Broadsheet: {topic}", home, (day, listed))


def personal(services: Services, tx: Transaction, user: User, secret: str, form: FeedForm) -> Feed:
    """The first papers of the newest day as the user's API ranks them. Its id says nothing of who reads it."""
    slate = slate_for(services, tx, user, resolve(services, tx, user, Question()))
    shown = slate.columns.items(0, N_PERSONAL)
    services.served.served(slate.request, shown)
    papers = tx.papers.get_many([item.paper_id for item in shown], Cut(slate.request.as_of))
    day, root = slate.request.day, services.settings.serving.public_url.rstrip("/")
    return Feed(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"broadsheet:feed:{user.key}").urn,
        title="Broadsheet: your papers",
        home=f"{root}/",
        address=f"{root}{private_path(secret, form)}",
        updated_at=midnight(day),
        entries=entries_of(services, [papers[item.paper_id] for item in shown], day),
    )


def private_path(secret: str, form: FeedForm) -> str:
    """Where a private feed is, below the service's own address."""
    return f"/feeds/u/{secret}.{form}"


def entries_of(services: Services, papers: Iterable[Paper], day: date) -> list[FeedEntry]:
    """``papers`` of ``day`` in their order."""
    root = services.settings.serving.public_url.rstrip("/")
    return [_entry(paper, day, root) for paper in papers]


def _entry(paper: Paper, day: date, root: str) -> FeedEntry:
    """A paper counts as published on the day that lists it: what readers of a feed wait for."""
    arxiv = parse_arxiv_id(paper.id)
    link = f"https://arxiv.org/abs/{arxiv[0]}" if arxiv else f"{root}/papers/{quote(paper.id, safe='/')}"
    return FeedEntry(
        id=link,
        link=link,
        title=paper.title,
        abstract=paper.abstract,
        authors=paper.authors,
        categories=paper.categories,
        published_at=midnight(day),
    )


def _public(services: Services, path: str, title: str, home: str, of_day: tuple[date, Sequence[FeedEntry]]) -> Feed:
    day, listed = of_day
    root = services.settings.serving.public_url.rstrip("/")
    # one id for the three forms of a feed
    stem, _, rest = path.rpartition(".")
    _, _, asked = rest.partition("?")
    return Feed(
        id=f"{root}{stem}{'?' if asked else ''}{asked}",
        title=title,
        home=f"{root}{home}",
        address=f"{root}{path}",
        updated_at=midnight(day),
        entries=listed,
    )
