"""Who gets a digest, which were sent, and which papers stood in them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, or_, select, update

from features.addresses import valid_address
from features.domain import aware_utc
from features.store.queries import AnyRow, insert_new
from features.store.reader_tables import accounts, mailed_papers, mailings, subscriptions
from features.store.users import present_users
from features.subscription import Mailing, MailingState, Schedule, Subscription, Wish

ABANDONED = timedelta(minutes=10)
"""A hand-over that has not ended by then was killed."""

_THERE = [state.value for state in MailingState if state.may_be_there]
_OPEN = [MailingState.PREPARED.value, MailingState.FAILED.value]


class Subscriptions:
    """One row an address. Nothing is kept here of an address that has not confirmed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def confirm(self, address: str, wish: Wish, *, at: datetime) -> Subscription:
        """Begin the subscription of an address that has been proved, or change it; the user is that of the account."""
        known, now = valid_address(address), aware_utc(at, "at")
        user_id = self._connection.execute(select(accounts.c.user_id).where(accounts.c.address == known)).scalar()
        if user_id is not None and not present_users(self._connection, [user_id]):
            user_id = None  # deleted between the two questions
        said = {
            "user_id": user_id,
            "schedule": wish.schedule.value,
            "threshold": wish.threshold,
            "confirmed_at": now,
            "ended_at": None,
        }
        insert_new(self._connection, subscriptions, [{"address": known, "created_at": now, **said}])
        change = update(subscriptions).where(subscriptions.c.address == known)
        self._connection.execute(change.values(**said))
        return Subscription(known, user_id, wish, now)

    def get(self, address: str) -> Subscription | None:
        """The subscription of the address, running or ended; None where there never was one."""
        row = self._connection.execute(_query().where(subscriptions.c.address == valid_address(address))).first()
        return None if row is None else _as_subscription(row)

    def running(self) -> list[Subscription]:
        """All that are confirmed and not ended, ascending by address."""
        query = _query().where(subscriptions.c.confirmed_at.is_not(None), subscriptions.c.ended_at.is_(None))
        return [_as_subscription(row) for row in self._connection.execute(query.order_by(subscriptions.c.address))]

    def end(self, address: str, *, at: datetime) -> bool:
        """Send nothing more to the address; False where nothing was sent before."""
        running = and_(subscriptions.c.address == valid_address(address), subscriptions.c.ended_at.is_(None))
        change = update(subscriptions).where(running).values(ended_at=aware_utc(at, "at"))
        return self._connection.execute(change).rowcount > 0


class Mailings:
    """One row for a digest of a day to an address, written before it is handed over.

    Who begins one may hand it over, and nobody else: two runs at once send it once. Who is killed after that leaves it
    in doubt, and it is not sent again unless somebody asks for just that.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, address: str, day: date) -> Mailing | None:
        """How far the digest has come, or None before it was begun."""
        row = self._connection.execute(select(mailings).where(*_which(address, day))).first()
        return None if row is None else Mailing(row.address, row.day, MailingState(row.state), row.attempts)

    def newest(self, address: str, *, before: date) -> date | None:
        """The last day, before that one, whose digest the reader may have; None before the first."""
        query = select(func.max(mailings.c.day)).where(
            mailings.c.address == address, mailings.c.day < before, mailings.c.state.in_(_THERE)
        )
        found: date | None = self._connection.execute(query).scalar()
        return found

    def mailed(self, address: str, *, besides: date) -> frozenset[str]:
        """Ids of the papers that digests of other days have mailed to the address."""
        query = select(mailed_papers.c.paper_id).where(
            mailed_papers.c.address == address, mailed_papers.c.day != besides
        )
        return frozenset(self._connection.execute(query).scalars())

    def begin(
        self,
        subscription: Subscription,
        day: date,
        papers: Iterable[str],
        *,
        at: datetime,
        again: bool = False,
    ) -> bool:
        """Whether the caller may hand the digest with these papers over; if so it counts as mailed until it failed.

        With ``again``, one that is in doubt may go out a second time. False too for a subscription that has ended.
        """
        address, now = subscription.address, aware_utc(at, "at")
        running = select(subscriptions.c.address).where(
            subscriptions.c.address == address, subscriptions.c.ended_at.is_(None)
        )
        if self._connection.execute(running.with_for_update(read=True)).first() is None:
            return False
        row = {
            "address": address,
            "day": day,
            "user_id": subscription.user_id,
            "state": MailingState.PREPARED.value,
            "attempts": 0,
            "created_at": now,
            "changed_at": now,
        }
        insert_new(self._connection, mailings, [row])
        change = update(mailings).where(*_which(address, day), _may_begin(now, again))
        changed = change.values(state=MailingState.SENDING.value, attempts=mailings.c.attempts + 1, changed_at=now)
        if self._connection.execute(changed).rowcount == 0:
            return False
        self._forget_papers(address, day)
        rows = [{"address": address, "paper_id": paper, "day": day} for paper in sorted(set(papers))]
        insert_new(self._connection, mailed_papers, rows)
        return True

    def end(self, address: str, day: date, state: MailingState, *, at: datetime) -> None:
        """Say how the hand-over ended; the papers of one that was not taken count as never mailed."""
        change = update(mailings).where(*_which(address, day))
        self._connection.execute(change.values(state=state.value, changed_at=aware_utc(at, "at")))
        if not state.may_be_there:
            self._forget_papers(address, day)

    def _forget_papers(self, address: str, day: date) -> None:
        gone = delete(mailed_papers).where(mailed_papers.c.address == address, mailed_papers.c.day == day)
        self._connection.execute(gone)


def _query() -> Select[tuple[str, str | None, str, float | None, datetime, datetime | None]]:
    """Subscriptions with the account that the address has by now."""
    user_id = func.coalesce(accounts.c.user_id, subscriptions.c.user_id).label("user_id")
    there = subscriptions.outerjoin(accounts, accounts.c.address == subscriptions.c.address)
    kept = subscriptions.c
    return select(kept.address, user_id, kept.schedule, kept.threshold, kept.confirmed_at, kept.ended_at).select_from(
        there
    )


def _as_subscription(row: AnyRow) -> Subscription:
    wish = Wish(Schedule(row.schedule), row.threshold)
    return Subscription(row.address, row.user_id, wish, row.confirmed_at, row.ended_at)


def _which(address: str, day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return mailings.c.address == address, mailings.c.day == day


def _may_begin(now: datetime, again: bool) -> ColumnElement[bool]:
    waiting = mailings.c.state.in_(_OPEN)
    if not again:
        return waiting
    doubtful = mailings.c.state == MailingState.DOUBTFUL.value
    killed = and_(mailings.c.state == MailingState.SENDING.value, mailings.c.changed_at <= now - ABANDONED)
    return or_(waiting, doubtful, killed)
