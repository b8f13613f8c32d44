"""What one digest tells: chosen from the slates and trends that the pages show, and never what was mailed before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import fsum

from features.domain import Cut, Paper, User
from features.errors import UnknownUser
from features.store import Transaction
from features.subscription import Subscription, Wish
from models.slate_columns import SlateItem
from serving.dependencies import Services
from serving.digest.schedules import days_told, is_due
from serving.notices import notice_of
from serving.observed import EVERYTHING
from serving.ranking import Question, resolve, slate_for
from serving.trending import Trend, trends_of

_UNVOTED = (
    "Nobody has voted for these papers yet, and no prediction is at hand: they stand in the order of their numbers."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper of a digest: its place ``item`` in the user's slate ``slate_id``, or the community's ``trend``."""

    paper: Paper
    day: date
    item: SlateItem | None = None
    slate_id: str | None = None
    trend: Trend | None = None

    @property
    def probability(self) -> float | None:
        """How probable it is that the reader wants it: the user's own, or that it comes on the community's page."""
        if self.item is not None:
            return self.item.probability
        if self.trend is None or self.trend.votes is not None:
            return 1.0 if self.trend else None
        return self.trend.probability


@dataclass(frozen=True, slots=True)
class Edition:
    """A digest of ``days`` (ascending): ``entries`` best first, of ``n_papers`` new ones.

    ``expected_useful`` is how many of them the user is expected to want; None for a visitor or where nobody knows.
    ``made_at`` is the instant from which its links count.
    """

    user: User | None
    days: Sequence[date]
    entries: Sequence[Entry]
    n_papers: int
    made_at: datetime
    expected_useful: float | None = None
    notice: str | None = None

    @property
    def day(self) -> date:
        """The day it appears on."""
        return self.days[-1]


def edition_for(services: Services, tx: Transaction, subscription: Subscription, day: date) -> Edition | None:
    """The digest of ``day`` for a subscription; None where none is wanted or there is nothing to tell."""
    wish, address = subscription.wish, subscription.address
    last = tx.mailings.newest(address, before=day)
    if not is_due(wish, day, last):
        return None
    told = [one for one in days_told(wish, day, last) if tx.days.feed(one, EVERYTHING).n_papers]
    if not told:
        return None
    user = _user_of(tx, subscription)
    all_of_it = _by_trend(services, tx, told) if user is None else _personal(services, tx, user, told)
    entries = _chosen(all_of_it.entries, wish, tx.mailings.mailed(address, besides=day))
    if not entries:
        return None
    return Edition(
        user=user,
        days=[*(one for one in told if one != day), day],
        entries=entries[: services.settings.mail.papers],
        n_papers=len(all_of_it.entries),
        made_at=services.clock(),
        expected_useful=all_of_it.expected_useful,
        notice=all_of_it.notice,
    )


@dataclass(frozen=True, slots=True)
class _Everything:
    """All papers of the days told, best first."""

    entries: list[Entry]
    expected_useful: float | None
    notice: str | None


def _user_of(tx: Transaction, subscription: Subscription) -> User | None:
    if subscription.user_id is None:
        return None
    try:
        return tx.users.get(subscription.user_id)
    except UnknownUser:
        return None


def _personal(services: Services, tx: Transaction, user: User, days: Sequence[date]) -> _Everything:
    """Of one day in the slate's order; of several by probability, then newest first, ties by id."""
    slates = [slate_for(services, tx, user, resolve(services, tx, user, Question(day=day))) for day in days]
    entries: list[Entry] = []
    for slate in slates:
        papers = tx.papers.get_many([item.paper_id for item in slate.items], Cut(slate.request.as_of))
        told = slate.request.day
        entries += [Entry(papers[item.paper_id], told, item, slate.slate_id) for item in slate.items]
    if len(slates) > 1:
        entries.sort(key=lambda entry: (-(entry.probability or 0.0), -entry.day.toordinal(), entry.paper.id))
    notice = notice_of(slates[-1])
    useful = [slate.expected_useful for slate in slates if slate.expected_useful is not None]
    return _Everything(entries, fsum(useful) if useful and notice is None else None, notice)


def _by_trend(services: Services, tx: Transaction, days: Sequence[date]) -> _Everything:
    """By votes, then by predicted interest; of several days alike, ties by id."""
    champion, cut = services.shelf.champion, Cut(services.clock())
    entries = [
        Entry(trend.paper, day, trend=trend)
        for day in days
        for trend in trends_of(services.days.of(tx, day, cut, champion), champion.model.trend if champion else None)
    ]
    entries.sort(key=_liking)
    known = any(entry.probability is not None for entry in entries)
    return _Everything(entries, None, None if known else _UNVOTED)


def _liking(entry: Entry) -> tuple[int, float, str]:
    votes = entry.trend.votes if entry.trend else None
    return -(votes or 0), -(entry.probability or 0.0), entry.paper.id


def _chosen(entries: Iterable[Entry], wish: Wish, mailed: frozenset[str]) -> list[Entry]:
    """Those that were not mailed and pass the threshold, if the reader has set one."""
    least = -1.0 if wish.threshold is None else wish.threshold
    fresh = (entry for entry in entries if entry.paper.id not in mailed)
    return [entry for entry in fresh if wish.threshold is None or (entry.probability or 0.0) >= least]
