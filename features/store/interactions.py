"""What users did with papers, as of a cut."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, select, true

from features.domain import Clock, Cut, Interaction, KnownInteraction
from features.errors import UnknownUser
from features.store.asof import label_known_at, sightings
from features.store.importing import record_imports
from features.store.paper_rows import SIGHTING_COLUMNS
from features.store.posting import record_posted, retract_one
from features.store.prepared import Question
from features.store.queries import AnyRow
from features.store.records import ImportCounts, RowStatus
from features.store.rows import as_interaction
from features.store.tables import interactions, listings, pending_interactions, retractions, users


class Interactions:
    """Appended by users and imports, taken back by retractions, read as of a cut."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, batch: Sequence[Interaction], *, recorded_at: datetime) -> list[RowStatus]:
        """Append what users did just now; one status for each row, in order.

        Idempotent by (user, client id). A row without ``occurred_at`` happened when it was recorded. Each user's
        ``recorded_at`` grows strictly, by a microsecond if the clock does not. Raises
        :class:`~features.errors.UnknownUser`; an unknown paper only costs its row.
        """
        return record_posted(self._connection, batch, recorded_at)

    def record_imported(self, batch: Sequence[Interaction], *, recorded_at: datetime) -> ImportCounts:
        """Append imported history. Unknown users are made; rows on unknown papers wait for them."""
        return record_imports(self._connection, batch, recorded_at)

    def retract(self, user_id: str, client_id: str, *, recorded_at: datetime) -> RowStatus:
        """Take one interaction back: it stands for cuts before now and for none after.

        The same client id posted again stays a duplicate. Raises :class:`~features.errors.UnknownUser`.
        """
        return retract_one(self._connection, user_id, client_id, recorded_at)

    def of_user(self, user_id: str, cut: Cut) -> list[KnownInteraction]:
        """The user's interactions known at the cut and not retracted by then, in canonical order (client id)."""
        rows = _OF_USER.all(self._connection, {"asked": user_id})
        known = self._known(rows, interactions.c.user_id == user_id, cut)
        return [row for row in known if row.retracted_at is None]

    def all(self, cut: Cut) -> list[KnownInteraction]:
        """Everybody's interactions known at the cut, by user and client id.

        Retracted ones are among them, with ``retracted_at``, because they stood at earlier instants.
        """
        return self._known(self._connection.execute(_interactions(true())).all(), true(), cut)

    def label_counter(self, user_id: str) -> int:
        """A number that moves with every interaction, retraction and attached import of the user."""
        counter = self._connection.execute(select(users.c.label_counter).where(users.c.id == user_id)).scalar()
        if counter is None:
            raise UnknownUser(user_id)
        return int(counter)

    def last_recorded_at(self, user_id: str, cut: Cut) -> datetime | None:
        """When the user's last interaction or retraction became known, up to the cut; by the recording clock."""
        kept, taken = interactions.c, retractions.c
        instants = [
            self._connection.execute(query).scalar()
            for query in (
                select(func.max(kept.attached_at)).where(kept.user_id == user_id, kept.attached_at <= cut.at),
                select(func.max(taken.recorded_at)).where(taken.user_id == user_id, taken.recorded_at <= cut.at),
            )
        ]
        return max((at for at in instants if at is not None), default=None)

    def n_pending(self) -> int:
        """How many imported interactions wait for their paper."""
        return int(self._connection.execute(select(func.count()).select_from(pending_interactions)).scalar_one())

    def _known(self, rows: Sequence[AnyRow], whose: ColumnElement[bool], cut: Cut) -> list[KnownInteraction]:
        if cut.clock is Clock.RECORDED:
            return list(_known_rows(rows, [row.attached_at for row in rows], cut))
        about = listings.c.paper_id.in_(select(interactions.c.paper_id).where(whose, interactions.c.imported))
        seen = sightings(self._connection.execute(select(*SIGHTING_COLUMNS).where(about)), cut)
        known_at = [
            label_known_at(row.occurred_at, row.recorded_at, seen[row.paper_id].first_day)
            if row.imported and row.paper_id in seen
            else row.recorded_at
            for row in rows
        ]
        return list(_known_rows(rows, known_at, cut))


def _interactions(whose: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    same = and_(retractions.c.user_id == interactions.c.user_id, retractions.c.client_id == interactions.c.client_id)
    return (
        select(interactions, retractions.c.recorded_at.label("retracted_at"))
        .select_from(interactions.outerjoin(retractions, same))
        .where(whose)
        .order_by(interactions.c.user_id, interactions.c.client_id)
    )


_OF_USER = Question(_interactions(interactions.c.user_id == bindparam("asked")))


def _known_rows(rows: Iterable[AnyRow], known_at: Iterable[datetime], cut: Cut) -> Iterable[KnownInteraction]:
    for row, known in zip(rows, known_at, strict=True):
        if known <= cut.at:
            retracted_at = row.retracted_at if row.retracted_at is not None and row.retracted_at <= cut.at else None
            yield KnownInteraction(as_interaction(row), known, row.recorded_at, retracted_at)
