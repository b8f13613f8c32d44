"""Many users ranked by many policies through ``models.recommend.rank``, each ranking turned into metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from benchmarks.options import PRODUCT, Options
from benchmarks.result import Floats, Resamples, Row
from features.moment import DayMoment, UserMoment
from features.slate_request import SlateRequest
from models.baselines import Baseline, Past
from models.recommend import Policy, rank
from training import metrics


@dataclass(frozen=True, slots=True)
class Case:
    """A user to rank for, and which papers of the day are right."""

    user: UserMoment
    positives: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates in the order of the slate: their rows in the day, ``scores`` float64 (n,), ``hits`` bool (n,)."""

    order: NDArray[np.intp]
    scores: Floats
    hits: NDArray[np.bool_]


Measure = Callable[[Ranking], Mapping[str, float]]
"""One ranking → metric keys and values."""

Values = Mapping[str, Mapping[str, Floats]]
"""Method → metric key → float64 (n_cases,)."""


def of_many_papers(ranking: Ranking) -> dict[str, float]:
    """What is asked of a ranking of thousands."""
    return {
        "recall_at_20": metrics.recall_at(ranking.hits, 20),
        "recall_at_100": metrics.recall_at(ranking.hits, 100),
        "ndcg_at_20": metrics.ndcg_at(ranking.hits, 20),
        "auc": metrics.auc(ranking.scores, ranking.hits),
    }


def ranking_of(day: DayMoment, case: Case, policy: Policy) -> Ranking:
    """The order that the API would give."""
    version = str(getattr(policy, "version", getattr(policy, "name", "")))
    request = SlateRequest(case.user.user_id, day.day, day.cut.at, version)
    found = rank(day, case.user, policy, request)
    hits = np.array([day.papers[row].id in case.positives for row in found.order.tolist()], dtype=np.bool_)
    return Ranking(found.order, found.scores[found.order], hits)


def measured(
    day: DayMoment, cases: Sequence[Case], policies: Mapping[str, Policy], measure: Measure, options: Options
) -> Values:
    """All cases by all policies, those not asked for left out; shared out over processes."""
    wanted = {name: policy for name, policy in policies.items() if options.wants(name)}
    shards = np.array_split(np.arange(len(cases)), min(options.jobs, len(cases)) or 1)
    found: dict[str, Mapping[str, Floats]] = {}
    for name, policy in wanted.items():
        with options.stage(f"rank {name}"):
            run = delayed(_shard)
            parts = Parallel(n_jobs=options.jobs)(
                run(day, [cases[place] for place in shard.tolist()], policy, measure) for shard in shards
            )
        rows = [row for part in parts for row in part]
        found[name] = {key: np.array([row[key] for row in rows], dtype=np.float64) for key in rows[0]}
    return found


def _shard(day: DayMoment, cases: Sequence[Case], policy: Policy, measure: Measure) -> list[Mapping[str, float]]:
    return [measure(ranking_of(day, case, policy)) for case in cases]


def fitted_baselines(
    past: Past, unfitted: Sequence[Baseline], options: Options, suffix: str = ""
) -> dict[str, Baseline]:
    """By row name, those not asked for left out; ``suffix`` goes with the names of those that read terms."""
    named = {each.name + (suffix if each.name in CONTENT else ""): each for each in unfitted}
    found = {}
    for name, each in named.items():
        if options.wants(name):
            with options.stage(f"fit {name}"):
                found[name] = each.fit(past)
    return found


CONTENT = frozenset({"tfidf_centroid", "arxiv_sanity_svm", "scholar_inbox", "implicit_mf"})
"""Baselines that read terms: their rows say which."""


def rows_of_means(
    values: Values, seed: int, clusters: NDArray[np.int64] | None = None, *, macro: bool = False
) -> list[Row]:
    """One row a method with the means over cases; ``clusters`` (n_cases,) are resampled together."""
    n_cases = len(next(iter(next(iter(values.values())).values()))) if values else 0
    n_clusters = n_cases if clusters is None else int(clusters.max(initial=-1)) + 1
    draws = Resamples(n_clusters, seed)
    return [
        Row(
            method,
            {key: draws.mean(column, clusters, macro=macro) for key, column in by_key.items()},
            baseline=not method.startswith(PRODUCT),
        )
        for method, by_key in values.items()
    ]
