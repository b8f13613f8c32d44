"""What the blend learns from: lists of candidates with what was chosen, on the window of days before a fit.

Everything below the blend is fitted as of the window's first instant, and the window's papers are ranked by it as a
day's papers are ranked in production: all of them, with nothing put in or left out for having been chosen. Only then
does a feature mean in the blend's eyes what it will mean on the days after the fit.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.domain import midnight
from features.moment import DayMoment, PaperVectors, UserMoment, build_day, build_user, nothing_said
from models.evidence import Profile, evidence
from models.listwise import ChoiceList, choice_list
from models.model import Model
from models.recommend import fresh_profile, profile_of_user
from training.held import HeldVectors
from training.history import DayRows, Known, choices_of, standing

MOST_LISTS = 1500
"""Lists a blend learns from at most; more are drawn from."""

YOUNG_EVERY, YOUNG_LABELS = 4, (1, 3, 1, 5)
"""Every fourth user-day is a list once more, with so many of the user's labels, in turn: those who have few are few,
and what evidence is worth to somebody new would otherwise be guessed from those who are not."""

NOBODYS_SHARE = 1 / 3
"""What nobody's lists weigh together beside the others, at most: a list for each of so many readers without labels."""


def before_window(known: Known) -> Known:
    """What was known at the window's first instant, with no window of its own."""
    start = min(known.window)
    return replace(known, cut=midnight(start), catalogue=known.catalogue.before(start), window={})


def choice_lists(
    model: Model, known: Known, vectors: PaperVectors, seed: int, stage: Callable[[str], None] = lambda _: None
) -> list[ChoiceList]:
    """The lists of the window, ranked by ``model``, which was fitted at its start.

    Users without labels have none of their own; what they chose stands in nobody's, one a day.
    """
    stage("window")
    answers = choices_of(known.users, known.window, known.cut, model.config.labels)
    users = _users(known, model, vectors, {key for _, key in answers})
    # Keys are random in every store; users stand in the order of their ids, so that the same rows fit the same blend.
    turn_of = {user.user.key: turn for turn, user in enumerate(known.users)}
    listed = sorted((place for place in answers if place[1] in users), key=lambda place: (place[0], turn_of[place[1]]))
    places = _drawn(listed, seed)
    rng = np.random.default_rng([seed, 1])
    turns = {place: turn for turn, place in enumerate(places)}
    found, nobodys = [], []
    for day in sorted({day for day, _ in answers}):
        moment = _day(known.window[day], vectors)
        nobodys.append(_nobodys(model, moment, [papers for (on, _), papers in answers.items() if on == day]))
        for key in [key for on, key in places if on == day]:
            for user in with_younger(users[key], turns[day, key], rng):
                each = _list(model, moment, user, answers[day, key], rng)
                each = replace(each, young=user is not users[key])
                if each.chosen.any():
                    found.append(each)
    if not found:
        return []
    each_weighs = min(1.0, NOBODYS_SHARE * len(found) / max(1, len(answers)))
    return [*found, *(one.weighing(each_weighs) for one in nobodys)]


def with_younger(user: UserMoment, turn: int, rng: np.random.Generator) -> list[UserMoment]:
    """The user and, at every ``YOUNG_EVERY``-th turn, the same user with a few of the labels, drawn by ``rng``."""
    if turn % YOUNG_EVERY:
        return [user]
    n_kept = YOUNG_LABELS[turn // YOUNG_EVERY % len(YOUNG_LABELS)]
    if n_kept >= len(user.relevance.examples):
        return [user]
    kept = np.sort(rng.permutation(len(user.relevance.examples))[:n_kept])
    return [user, replace(user, relevance=user.relevance.at(kept))]


def _list(
    model: Model, day: DayMoment, user: UserMoment, chosen: frozenset[str], rng: np.random.Generator
) -> ChoiceList:
    profile = profile_of_user(model, user.user_key, user.relevance)
    features = _evidence(model, day, profile)
    hits: NDArray[np.bool_] = np.array([paper.id in chosen for paper in day.papers], dtype=np.bool_)
    seen = np.array([paper.id not in user.hidden for paper in day.papers], dtype=np.bool_)
    sums = model.blend.sums(features, profile.n_positives)
    return choice_list(features[seen], hits[seen], profile.n_positives, sums[seen], rng)


def _nobodys(model: Model, day: DayMoment, chosen: Sequence[frozenset[str]]) -> ChoiceList:
    """Nobody's list of the day, of what each user has ``chosen``; every user counts once."""
    counted: Counter[str] = Counter()
    for papers in chosen:
        counted.update(dict.fromkeys(papers, 1.0 / len(papers)))
    counts = np.array([counted[paper_id] for paper_id in day.ids], dtype=np.float64)
    features = _evidence(model, day, fresh_profile(model, nothing_said(day)))
    return ChoiceList(features.astype(np.float32), counts > 0, np.ones(len(counts)), 0, counts=counts)


def _evidence(model: Model, day: DayMoment, profile: Profile) -> NDArray[np.float64]:
    view = model.view(day)
    return evidence(profile, view.candidates, view.listing)


def _users(known: Known, model: Model, vectors: PaperVectors, keys: set[str]) -> dict[str, UserMoment]:
    """Moments as of the model's cut of those who had said anything by then."""
    chosen = [standing(user, model.cut) for user in known.users if user.user.key in keys]
    wanted = {row.interaction.paper_id for user in chosen for row in user.interactions}
    texts = {paper_id: paper for paper_id, paper in known.texts.items() if paper_id in wanted}
    held = HeldVectors(tuple(texts.values()), vectors)
    moments = (build_user(user, model.cut.date(), texts, model.config.labels, held) for user in chosen)
    return {moment.user_key: moment for moment in moments if len(moment.relevance.examples)}


def _day(rows: DayRows, vectors: PaperVectors) -> DayMoment:
    return build_day(rows.feed, rows.cut, rows.papers, rows.votes, vectors)


def _drawn(places: Sequence[tuple[date, str]], seed: int) -> list[tuple[date, str]]:
    if len(places) <= MOST_LISTS:
        return list(places)
    chosen = np.random.default_rng(seed).choice(len(places), MOST_LISTS, replace=False)
    return [places[row] for row in np.sort(chosen).tolist()]
