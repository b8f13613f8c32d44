"""A user's interests: groups of the papers they chose, found from the data, each with a name, a share and a classifier.

**Number.** The chosen papers (unit vectors x_i of weight w_i) are one interest to begin with, and the heaviest that can
be is split in two until none can: by the sign of the first principal component, then by spherical 2-means. A split
stands where it tells something apart: both sides hold :data:`MIN_PAPERS` papers and :data:`MIN_SHARE` of all weight,
the cosine of their centroids is at most :data:`MAX_COSINE`, and the mean silhouette under the cosine distance is at
least :data:`MIN_SILHOUETTE`,

    s_i = (b_i − a_i) / max(a_i, b_i),

a_i the mean distance to the others of its own side, b_i to the other side. The silhouette alone would split forty
copies of one paper, the centroids alone one broad interest.

**Share.** The interest's part of the weight of all chosen papers, where old ones weigh less (:mod:`features.labels`).

**Name.** Up to three terms that weigh more in it, on average, than in the user's other interests and than in ordinary
papers; every term names one interest only. ``interest:`` stands before them, as ``keyword:`` does before a keyword, so
that no topic of the model has such a name.

**Subjects.** Interests whose papers are more alike, by their mean cosine, than two ordinary papers are of one subject,
and so is whatever hangs together by such pairs. Most readers have one; who works in two fields has two.

**Papers.** A paper belongs to the interest whose three chosen papers nearest to it are nearest on average.

**Classifier.** The user's problem with the papers chosen for other interests left out (:mod:`models.personal`), solved
when somebody asks for papers of one interest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.encoders.words import is_telling
from features.moment import VectorExamples
from models.background import Background
from models.nearness import largest
from models.personal import Crowd, Linear, fit_user, vectors_of

INTEREST = "interest:"
"""Begins the name of an interest."""

MIN_PAPERS = 3
MIN_SHARE = 0.1
MAX_COSINE = 0.7
MIN_SILHOUETTE = 0.05
MAX_INTERESTS = 5
_POWER_STEPS = 30
_MEANS_STEPS = 10
_WORDS = 3
_LOOKED_AT = 40
_LONGEST_NAME = 80
_DIGITS = 6

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class Names:
    """The words that name a user's interests, found when somebody asks: a ranking does not.

    Until then it holds ``n_bytes`` of the chosen papers' terms.
    """

    def __init__(self, find: Callable[[], list[tuple[str, ...]]], n_bytes: int = 0) -> None:
        self._find = find
        self.n_bytes = n_bytes

    @cached_property
    def words(self) -> list[tuple[str, ...]]:
        """Of each interest, best first; empty where it has none."""
        return self._find()


@dataclass(frozen=True, slots=True)
class Interest:
    """One interest: ``rows`` are those of the user's examples that make it, ``share`` its part of their weight.

    It is the one of this ``number`` from 0 among those ``named`` together, unless the user has ``called`` it something.
    """

    named: Names
    number: int
    share: float
    rows: Rows
    called: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Up to three, best first."""
        return self.named.words[self.number]

    @property
    def name(self) -> str:
        """What ``topic=`` calls it."""
        return _name(self.words, self.number + 1) if self.called is None else self.called


@dataclass(frozen=True, slots=True)
class Wording:
    """What interests are named with: the terms' ``vocabulary`` and their ``mean`` (n_terms,) in ordinary papers."""

    vocabulary: Sequence[str]
    mean: Floats


def find_interests(
    user: VectorExamples, wording: Wording | None, chosen_terms: sparse.csr_array | None = None
) -> tuple[Interest, ...]:
    """The user's interests, the largest share first; none without positives.

    Without ``wording`` interests are numbered. ``chosen_terms`` (p, n_terms) are the rows of the positives, if they are
    at hand.
    """
    positive = np.flatnonzero(user.examples.targets > 0)
    if not len(positive):
        return ()
    weights = user.examples.weights[positive]
    groups = grouped(vectors_of(user)[positive].astype(np.float64), weights)
    terms = chosen_terms if chosen_terms is not None or user.terms is None else user.terms[positive]
    held = 0 if terms is None else terms.data.nbytes + terms.indices.nbytes + weights.nbytes
    named = Names(partial(_words, terms, groups, weights, wording), held)
    shares = [float(weights[group].sum() / weights.sum()) for group in groups]
    return tuple(
        Interest(named, number, share, positive[group])
        for number, (share, group) in enumerate(zip(shares, groups, strict=True))
    )


def grouped(X: Floats, weights: Floats) -> list[Rows]:
    """Rows of unit vectors ``X`` (n, d) as one group or more, each ascending; the heaviest first, ties by row."""
    least = MIN_SHARE * weights.sum()
    waiting: list[Rows] = [np.arange(len(X))]
    whole: list[Rows] = []
    while waiting:
        group = max(waiting, key=lambda rows: (round(float(weights[rows].sum()), _DIGITS), -int(rows[0])))
        waiting = [rows for rows in waiting if rows is not group]
        room = len(waiting) + len(whole) + 1 < MAX_INTERESTS
        sides = _split(X[group], weights[group], least) if room else None
        if sides is None:
            whole.append(group)
        else:
            waiting += [group[sides], group[~sides]]
    return sorted(whole, key=lambda rows: (-round(float(weights[rows].sum()), _DIGITS), int(rows[0])))


def belonging_to(interests: Sequence[Interest], chosen: NDArray[np.floating], X: Floats) -> NDArray[np.intp]:
    """The interest, by number from 0, that each unit row of ``X`` (n, d) belongs to; ties to the first.

    ``chosen`` (m, d) are the vectors of the user's examples, by row.
    """
    cosines = X @ chosen.astype(np.float64).T
    means = [largest(cosines[:, interest.rows])[1] for interest in interests]
    return np.asarray(np.round(np.column_stack(means), _DIGITS).argmax(axis=1))


def subjects_of(
    interests: Sequence[Interest], chosen: NDArray[np.floating], weights: Floats, ordinary: float
) -> tuple[int, ...]:
    """The subject of each interest, numbered from 0.

    ``chosen`` (m, d) and ``weights`` (m,) are the vectors and weights of the user's examples, by row; ``ordinary`` is
    the mean cosine of two papers of the background.
    """
    means = np.stack([weights[each.rows] @ chosen[each.rows] / weights[each.rows].sum() for each in interests])
    joined = (np.round(means @ means.T, _DIGITS) > ordinary) | np.eye(len(interests), dtype=bool)
    hanging_together = np.linalg.matrix_power(joined, len(interests))  # a few interests: no work for a graph library
    return tuple(np.unique(hanging_together.argmax(axis=1), return_inverse=True)[1].tolist())


def _split(X: Floats, weights: Floats, least: float) -> NDArray[np.bool_] | None:
    """Which rows go to one of two sides; None where the split does not stand."""
    if len(X) < 2 * MIN_PAPERS:
        return None
    sides = _two_means(X, weights, _first_component(X, weights) > 0)
    n, total = int(sides.sum()), float(weights[sides].sum())
    if min(n, len(X) - n) < MIN_PAPERS or min(total, float(weights.sum()) - total) < least:
        return None
    cosine = float(np.multiply(*_centroids(X, weights, sides)).sum())
    return sides if cosine <= MAX_COSINE and _silhouette(X, sides) >= MIN_SILHOUETTE else None


def _first_component(X: Floats, weights: Floats) -> Floats:
    """Scores (n,) on the first principal component, by power iteration from the row farthest from the mean.

    Of few rows the products with each other are what is repeated, which are fewer than those with d directions.
    """
    centred = X - weights @ X / weights.sum()
    products = centred @ centred.T if len(X) <= X.shape[1] else None
    scores = centred @ centred[np.round(np.einsum("nd,nd->n", centred, centred), _DIGITS).argmax()]
    for _ in range(_POWER_STEPS):
        weighed = weights * scores
        moved = centred @ (weighed @ centred) if products is None else products @ weighed
        squared = float(weighed @ moved)
        if squared <= 0.0:
            break
        scores = moved / np.sqrt(squared)
    return np.asarray(scores)


def _two_means(X: Floats, weights: Floats, sides: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows moved to the nearer centroid until none moves or a side is empty."""
    for _ in range(_MEANS_STEPS):
        if sides.all() or not sides.any():
            break
        this, other = _centroids(X, weights, sides)
        moved = np.round(X @ (this - other), _DIGITS) > 0
        if (moved == sides).all():
            break
        sides = moved
    return sides


def _centroids(X: Floats, weights: Floats, sides: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The unit mean vectors of the two sides; zero where the vectors are."""
    sums = np.stack([(weights * sides) @ X, (weights * ~sides) @ X])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    this, other = sums / np.where(lengths > 0, lengths, 1.0)
    return this, other


def _silhouette(X: Floats, sides: NDArray[np.bool_]) -> float:
    """The module's mean s_i, without the matrix of distances: mean cosines are products with sums."""
    belongs = np.column_stack([sides, ~sides]).astype(np.float64)
    counts, products = belongs.sum(axis=0), X @ (belongs.T @ X).T
    own = np.where(sides, products[:, 0], products[:, 1]) - np.einsum("nd,nd->n", X, X)
    others = np.where(sides, products[:, 1] / counts[1], products[:, 0] / counts[0])
    a = 1.0 - own / np.maximum(np.where(sides, counts[0], counts[1]) - 1.0, 1.0)
    b = 1.0 - others
    return float(((b - a) / np.maximum(np.maximum(a, b), 1e-9)).mean())


def classifier_of(background: Background, crowd: Crowd, user: VectorExamples, interest: Interest) -> Linear:
    """The classifier of the interest's papers and all that the user refused."""
    negative = np.flatnonzero(user.examples.targets < 0)
    return fit_user(background, crowd, user.at(np.sort(np.concatenate([interest.rows, negative]))))


def _words(
    terms: sparse.csr_array | None, groups: Sequence[Rows], weights: Floats, wording: Wording | None
) -> list[tuple[str, ...]]:
    """The terms that name each group of rows, best first; a term goes to the heaviest group that wants it."""
    if wording is None or terms is None or not terms.nnz:
        return [()] * len(groups)
    columns, places = np.unique(terms.indices, return_inverse=True)
    means, counts = _term_means(terms, places, len(columns), weights, groups)
    named: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for number, group in enumerate(groups):
        ordinary = np.max([wording.mean[columns], *np.delete(means, number, axis=0)], axis=0)
        excess = np.where(counts[number] >= min(2, len(group)), means[number] - ordinary, 0.0)
        best = np.argsort(-np.round(excess, _DIGITS), kind="stable")[:_LOOKED_AT]
        words = _told_apart([wording.vocabulary[columns[place]] for place in best if excess[place] > 0], taken)
        taken.update(words)
        named.append(words)
    return named


def _term_means(
    terms: sparse.csr_array, places: Rows, n: int, weights: Floats, groups: Sequence[Rows]
) -> tuple[Floats, Floats]:
    """Weighted mean terms of each group and in how many of its papers each stands, both (k, n).

    The entries of ``terms`` stand for the term at their ``places`` among ``n``.
    """
    means, counts = np.zeros((len(groups), n)), np.zeros((len(groups), n))
    among = sparse.csr_array((terms.data, places, terms.indptr), shape=(terms.shape[0], n))
    for number, group in enumerate(groups):
        some = among[group]
        spread = np.repeat(weights[group] / weights[group].sum(), np.diff(some.indptr))
        means[number] = np.bincount(some.indices, some.data * spread, n)
        counts[number] = np.bincount(some.indices, some.data > 0, n)
    return means, counts


def _told_apart(ranked: Sequence[str], taken: set[str]) -> tuple[str, ...]:
    """The first words that no group has yet and that share no word with one another; plurals are the same word."""
    found: list[str] = []
    used: set[str] = set()
    for term in ranked:
        parts = {part.removesuffix("s") for part in term.split()}
        readable = len(term) > 2 and any(mark.isalpha() for mark in term)
        if readable and is_telling(term) and term not in taken and used.isdisjoint(parts):
            found.append(term)
            used |= parts
        if len(found) == _WORDS:
            break
    return tuple(found)


def _name(words: Sequence[str], number: int) -> str:
    """As many of its words as fit, or its ``number`` where it has none."""
    name = INTEREST + (words[0] if words else str(number))
    for word in words[1:]:
        longer = f"{name}, {word}"
        name = longer if len(longer) <= _LONGEST_NAME else name
    return name[:_LONGEST_NAME]
