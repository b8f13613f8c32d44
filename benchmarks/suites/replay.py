"""replay: every complete day after the first 60 % of days, ranked with what was known at its start.

It runs ``training.replay`` as ``broadsheet evaluate --full`` does: four encoder cuts, classifiers weekly. Population
``authors``: author names are users, authors are hidden from all methods, means over user-days. ``readers``: the picks'
readers, means over users, and again without the two who chose most (keys ending in ``_without_heaviest``). Users count
from 3 earlier labels on; keys ending in ``_labels_…`` hold the others too. Users are resampled.

``--started-with N``: the measured users have come on the first day with N picks, as from the welcome page, and have not
clicked since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.options import PRODUCT, Options, without_row
from benchmarks.product import settings_for
from benchmarks.result import Estimate, Floats, Resamples, Row, SuiteResult
from benchmarks.stores import store_of
from features.domain import midnight
from features.encoders import EncodedPapers
from features.errors import NothingToLearn
from features.settings import Settings
from features.store import Store
from models.shards import Shards
from training.ablation import contenders_without
from training.authors import as_users
from training.calibrate import LABEL_BUCKETS, in_bucket
from training.evaluate import FULL_FITS, FULL_SHARE
from training.evaluation import evaluate_replay
from training.fit import FitSettings, encoded_papers, encoder_for
from training.history import History, read_history
from training.newcomers import as_newcomers
from training.ranked import Extent
from training.split import split_after

MEASURED = ("ndcg_at_10", "recall_at_10", "mrr", "auc")
N_HEAVIEST = 2


def run(options: Options) -> SuiteResult:
    """Ranking by nDCG@10, R@10, MRR and AUC, also by number of labels; calibration of the product."""
    macro = options.population == "readers"
    with store_of(options) as store, settings_for(options) as settings:
        with options.stage("read"):
            history = _history(store, settings, options)
        fit = FitSettings.of(settings, options.seed, Shards(options.jobs))
        with options.stage("encoder"):
            vectors = {day: _vectors(history, day, settings, options) for day in history.split.fits}
        with options.stage("fit"):
            named = contenders_without(history, vectors, fit, options.ablate)
            contenders = [replace(each, name=without_row(name) if name else PRODUCT) for name, each in named.items()]
        with options.stage("rank"):
            extent = Extent(compared=options.methods != (PRODUCT,))
            found = evaluate_replay(history, contenders, fit, Shards(options.jobs), lambda _: None, extent)
    table = found.replay.table
    rows = list(_rows(table, options, settings.training.min_labels, macro=macro))
    rows = [_with_calibration(row, found.calibration.metrics) if row.method == PRODUCT else row for row in rows]
    counted = table[(table["n_labels"] >= settings.training.min_labels) & (table["method"] == PRODUCT)]
    newcomers = f", who began with {options.started_with} picks" if options.started_with else ""
    note = f"{options.population}{newcomers}: {len(counted):,} user-days, {counted['day'].nunique()} days, " + (
        "means over users" if macro else "means over user-days"
    )
    return SuiteResult("replay", options.seed, counted["user_key"].nunique(), rows, (note,), options.seconds)


def _history(store: Store, settings: Settings, options: Options) -> History:
    training = settings.training
    history = read_history(
        store,
        datetime.now(UTC),
        lambda feeds: split_after(feeds, FULL_SHARE, FULL_FITS, training.refit_days),
        training.window_days,
    )
    if not history.split.days:
        raise NothingToLearn("fewer than two complete days of papers")
    if options.population == "authors":
        history = as_users(history, n_users=options.n_users, seed=options.seed)
    return history if options.started_with is None else as_newcomers(history, options.started_with)


def _vectors(history: History, day: date, settings: Settings, options: Options) -> EncodedPapers:
    encoder, _ = encoder_for(history.fits[day], settings, cut=midnight(day), seed=options.seed, refit=True)
    vectors = encoded_papers(encoder, settings.data_dir)
    vectors.backfill(history.catalogue.papers)
    return vectors


def _rows(table: pd.DataFrame, options: Options, min_labels: int, *, macro: bool) -> Iterator[Row]:
    """One a method, all on the same user-days and resamples."""
    ordered = table.sort_values(["day", "user_key"], kind="stable")
    product = ordered[ordered["method"] == PRODUCT]
    clusters = pd.factorize(product["user_key"])[0].astype(np.int64)
    draws = Resamples(int(clusters.max(initial=-1)) + 1, options.seed)
    parts = dict(_parts(product, clusters, min_labels, macro=macro))
    for method, rows in ordered.groupby("method", sort=True):
        if options.wants(str(method)):
            estimates = {
                f"{name}{suffix}": draws.mean(_where(rows[name], kept), clusters, macro=macro)
                for suffix, kept in parts.items()
                for name in (MEASURED if not suffix.startswith("_labels") else MEASURED[:1])
            }
            yield Row(str(method), estimates, baseline=not str(method).startswith(PRODUCT))


def _parts(
    product: pd.DataFrame, clusters: NDArray[np.int64], min_labels: int, *, macro: bool
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Suffix of the metric keys → bool (n user-days,): which of them count."""
    n_labels = product["n_labels"].to_numpy()
    counted = n_labels >= min_labels
    yield "", counted
    if macro:
        chosen = np.bincount(clusters, product["n_chosen"].to_numpy())
        heaviest = np.argsort(-chosen, kind="stable")[:N_HEAVIEST]
        yield "_without_heaviest", counted & ~np.isin(clusters, heaviest)
    for bucket in LABEL_BUCKETS:
        kept = in_bucket(n_labels, bucket)
        if kept.any():
            yield f"_labels_{bucket}", kept


def _where(column: "pd.Series[float]", kept: NDArray[np.bool_]) -> Floats:
    return np.where(kept, column.to_numpy(dtype=np.float64), np.nan)


def _with_calibration(row: Row, calibration: Mapping[str, float]) -> Row:
    return replace(row, estimates={**row.estimates, **{key: Estimate(value) for key, value in calibration.items()}})
