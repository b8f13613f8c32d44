"""citeulike-t: rank a fifth of the papers, which nobody is known to have saved, from bags of words and saves.

Cold papers are ``default_rng(seed).choice(25975, 5195, replace=False)``. A random 4/5 of the warm papers come on the
first day and the others on the second; the cold ones come on the third, which is ranked. Reported are users with 5 warm
saves or more and a cold one, all are training evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.citeulike import Ints, drawn_users, eligible, read_lists, read_texts
from benchmarks.days import day_number, known_at_start, moment_of, past_of, ranked_day, user_of
from benchmarks.options import Options
from benchmarks.product import fit_product, settings_for
from benchmarks.ranking import Case, fitted_baselines, measured, of_many_papers, rows_of_means
from benchmarks.result import SuiteResult
from features.domain import Paper
from features.moment import UserRows
from models.baselines.content import PastTerms
from models.baselines.recipes import baselines
from training.history import Known

LEAST_WARM = 5
COLD_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Library:
    """Papers in the order of their numbers, who saved which, and which day each comes on (0, 1; 2 is ranked)."""

    papers: tuple[Paper, ...]
    saves: Mapping[int, Ints]
    day: NDArray[np.int64]

    @property
    def warm(self) -> NDArray[np.bool_]:
        """Papers that come before the ranked day."""
        return self.day < 2

    def on_day(self, number: int) -> list[Paper]:
        """Its papers."""
        return [self.papers[place] for place in np.flatnonzero(self.day == number).tolist()]

    def rows(self, user: int, saves: Ints | None = None) -> UserRows:
        """A user with their warm saves, or with those given."""
        warm = self.saves[user][self.warm[self.saves[user]]] if saves is None else saves
        chosen = {self.papers[place].id: day_number(int(self.day[place])) for place in warm.tolist()}
        return user_of(f"user-{user:05d}", chosen)

    def answers(self, user: int) -> frozenset[str]:
        """Ids of the cold papers that the user saved."""
        return frozenset(self.papers[place].id for place in self.saves[user][~self.warm[self.saves[user]]].tolist())

    def known(self, users: list[UserRows]) -> Known:
        """What is known when the cold papers come; the blend's window is the second day."""
        return known_at_start([self.on_day(0), self.on_day(1)], users, n_window=1)


def read(options: Options) -> Library:
    """The data set, split by the seed."""
    folder = ("citeulike_t",)
    saves = dict(enumerate(read_lists(options.file(*folder, "users.dat"))))
    texts = read_texts(options.file(*folder, "mult.dat"), options.file(*folder, "vocabulary.dat"))
    papers = tuple(Paper(f"t{number:05d}", f"{number:05d}", text) for number, text in enumerate(texts))
    cold = np.random.default_rng(options.seed).choice(len(papers), int(COLD_SHARE * len(papers)), replace=False)
    return Library(papers, saves, days_of(len(papers), cold, options.seed))


def days_of(n_papers: int, cold: Ints, seed: int) -> NDArray[np.int64]:
    """int64 (n_papers,): 2 for cold papers, 1 for a random fifth of the others, 0 for the rest."""
    day = np.zeros(n_papers, dtype=np.int64)
    day[cold] = 2
    warm = np.flatnonzero(day == 0)
    day[np.random.default_rng([seed, 3]).choice(warm, len(warm) // 5, replace=False)] = 1
    return day


def run(options: Options) -> SuiteResult:
    """R@20, R@100, nDCG@20 and AUC, means over users."""
    with options.stage("read"):
        library = read(options)
        users = drawn_users(eligible(library.saves, library.warm, LEAST_WARM), options.n_users, options.seed)
        everybody = {user: library.rows(user) for user in library.saves}
        known = library.known(list(everybody.values()))
    with settings_for(options, ngrams=1) as settings:
        fitted = fit_product(known, settings, options)
        day = ranked_day(known, library.on_day(2), fitted.vectors)
        cases = [
            Case(moment_of(everybody[user], known, settings.labels, fitted.vectors), library.answers(user))
            for user in users
        ]
        past = past_of(known, settings.labels, options.seed)
        rest = fitted_baselines(past, baselines(options.seed, PastTerms(ngrams=1)), options, "-unigram")
        values = measured(day, cases, {**fitted.models, **rest}, of_many_papers, options)
    return SuiteResult(
        "citeulike-t", options.seed, len(users), rows_of_means(values, options.seed), (), options.seconds
    )
