"""Other data sets in the product's own terms: papers that come on made-up days, and people who chose some of them.

A choice happens on the day of its paper and is known from the day after, as in the replay.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from features.domain import DayFeed, Interaction, InteractionKind, KnownInteraction, Paper, User, midnight
from features.labels import examples_of, known_by
from features.moment import DayMoment, PaperVectors, UserMoment, UserRows, build_day, build_user
from features.settings import LabelSettings
from models.baselines import Past
from training.history import Catalogue, DayRows, Known, at_start_of, standing

FIRST = date(2024, 1, 1)
"""The day of the first papers; the next ones come on the days after it."""

_BORN = datetime(1970, 1, 1, tzinfo=UTC)


def day_number(number: int) -> date:
    """The days of a data set, counted from 0."""
    return FIRST + timedelta(days=number)


def rows_of(day: date, papers: Iterable[Paper]) -> DayRows:
    """A complete day without votes."""
    ordered = tuple(sorted(papers, key=lambda paper: paper.id))
    return DayRows(DayFeed(day, len(ordered), midnight(day), True, None), at_start_of(day), ordered, {})


def user_of(
    user_id: str,
    chosen: Mapping[str, date],
    kind: InteractionKind = InteractionKind.SAVE,
    refused: Mapping[str, date] | None = None,
) -> UserRows:
    """A user who chose papers (paper id → its day), and turned others down."""
    given = [(paper, day, kind) for paper, day in chosen.items()]
    given += [(paper, day, InteractionKind.DISMISS) for paper, day in (refused or {}).items()]
    rows = []
    for paper_id, day, what in given:
        known_at = midnight(day + timedelta(days=1))
        rows.append(KnownInteraction(Interaction(paper_id, user_id, paper_id, what, midnight(day)), known_at, known_at))
    return UserRows(User(user_id, user_id, _BORN), tuple(rows))


def known_at_start(days: Sequence[Sequence[Paper]], users: Sequence[UserRows], n_window: int) -> Known:
    """What is known on the day after ``days`` (papers of day 0, 1, …); the last ``n_window`` are the blend's window."""
    listed = [(paper, day_number(number)) for number, papers in enumerate(days) for paper in papers]
    listed.sort(key=lambda each: each[0].id)
    catalogue = Catalogue(
        tuple(paper for paper, _ in listed), np.array([day for _, day in listed], dtype="datetime64[D]")
    )
    wanted = {row.interaction.paper_id for user in users for row in user.interactions}
    window = range(len(days) - n_window, len(days))
    return Known(
        cut=midnight(day_number(len(days))),
        catalogue=catalogue,
        users=users,
        texts={paper.id: paper for paper, _ in listed if paper.id in wanted},
        window={day_number(number): rows_of(day_number(number), days[number]) for number in window},
    )


def past_of(known: Known, labels: LabelSettings, seed: int, users: Sequence[UserRows] | None = None) -> Past:
    """The same for the baselines; ``users`` in place of those of ``known``, if given."""
    positives, negatives = {}, {}
    for user in known.users if users is None else users:
        examples = examples_of(known_by(user.interactions, known.cut), labels)
        signed = list(zip(examples.paper_ids, examples.targets.tolist(), strict=True))
        if signed:
            positives[user.user.id] = tuple(paper for paper, target in signed if target > 0)
            negatives[user.user.id] = tuple(paper for paper, target in signed if target < 0)
    return Past(known.catalogue.papers, positives, negatives, at_start_of(known.cut.date()), seed)


def ranked_day(known: Known, papers: Iterable[Paper], vectors: PaperVectors) -> DayMoment:
    """The day that begins at the cut of ``known``, with ``papers`` for candidates."""
    rows = rows_of(known.cut.date(), papers)
    return build_day(rows.feed, rows.cut, rows.papers, rows.votes, vectors)


def moment_of(user: UserRows, known: Known, labels: LabelSettings, vectors: PaperVectors) -> UserMoment:
    """The user as of the cut."""
    return build_user(standing(user, known.cut), known.cut.date(), known.texts, labels, vectors)
