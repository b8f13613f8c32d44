"""interests: readers of two subjects, and whether the first places of their slate hold papers of both.

Two users of citeulike-t whose libraries are far apart become one reader, who is known by :data:`SAVED` warm saves of
each. Everybody else is the crowd. The cold papers are ranked, and what either saved of them is right. Which subject a
paper belongs to is told by the two whole libraries, by tf-idf of words that no method reads: the one to whose mean it
is nearer. Beside the product's slate stand the same ranking without shares of interests, without variety and without
both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.citeulike import Ints, drawn_users, eligible
from benchmarks.days import day_number, moment_of, past_of, ranked_day, user_of
from benchmarks.options import PRODUCT, Options
from benchmarks.product import fit_product, settings_for
from benchmarks.ranking import Case, fitted_baselines, ranking_of, rows_of_means
from benchmarks.result import Floats, SuiteResult
from benchmarks.suites.citeulike_t import Library, read
from benchmarks.suites.cold_start import order_of
from features.moment import DayMoment, UserRows
from features.settings import SlateSettings
from models.baselines.content import PastTerms
from models.baselines.recipes import baselines
from models.model import Model
from models.recommend import Policy
from training import metrics

LEAST_WARM, SAVED = 20, 10
PLACES = 10
Means = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two users, by number, and the mean tf-idf (2, n_terms) of the library of each, of length one."""

    users: tuple[int, int]
    means: Means


@dataclass(frozen=True, slots=True)
class _Case:
    """A reader to rank for, what each of the two saved, and which of them each paper of the day belongs to (n,)."""

    case: Case
    answers: tuple[frozenset[str], ...]
    subject: Ints


def run(options: Options) -> SuiteResult:
    """Means over readers; ``--users`` is how many readers are made."""
    with options.stage("read"):
        library = read(options)
        able = eligible(library.saves, library.warm, LEAST_WARM)
        terms = TfidfVectorizer(min_df=5, max_df=0.1, sublinear_tf=True).fit_transform(
            [paper.abstract for paper in library.papers]
        )
        drawn = drawn_users(able, None if options.n_users is None else 2 * options.n_users, options.seed)
        pairs = far_apart(drawn, np.stack([_mean(terms, library.saves[user]) for user in drawn]))
        taken = {user for pair in pairs for user in pair.users}
        others = [library.rows(user) for user in library.saves if user not in taken]
        readers = [_reader(library, pair, options.seed) for pair in pairs]
        known, everybody = library.known(others), library.known([*others, *readers])
    with settings_for(options, ngrams=1) as settings:
        fitted = fit_product(known, settings, options)
        day = ranked_day(known, library.on_day(2), fitted.vectors)
        cold = terms[np.flatnonzero(library.day == 2)]
        past = past_of(known, settings.labels, options.seed, [*others, *readers])
        rest = fitted_baselines(past, baselines(options.seed, PastTerms(ngrams=1)), options, "-unigram")
        cases = [
            _Case(
                Case(
                    moment_of(reader, everybody, settings.labels, fitted.vectors),
                    frozenset().union(*map(library.answers, pair.users)),
                ),
                tuple(map(library.answers, pair.users)),
                np.asarray(cold @ pair.means.T).argmax(axis=1),
            )
            for pair, reader in zip(pairs, readers, strict=True)
        ]
        values: dict[str, dict[str, Floats]] = {}
        for name, policy in {**_slates(fitted.models[PRODUCT]), **rest}.items():
            if options.wants(name):
                with options.stage(f"rank {name}"):
                    found = [_measure(day, case, policy) for case in cases]
                values[name] = {key: np.array([one[key] for one in found]) for key in found[0]}
    rows = rows_of_means(values, options.seed)
    note = f"two libraries a reader, {SAVED} saves of each; the crowd are {len(others):,} other users"
    return SuiteResult("interests", options.seed, len(pairs), rows, (note,), options.seconds)


def far_apart(users: Sequence[int], means: Means) -> list[Pair]:
    """Each user, in their order, with that one of those left whose mean is least like theirs; ties to the first."""
    likeness, left, found = means @ means.T, list(range(len(users))), []
    while len(left) > 1:
        one = left.pop(0)
        other = left.pop(int(np.round(likeness[one, left], 9).argmin()))
        found.append(Pair((users[one], users[other]), means[[one, other]]))
    return found


def _mean(terms: NDArray[np.float64], papers: Ints) -> Floats:
    mean = np.asarray(terms[papers].mean(axis=0), dtype=np.float64).ravel()
    return mean / (np.linalg.norm(mean) or 1.0)


def _reader(library: Library, pair: Pair, seed: int) -> UserRows:
    saves = np.concatenate([order_of(library, user, seed)[:SAVED] for user in pair.users])
    chosen = {library.papers[place].id: day_number(int(library.day[place])) for place in saves.tolist()}
    return user_of(f"reader-{pair.users[0]:05d}-{pair.users[1]:05d}", chosen)


def _slates(model: Model) -> dict[str, Policy]:
    """The model as it serves, and with parts of what fills the first places turned off."""
    slates = {
        PRODUCT: model.config.slate,
        f"{PRODUCT} without shares": SlateSettings(interest_shares=0.0, subject_shares=0.0),
        f"{PRODUCT} without variety": SlateSettings(diversity=0.0),
        f"{PRODUCT} without both": SlateSettings(diversity=0.0, interest_shares=0.0, subject_shares=0.0),
    }
    return {name: replace(model, config=replace(model.config, slate=slate)) for name, slate in slates.items()}


def _measure(day: DayMoment, case: _Case, policy: Policy) -> dict[str, float]:
    ranking = ranking_of(day, case.case, policy)
    first = case.subject[ranking.order[:PLACES]]
    smaller = min(int((first == 0).sum()), int((first == 1).sum()))
    ids = [day.papers[row].id for row in ranking.order.tolist()]
    own = [np.array([paper_id in wanted for paper_id in ids], dtype=np.bool_) for wanted in case.answers]
    assert day.vectors is not None
    return {
        "both_at_10": float(smaller > 0),
        "share_of_smaller_at_10": smaller / PLACES,
        "recall_at_20_of_worse": min(metrics.recall_at(hits, 20) for hits in own),
        "recall_at_20": metrics.recall_at(ranking.hits, 20),
        "ndcg_at_20": metrics.ndcg_at(ranking.hits, 20),
        "distance_at_10": metrics.intra_list_distance(day.vectors[ranking.order[:PLACES]]),
    }
