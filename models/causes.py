"""Why one paper stands where it does: its margin taken apart, and which of the user's own examples moved it.

A *cause* is measured by leaving something out: the caller builds the user's moment again without one paper's
interactions, the user's whole profile is solved again exactly (classifier, terms, nearest papers, factor, authors), and
the paper is ranked among the same candidates. What the model learned from everybody stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import PaperNotOnDay
from features.moment import DayMoment, UserMoment, VectorExamples
from models.decompose import Share, decompose
from models.explain import baseline_reason, cold_start_reason
from models.model import Model
from models.personal import vectors_of
from models.recommend import Policy, fresh_profile, profile_of_user
from models.ridge import Floats
from models.rules import apply_rules, rule_about, sentence
from models.scored import Scored
from models.slate import rounded
from models.slate_columns import Reason
from models.threads import one_blas_thread

EXAMPLES_LEFT_OUT = 5
"""Each costs a fit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paper stands: ``score`` as in the slate, and ``rank`` from 1 among the day's candidates and itself."""

    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """``shares`` add up to the score. ``beside`` says what is no part of the sum: rules, calibration, cold start."""

    scorer: str
    place: Place
    probability: float | None
    shares: tuple[Share, ...]
    beside: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """A paper the user chose or turned down, and the score and rank the other paper has ``without`` that."""

    paper_id: str
    liked: bool
    similarity: float
    without: Place


@one_blas_thread()
def explanation_of(day: DayMoment, user: UserMoment, policy: Policy, paper_id: str) -> Explanation:
    """Take apart the margin of a paper of the day; PaperNotOnDay for any other."""
    row = _row_of(day, paper_id)
    beside = _rules_about(day, user, row)
    if not isinstance(policy, Model):
        place = _place(policy.score(day, user), _candidates(day, user), row)
        said = baseline_reason(policy.name)
        return Explanation(policy.name, place, None, (_whole(said, place.score),), tuple(beside))
    profile = profile_of_user(policy, user.user_key, user.relevance)
    scored = Scored.of(policy, day, user.relevance, profile)
    if not profile.n_positives:
        beside.append(cold_start_reason(profile.n_labels, policy.crowd.n_positives))
    calibrated = policy.calibrator.probability(scored.margins[[row]], profile.n_labels, user.user_key)
    probability = rounded(float(calibrated[0]))
    of_hundred = f"of a hundred papers with such a score about {round(100 * probability)} are wanted"
    beside.append(Reason("calibration", of_hundred, 0.0))
    return Explanation(
        "relevance" if profile.n_positives else "crowd",
        _place(scored.margins, _candidates(day, user), row),
        probability,
        decompose(scored, policy.blend, row),
        tuple(beside),
    )


@one_blas_thread()
def causes_of(
    day: DayMoment, user: UserMoment, policy: Policy, paper_id: str, left_without: Callable[[str], VectorExamples]
) -> tuple[Place, tuple[Cause, ...]]:
    """Where a paper of the day stands, and where it would stand without each of the examples most like it.

    At most :data:`EXAMPLES_LEFT_OUT`, by descending cosine of the vectors, ties by id; none for a baseline, which reads
    no examples. ``left_without`` gives the user's examples without all that they did with one paper.
    """
    row, candidates = _row_of(day, paper_id), _candidates(day, user)
    if not isinstance(policy, Model):
        return _place(policy.score(day, user), candidates, row), ()
    scored = Scored.of(policy, day, user.relevance, profile_of_user(policy, user.user_key, user.relevance))
    causes = []
    for example, liked, similarity in _most_like(scored.view.candidates.vectors[row], user.relevance):
        left = left_without(example)
        without = Scored.of(policy, day, left, fresh_profile(policy, left))
        causes.append(Cause(example, liked, similarity, _place(without.margins, candidates, row)))
    return _place(scored.margins, candidates, row), tuple(causes)


def _most_like(vector: Floats, user: VectorExamples) -> list[tuple[str, bool, float]]:
    """Paper id, whether liked, and cosine of the examples nearest to a paper."""
    cosines = np.round(np.einsum("nd,d->n", vectors_of(user), vector, dtype=np.float64), 6) + 0.0
    best = np.argsort(-cosines, kind="stable")[:EXAMPLES_LEFT_OUT].tolist()
    ids, targets = user.examples.paper_ids, user.examples.targets
    return [(ids[place], bool(targets[place] > 0), float(cosines[place])) for place in best]


def _rules_about(day: DayMoment, user: UserMoment, row: int) -> list[Reason]:
    """What keeps the paper out of the list, or puts it first."""
    seen = "not in your list: you have seen, saved or dismissed it"
    found = [Reason("rule", seen, 0.0)] if day.papers[row].id in user.hidden else []
    rule = rule_about(user.rules, day.papers[row])
    return found if rule is None else [*found, Reason("rule", sentence(rule), 0.0)]


def _whole(said: Reason, score: float) -> Share:
    return Share(said.kind, said.text, score, (said._replace(weight=score),))


def _row_of(day: DayMoment, paper_id: str) -> int:
    for row, paper in enumerate(day.papers):
        if paper.id == paper_id:
            return row
    raise PaperNotOnDay(paper_id, day.day)


def _candidates(day: DayMoment, user: UserMoment) -> NDArray[np.bool_]:
    visible = np.array([paper.id not in user.hidden for paper in day.papers], dtype=bool)
    return apply_rules(user.rules, day.papers, visible)[0]


def _place(exact: Floats, candidates: NDArray[np.bool_], row: int) -> Place:
    """By scores rounded as in a slate; equal ones ascend by id, as the day's papers do."""
    scores = np.round(exact, 6) + 0.0
    ahead = (scores > scores[row]) | ((scores == scores[row]) & (np.arange(len(scores)) < row))
    return Place(float(scores[row]), 1 + int((ahead & candidates).sum()))
