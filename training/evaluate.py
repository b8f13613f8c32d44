"""The whole replay from the command: every later day, four encoder cuts, weekly users, on readers or on authors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NotRequired, TypedDict, Unpack

import pandas as pd

from features.domain import DayFeed, midnight
from features.encoders import EncodedPapers
from features.errors import InvalidValue, NothingToLearn
from features.settings import Settings
from features.store import Store
from models.shards import Shards
from training.authors import as_users
from training.bootstrap import Interval
from training.evaluation import Evaluation, evaluate_replay, fit_contender
from training.fit import FitSettings, encoded_papers, encoder_for
from training.history import History, read_history
from training.periods import PRODUCT
from training.replay import METRICS
from training.split import Split, split_after, split_last
from training.summary import best_baseline, by_labels, counted, overall, versus

FULL_SHARE = 0.6
FULL_FITS = 4
POPULATIONS = ("readers", "authors")


class Options(TypedDict):
    """The keyword arguments of :func:`evaluate`."""

    as_of: datetime
    seed: int
    full: NotRequired[bool]
    population: NotRequired[str]
    n_users: NotRequired[int | None]
    jobs: NotRequired[int]
    progress: NotRequired[Callable[[str], None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for; see :func:`evaluate`."""

    as_of: datetime
    seed: int
    full: bool = False
    population: str = "readers"
    n_users: int | None = None
    jobs: int = 1
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Every method side by side.

    ``means`` is methods × metrics, ``gains`` per metric the product less each method with its interval, ``by_labels``
    nDCG@10 by number of labels. ``macro`` says that means are over users, not over user-days.
    """

    population: str
    macro: bool
    n_users: int
    n_user_days: int
    days: tuple[date, ...]
    means: pd.DataFrame
    gains: Mapping[str, Mapping[str, Interval]]
    by_labels: pd.DataFrame
    calibration: Mapping[str, float]
    topics: Mapping[str, float]

    def lines(self) -> list[str]:
        """One table as text: a method a line, the product's gain in nDCG@10 on it with its 95 % interval."""
        kind = "users" if self.macro else "user-days"
        head = f"{self.population}: {self.n_users} users, {self.n_user_days} user-days, {len(self.days)} days"
        found = [
            f"{head}; means over {kind}",
            f"{'method':<18}" + "".join(f"{name:>{_width(name)}}" for name in METRICS),
        ]
        best = best_baseline(self.means, "ndcg_at_10")
        ranked = self.means.sort_values("ndcg_at_10", ascending=False)
        for method in ranked.index:
            values = "".join(f"{ranked[name][method]:>{_width(name)}.4f}" for name in METRICS)
            gain = self.gains["ndcg_at_10"].get(method)
            note = "" if gain is None else f"   {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
            found.append(f"{method:<18}{values}{note}{'  best baseline' if method == best else ''}")
        return found


def evaluate(store: Store, settings: Settings, **options: Unpack[Options]) -> EvaluationReport:
    """Replay the product and every baseline on past days; nothing is registered.

    Parameters
    ----------
    as_of : datetime
        Nothing known later is read.
    seed : int
        Of everything random.
    full : bool
        Every complete day after the first 60 %, four encoder cuts; else the days a retrain would rank.
    population : {"readers", "authors"}
        The store's users, or authors as users (see :mod:`training.authors`).
    n_users : int, optional
        How many authors to draw; all if None. Readers are never drawn.
    jobs : int
        Processes.
    progress : callable
        Told the name of each stage as it begins.

    Raises InvalidValue for another population, NothingToLearn where there is nobody to rank for.
    """
    plan = Plan(**options)
    if plan.population not in POPULATIONS:
        raise InvalidValue("population", plan.population, f"one of {', '.join(POPULATIONS)}")
    plan.progress("read")
    window = settings.training.window_days
    history = read_history(store, plan.as_of, lambda feeds: _split(feeds, settings, full=plan.full), window)
    if not history.split.days:
        raise NothingToLearn("fewer than two complete days of papers")
    if plan.population == "authors":
        history = as_users(history, n_users=plan.n_users, seed=plan.seed)
    fit = FitSettings.of(settings, plan.seed)
    vectors = _vectors(history, settings, plan)
    contender = fit_contender(history, vectors, fit, lambda _: None)
    found = evaluate_replay(history, [contender], fit, Shards.of(settings, plan.jobs), plan.progress)
    return _report(found, settings, plan)


def _split(feeds: Sequence[DayFeed], settings: Settings, *, full: bool) -> Split:
    training = settings.training
    if full:
        return split_after(feeds, FULL_SHARE, FULL_FITS, training.refit_days)
    return split_last(feeds, training.evaluation_days, training.refit_days)


def _vectors(history: History, settings: Settings, plan: Plan) -> dict[date, EncodedPapers]:
    """An encoder for each fit, fitted on what was known at it, with vectors of all papers."""
    found = {}
    for day in history.split.fits:
        plan.progress(f"encoder of {day}")
        encoder, _ = encoder_for(history.fits[day], settings, cut=midnight(day), seed=plan.seed, refit=False)
        found[day] = encoded_papers(encoder, settings.data_dir)
        found[day].backfill(history.catalogue.papers)
    return found


def _report(found: Evaluation, settings: Settings, plan: Plan) -> EvaluationReport:
    table = found.replay.table
    rows = counted(table, settings.training.min_labels)
    product = rows[rows["method"] == PRODUCT]
    if not len(product):
        raise NothingToLearn("nobody with enough earlier labels chose a paper of the ranked days")
    macro = plan.population == "readers"
    return EvaluationReport(
        population=plan.population,
        macro=macro,
        n_users=product["user_key"].nunique(),
        n_user_days=len(product),
        days=tuple(sorted(set(product["day"]))),
        means=overall(rows, macro=macro),
        gains={name: versus(rows, name, seed=plan.seed, macro=macro) for name in METRICS},
        by_labels=by_labels(table),
        calibration=found.calibration.metrics,
        topics={} if found.topics is None else found.topics.metrics,
    )


def _width(name: str) -> int:
    return max(19, len(name) + 2)
