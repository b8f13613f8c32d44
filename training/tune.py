"""Hyper-parameters searched on days that no retrain's replay ranks: ``broadsheet tune``.

The store is read as it was before the first day a retrain would evaluate on; the days before it are split as a
retrain splits its own, and every trial fits the product anew and replays them. What is found has therefore not seen
the days on which the next retrain will show what it is worth.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import NotRequired, TypedDict, Unpack

import numpy as np
import pandas as pd

from features.domain import Clock, Cut, DayFeed, aware_utc, midnight
from features.encoders import EncodedPapers
from features.errors import NothingToLearn
from features.settings import LabelSettings, Settings
from features.slate_request import SlateRequest
from features.store import Store
from models.recommend import rank
from models.registry import Registry
from models.registry.tuning import Dimension, Study
from training import metrics
from training.evaluation import fit_contender
from training.fit import NO_TOPICS, FitSettings, encoded_papers, encoder_for
from training.history import History, read_history
from training.periods import Contender, Period, answers_of, periods_of
from training.split import Split, split_last

SPACE: tuple[Dimension, ...] = (
    Dimension("relevance.regularization", 0.02, 20.0, log=True),
    Dimension("relevance.background_weight", 1.0, 100.0, log=True),
    Dimension("relevance.hard_negatives", 0, 500),
    Dimension("relevance.hard_weight", 0.1, 5.0, log=True),
    Dimension("labels.half_life_days", 20.0, 2000.0, log=True),
)
"""All that is searched: dotted names of settings."""


class Options(TypedDict):
    """The keyword arguments of :func:`tune`."""

    as_of: datetime
    seed: int
    n_trials: int
    space: NotRequired[tuple[Dimension, ...]]
    progress: NotRequired[Callable[[str], None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for; see :func:`tune`."""

    as_of: datetime
    seed: int
    n_trials: int
    space: tuple[Dimension, ...] = SPACE
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class TuneReport:
    """The best of ``n_trials`` trials: dotted names with values, its nDCG@10 and that of the settings as they were."""

    best: Mapping[str, float]
    value: float
    value_before: float
    n_trials: int
    n_users: int
    days: tuple[date, ...]

    def lines(self) -> list[str]:
        """The settings as environment variables."""
        return [f"{variable(name)}={value:.6g}" for name, value in sorted(self.best.items())]


def variable(name: str) -> str:
    """The environment variable of a dotted name."""
    return "BROADSHEET_" + name.replace(".", "__").upper()


def tune(store: Store, registry: Registry, settings: Settings, **options: Unpack[Options]) -> TuneReport:
    """Search the space by TPE, a nested MLflow run a trial; the first trial is the settings as they are.

    Parameters
    ----------
    as_of : datetime
        The moment of the retrain that is tuned for; only what was known before its evaluation days is read.
    seed : int
        Of the sampler and of every fit.
    n_trials : int
        Trials in all: those a killed search has left in ``data_dir`` are not run again.
    space : tuple of Dimension
        What is searched; :data:`SPACE` if not given.
    progress : callable
        Told what is being done.

    Raises NothingToLearn where the days before the evaluation leave nobody to rank for.
    """
    plan = Plan(**options)
    plan.progress("read")
    history = read_training_days(store, plan.as_of, settings)
    fit = FitSettings.of(settings, plan.seed)
    vectors = _vectors(history, settings, plan.seed)
    n_users = len({key for _, key in answers_of(history, fit.config.labels)})
    if not n_users:
        raise NothingToLearn("nobody chose a paper of the days before the evaluation")
    study = Study(registry, settings, f"{history.digest()[:16]}-{plan.seed}", plan.space)
    values = study.run(
        partial(_objective, history, vectors, settings, plan.seed), plan.n_trials, plan.seed, plan.progress
    )
    best = max(values, key=lambda trial: (trial.value, -trial.number))
    return TuneReport(best.params, best.value, values[0].value, len(values), n_users, history.split.days)


def read_training_days(store: Store, as_of: datetime, settings: Settings) -> History:
    """The store as it was before the first day that a retrain as of ``as_of`` ranks, split the same way."""
    training = settings.training
    with store.transaction(readonly=True) as tx:
        known = tx.days.all(Cut(aware_utc(as_of, "as_of"), Clock.OCCURRED))

    def split_of(feeds: Sequence[DayFeed]) -> Split:
        return split_last(feeds, training.evaluation_days, training.refit_days)

    evaluated = split_of(known).days
    if not evaluated:
        raise NothingToLearn("fewer than two complete days of papers")
    # At its first instant a day's papers are known already.
    return read_history(store, midnight(evaluated[0]) - timedelta(microseconds=1), split_of, training.window_days)


def changed(settings: Settings, values: Mapping[str, float]) -> Settings:
    """``settings`` with other values under dotted names; a value that breaks its rule is refused by pydantic."""
    groups: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        group, _, field = name.partition(".")
        groups.setdefault(group, {})[field] = value
    updates = {}
    for group, fields in groups.items():
        old = getattr(settings, group)
        updates[group] = type(old)(**old.model_dump() | fields)
    return settings.model_copy(update=updates)


def _vectors(history: History, settings: Settings, seed: int) -> dict[date, EncodedPapers]:
    found = {}
    for fit in history.split.fits:
        encoder, _ = encoder_for(history.fits[fit], settings, cut=midnight(fit), seed=seed, refit=False)
        found[fit] = encoded_papers(encoder, settings.data_dir)
        found[fit].backfill(history.catalogue.papers)
    return found


def _objective(
    history: History, vectors: Mapping[date, EncodedPapers], settings: Settings, seed: int, values: Mapping[str, float]
) -> float:
    """Macro nDCG@10 of the replay with these values; what counts as chosen is the settings' own throughout."""
    fit = FitSettings(FitSettings.of(changed(settings, values), seed).config, NO_TOPICS)
    contender = fit_contender(history, vectors, fit, lambda _: None)
    return macro_ndcg(history, contender, settings.labels, seed)


def macro_ndcg(history: History, contender: Contender, labels: LabelSettings, seed: int) -> float:
    """Mean over users of their mean nDCG@10 on the days of the split; NothingToLearn where there is none."""
    answers = answers_of(history, labels)
    rows = [row for period in periods_of(history, [contender], answers, labels) for row in _ranked_period(period, seed)]
    table = pd.DataFrame(rows, columns=["user_key", "ndcg_at_10"])
    if table.empty:
        raise NothingToLearn("all that was chosen had been hidden from those who chose it")
    return float(table.groupby("user_key")["ndcg_at_10"].mean().mean())


def _ranked_period(period: Period, seed: int) -> list[tuple[str, float]]:
    rows = []
    (product,) = period.contenders
    for (day, key), chosen in sorted(period.answers.items()):
        hidden = period.hidden[day, key]
        moment, user = product.days[day], replace(product.users[key], hidden=hidden)
        request = SlateRequest(user.user_id, day, moment.cut.at, product.model.version, seed)
        order = rank(moment, user, product.model, request).order
        hits = np.array([moment.papers[row].id in chosen for row in order.tolist()], dtype=np.bool_)
        if hits.any():
            rows.append((key, metrics.ndcg_at(hits, 10)))
    return rows
