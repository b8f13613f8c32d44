"""What readers corrected in their interests: rows of ``rules``, read as of a cut."""

import json
from datetime import datetime

from sqlalchemy import Connection

from features.domain import Cut
from features.errors import InvalidValue
from features.interest_changes import MAX_CHANGES, ChangeKind, InterestChange, KnownChange
from features.store.pending import mark_changed
from features.store.posting import next_instants
from features.store.prepared import Question
from features.store.queries import AnyRow
from features.store.reader_tables import rules
from features.store.rules import standing

_FIELD = "interest"
_OF_USER = Question(standing(rules.c.field == _FIELD))


class InterestChanges:
    """Appended here; taken back as a rule is (:meth:`features.store.rules.Rules.withdraw`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, user_id: str, change: InterestChange, *, recorded_at: datetime) -> KnownChange:
        """The change as it stands from now on.

        Raises :class:`~features.errors.UnknownUser`, and InvalidValue for more than ``MAX_CHANGES``.
        """
        at = next_instants(self._connection, {user_id}, recorded_at)[user_id]
        if len(self.of_user(user_id, Cut(at))) >= MAX_CHANGES:
            raise InvalidValue("interest", change.name, f"{MAX_CHANGES} changes stand already; take one back first")
        value = {"name": change.name, "papers": change.papers, "into": change.into}
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        row = {"user_id": user_id, "kind": change.kind, "field": _FIELD, "value": text, "recorded_at": at}
        made = self._connection.execute(rules.insert().returning(rules.c.id), row).scalar_one()
        mark_changed(self._connection, {user_id: 1}, {user_id: at})
        return KnownChange(int(made), change, at)

    def of_user(self, user_id: str, cut: Cut) -> list[KnownChange]:
        """The changes that stand at the cut, the first said first."""
        return [_as_known(row) for row in _OF_USER.all(self._connection, {"asked": user_id, "at": cut.at})]


def _as_known(row: AnyRow) -> KnownChange:
    value = json.loads(row.value)
    change = InterestChange(ChangeKind(row.kind), value["name"], tuple(value["papers"]), tuple(value["into"]))
    return KnownChange(row.id, change, row.recorded_at)
