"""Trending: which papers will be on the Hugging Face daily page 0–14 days after their first day, asked at its start.

Papers already on the page before, and those of the last 14 days, are out. The fit ends 14 days before the 80 % day, so
that its outcomes are known on that day; what the page said of other papers is read up to each tested day.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from benchmarks.options import PRODUCT, Options
from benchmarks.product import settings_for
from benchmarks.result import Estimate, Floats, Row, SuiteResult
from benchmarks.stream import ByDay, listings, ranked, read_catalogue, separated, split_day
from features.domain import midnight
from features.encoders.terms import TfidfTerms
from models.trending import WITHIN_DAYS, PageRecord
from training.fit import encoded_papers, encoder_for
from training.history import Catalogue
from training.metrics import recall_at
from training.trending import UNKNOWN, delays_of, fit_trend, outcomes_of, trend_history, trend_rows


def run(options: Options) -> SuiteResult:
    """AP, AUC and R@10 a day with intervals over days; AP of positives of day 0 and of later days apart."""
    with options.stage("read"):
        catalogue = read_catalogue(options)
        pages = [PageRecord(row.paper, row.day, row.votes) for row in listings(options, "hf_daily.jsonl.gz")]
        outcomes = outcomes_of(catalogue.papers, catalogue.first_days, pages, max(record.day for record in pages))
        split = np.datetime64(split_day(catalogue.first_days))
    known = outcomes != UNKNOWN
    trained = np.flatnonzero(known & (catalogue.first_days < split - WITHIN_DAYS))
    tested = np.flatnonzero(known & (catalogue.first_days >= split))
    methods: dict[str, Callable[[], Floats]] = {
        PRODUCT: lambda: of_product(catalogue, pages, tested, options),
        "tfidf_lr": lambda: of_baseline(catalogue, outcomes, trained, tested),
    }
    scores = {}
    for name, method in methods.items():
        if options.wants(name):
            with options.stage(name):
                scores[name] = method()
    delays = np.array(delays_of(catalogue.papers, catalogue.first_days, pages))[tested]
    positive, first_days = outcomes[tested] == 1, catalogue.first_days[tested]
    with options.stage("resample"):
        days = ByDay.of(first_days, options.seed)
        rows = [Row(name, measured(each, positive, delays, days), name != PRODUCT) for name, each in scores.items()]
    share = f"{positive.mean():.4f} of {len(tested)} tested papers, {outcomes[trained].mean():.4f} of {len(trained)}"
    return SuiteResult("trending", options.seed, 0, rows, [f"positives: {share} trained"], options.seconds)


def of_product(catalogue: Catalogue, pages: list[PageRecord], tested: NDArray[np.intp], options: Options) -> Floats:
    """The product's trend model of the split's day, with the page's history as it grew."""
    cut = split_day(catalogue.first_days)
    before = catalogue.before(cut)
    with settings_for(options) as settings:
        encoder, _ = encoder_for(before, settings, cut=midnight(cut), seed=options.seed, refit=True)
        vectors = encoded_papers(encoder, settings.data_dir)
        model = fit_trend(before, pages, vectors, cut, options.seed)
        history = trend_history(catalogue, pages, vectors)
        return model.probabilities(trend_rows(catalogue, vectors, tested), history)


def of_baseline(
    catalogue: Catalogue, outcomes: NDArray[np.int8], trained: NDArray[np.intp], tested: NDArray[np.intp]
) -> Floats:
    """Logistic regression of tf-idf of title and abstract."""
    terms = TfidfTerms(dtype=np.float64)
    before = terms.fit_transform([catalogue.papers[row].text for row in trained.tolist()])
    after = terms.transform([catalogue.papers[row].text for row in tested.tolist()])
    parts = (before.data, before.indices.astype(np.int32), before.indptr.astype(np.int32))  # scikit-learn wants 32 bits
    model = LogisticRegression(max_iter=1000).fit(sparse.csr_array(parts, shape=before.shape), outcomes[trained])
    return np.asarray(after @ model.coef_[0] + model.intercept_[0])


def measured(scores: Floats, positive: NDArray[np.bool_], delays: Floats, days: ByDay) -> dict[str, Estimate]:
    """Every metric of one method; one kind of positives apart means the other kind is left out."""
    recalls = np.full(days.draws.counts.shape[1], np.nan)
    for day in range(len(recalls)):
        rows = np.flatnonzero(days.place == day)
        recalls[day] = recall_at(positive[rows][np.argsort(-scores[rows], kind="stable")], 10)
    found = {
        "average_precision": days.estimate(ranked(scores, positive)),
        "auc": days.estimate(separated(scores, positive)),
        "recall_at_10": days.draws.mean(recalls),
    }
    for name, out in (("day_0", positive & (delays > 0)), ("later", positive & (delays == 0))):
        found[f"average_precision_{name}"] = days.estimate(_among(ranked(scores, positive & ~out), ~out))
    return found


def _among(statistic: Callable[[Floats], float], kept: NDArray[np.bool_]) -> Callable[[Floats], float]:
    return lambda weights: statistic(weights * kept)
