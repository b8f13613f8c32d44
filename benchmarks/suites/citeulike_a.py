"""citeulike-a: the published split of papers, told apart by their tags and citations, for there is no text.

Cold are the papers of ``cold_test_item_ids.csv``, whose answers are not published here: ``--answers`` names a file of
them, with rows as in ``cold_train.csv``. Without it a fifth of the training papers, drawn by the seed, is held out and
ranked instead. A cold paper may cite earlier ones, but no paper cites a later one: such edges are dropped before any
fit.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.citeulike import Ints, by_user, drawn_users, eligible, read_lists, read_pairs
from benchmarks.days import moment_of, past_of, ranked_day
from benchmarks.options import Options
from benchmarks.product import fit_product, settings_for
from benchmarks.ranking import Case, fitted_baselines, measured, of_many_papers, rows_of_means
from benchmarks.result import SuiteResult
from benchmarks.suites.citeulike_t import COLD_SHARE, Library, days_of
from features.domain import Paper
from models.baselines.content import PastTerms
from models.baselines.recipes import baselines

ABSENT = -1
"""The day of papers that take no part: the published cold ones where training papers are ranked."""


def run(options: Options) -> SuiteResult:
    """R@20, R@100, nDCG@20 and AUC, means over users with a warm save and a cold one."""
    with options.stage("read"):
        library = read(options)
        users = drawn_users(eligible(library.saves, library.warm, 1), options.n_users, options.seed)
        everybody = {user: library.rows(user) for user in library.saves}
        known = library.known([rows for rows in everybody.values() if rows.interactions])
    with settings_for(options, blocks=("tags", "citations")) as settings:
        fitted = fit_product(known, settings, options)
        day = ranked_day(known, library.on_day(2), fitted.vectors)
        cases = [
            Case(moment_of(everybody[user], known, settings.labels, fitted.vectors), library.answers(user))
            for user in users
        ]
        past = past_of(known, settings.labels, options.seed)
        terms = PastTerms(ngrams=1, text_of=tokens_of)
        rest = fitted_baselines(past, baselines(options.seed, terms), options, "-tags-citations")
        values = measured(day, cases, {**fitted.models, **rest}, of_many_papers, options)
    note = f"ranked: {'the published cold papers' if options.answers else 'a fifth of the training papers, held out'}"
    rows = rows_of_means(values, options.seed)
    return SuiteResult("citeulike-a", options.seed, len(users), rows, (note,), options.seconds)


def read(options: Options) -> Library:
    """The data set, split as published, or by the seed where there are no answers."""
    folder = "citeulike_a"
    pairs = read_pairs(options.file(folder, "cold_train.csv"))
    cold = np.loadtxt(options.file(folder, "cold_test_item_ids.csv"), dtype=np.int64, ndmin=1) - 1
    tags = read_lists(options.file(folder, "item-tag.dat"))
    names = options.file(folder, "tags.dat").read_text(encoding="utf-8").split("\n")
    day = _days(len(tags), cold, options)
    if options.answers:
        pairs = np.unique(np.concatenate([pairs, answers_of(options.answers, cold)]), axis=0)
    cited = citations_of(read_lists(options.file(folder, "citations.dat")), day)
    papers = tuple(
        Paper(
            _name(number),
            f"{number:05d}",
            keywords=tuple(names[tag] for tag in tags[number].tolist()),
            references=tuple(_name(other) for other in cited[number].tolist()),
        )
        for number in range(len(tags))
    )
    return Library(papers, by_user(pairs), day)


def answers_of(path: Path, cold: Ints) -> Ints:
    """The (user, paper) pairs of an answers file that are about cold papers, counted from 0."""
    pairs = read_pairs(path)
    return pairs[np.isin(pairs[:, 1], cold)]


def citations_of(edges: Sequence[Ints], day: NDArray[np.int64]) -> list[Ints]:
    """Per paper those it cites and which came no later than it, so that no warm paper points at a cold one."""
    return [cited[(day[cited] <= day[number]) & (day[cited] >= 0)] for number, cited in enumerate(edges)]


def tokens_of(paper: Paper) -> str:
    """Tags and citations as words, for recipes that read words: each is one."""
    tags = [f"tag_{tag.encode().hex()}" for tag in paper.keywords]
    return " ".join([*tags, *(f"cites_{cited}" for cited in (paper.id, *paper.references))])


def _days(n_papers: int, cold: Ints, options: Options) -> NDArray[np.int64]:
    if options.answers:
        return days_of(n_papers, cold, options.seed)
    train = np.setdiff1d(np.arange(n_papers), cold)
    held = np.random.default_rng(options.seed).choice(train, int(COLD_SHARE * len(train)), replace=False)
    day = days_of(n_papers, np.concatenate([cold, held]), options.seed)
    day[cold] = ABSENT
    return day


def _name(number: int) -> str:
    return f"a{number:05d}"
