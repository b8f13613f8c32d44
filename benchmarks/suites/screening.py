"""screening: each systematic review is a corpus and a user who says yes and no; the rest of its records are ranked.

Two protocols, over reviews with 15 yes or more. *Few-shot*: 10 yes and 50 no are drawn by
``default_rng([seed, review index, draw])``, 5 draws, the rest is ranked. *Active* (keys ending in ``_active``): from 1
yes and 1 no the first ten of the ranking are screened and learnt from, again and again; after :data:`MOST_ROUNDS`
rounds the rest is taken in the order it then has. The product is fitted once a review, as a corpus that is searched,
and learns a user's labels as it does after a click. ``--made-of cross-listings`` screens papers of arXiv's instead of
reviews (:mod:`benchmarks.cross_listings`).

WSS@95 = (n − k)/n − .05, k being the rank at which ⌈.95·positives⌉ are found. Means over reviews, reviews resampled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.cross_listings import read_cross_listings
from benchmarks.days import day_number, known_at_start, moment_of, past_of, ranked_day, user_of
from benchmarks.options import PRODUCT, Options
from benchmarks.product import Fitted, fit_product, settings_for
from benchmarks.ranking import Case, Ranking, ranking_of, rows_of_means
from benchmarks.result import Floats, SuiteResult
from benchmarks.reviews import Review, measures, read_reviews
from benchmarks.screeners import screeners
from features.domain import InteractionKind
from features.moment import DayMoment, UserRows
from models.baselines import Baseline
from models.baselines.content import PastTerms
from models.baselines.recipes import baselines
from models.recommend import Policy
from training.history import Known

LEAST_YES = 15
N_YES, N_NO, N_DRAWS = 10, 50, 5
BATCH, MOST_ROUNDS = 10, 30


def run(options: Options) -> SuiteResult:
    """AP, WSS@95 and recall after 10 % read, few-shot and active."""
    reviews = [each for each in _read(options) if each.yes.sum() >= LEAST_YES][: options.n_users]
    found: dict[str, dict[str, list[float]]] = {}
    for review in reviews:
        for method, by_key in _measured(review, options).items():
            for key, value in by_key.items():
                found.setdefault(method, {}).setdefault(key, []).append(value)
    values = {method: {key: np.array(column) for key, column in by_key.items()} for method, by_key in found.items()}
    rows = rows_of_means(values, options.seed)
    result = SuiteResult("screening", options.seed, len(reviews), rows, (), options.seconds)
    return replace(result, notes=tuple(_wins(result, values)))


def _read(options: Options) -> list[Review]:
    if options.made_of == "reviews":
        return read_reviews(options.file("screening.jsonl.gz"))
    return read_cross_listings([options.file(f"arxiv_{field}.jsonl.gz") for field in ("cs", "astro")], options.seed)


def _measured(review: Review, options: Options) -> dict[str, dict[str, float]]:
    with settings_for(options) as settings:
        known = known_at_start([review.papers], [], n_window=0)
        fitted = fit_product(known, settings, options)
        desk = Desk(review, ranked_day(known, review.papers, fitted.vectors), known, fitted, options)
        found = {}
        for method, policy in desk.policies().items():
            with options.stage(f"rank {method}"):
                found[method] = {**desk.few_shot(policy), **desk.active(policy)}
    return found


def _wins(result: SuiteResult, values: Mapping[str, Mapping[str, Floats]]) -> Iterator[str]:
    """On how many reviews the product beats the baseline that is best on average."""
    for key, column in values.get(PRODUCT, {}).items():
        best = result.best_baseline(key)
        if best is not None:
            n_better = int((column > values[best.method][key]).sum())
            yield f"{key}: better than {best.method} on {n_better} of {len(column)} reviews"


@dataclass(frozen=True, slots=True)
class Desk:
    """A review being screened."""

    review: Review
    day: DayMoment
    known: Known
    fitted: Fitted
    options: Options

    def policies(self) -> dict[str, Policy]:
        """By row name; baselines not fitted yet, for they learn from what has been screened."""
        terms = PastTerms()
        rest = [*(each for each in baselines(0, terms) if each.name not in ("recency", "popularity")), *screeners()]
        named: dict[str, Policy] = {**self.fitted.models, **{each.name: each for each in rest}}
        return {name: policy for name, policy in named.items() if self.options.wants(name)}

    def few_shot(self, policy: Policy) -> dict[str, float]:
        """Means over the draws."""
        draws = [self._ranked(policy, self._drawn(number, N_YES, N_NO)).hits for number in range(N_DRAWS)]
        values = [measures(hits) for hits in draws]
        return {key: float(np.mean([each[key] for each in values])) for key in values[0]}

    def active(self, policy: Policy) -> dict[str, float]:
        """The order in which the records are read, from one yes and one no."""
        labelled = self._drawn(N_DRAWS, 1, 1)
        read: list[int] = []
        for _ in range(MOST_ROUNDS):
            order = self._order(policy, labelled)
            read += order[:BATCH]
            labelled = np.append(labelled, order[:BATCH])
            if len(order) <= BATCH:
                break
        else:
            read += self._order(policy, labelled)
        return {f"{key}_active": value for key, value in measures(self.review.yes[read]).items()}

    def _drawn(self, draw: int, n_yes: int, n_no: int) -> NDArray[np.int64]:
        rng = np.random.default_rng([self.options.seed, self.review.index, draw])
        yes, no = np.flatnonzero(self.review.yes), np.flatnonzero(~self.review.yes)
        parts = [rng.choice(yes, n_yes, replace=False), rng.choice(no, n_no, replace=False)]
        return np.concatenate(parts).astype(np.int64)

    def _order(self, policy: Policy, labelled: NDArray[np.int64]) -> list[int]:
        order: list[int] = self._ranked(policy, labelled).order.tolist()
        return order

    def _ranked(self, policy: Policy, labelled: NDArray[np.int64]) -> Ranking:
        user = self._screener(labelled)
        known = replace(self.known, users=[user], texts=self.known.catalogue.by_id())  # papers stay the same object
        if isinstance(policy, Baseline):
            policy.fit(past_of(known, self.fitted.settings.labels, self.options.seed))
        moment = moment_of(user, known, self.fitted.settings.labels, self.fitted.vectors)
        return ranking_of(self.day, Case(moment, self.review.positives), policy)

    def _screener(self, labelled: NDArray[np.int64]) -> UserRows:
        ids = {place: self.review.papers[place].id for place in labelled.tolist()}
        yes = {name: day_number(0) for place, name in ids.items() if self.review.yes[place]}
        no = {name: day_number(0) for place, name in ids.items() if not self.review.yes[place]}
        return user_of("screener", yes, InteractionKind.SAVE, no)
