"""Authors as users: the population that carries the replay's figures, since its answers are many and real.

An author name with 3–40 papers before the first ranked day and at least one on the ranked days is a user; the
positives are the papers, known from the day after they come. No method sees an author anywhere.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from features.domain import Interaction, InteractionKind, KnownInteraction, Paper, User, midnight
from features.errors import NothingToLearn
from features.moment import UserRows
from training.history import Catalogue, DayRows, History, labelled_by

LEAST_PAPERS = 3
MOST_PAPERS = 40
_BORN = datetime(1970, 1, 1, tzinfo=UTC)


def as_users(history: History, *, n_users: int | None, seed: int) -> History:
    """The same papers with authors for users and without authors on papers.

    Everybody teaches; the rankings of ``n_users`` drawn ones are measured, of all if None.

    Raises NothingToLearn where no author qualifies.
    """
    papers = _papers_by_author(history)
    names = sorted(name for name, listed in papers.items() if _qualifies(listed, history))
    if not names:
        raise NothingToLearn("no author has enough papers before and one on the ranked days")
    users = tuple(_user(number, papers[name]) for number, name in enumerate(names))
    reported = None
    if n_users is not None and n_users < len(users):
        drawn = np.random.default_rng(seed).choice(len(users), n_users, replace=False)
        reported = frozenset(users[place].user.key for place in drawn.tolist())
    bare = _Bare()
    fits = {day: bare.catalogue(known) for day, known in history.fits.items()}
    texts = {}
    for refit in history.split.refits:
        known = _known_at(history, refit, fits)
        texts[refit] = {
            paper_id: known[paper_id] for paper_id in sorted(labelled_by(users, refit)) if paper_id in known
        }
    return replace(
        history,
        catalogue=bare.catalogue(history.catalogue),
        users=users,
        days={day: bare.day(rows) for day, rows in history.days.items()},
        fits=fits,
        texts=texts,
        reported=reported,
    )


def _papers_by_author(history: History) -> dict[str, list[tuple[str, date]]]:
    """Author → (paper id, first day), papers ascending."""
    found: dict[str, list[tuple[str, date]]] = defaultdict(list)
    days = history.catalogue.first_days.tolist()
    for paper, day in zip(history.catalogue.papers, days, strict=True):
        for author in dict.fromkeys(paper.authors):
            found[author].append((paper.id, day))
    return found


def _qualifies(listed: list[tuple[str, date]], history: History) -> bool:
    first, ranked = history.split.days[0], set(history.split.days)
    n_before = sum(day < first for _, day in listed)
    return LEAST_PAPERS <= n_before <= MOST_PAPERS and any(day in ranked for _, day in listed)


def _user(number: int, listed: list[tuple[str, date]]) -> UserRows:
    name = f"author-{number:06d}"
    rows = []
    for paper_id, day in listed:
        chosen = Interaction(paper_id, name, paper_id, InteractionKind.PICK, midnight(day))
        known_at = midnight(day) + timedelta(days=1)
        rows.append(KnownInteraction(chosen, known_at, known_at))
    return UserRows(User(name, name, _BORN), tuple(rows))


def _known_at(history: History, refit: date, fits: Mapping[date, Catalogue]) -> dict[str, Paper]:
    """Papers without authors as known at a refit: those of its fit and of the days ranked since."""
    fit = history.split.fit_of(refit)
    known = fits[fit].by_id()
    for day, rows in history.days.items():
        if fit <= day < refit:
            known |= {paper.id: replace(paper, authors=()) for paper in rows.papers}
    return known


class _Bare:
    """Papers without their authors; a paper that comes again gives the same object again."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Paper, Paper]] = {}

    def paper(self, paper: Paper) -> Paper:
        if id(paper) not in self._kept:
            self._kept[id(paper)] = (paper, replace(paper, authors=()))
        return self._kept[id(paper)][1]

    def catalogue(self, known: Catalogue) -> Catalogue:
        return Catalogue(tuple(self.paper(paper) for paper in known.papers), known.first_days)

    def day(self, rows: DayRows) -> DayRows:
        return replace(rows, papers=tuple(self.paper(paper) for paper in rows.papers))
