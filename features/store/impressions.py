"""What was served and what was shown: a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from features.domain import Cut, Exposure, Impression, aware_utc
from features.store.appending import Rows, made_ready
from features.store.prepared import Question
from features.store.queries import AnyRow
from features.store.rows import storable
from features.store.tables import impressions
from features.store.users import present_users


@dataclass(frozen=True, slots=True)
class PreparedImpressions:
    """A batch, and its rows as they would be written if all its users are there."""

    batch: Sequence[Impression]
    recorded_at: datetime
    rows: Rows


class Impressions:
    """Impressions by slate and by user."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, batch: Sequence[Impression], *, recorded_at: datetime) -> int:
        """Append those not logged yet, by (slate, paper, exposure); how many those were.

        ``recorded_at`` is the instant of writing, not of the event. Impressions of users deleted meanwhile are dropped.
        """
        return self.record_prepared(self.prepare(batch, recorded_at=recorded_at))

    def prepare(self, batch: Sequence[Impression], *, recorded_at: datetime) -> "PreparedImpressions":
        """What :meth:`record` does before it writes, so that a transaction that only reads can do it."""
        at = aware_utc(recorded_at, "recorded_at")
        return PreparedImpressions(batch, at, _rows(self._connection, batch, at))

    def record_prepared(self, prepared: "PreparedImpressions") -> int:
        """Append what was prepared, in this transaction or an earlier one; as :meth:`record` whatever came between."""
        named = {row.user_id for row in prepared.batch}
        present = present_users(self._connection, named)
        if len(present) == len(named):
            return prepared.rows.append(self._connection)
        left = [row for row in prepared.batch if row.user_id in present]
        return _rows(self._connection, left, prepared.recorded_at).append(self._connection)

    def shown(self, user_id: str, cut: Cut) -> list[tuple[str, datetime]]:
        """What a page showed the user, (paper id, recorded_at), known at the cut, in order of both.

        Live rows only, so both clocks read ``recorded_at``; a paper shown often stands once, with the first instant.
        """
        return [(row.paper_id, row.first) for row in _SHOWN.all(self._connection, {"asked": user_id, "at": cut.at})]

    def last_shown_at(self, user_id: str, before: datetime, cut: Cut) -> datetime | None:
        """When something was last shown to the user, before an instant and up to the cut."""
        kept = impressions.c
        query = select(func.max(kept.recorded_at)).where(
            kept.user_id == user_id,
            kept.exposure == Exposure.SHOWN.value,
            kept.recorded_at < before,
            kept.recorded_at <= cut.at,
        )
        found: datetime | None = self._connection.execute(query).scalar()
        return found

    def of_user(self, user_id: str) -> list[Impression]:
        """All of the user's impressions, by time of recording, slate, position and exposure."""
        kept = impressions.c
        query = (
            select(impressions)
            .where(kept.user_id == user_id)
            .order_by(kept.recorded_at, kept.slate_id, kept.position, kept.exposure)
        )
        return [_as_impression(row) for row in self._connection.execute(query)]


_SHOWN = Question(
    select(impressions.c.paper_id, func.min(impressions.c.recorded_at).label("first"))
    .where(
        impressions.c.user_id == bindparam("asked"),
        impressions.c.exposure == Exposure.SHOWN.value,
        impressions.c.recorded_at <= bindparam("at"),
    )
    .group_by(impressions.c.paper_id)
    .order_by(impressions.c.paper_id)
)


def _rows(connection: Connection, batch: Sequence[Impression], recorded_at: datetime) -> Rows:
    return made_ready(connection, impressions, [_as_row(row, recorded_at) for row in batch], only_new=True)


def _as_row(impression: Impression, recorded_at: datetime) -> dict[str, Any]:
    return {
        "slate_id": storable(impression.slate_id, "slate id"),
        "paper_id": storable(impression.paper_id, "paper id"),
        "exposure": impression.exposure.value,
        "user_id": impression.user_id,
        "position": impression.position,
        "propensity": impression.propensity,
        "model_version": storable(impression.model_version, "model version"),
        "occurred_at": impression.occurred_at,
        "recorded_at": recorded_at,
    }


def _as_impression(row: AnyRow) -> Impression:
    return Impression(
        user_id=row.user_id,
        slate_id=row.slate_id,
        paper_id=row.paper_id,
        position=row.position,
        exposure=Exposure(row.exposure),
        occurred_at=row.occurred_at,
        propensity=row.propensity,
        model_version=row.model_version,
    )
