"""Readers of the replay as if they had come on its first day with a few picks and never clicked again."""

from dataclasses import replace

from features.domain import KnownInteraction, midnight
from features.errors import NothingToLearn
from features.moment import UserRows
from training.history import History


def as_newcomers(history: History, n_picks: int) -> History:
    """The same history in which the measured users are known by ``n_picks`` picks only; the others teach as before.

    The picks are their newest before the first ranked day. All else that a measured user did is what is to be found,
    and known to nobody until the history's cut. Who has fewer picks is not measured.

    Raises NothingToLearn where nobody has as many.
    """
    reported = history.reported
    found = {
        user.user.key: _newcomer(user, n_picks, history)
        for user in history.users
        if reported is None or user.user.key in reported
    }
    enough = frozenset(key for key, user in found.items() if user is not None)
    if not enough:
        raise NothingToLearn(f"nobody who is measured has {n_picks} picks before the ranked days")
    users = tuple(found.get(user.user.key) or user for user in history.users)
    return replace(history, users=users, reported=enough)


def _newcomer(user: UserRows, n_picks: int, history: History) -> UserRows | None:
    """``user`` with all but the newest ``n_picks`` rows before the ranked days unknown; None where there are fewer."""
    start = midnight(history.split.days[0])
    before = sorted((row for row in user.interactions if row.known_at <= start), key=_age)
    if len(before) < n_picks:
        return None
    picked = {id(row) for row in before[-n_picks:]}
    rows = (row if id(row) in picked else replace(row, known_at=history.cut.at) for row in user.interactions)
    return replace(user, interactions=tuple(rows))


def _age(row: KnownInteraction) -> tuple[float, str]:
    return row.known_at.timestamp(), row.interaction.paper_id
