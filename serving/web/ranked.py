"""A day's papers in the order of a page: a reader's own, or by trend for a visitor."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from features.domain import Cut, Paper, User
from features.store import Transaction
from models.slate import Slate
from serving.dependencies import Services
from serving.hot import trends_at
from serving.notices import notice_of
from serving.observed import EVERYTHING
from serving.ranking import Question, papers_of, resolve, slate_for
from serving.web.opening import opening_url
from serving.web.paper_views import NOTHING_SAID, Acts, PaperView, acts_by_paper, paper_url


@dataclass(frozen=True, slots=True)
class Ranked:
    """The papers, and what is said above them; ``slate`` is None for a visitor."""

    views: list[PaperView]
    slate: Slate | None = None
    notice: str | None = None

    @property
    def slate_id(self) -> str:
        """The slate's name, or nothing."""
        return self.slate.slate_id if self.slate else ""

    @property
    def expected_useful(self) -> float | None:
        """How many papers the reader is expected to want; None where a notice says that the order is not theirs."""
        return None if self.slate is None or self.notice else self.slate.expected_useful


def personal(services: Services, tx: Transaction, user: User, day: date, topic: str | None = None) -> Ranked:
    """The reader's slate, the very one that the API gives; UnknownTopic."""
    slate = slate_for(services, tx, user, resolve(services, tx, user, Question(day=day, topic=topic)))
    papers = tx.papers.get_many(slate.columns.paper_ids, Cut(slate.request.as_of))
    acts = acts_of(tx, user)
    views = [
        PaperView(
            papers[item.paper_id],
            opening_url(services, user, item.paper_id, slate.slate_id, item.position),
            acts.get(item.paper_id, NOTHING_SAID),
            item,
        )
        for item in slate.items
    ]
    return Ranked(views, slate, notice_of(slate))


def by_trend(services: Services, tx: Transaction, user: User | None, day: date, topic: str | None = None) -> Ranked:
    """The day's papers by votes and predicted interest, narrowed to a topic; UnknownTopic."""
    cut = Cut(services.clock())
    trends = trends_at(services, tx, day, cut)
    wanted = None if topic is None else {paper.id for paper in papers_of(services, tx, day, cut, topic)}
    acts = acts_of(tx, user)
    return Ranked(
        [
            view_of(services, user, trend.paper, acts, trend.n_votes, trend.probability)
            for trend in trends
            if wanted is None or trend.paper.id in wanted
        ]
    )


def acts_of(tx: Transaction, user: User | None) -> Mapping[str, Acts]:
    """What the reader has said of each paper; nothing for a visitor."""
    return acts_by_paper(tx.interactions.of_user(user.id, EVERYTHING)) if user else {}


def views_of(services: Services, tx: Transaction, user: User | None, papers: Iterable[Paper]) -> list[PaperView]:
    """``papers`` in their order, outside any slate."""
    acts = acts_of(tx, user)
    return [view_of(services, user, paper, acts) for paper in papers]


def view_of(
    services: Services,
    user: User | None,
    paper: Paper,
    acts: Mapping[str, Acts],
    votes: int | None = None,
    trend: float | None = None,
) -> PaperView:
    """One paper outside any slate; a reader's opening of it is recorded all the same."""
    url = paper_url(paper.id) if user is None else opening_url(services, user, paper.id)
    return PaperView(paper, url, acts.get(paper.id, NOTHING_SAID), None, votes, trend)
