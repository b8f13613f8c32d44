"""questions: what five answers teach, by how the papers to ask about were chosen.

Users of citeulike-t as in the cold-start suite, who begin with :data:`STARTED_WITH` saves. They are asked about papers
of the second day, one after the other: what they saved of it answers yes, the rest no, and each answer is known to the
next choice. Then the cold papers are ranked, none of which was asked about. All rows are the product's own ranking of
the same users by the same model; they differ in the papers asked about.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from benchmarks.citeulike import Ints, drawn_users, eligible
from benchmarks.days import day_number, moment_of, ranked_day, user_of
from benchmarks.options import PRODUCT, Options
from benchmarks.product import Fitted, fit_product, settings_for
from benchmarks.ranking import Case, Ranking, ranking_of
from benchmarks.result import Resamples, Row, SuiteResult
from benchmarks.suites.citeulike_t import Library, read
from benchmarks.suites.cold_start import LEAST_WARM, order_of
from features.moment import DayMoment, UserMoment
from features.slate_request import SlateRequest
from models.model import Model
from models.personal import fit_user
from models.questions import questions
from models.recommend import rank
from training import metrics
from training.history import Known

STARTED_WITH, N_ASKED = 3, 5
Ask = Callable[[DayMoment, UserMoment, Model, np.random.Generator], str]
"""The id of the next paper to ask about; those judged already are hidden from the user."""


def run(options: Options) -> SuiteResult:
    """AUC and nDCG@20 after the answers, and how many of them were yes; means over users."""
    with options.stage("read"):
        library = read(options)
        users = drawn_users(eligible(library.saves, library.warm, LEAST_WARM), options.n_users, options.seed)
        known = library.known([library.rows(user) for user in library.saves if user not in set(users)])
    with settings_for(options, ngrams=1) as settings:
        fitted = fit_product(known, settings, options)
        asked = ranked_day(known, library.on_day(1), fitted.vectors)
        ranked = ranked_day(known, library.on_day(2), fitted.vectors)
        texts = {paper.id: paper for paper in (*library.on_day(0), *library.on_day(1))}
        interview = Interview(library, replace(known, texts=texts), fitted, asked, ranked, options.seed)
        rows = []
        for name, ask in {"no questions": None, **WAYS}.items():
            if options.wants(name):
                with options.stage(f"ask {name}"):
                    rows.append(_row(name, interview.outcomes(users, ask), options.seed))
    return SuiteResult(
        "questions", options.seed, len(users), rows, (f"after {STARTED_WITH} saves, {N_ASKED} asked",), options.seconds
    )


@dataclass(frozen=True, slots=True)
class Interview:
    """The users' papers, the model, the day whose papers are asked about and the one that is ranked."""

    library: Library
    known: Known
    fitted: Fitted
    asked: DayMoment
    ranked: DayMoment
    seed: int

    def outcomes(self, users: Sequence[int], ask: Ask | None) -> list[dict[str, float]]:
        """What is measured of each user."""
        return [self._outcome(user, ask) for user in users]

    def _outcome(self, user: int, ask: Ask | None) -> dict[str, float]:
        library, rng = self.library, np.random.default_rng([self.seed, 6, user])
        model = self.fitted.models[PRODUCT]
        begun = order_of(library, user, self.seed)[:STARTED_WITH].tolist()
        wanted = {library.papers[place].id for place in library.saves[user].tolist()}
        yes = {library.papers[place].id: day_number(int(library.day[place])) for place in begun}
        no: dict[str, date] = {}
        for _ in range(0 if ask is None else N_ASKED):
            paper_id = ask(self.asked, self._moment(user, yes, no), model, rng) if ask else ""
            (yes if paper_id in wanted else no)[paper_id] = day_number(1)
        ranking = ranking_of(self.ranked, Case(self._moment(user, yes, no), library.answers(user)), model)
        return {**_measure(ranking), "answered_yes": float(len(yes) - len(begun))}

    def _moment(self, user: int, yes: Mapping[str, date], no: Mapping[str, date]) -> UserMoment:
        rows = user_of(f"user-{user:05d}", yes, refused=no)
        return moment_of(rows, self.known, self.fitted.settings.labels, self.fitted.vectors)


def most_telling(day: DayMoment, user: UserMoment, model: Model, _: np.random.Generator) -> str:
    """The product's choice."""
    return questions(day, user, model, _request(day, user, model), 1)[0]


def at_random(day: DayMoment, user: UserMoment, model: Model, rng: np.random.Generator) -> str:
    """Any paper."""
    return day.papers[int(rng.choice(_order(day, user, model)))].id


def at_the_boundary(day: DayMoment, user: UserMoment, model: Model, _: np.random.Generator) -> str:
    """Scholar Inbox's: the paper whose score is nearest to the user's own decision boundary."""
    order = np.sort(_order(day, user, model))
    assert day.vectors is not None
    linear = fit_user(model.background, model.crowd, user.relevance)
    scores = linear.scores(day.vectors[order].astype(np.float64))
    return day.papers[int(order[np.abs(np.round(scores, 9)).argmin()])].id


def the_likeliest(day: DayMoment, user: UserMoment, model: Model, _: np.random.Generator) -> str:
    """The paper that is ranked first: what clicking through the front page teaches."""
    return day.papers[int(_order(day, user, model)[0])].id


WAYS: dict[str, Ask] = {
    PRODUCT: most_telling,
    "random": at_random,
    "boundary (Scholar Inbox)": at_the_boundary,
    "likeliest": the_likeliest,
}


def _order(day: DayMoment, user: UserMoment, model: Model) -> Ints:
    return rank(day, user, model, _request(day, user, model)).order.astype(np.int64)


def _request(day: DayMoment, user: UserMoment, model: Model) -> SlateRequest:
    return SlateRequest(user.user_id, day.day, day.cut.at, model.version)


def _measure(ranking: Ranking) -> dict[str, float]:
    return {"auc": metrics.auc(ranking.scores, ranking.hits), "ndcg_at_20": metrics.ndcg_at(ranking.hits, 20)}


def _row(name: str, found: Sequence[Mapping[str, float]], seed: int) -> Row:
    draws = Resamples(len(found), seed)
    columns = {key: np.array([one[key] for one in found]) for key in found[0]}
    return Row(name, {key: draws.mean(column) for key, column in columns.items()}, baseline=name != PRODUCT)
