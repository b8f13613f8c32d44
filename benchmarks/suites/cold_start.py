"""cold-start: how good the ranking of a new user is after 0, 1, 3, 5, 10, 20 and 50 saves.

The users of citeulike-t with 50 warm saves or more and a cold one. Their labels are nested samples of their warm saves;
all that others share (crowd, prior, factors, the blend) is fitted on everybody else, as it is for one who comes after a
retrain. Baselines that factorise are fitted again at each level, with the new users' labels so far.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.citeulike import Ints, drawn_users, eligible
from benchmarks.days import moment_of, past_of, ranked_day
from benchmarks.options import Options
from benchmarks.product import Fitted, fit_product, settings_for
from benchmarks.ranking import Case, Ranking, fitted_baselines, measured, rows_of_means
from benchmarks.result import Floats, SuiteResult
from benchmarks.suites.citeulike_t import Library, read
from features.moment import UserRows
from models.baselines.content import PastTerms
from models.baselines.recipes import baselines
from training import metrics
from training.history import Known

LEVELS = (0, 1, 3, 5, 10, 20, 50)
LEAST_WARM = max(LEVELS)
KEYS = {"auc": "auc_at_labels_{}", "ndcg_at_20": "ndcg_at_20_labels_{}"}


def run(options: Options) -> SuiteResult:
    """AUC and nDCG@20 at each level, means over users."""
    with options.stage("read"):
        library = read(options)
        able = eligible(library.saves, library.warm, LEAST_WARM)
        users = drawn_users(able, options.n_users, options.seed)
        others = [library.rows(user) for user in library.saves if user not in set(users)]
        orders = {user: order_of(library, user, options.seed) for user in users}
        new = {level: [library.rows(user, orders[user][:level]) for user in users] for level in LEVELS}
        most = library.known([*others, *new[LEAST_WARM]])
        known = library.known(others)
    found: dict[str, dict[str, Floats]] = {}
    with settings_for(options, ngrams=1) as settings:
        fitted = fit_product(known, settings, options)
        day = ranked_day(known, library.on_day(2), fitted.vectors)
        answers = [library.answers(user) for user in users]
        terms = PastTerms(ngrams=1)
        for level in LEVELS:
            cases = _cases(new[level], answers, most, fitted)
            past = past_of(known, settings.labels, options.seed, [*others, *new[level]])
            rest = fitted_baselines(past, baselines(options.seed, terms), options, "-unigram")
            for method, by_key in measured(day, cases, {**fitted.models, **rest}, _measure, options).items():
                found.setdefault(method, {}).update({KEYS[key].format(level): by_key[key] for key in by_key})
    return SuiteResult(
        "cold-start",
        options.seed,
        len(users),
        rows_of_means({method: _ordered(by_key) for method, by_key in found.items()}, options.seed),
        (f"fitted on {len(others):,} other users",),
        options.seconds,
    )


def order_of(library: Library, user: int, seed: int) -> Ints:
    """The user's warm saves in the order in which they become labels."""
    saves = library.saves[user]
    order: Ints = np.random.default_rng([seed, 4, user]).permutation(saves[library.warm[saves]])
    return order


def _cases(rows: Sequence[UserRows], answers: Sequence[frozenset[str]], known: Known, fitted: Fitted) -> list[Case]:
    labels = fitted.settings.labels
    moments = (moment_of(user, known, labels, fitted.vectors) for user in rows)
    return [Case(moment, positives) for moment, positives in zip(moments, answers, strict=True)]


def _measure(ranking: Ranking) -> dict[str, float]:
    return {
        "auc": metrics.auc(ranking.scores, ranking.hits),
        "ndcg_at_20": metrics.ndcg_at(ranking.hits, 20),
    }


def _ordered(by_key: Mapping[str, Floats]) -> dict[str, Floats]:
    """AUC at all levels, then nDCG@20 at all levels."""
    return {key: by_key[key] for key in sorted(by_key, key=lambda key: key.startswith("ndcg"))}
