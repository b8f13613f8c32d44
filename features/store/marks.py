"""Whether anything has been recorded that an answer depends on: small numbers that move, read in one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, select, true

from features.domain import Exposure, User
from features.store.bearer import digest_of
from features.store.moved import CATALOGUE, CatalogueMark, Moved, moved_between
from features.store.prepared import Question
from features.store.reader_tables import rules
from features.store.records import Principal
from features.store.tables import impressions, interactions, paper_versions, retractions, tokens, users

_N_OF_USER = 3


@dataclass(frozen=True, slots=True)
class UserMark:
    """What moves with everything a user does: two equal ones mean that the user's rankings are the same.

    ``changed_at`` is the last interaction, retraction, rule, change of interests or vote; ``shown_at`` the last time a
    page showed the user a paper; None before the first.
    """

    user: User
    label_counter: int
    changed_at: datetime | None
    shown_at: datetime | None


@dataclass(frozen=True, slots=True)
class Marks:
    """``caller`` is whom a token speaks for, None for a token nobody issued; ``user`` None where there is no such."""

    caller: Principal | None
    user: UserMark | None
    catalogue: CatalogueMark


class MarkReader:
    """Reads marks; each method but :meth:`moved_since` is one query.

    A transaction that is a ``snapshot`` sees one state of the catalogue, and asks for its mark once.
    """

    def __init__(self, connection: Connection, *, snapshot: bool = False) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._of_snapshot: CatalogueMark | None = None

    @property
    def is_snapshot(self) -> bool:
        """Whether the transaction sees one state to its end."""
        return self._snapshot

    def catalogue(self) -> CatalogueMark:
        """The mark of everything that is the same for all users."""
        if self._of_snapshot is not None:
            return self._of_snapshot
        mark = tuple(_OF_CATALOGUE.first(self._connection, {}))
        if self._snapshot:
            self._of_snapshot = mark
        return mark

    def moved_since(self, before: CatalogueMark) -> Moved | None:
        """What was recorded since the catalogue had the mark ``before``; None where that cannot be told."""
        return moved_between(self._connection, before, self.catalogue())

    def of(self, token: str, user_id: str) -> Marks:
        """The marks of a request that comes with ``token`` and asks about ``user_id``."""
        return marks_of_row(self._connection.execute(OF_REQUEST, asked_for(token, user_id)).one())

    def heard_at(self, user_id: str, before: datetime) -> datetime | None:
        """When the user last said something that matters to a ranking: an interaction, its retraction, a rule.

        What was shown to the user counts where that was ``before`` an instant. None for never.
        """
        row = _HEARD_AT.first(self._connection, {"asked": user_id, "before": before})
        return max((at for at in row if at is not None), default=None)


def asked_for(token: str, user_id: str) -> dict[str, str]:
    """The parameters of :data:`OF_REQUEST`."""
    return {"digest": digest_of(token), "asked": user_id}


def marks_of_row(row: Sequence[Any]) -> Marks:
    """What a row of :data:`OF_REQUEST` says."""
    owner, admin, owner_counter, user_id, key, created_at, *moved = row
    caller = None if admin is None else Principal(owner, admin, owner_counter or 0)
    user = None if user_id is None else UserMark(User(user_id, key, created_at), *moved[:_N_OF_USER])
    return Marks(caller, user, tuple(moved[_N_OF_USER:]))


def _of_catalogue() -> list[ColumnElement[Any]]:
    """The last id of each table; and an instant, as deleting readers' own papers may free a last id for another."""
    newest = select(paper_versions.c.recorded_at).order_by(paper_versions.c.id.desc()).limit(1)
    return [*(select(func.max(table.c.id)).scalar_subquery() for table in CATALOGUE), newest.scalar_subquery()]


def _of_request() -> Select[*tuple[Any, ...]]:
    asked = users.alias("asked_user")
    owner = users.alias("owner_user")
    token = (
        select(tokens.c.user_id, tokens.c.admin)
        .where(tokens.c.digest == bindparam("digest"), tokens.c.revoked_at.is_(None))
        .subquery("token")
    )
    shown_at = (
        select(func.max(impressions.c.recorded_at))
        .where(impressions.c.user_id == asked.c.id, impressions.c.exposure == Exposure.SHOWN.value)
        .scalar_subquery()
    )
    one = select(literal(1).label("one")).subquery("one")
    return select(
        token.c.user_id.label("owner"),
        token.c.admin,
        owner.c.label_counter.label("owner_counter"),
        asked.c.id,
        asked.c.key,
        asked.c.created_at,
        asked.c.label_counter,
        asked.c.changed_at,
        shown_at.label("shown_at"),
        *_of_catalogue(),
    ).select_from(
        one.outerjoin(token, true())
        .outerjoin(owner, owner.c.id == token.c.user_id)
        .outerjoin(asked, asked.c.id == bindparam("asked"))
    )


def _heard_at() -> Select[*tuple[Any, ...]]:
    shown = (impressions.c.exposure == Exposure.SHOWN.value, impressions.c.recorded_at < bindparam("before"))
    parts = (
        (interactions.c.attached_at, ()),
        (retractions.c.recorded_at, ()),
        (rules.c.recorded_at, ()),
        (rules.c.withdrawn_at, ()),
        (impressions.c.recorded_at, shown),
    )
    return select(
        *(
            select(func.max(at)).where(at.table.c.user_id == bindparam("asked"), *also).scalar_subquery()
            for at, also in parts
        )
    )


_OF_CATALOGUE = Question(select(*_of_catalogue()))
OF_REQUEST = _of_request()
"""The marks of a request, one row always."""

_HEARD_AT = Question(_heard_at())
