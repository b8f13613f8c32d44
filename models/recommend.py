"""The only way from a moment to a slate: the API, the replay, the gate and the digest all call :func:`recommend`.

Pure: the same day, user, policy and request give the same slate, byte for byte. Scores are computed in float64 and
rounded to 1e-6 before the papers are ordered by descending score, then by ascending id.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidValue, UnknownModelVersion, UnknownTopic
from features.moment import DayMoment, UserMoment, VectorExamples
from features.slate_request import SlateRequest
from models.arrangement import Arrange, arranged, interest_named, interests_of_user, unmoved
from models.baselines import Baseline, Popularity, Recency
from models.dayview import DayView
from models.diversity import Placed
from models.evidence import Profile, profile_of
from models.explain import (
    Rows,
    baseline_reason,
    cold_start_reason,
    explain,
    explain_topic,
    moved_reason,
)
from models.interests import INTEREST, classifier_of
from models.model import Model
from models.narrowing import carrying_topic, labelled_with
from models.personal import Linear, examples_digest, fit_user, fit_with_posterior, posterior_of
from models.ridge import Floats
from models.rules import Ruled, apply_rules, sentence
from models.scored import Scored
from models.slate import Slate, decode_slate, encode_slate, rounded
from models.slate_columns import Columns, Numbers, Reason, Reasons, Topics, no_topics
from models.threads import one_blas_thread

__all__ = [
    "Policy",
    "Ranked",
    "Slate",
    "baseline_named",
    "decode_slate",
    "encode_slate",
    "fresh_profile",
    "profile_of_user",
    "rank",
    "recommend",
    "rounded_scores",
]

Policy = Model | Baseline
_DIGITS = 6
_PROPENSITY = 1.0  # nothing is random: the policy always shows this paper here


@dataclass(frozen=True)
class _Ranking:
    """All papers of the day scored: ``scores`` float64 (n,) rounded, ``allowed`` bool (n,) the candidates.

    ``probabilities`` float64 (n,) are None where the scores are not calibrated. ``topics`` and ``reasons`` give those
    of the papers at the rows they are called with, in their order.
    """

    scorer: str
    scores: Floats
    probabilities: Floats | None
    topics: Callable[[Sequence[int]], Sequence[Topics]]
    reasons: Callable[[Rows], Reasons]
    allowed: NDArray[np.bool_]
    arrange: Arrange = unmoved
    ruled: Ruled = field(default_factory=Ruled)

    @cached_property
    def order(self) -> Rows:
        """Rows of the candidates by descending score; equal ones ascend by id, as the day's papers do."""
        order = np.argsort(-self.scores, kind="stable")
        return order[self.allowed[order]]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking without its reasons: ``scores`` float64 (n) of all papers of the day, in the day's order.

    ``order`` int (m,) are the rows of the candidates, best first; ``probabilities`` float64 (n), NaN where the policy
    gives none.
    """

    scorer: str
    scores: Floats
    probabilities: Floats
    order: NDArray[np.intp]


@one_blas_thread()
def rank(day: DayMoment, user: UserMoment, policy: Policy, request: SlateRequest) -> Ranked:
    """What :func:`recommend` orders the papers by, for a replay that needs no reasons; the same order, same errors."""
    _check(day, user, policy, request)
    ranking = _ranking(day, user, policy, request)
    known = ranking.probabilities
    probabilities = np.full(len(ranking.scores), np.nan) if known is None else known
    first, others, _ = _parts(ranking, request.min_probability)
    order = np.concatenate([first, ranking.arrange(others).order])
    return Ranked(ranking.scorer, ranking.scores, probabilities, order)


@one_blas_thread()
def recommend(day: DayMoment, user: UserMoment, policy: Policy, request: SlateRequest) -> Slate:
    """Rank the day's papers for the user, those in ``user.hidden`` and those a rule excludes left out.

    The scorer is ``relevance``, ``crowd`` for a user without positives, the name of the baseline, or ``topic`` or
    ``interest`` where the request names one of the user's own topics or else interests. A request for a global topic
    keeps the papers that carry it as a category or keyword or have it with probability ≥ 0.5. Raises UnknownTopic for
    any other topic, InvalidValue for a request about somebody or something else than the moments and the policy, and
    for one with ``min_probability`` where nothing is calibrated.
    """
    _check(day, user, policy, request)
    ranking = _ranking(day, user, policy, request)
    first, others, below = _parts(ranking, request.min_probability)
    placed = ranking.arrange(others)
    order = np.concatenate([first, placed.order])
    reasons = _with_beside(ranking, placed, first, others)
    columns = _columns(day, ranking, order, reasons)
    useful_below = 0.0 if ranking.probabilities is None else rounded(math.fsum(ranking.probabilities[below].tolist()))
    return Slate(request, ranking.scorer, columns, len(below), useful_below, ranking.ruled.n_left_out)


def baseline_named(version: str) -> Baseline:
    """What serves before the first champion: ``baseline:popularity`` or ``baseline:recency``, which need no fit.

    Any other name raises :class:`features.errors.UnknownModelVersion`.
    """
    served: Mapping[str, type[Popularity | Recency]] = {"popularity": Popularity, "recency": Recency}
    kind, _, name = version.partition(":")
    if kind != "baseline" or name not in served:
        raise UnknownModelVersion(version)
    return served[name]()


def profile_of_user(model: Model, user_key: str, examples: VectorExamples) -> Profile:
    """All that ranking needs of a user with these examples; kept until the user has others."""
    digest = examples_digest(examples)
    return model.solved.of(user_key, digest, lambda: _profile(model, examples, model.warm.find(user_key, digest)))


def fresh_profile(model: Model, examples: VectorExamples) -> Profile:
    """The same, solved now and not kept."""
    return _profile(model, examples, None)


def _profile(model: Model, examples: VectorExamples, solved: Linear | None) -> Profile:
    """With the classifier solved at retrain if there is one of exactly these examples, else solved now."""
    if solved is None:
        linear, posterior = fit_with_posterior(model.background, model.crowd, examples)
    else:
        linear, posterior = solved, posterior_of(model.background, examples)
    return profile_of(model.evidence, linear, posterior, examples)


def _check(day: DayMoment, user: UserMoment, policy: Policy, request: SlateRequest) -> None:
    if request.user_id != user.user_id:
        raise InvalidValue("user_id", request.user_id, f"the moment is of user {user.user_id}")
    if request.day != day.day:
        raise InvalidValue("day", request.day.isoformat(), f"the moment is of {day.day.isoformat()}")
    if isinstance(policy, Model) and request.model_version != policy.version:
        raise InvalidValue("model_version", request.model_version, f"the model given is version {policy.version}")


def _ranking(day: DayMoment, user: UserMoment, policy: Policy, request: SlateRequest) -> _Ranking:
    if isinstance(policy, Model):
        found = _rank_by_model(day, user, policy, request.topic)
    else:
        found = _rank_by_baseline(day, user, policy, request.topic)
    allowed, ruled = apply_rules(user.rules, day.papers, found.allowed)
    return replace(found, allowed=allowed, ruled=ruled)


def _parts(ranking: _Ranking, least: float | None) -> tuple[Rows, Rows, Rows]:
    """Rows that a rule puts first, the other candidates, and those less probable than wanted; each by score."""
    order = ranking.order
    asked_for = ranking.ruled.first(order)
    probable = np.arange(len(order)) < _n_probable(ranking, least)
    return order[asked_for], order[probable & ~asked_for], order[~probable & ~asked_for]


def _with_beside(ranking: _Ranking, placed: Placed, first: Rows, others: Rows) -> Reasons:
    """The reasons of the slate's papers in its order, with why some do not stand there by their score."""
    order = np.concatenate([first, placed.order])
    reasons = ranking.reasons(order)
    if not placed.moved and not len(first):
        return reasons
    place_of, unmoved_at = np.empty((2, len(ranking.scores)), dtype=np.intp)
    place_of[order] = np.arange(len(order))
    unmoved_at[others] = np.arange(len(first), len(order))
    after = {
        int(place_of[row]): moved_reason(why, place_of[row] < unmoved_at[row]) for row, why in placed.moved.items()
    }
    asked_for = {int(place_of[row]): ranking.ruled.asked_for[row] for row in first.tolist()}
    before = {place: (Reason("rule", sentence(rule), 0.0),) for place, rule in asked_for.items()}
    return reasons.beside(before, {place: (moved,) for place, moved in after.items()})


def _columns(day: DayMoment, ranking: _Ranking, order: Rows, reasons: Reasons) -> Columns:
    """What is said of the papers at rows ``order``."""
    candidates, rows = ranking.order, order.tolist()
    ranks = np.zeros(len(ranking.scores), dtype=np.intp)
    ranks[candidates] = np.arange(1, len(candidates) + 1)
    return Columns(
        paper_ids=list(map(day.ids.__getitem__, rows)),
        ranks=Numbers(ranks[order]),
        scores=Numbers(ranking.scores[order]),
        probabilities=[None] * len(rows) if ranking.probabilities is None else Numbers(ranking.probabilities[order]),
        propensities=[_PROPENSITY] * len(rows),
        topics=ranking.topics(rows),
        reasons=reasons,
    )


def _n_probable(ranking: _Ranking, least: float | None) -> int:
    """How many of the candidates are as probable as that: the first ones, as probability never falls with score."""
    if least is None:
        return len(ranking.order)
    if ranking.probabilities is None:
        advice = f"'{ranking.scorer}' ranks by scores that are no probabilities; ask without it"
        raise InvalidValue("min_probability", least, advice)
    return int((ranking.probabilities[ranking.order] >= least).sum())


def _rank_by_model(day: DayMoment, user: UserMoment, model: Model, topic: str | None) -> _Ranking:
    view = model.view(day)
    allowed = view.all_but(user.hidden)
    own = topic is not None and topic in user.topics
    if topic is not None and topic.startswith(INTEREST) and not own:
        return _rank_by_interest(view, user, model, topic, allowed)
    if topic is not None and not own:
        allowed &= carrying_topic(topic, day.papers, view, model.topics.names)
    elif topic is not None:
        linear = fit_user(model.background, model.crowd, user.topics[topic])
        scores = rounded_scores(linear.scores(view.candidates.vectors))
        tail = f"which you labelled ‘{topic}’"
        reasons = partial(explain_topic, view, scores, user.topics[topic], tail)
        return _Ranking("topic", scores, None, view.topics_at, reasons, allowed)
    profile = profile_of_user(model, user.user_key, user.relevance)
    scored = Scored.of(model, day, user.relevance, profile)
    interests = () if topic else interests_of_user(model, user.user_key, profile, user.relevance, user.changes)
    return _Ranking(
        "relevance" if profile.n_positives else "crowd",
        rounded_scores(scored.margins),
        rounded_scores(model.calibrator.probability(scored.margins, profile.n_labels, user.user_key)),
        view.topics_at,
        partial(_reasons, model, scored),
        allowed,
        arranged(model, interests, user.relevance, rounded_scores(scored.margins), view.candidates.vectors),
    )


def _rank_by_interest(view: DayView, user: UserMoment, model: Model, name: str, allowed: NDArray[np.bool_]) -> _Ranking:
    """All papers by the classifier of one of the user's interests."""
    profile = profile_of_user(model, user.user_key, user.relevance)
    interests = interests_of_user(model, user.user_key, profile, user.relevance, user.changes)
    linear = classifier_of(model.background, model.crowd, user.relevance, interest_named(interests, name))
    scores = rounded_scores(linear.scores(view.candidates.vectors))
    reasons = partial(explain_topic, view, scores, user.relevance, "which you chose")
    return _Ranking("interest", scores, None, view.topics_at, reasons, allowed)


def _reasons(model: Model, scored: Scored, order: Rows) -> Reasons:
    """Those of the blend; a user without positives is told first that the order is not yet personal."""
    if scored.profile.n_positives:
        return explain(scored, order)
    first = cold_start_reason(scored.profile.n_labels, model.crowd.n_positives)
    return explain(scored, order).preceded_by(first)


def _rank_by_baseline(day: DayMoment, user: UserMoment, baseline: Baseline, topic: str | None) -> _Ranking:
    allowed = _visible(day, user)
    if topic is not None:
        carrying = labelled_with(topic, day.papers)
        if not carrying.any():
            raise UnknownTopic(topic)
        allowed &= carrying
    scores = rounded_scores(baseline.score(day, user))
    reasons = (baseline_reason(baseline.name),)
    return _Ranking(baseline.name, scores, None, no_topics, lambda order: Reasons.same(reasons, len(order)), allowed)


def _visible(day: DayMoment, user: UserMoment) -> NDArray[np.bool_]:
    return np.array([paper.id not in user.hidden for paper in day.papers], dtype=bool)


def rounded_scores(values: Floats) -> Floats:
    """``values`` at the precision of a slate, 1e-6, without negative zeros."""
    rounded: Floats = np.round(values, _DIGITS) + 0.0  # + 0.0 turns −0.0 into 0.0
    return rounded
