"""Readers' rules: added and withdrawn, read as of a cut."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select, update

from features.domain import Cut
from features.errors import InvalidValue, UnknownRule
from features.rules import MAX_RULES, KnownRule, Rule, RuleField, RuleKind
from features.store.pending import mark_changed
from features.store.posting import next_instants
from features.store.prepared import Question
from features.store.queries import AnyRow
from features.store.reader_tables import rules

_FIELDS = tuple(field.value for field in RuleField)


class Rules:
    """What users always or never want to see.

    A rule is said and taken back like a label: strictly later than what its user did before, and counted in the label
    counter.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, user_id: str, rule: Rule, *, recorded_at: datetime) -> KnownRule:
        """The rule as it stands from now on; one that says the same is left as it is.

        Raises :class:`~features.errors.UnknownUser`, and InvalidValue for more than ``MAX_RULES``.
        """
        at = next_instants(self._connection, {user_id}, recorded_at)[user_id]
        standing = self.of_user(user_id, Cut(at))
        for known in standing:
            if known.rule.says_the_same(rule):
                return known
        if len(standing) >= MAX_RULES:
            raise InvalidValue("rule", rule.value, f"{MAX_RULES} rules stand already; withdraw one first")
        row = {"user_id": user_id, "kind": rule.kind, "field": rule.field, "value": rule.value, "recorded_at": at}
        made = self._connection.execute(rules.insert().returning(rules.c.id), row).scalar_one()
        mark_changed(self._connection, {user_id: 1}, {user_id: at})
        return KnownRule(int(made), rule, at)

    def withdraw(self, user_id: str, rule_id: int, *, recorded_at: datetime) -> None:
        """End a rule: it stands for cuts before now and for none after; again changes nothing. UnknownRule."""
        at = next_instants(self._connection, {user_id}, recorded_at)[user_id]
        own = (rules.c.user_id == user_id) & (rules.c.id == rule_id)
        if self._connection.execute(select(rules.c.id).where(own)).first() is None:
            raise UnknownRule(rule_id)
        ended = update(rules).where(own, rules.c.withdrawn_at.is_(None)).values(withdrawn_at=at)
        if self._connection.execute(ended).rowcount:
            mark_changed(self._connection, {user_id: 1}, {user_id: at})

    def of_user(self, user_id: str, cut: Cut) -> list[KnownRule]:
        """The rules that stand at the cut, the first said first."""
        return [_as_known(row) for row in _OF_USER.all(self._connection, {"asked": user_id, "at": cut.at})]

    def last_changed_at(self, user_id: str, cut: Cut) -> datetime | None:
        """When the user last said or took back a rule of any kind, up to the cut."""
        instants = [
            self._connection.execute(select(func.max(at)).where(rules.c.user_id == user_id, at <= cut.at)).scalar()
            for at in (rules.c.recorded_at, rules.c.withdrawn_at)
        ]
        return max((at for at in instants if at is not None), default=None)


def standing(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Which rules of the user ``asked`` were said by ``at`` and not taken back by then, the first said first.

    Both clocks are one, for readers write rules here only.
    """
    at = bindparam("at", type_=rules.c.recorded_at.type)
    said = rules.c.recorded_at <= at
    not_taken_back = or_(rules.c.withdrawn_at.is_(None), rules.c.withdrawn_at > at)
    own = rules.c.user_id == bindparam("asked")
    return select(rules).where(own, which, said, not_taken_back).order_by(rules.c.recorded_at, rules.c.id)


_OF_USER = Question(standing(or_(*(rules.c.field == field for field in _FIELDS))))


def _as_known(row: AnyRow) -> KnownRule:
    return KnownRule(row.id, Rule(RuleKind(row.kind), RuleField(row.field), row.value), row.recorded_at)
