"""Everything training reads, taken from the store in one snapshot; the only thing the replay sees.

What stands in a :class:`History` under a day was known at that day's first instant by ``Clock.OCCURRED``: the papers
of the day are there (they are what is ranked), and nothing else of it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from features.domain import Clock, Cut, DayFeed, KnownInteraction, Paper, is_own_paper, midnight
from features.errors import NothingToLearn
from features.labels import examples_of, known_by
from features.moment import UserRows
from features.settings import LabelSettings
from features.store import PageListing, Store, Transaction
from features.store.records import PaperHistory
from training.split import Split, complete_days


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Papers known at a cut and their first days, datetime64[D] (n,), ascending by id."""

    papers: tuple[Paper, ...]
    first_days: NDArray[np.datetime64]

    def before(self, day: date) -> "Catalogue":
        """Those first listed before ``day``."""
        rows = np.flatnonzero(self.first_days < np.datetime64(day))
        return Catalogue(tuple(self.papers[row] for row in rows.tolist()), self.first_days[rows])

    def by_id(self) -> dict[str, Paper]:
        """Papers by id."""
        return {paper.id: paper for paper in self.papers}


@dataclass(frozen=True, slots=True)
class DayRows:
    """A day as it stood at its first instant: ``papers`` are its candidates."""

    feed: DayFeed
    cut: Cut
    papers: tuple[Paper, ...]
    votes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """All that a fit may read, as of ``cut``.

    ``catalogue`` holds the papers first listed before it, ``texts`` those in anybody's rows by id, ``users`` all rows
    of everybody (the fit cuts them), ``window`` the last complete days before the cut, on which the blend learns.
    """

    cut: datetime
    catalogue: Catalogue
    users: Sequence[UserRows]
    texts: Mapping[str, Paper]
    window: Mapping[date, DayRows]


@dataclass(frozen=True, slots=True)
class History:
    """The store as of ``cut``.

    ``users`` ascend by id, with all rows known at the cut, also those retracted since. ``days`` holds the days that
    are ranked and those on which blends learn, ``fits`` the papers first listed before each fit, ``texts`` per refit
    the papers that anybody had labelled by then, ``windows`` the days of the blend of each fit and, under None, of a
    fit at the cut. ``reported`` are the keys of the users whose rankings are measured, None for everybody; the others
    teach all the same. ``pages`` is what stood on the community's pages as known at the cut. ``own`` are the papers of
    readers' libraries that no feed has listed, by id: labels to those readers, and nothing to anybody else.
    """

    cut: Cut
    catalogue: Catalogue
    feeds: tuple[DayFeed, ...]
    users: tuple[UserRows, ...]
    split: Split
    days: Mapping[date, DayRows]
    fits: Mapping[date, Catalogue]
    texts: Mapping[date, Mapping[str, Paper]]
    windows: Mapping[date | None, tuple[date, ...]]
    reported: frozenset[str] | None = None
    pages: tuple[PageListing, ...] = ()
    own: Mapping[str, Paper] = field(default_factory=dict)

    def known(self, fit: date | None) -> Known:
        """What the fit at the start of a day of the split may read; None is a fit of everything, at the cut."""
        cut = self.cut.at if fit is None else midnight(fit)
        catalogue = self.catalogue if fit is None else self.fits[fit]
        texts = self.labelled if fit is None else self.texts[fit]
        return Known(cut, catalogue, self.users, texts, {day: self.days[day] for day in self.windows[fit]})

    @property
    def labelled(self) -> Mapping[str, Paper]:
        """Papers that stand in anybody's rows, as of the cut."""
        wanted = {row.interaction.paper_id for user in self.users for row in user.interactions}
        return {paper.id: paper for paper in self.catalogue.papers if paper.id in wanted} | dict(self.own)

    def digest(self) -> str:
        """64 hex digits of all papers, interactions and community pages in it."""
        total = hashlib.sha256()
        days = self.catalogue.first_days.astype(str).tolist()
        for paper, day in zip(self.catalogue.papers, days, strict=True):
            total.update(f"{paper.id}\x1f{paper.content_hash}\x1f{day}\x1e".encode())
        for user in self.users:
            for known in user.interactions:
                row = known.interaction
                parts = (user.user.key, row.paper_id, row.kind.value, row.topic, known.known_at, known.retracted_at)
                total.update("\x1f".join(map(str, parts)).encode() + b"\x1e")
        for page in self.pages:
            total.update(f"{page.paper_id}\x1f{page.day}\x1f{page.votes}\x1e".encode())
        return total.hexdigest()

    def profile(self) -> dict[str, str | int | float]:
        """Counts for the run's data set."""
        listed = [feed.day for feed in self.feeds if feed.n_papers]
        return {
            "n_papers": len(self.catalogue.papers),
            "n_users": len(self.users),
            "n_users_with_interactions": sum(bool(user.interactions) for user in self.users),
            "n_interactions": sum(len(user.interactions) for user in self.users),
            "n_days": len(listed),
            "first_day": str(min(listed, default="")),
            "last_day": str(max(listed, default="")),
            "as_of": self.cut.at.isoformat(),
        }


def read_history(
    store: Store, as_of: datetime, split_of: Callable[[Sequence[DayFeed]], Split], window_days: int
) -> History:
    """Read the store as of a moment; ``split_of`` chooses the days to rank from the feeds.

    Blends learn on the last ``window_days`` complete days before each fit, never on more than half of them.

    Raises NothingToLearn for a store without papers.
    """
    cut = Cut(as_of, Clock.OCCURRED)
    with store.transaction(readonly=True) as tx:
        feeds = tuple(tx.days.all(cut))
        split = split_of(feeds)
        catalogue, *fits = map(_catalogue, tx.papers.histories([cut, *map(at_start_of, split.fits)]))
        if not catalogue.papers:
            raise NothingToLearn(f"the store holds no papers as of {cut.at.isoformat()}; run 'broadsheet ingest' first")
        users, texts = _users(tx, cut), catalogue.by_id()
        windows = {fit: _window(feeds, fit, window_days) for fit in (*split.fits, None)}
        wanted = sorted({*split.days, *(day for window in windows.values() for day in window)})
        return History(
            cut=cut,
            catalogue=catalogue,
            feeds=feeds,
            users=users,
            split=split,
            days={day: _day(tx, day, texts) for day in wanted},
            fits={day: fit.before(day) for day, fit in zip(split.fits, fits, strict=True)},
            texts={
                day: _once(tx.papers.get_many(labelled_by(users, day), at_start_of(day)), texts) for day in split.refits
            },
            windows=windows,
            pages=tuple(tx.papers.pages(cut)),
            own=tx.papers.get_many(filter(is_own_paper, labelled_by(users, date.max)), cut),
        )


def at_start_of(day: date) -> Cut:
    """What was known at a day's first instant, by the world's clock."""
    return Cut(midnight(day), Clock.OCCURRED)


def standing(user: UserRows, at: datetime) -> UserRows:
    """The user's rows known and not retracted at ``at``."""
    return replace(
        user,
        interactions=known_by(user.interactions, at),
        shown=[(paper_id, shown_at) for paper_id, shown_at in user.shown if shown_at <= at],
    )


def labelled_by(users: Sequence[UserRows], day: date) -> set[str]:
    """Papers in anybody's rows known at the start of ``day``."""
    start = midnight(day)
    return {row.interaction.paper_id for user in users for row in user.interactions if row.known_at <= start}


def _catalogue(history: PaperHistory) -> Catalogue:
    return Catalogue(history.papers, history.first_days)


def _users(tx: Transaction, cut: Cut) -> tuple[UserRows, ...]:
    rows: dict[str, list[KnownInteraction]] = {}
    for known in tx.interactions.all(cut):
        rows.setdefault(known.interaction.user_id, []).append(known)
    return tuple(
        UserRows(user, tuple(rows.get(user.id, ())), tuple(tx.impressions.shown(user.id, cut)))
        for user in tx.users.all()
        if user.created_at <= cut.at or user.id in rows
    )


def _window(feeds: Sequence[DayFeed], fit: date | None, window_days: int) -> tuple[date, ...]:
    before = [day for day in complete_days(feeds) if fit is None or day < fit]
    return tuple(before[len(before) - min(window_days, len(before) // 2) :])


def _once(papers: Mapping[str, Paper], texts: Mapping[str, Paper]) -> dict[str, Paper]:
    """``papers``, of which one that stands in ``texts`` word for word is that object: a text is held once."""
    return {paper_id: texts[paper_id] if texts.get(paper_id) == paper else paper for paper_id, paper in papers.items()}


def _day(tx: Transaction, day: date, texts: Mapping[str, Paper]) -> DayRows:
    cut = at_start_of(day)
    papers = tuple(_once({paper.id: paper for paper in tx.papers.on_day(day, cut)}, texts).values())
    return DayRows(tx.days.feed(day, cut), cut, papers, tx.papers.votes([paper.id for paper in papers], cut))


def choices_of(
    users: Sequence[UserRows], days: Mapping[date, DayRows], at: datetime, labels: LabelSettings
) -> dict[tuple[date, str], frozenset[str]]:
    """(day, user key) → the papers of that day the user had chosen by ``at``; undated choices are left out."""
    day_of = {paper.id: day for day, rows in days.items() for paper in rows.papers}
    found: dict[tuple[date, str], set[str]] = {}
    for user in users:
        dated = [row for row in user.interactions if row.interaction.occurred_at is not None]
        examples = examples_of(known_by(dated, at), labels)
        for paper_id, target in zip(examples.paper_ids, examples.targets, strict=True):
            if target > 0 and paper_id in day_of:
                found.setdefault((day_of[paper_id], user.user.key), set()).add(paper_id)
    return {place: frozenset(ids) for place, ids in found.items()}
