"""What each period of a replay is given: moments, classifiers, the past, the answers; all as of its refit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Cut, Paper, midnight
from features.encoders.terms import TINY_CORPUS, TfidfTerms
from features.encoders.words import Candidates
from features.labels import Examples, examples_of, hidden_of
from features.moment import DayMoment, PaperVectors, UserMoment, UserRows, build_day, build_user
from features.npy import read_array
from features.settings import LabelSettings
from models.baselines import Past
from models.baselines.content import text_of_paper
from models.model import Model
from models.personal import fit_warm
from training.held import HeldVectors
from training.history import History, at_start_of, choices_of, standing

PRODUCT = "broadsheet"
CHAMPION = "champion"
"""How the two models of a replay are called in tables and runs."""

PRIOR_PAPERS = 200
"""Papers, one of them chosen, that everybody's rate of choosing starts from; about a day's list."""

_UsersAndDays = tuple[Mapping[str, UserMoment], Mapping[date, DayMoment]]
Answers = Mapping[tuple[date, str], frozenset[str]]
"""(day, user key) → the papers of that day the user chose, sooner or later."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that is replayed: its value at each fit of the split, and where its vectors come from."""

    name: str
    models: Mapping[date, Model]
    vectors: Mapping[date, PaperVectors]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A contender in one period: the model with the period's classifiers, and the moments in its vectors."""

    name: str
    model: Model
    days: Mapping[date, DayMoment]
    users: Mapping[str, UserMoment]


@dataclass(frozen=True, slots=True)
class PastRows:
    """What was known at ``cut``: of ``papers``, which are ids and categories, ``rows`` of ``counted`` have the terms.

    All periods share ``counted``, whose arrays processes of one machine map from one file.
    """

    cut: Cut
    papers: tuple[Paper, ...]
    positives: Mapping[str, tuple[str, ...]]
    negatives: Mapping[str, tuple[str, ...]]
    counted: Candidates
    rows: NDArray[np.int64]

    def past(self, seed: int) -> Past:
        """The same for a baseline."""
        return Past(self.papers, self.positives, self.negatives, self.cut, seed, self.counted.at(self.rows))


@dataclass(frozen=True, slots=True)
class Period:
    """All that ranking a period takes: plain values, ready for another process.

    ``past`` is what baselines learn from, None where none are asked; ``hidden`` are no candidates;
    ``rates`` are shares of chosen papers by user key.
    """

    contenders: tuple[Ranked, ...]
    past: PastRows | None
    answers: Answers
    hidden: Answers
    rates: Mapping[str, float]


def answers_of(history: History, labels: LabelSettings) -> Answers:
    """What each user chose of each ranked day: positives standing at the history's cut, undated ones left out."""
    days = {day: history.days[day] for day in history.split.days}
    reported = history.reported
    users = [user for user in history.users if reported is None or user.user.key in reported]
    return choices_of(users, days, history.cut.at, labels)


def periods_of(
    history: History,
    contenders: Sequence[Contender],
    answers: Answers,
    labels: LabelSettings,
    *,
    compared: bool = False,
    scratch: Path | None = None,
) -> Iterator[Period]:
    """The periods in which anybody chose anything, built one at a time; with their past if baselines are compared.

    The texts of all pasts are counted before it returns; where the periods go to other processes, what was counted
    lies in ``scratch``, a folder that outlives them, and is mapped by all.
    """
    texts = _Texts.of(history, scratch) if compared and answers else None
    here = [
        (refit, days, {place: chosen for place, chosen in answers.items() if place[0] in days})
        for refit, days in history.split.periods()
    ]
    return (_period(history, contenders, labels, place, texts) for place in here if place[2])


def _period(
    history: History,
    contenders: Sequence[Contender],
    labels: LabelSettings,
    place: tuple[date, Sequence[date], Answers],
    texts: "_Texts | None",
) -> Period:
    """Of a ``place`` in the split: a refit, the days up to the next one, and the answers of these."""
    refit, days, answers = place
    users = [user for user in history.users if user.user.key in {key for _, key in answers}]
    examples = {
        user.user.key: examples_of(standing(user, midnight(refit)).interactions, labels) for user in history.users
    }
    moments = _Moments(history, users, refit, days)
    return Period(
        contenders=tuple(_ranked(contender, history.split.fit_of(refit), moments) for contender in contenders),
        past=None if texts is None else _past(history, examples, refit, texts),
        answers=answers,
        hidden=_hidden(users, answers),
        rates=_rates(history, examples, refit),
    )


@dataclass(frozen=True, slots=True)
class _Moments:
    """The moments of a period's users and days; contenders with the same vectors and labels share them."""

    history: History
    users: Sequence[UserRows]
    refit: date
    days: Sequence[date]
    _made: list[tuple[PaperVectors, LabelSettings, _UsersAndDays]] = field(default_factory=list)

    def of(self, vectors: PaperVectors, labels: LabelSettings) -> _UsersAndDays:
        """Users by key, and days."""
        for held_vectors, held_labels, made in self._made:
            if held_vectors is vectors and held_labels == labels:
                return made
        made = self._of(vectors, labels)
        self._made.append((vectors, labels, made))
        return made

    def _of(self, vectors: PaperVectors, labels: LabelSettings) -> _UsersAndDays:
        texts, rows = self.history.texts[self.refit], {day: self.history.days[day] for day in self.days}
        held = HeldVectors([*texts.values(), *(paper for row in rows.values() for paper in row.papers)], vectors)
        users = {
            user.user.key: build_user(standing(user, midnight(self.refit)), self.refit, texts, labels, held)
            for user in self.users
        }
        return users, {day: build_day(row.feed, row.cut, row.papers, row.votes, held) for day, row in rows.items()}


def _ranked(contender: Contender, fit: date, moments: _Moments) -> Ranked:
    model = contender.models[fit]
    users, days = moments.of(contender.vectors[fit], model.config.labels)
    warm = fit_warm(model.background, model.crowd, {key: moment.relevance for key, moment in users.items()})
    return Ranked(contender.name, replace(model, warm=warm), days, users)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of all pasts, each counted once: ``row_of`` a paper the row of ``counted`` and the place in ``bare``.

    ``bare`` are the papers as ids and categories, the same objects in every past.
    """

    row_of: Mapping[Paper, int]
    bare: tuple[Paper, ...]
    counted: Candidates

    @classmethod
    def of(cls, history: History, scratch: Path | None) -> Self:
        pasts = [_past_papers(history, refit) for refit in history.split.refits]
        papers = list(dict.fromkeys(chain.from_iterable(pasts)))
        terms = TfidfTerms() if min(map(len, pasts)) >= TINY_CORPUS else TfidfTerms(min_df=1)
        counted = terms.candidates([text_of_paper(paper) for paper in papers])
        bare = tuple(Paper(paper.id, title=paper.id, categories=paper.categories) for paper in papers)
        rows = {paper: row for row, paper in enumerate(papers)}
        return cls(rows, bare, counted if scratch is None else _mapped(counted, scratch))


def _mapped(counted: Candidates, folder: Path) -> Candidates:
    """The same with arrays that are files, which this process would else hold beside the copy it sends."""
    arrays = []
    for name in ("data", "indices", "indptr"):
        np.save(folder / f"{name}.npy", getattr(counted.counts, name))
        arrays.append(read_array(folder / f"{name}.npy", "r"))
    return Candidates(sparse.csr_array(tuple(arrays), shape=counted.counts.shape), counted.terms)


def _past(history: History, examples: Mapping[str, Examples], refit: date, texts: _Texts) -> PastRows:
    rows = np.array([texts.row_of[paper] for paper in _past_papers(history, refit)], dtype=np.int64)
    known = {user.user.id: examples[user.user.key] for user in history.users if len(examples[user.user.key])}
    return PastRows(
        cut=at_start_of(refit),
        papers=tuple(texts.bare[row] for row in rows.tolist()),
        positives={user_id: _positives(each) for user_id, each in known.items()},
        negatives={user_id: _negatives(each) for user_id, each in known.items()},
        counted=texts.counted,
        rows=rows,
    )


def _past_papers(history: History, refit: date) -> tuple[Paper, ...]:
    """Papers listed before the refit: those of its fit, those of the days ranked since, and all labelled ones."""
    fit = history.split.fit_of(refit)
    papers = history.fits[fit].by_id()
    for day in history.split.days:
        if fit <= day < refit:
            papers |= {paper.id: paper for paper in history.days[day].papers}
    papers |= history.texts[refit]
    return tuple(papers[paper_id] for paper_id in sorted(papers))


def _hidden(users: Sequence[UserRows], answers: Answers) -> Answers:
    by_key = {user.user.key: user for user in users}
    found = {}
    for day, key in answers:
        rows = standing(by_key[key], midnight(day))
        found[day, key] = hidden_of(rows.interactions, rows.shown, day)
    return found


def _rates(history: History, examples: Mapping[str, Examples], refit: date) -> dict[str, float]:
    """Per user key the share of papers chosen on the days on which the user chose any, before the refit.

    It starts from everybody's share, which counts like one chosen of :data:`PRIOR_PAPERS` papers.
    """
    days, sizes = np.unique(history.catalogue.first_days, return_counts=True)
    size_of = dict(zip(days.tolist(), sizes.tolist(), strict=True))
    labelled = set(history.texts[refit])
    listed = zip(history.catalogue.papers, history.catalogue.first_days.tolist(), strict=True)
    day_of = {paper.id: day for paper, day in listed if paper.id in labelled and day < refit}
    counts = {}
    for key, known in examples.items():
        chosen = [day_of[paper_id] for paper_id in _positives(known) if paper_id in day_of]
        counts[key] = (len(chosen), sum(size_of[day] for day in set(chosen)))
    all_chosen, all_seen = (sum(column) for column in zip((1, PRIOR_PAPERS), *counts.values(), strict=True))
    rate = all_chosen / all_seen
    return {key: (chosen + rate * PRIOR_PAPERS) / (seen + PRIOR_PAPERS) for key, (chosen, seen) in counts.items()}


def _positives(examples: Examples) -> tuple[str, ...]:
    return tuple(paper for paper, target in zip(examples.paper_ids, examples.targets, strict=True) if target > 0)


def _negatives(examples: Examples) -> tuple[str, ...]:
    return tuple(paper for paper, target in zip(examples.paper_ids, examples.targets, strict=True) if target < 0)
