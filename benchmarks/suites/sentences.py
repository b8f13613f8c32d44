"""Sentences of abstracts: which state the problem, the task, the idea or the result; a fifth of them is tested.

Baselines: a logistic regression on the tf-idf of the sentence alone, one on its place alone, and the role that is most
frequent. F1 by role and their macro mean; bootstrap over abstracts. Settings were chosen on other splits.
"""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from benchmarks.options import PRODUCT, Options
from benchmarks.result import Estimate, Floats, Resamples, Row, SuiteResult
from features.settings import IngestSettings
from features.sources.marked_sentences import marks_by_abstract, read_marks
from models.rhetoric import NONE, ROLES, SentenceModel, sentences_of
from training.rhetoric import roles_in

_FILE = "abstract_sentences.csv.gz"
Said = list[list[str]]


def run(options: Options) -> SuiteResult:
    """F1 of every method."""
    with options.stage("read"):
        marks = marks_by_abstract(read_marks(options.file(_FILE), IngestSettings()))
        abstracts = list(marks)
        roles = [roles_in(abstract, marks[abstract]) for abstract in abstracts]
    order = np.random.default_rng(options.seed).permutation(len(abstracts)).tolist()
    tested, known = order[: len(order) // 5], order[len(order) // 5 :]
    past, answers = ([abstracts[row] for row in known], [roles[row] for row in known]), [roles[row] for row in tested]
    new = [abstracts[row] for row in tested]
    methods: dict[str, Callable[[], Said]] = {
        PRODUCT: lambda: _product(*past, new, options.seed),
        "tfidf_lr": lambda: _tfidf(*past, new),
        "place_lr": lambda: _place(*past, new),
        "majority": lambda: [[_most_frequent(past[1])] * len(own) for own in answers],
    }
    rows = []
    for name, method in methods.items():
        if options.wants(name):
            with options.stage(name):
                rows.append(Row(name, measured(method(), answers, options.seed), name != PRODUCT))
    return SuiteResult("sentences", options.seed, 0, rows, [f"{len(tested)} abstracts tested"], options.seconds)


def measured(said: Said, answers: Said, seed: int) -> dict[str, Estimate]:
    """Macro-F1 and F1 by role."""
    counts = np.array([[_counts(one, own, role) for role in ROLES] for one, own in zip(said, answers, strict=True)])
    resamples = Resamples(len(answers), seed)

    def f1(weights: Floats) -> Floats:
        hits, wrong, missed = np.einsum("n,nrk->kr", weights, counts)
        return 2 * hits / np.maximum(2 * hits + wrong + missed, 1e-9)

    found = {"macro_f1": resamples.statistic(lambda weights: float(f1(weights).mean()))}
    for place, role in enumerate(ROLES):
        found[f"f1_{role}"] = resamples.statistic(lambda weights, place=place: float(f1(weights)[place]))
    return found


def _counts(said: Sequence[str], own: Sequence[str], role: str) -> tuple[int, int, int]:
    pairs = list(zip(said, own, strict=True))
    return (
        sum(one == other == role for one, other in pairs),
        sum(one == role != other for one, other in pairs),
        sum(other == role != one for one, other in pairs),
    )


def _product(abstracts: list[str], roles: Said, new: list[str], seed: int) -> Said:
    model = SentenceModel.fit(abstracts, roles, seed)
    return [[role for _, role in model.roles(abstract)] for abstract in new]


def _tfidf(abstracts: list[str], roles: Said, new: list[str]) -> Said:
    fitted = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=4.0, max_iter=500)
    ).fit([text for one in abstracts for text in _texts(one)], [role for own in roles for role in own])
    return [fitted.predict(_texts(abstract)).tolist() for abstract in new]


def _place(abstracts: list[str], roles: Said, new: list[str]) -> Said:
    fitted = LogisticRegression(max_iter=500).fit(
        np.concatenate([_places(abstract) for abstract in abstracts]), [role for own in roles for role in own]
    )
    return [fitted.predict(_places(abstract)).tolist() for abstract in new]


def _texts(abstract: str) -> list[str]:
    return [abstract[start:stop] for start, stop in sentences_of(abstract)]


def _places(abstract: str) -> Floats:
    """A column for each tenth of the abstract."""
    n = len(sentences_of(abstract))
    return np.eye(10)[(np.arange(n) * 10) // max(n, 1)]


def _most_frequent(roles: Said) -> str:
    every = [role for own in roles for role in own if role != NONE]
    return max(ROLES, key=lambda role: (every.count(role), role))
