"""Topics: which arXiv categories a paper carries, fitted on the days before the 80 % day and tested on those after.

Classes have 50 training papers or more; those with fewer than 10 test papers leave the macro means and are named. The
baselines are tf-idf with one-vs-rest logistic regression and linear SVM; each says a class above the score that as
large a share of the training papers exceeds as carries it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from benchmarks.options import PRODUCT, Options
from benchmarks.product import settings_for
from benchmarks.result import Estimate, Floats, Row, SuiteResult
from benchmarks.stream import ByDay, ranked, read_catalogue, split_day
from features.domain import Paper, midnight
from features.encoders.terms import TfidfTerms
from models.topics import TopicModel, TopicRows, topics_of
from training.fit import encoded_papers, encoder_for
from training.history import Catalogue

LEAST_TRAINING, LEAST_TESTED = 50, 10


@dataclass(frozen=True, slots=True)
class Problem:
    """Papers before and after the split, the classes, and who carries which: bool (n, k)."""

    before: Catalogue
    after: Catalogue
    names: tuple[str, ...]
    trained: NDArray[np.bool_]
    tested: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answers:
    """Scores (n, k) of the tested papers, what is said of them (n, k), and probabilities where a method has them."""

    scores: Floats
    said: NDArray[np.bool_]
    probabilities: Floats | None = None


def run(options: Options) -> SuiteResult:
    """Macro-F1, micro-F1, mAP and Brier score with intervals over days."""
    with options.stage("read"):
        problem = problem_of(read_catalogue(options))
    methods: dict[str, Callable[[], Answers]] = {
        PRODUCT: lambda: of_product(problem, options),
        "tfidf_lr": lambda: of_baseline(problem, LogisticRegression(solver="liblinear", random_state=options.seed)),
        "tfidf_svc": lambda: of_baseline(problem, LinearSVC(random_state=options.seed)),
    }
    answers = {}
    for name, method in methods.items():
        if options.wants(name):
            with options.stage(name):
                answers[name] = method()
    with options.stage("resample"):
        days = ByDay.of(problem.after.first_days, options.seed)
        rows = [Row(name, measured(found, problem, days), name != PRODUCT) for name, found in answers.items()]
    return SuiteResult("topics", options.seed, 0, rows, notes_of(problem), options.seconds)


def problem_of(catalogue: Catalogue) -> Problem:
    """The split, and the classes."""
    split = split_day(catalogue.first_days)
    before = catalogue.before(split)
    later = np.flatnonzero(catalogue.first_days >= np.datetime64(split))
    after = Catalogue(tuple(catalogue.papers[row] for row in later.tolist()), catalogue.first_days[later])
    labels = [topics_of(without_keywords(paper)) for paper in before.papers]
    names, counts = np.unique([topic for topics in labels for topic in topics], return_counts=True)
    kept = tuple(names[counts >= LEAST_TRAINING].tolist())
    return Problem(before, after, kept, carried(before, kept), carried(after, kept))


def without_keywords(paper: Paper) -> Paper:
    """The paper as its categories alone describe it."""
    return replace(paper, keywords=())


def carried(catalogue: Catalogue, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Bool (n, k): which paper carries which class."""
    topics = [set(topics_of(without_keywords(paper))) for paper in catalogue.papers]
    return np.array([[name in each for name in names] for each in topics], dtype=np.bool_)


def of_product(problem: Problem, options: Options) -> Answers:
    """The encoder and the topic model of a retrain on the split's day."""
    with settings_for(options) as settings:
        cut = midnight(split_day_of(problem))
        encoder, _ = encoder_for(problem.before, settings, cut=cut, seed=options.seed, refit=True)
        vectors = encoded_papers(encoder, settings.data_dir)
        vectors.backfill((*problem.before.papers, *problem.after.papers))
        before, after = (
            TopicRows.of(each.papers, vectors.of(each.papers), vectors.terms(each.papers))
            for each in (problem.before, problem.after)
        )
        labels = [topics_of(without_keywords(paper)) for paper in problem.before.papers]
        model = TopicModel.fit(before, labels, problem.before.first_days, LEAST_TRAINING, options.seed)
        probabilities = model.probabilities(after)
    columns = [model.names.index(name) for name in problem.names]
    found = probabilities[:, columns]
    return Answers(found, found > model.thresholds[columns], found)


def split_day_of(problem: Problem) -> "np.datetime64":
    """The first tested day."""
    return problem.after.first_days.min().astype("datetime64[s]").item().date()


def of_baseline(problem: Problem, estimator: LogisticRegression | LinearSVC) -> Answers:
    """One class after the other on the terms of the papers before the split."""
    terms = TfidfTerms(dtype=np.float64)
    before = short(terms.fit_transform([paper.text for paper in problem.before.papers]))
    after = short(terms.transform([paper.text for paper in problem.after.papers]))
    scores, said = np.zeros(problem.tested.shape), np.zeros(problem.tested.shape, dtype=np.bool_)
    for column, wanted in enumerate(problem.trained.T):
        estimator.fit(before, wanted)
        scores[:, column] = estimator.decision_function(after)
        said[:, column] = scores[:, column] > np.quantile(estimator.decision_function(before), 1 - wanted.mean())
    return Answers(scores, said, expit(scores) if isinstance(estimator, LogisticRegression) else None)


def short(X: sparse.csr_array) -> sparse.csr_array:
    """The same with indices of 32 bits, which scikit-learn wants."""
    return sparse.csr_array((X.data, X.indices.astype(np.int32), X.indptr.astype(np.int32)), shape=X.shape)


def measured(answers: Answers, problem: Problem, days: ByDay) -> dict[str, Estimate]:
    """Every metric of one method."""
    kept = np.flatnonzero(problem.tested.sum(axis=0) >= LEAST_TESTED)
    truth, said = problem.tested.astype(np.float64), answers.said.astype(np.float64)
    right, total = truth * said, truth + said

    def macro(weights: Floats) -> float:
        hits, all_said = weights @ right[:, kept], weights @ total[:, kept]
        return float(np.divide(2 * hits, all_said, out=np.zeros(len(kept)), where=all_said > 0).mean())

    def micro(weights: Floats) -> float:
        return float(2 * (weights @ right).sum() / (weights @ total).sum())

    precisions = [ranked(answers.scores[:, topic], problem.tested[:, topic]) for topic in kept.tolist()]
    found = {
        "macro_f1": days.estimate(macro),
        "micro_f1": days.estimate(micro),
        "mean_average_precision": days.estimate(
            lambda weights: float(np.nanmean([each(weights) for each in precisions]))
        ),
    }
    if answers.probabilities is not None:
        errors = ((answers.probabilities[:, kept] - truth[:, kept]) ** 2).mean(axis=1)
        found["brier"] = days.estimate(lambda weights: float(weights @ errors / weights.sum()))
    return found


def notes_of(problem: Problem) -> list[str]:
    """How large it is, and which classes leave the means."""
    tested = problem.tested.sum(axis=0)
    few = [f"{name} ({n})" for name, n in zip(problem.names, tested.tolist(), strict=True) if n < LEAST_TESTED]
    size = f"{len(problem.before.papers)} papers before {split_day_of(problem)}, {len(problem.after.papers)} after"
    return [f"{size}; {len(problem.names)} classes", f"not in macro-F1, mAP and Brier (test papers): {', '.join(few)}"]
