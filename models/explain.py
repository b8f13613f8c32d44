"""The reasons of a slate: for each paper the strongest parts of its margin as plain sentences.

The margin of the blend is a sum over features (:meth:`models.ranker.Blend.terms`). Features that say the same are one
reason whose weight is the sum of their terms:

===============  ==========================================
``words``        ``relevance`` and ``text``
``near``         ``likeness``, ``metric`` and all of ``nearest_…``
``readers``      ``collaborative``
``authors``      ``authors`` and ``author_share``
others           the feature of that name
``together``     what trees, if there are any, add to the sum
===============  ==========================================

The first :data:`EXPLAINED` papers get up to :data:`SHOWN` reasons, those that speak for the paper first, then by size;
all further ones get their first reason only, in words that name nothing. Trees' parts are not shared out here, for that
costs more than the ranking; :mod:`models.decompose` does it for one paper.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.moment import VectorExamples
from models import sentences
from models.dayview import DayView
from models.evidence import FEATURES, MEASURED
from models.nearness import Usual
from models.pauses import pause
from models.ridge import Floats, in_blocks
from models.scored import Scored, chosen_by
from models.slate_columns import LaterRows, Phrase, Reason, Reasons
from models.threads import one_blas_thread

EXPLAINED = 50
SHOWN = 3
NEAR_COSINE = 0.5
_SEEN = 20  # of a first page; the reasons of the others are put into words when somebody looks, or they are stored
_WORDS_SHOWN = 3
_DIGITS = 6

_KINDS = {
    "words": ("relevance", "text"),
    "near": ("nearest_words", "nearest", "nearest_three", "nearest_sense", "likeness", "metric"),
    "readers": ("collaborative",),
    "authors": ("authors", "author_share"),
    "field": ("categories", "primary"),
    **{
        name: (name,)
        for name in (
            "topic",
            "crowd",
            "demand",
            "coauthors",
            "popularity",
            "recency",
            "uncertainty",
            "sense",
            "surroundings",
        )
    },
}
KINDS = (*_KINDS, "together")
_JOIN = np.array([[float(feature in _KINDS[kind]) for kind in _KINDS] for feature in FEATURES])
_UNNAMED = [Phrase(kind, sentences.GENERAL[kind, positive]) for kind in KINDS for positive in (False, True)]
Rows = NDArray[np.intp]


def cold_start_reason(n_labels: int, n_crowd: int) -> Reason:
    """What a user without positives is told; ``n_crowd`` papers stand behind the crowd's classifier."""
    sentence = sentences.ONLY_NEGATIVES if n_labels else sentences.NO_LABELS
    return Reason("cold_start", sentence if n_crowd else sentences.NOBODY, 0.0)


def moved_reason(kind: str, up: bool) -> Reason:
    """Why a paper does not stand where its score would put it (:mod:`models.diversity`); no part of the score."""
    return Reason(kind, sentences.MOVED[kind, up], 0.0)


def baseline_reason(name: str) -> Reason:
    """What a user is told while a baseline serves."""
    return Reason("baseline", f"no trained model serves yet; ordered by the baseline {name}", 0.0)


def explain(scored: Scored, order: Rows) -> Reasons:
    """The reasons of the papers at rows ``order`` of the day, in that order; most of them made when somebody looks."""
    pause()
    weights = _weights(scored, order[:EXPLAINED])
    strength = np.where(weights > 0, weights + 1e6, np.abs(weights))
    ranked = np.argsort(-strength, axis=1, kind="stable")[:, :SHOWN]

    def named(start: int, stop: int) -> list[tuple[Reason, ...]]:
        return _named(scored, order[start:stop], weights[start:stop], ranked[start:stop])

    head = LaterRows(sorted({min(end, len(order)) for end in (_SEEN, EXPLAINED)}), named)
    return Reasons(_UNNAMED, LaterRows([len(order)], lambda start, stop: _first(scored, order[start:stop])), head)


@one_blas_thread()
def _weights(scored: Scored, rows: Rows) -> Floats:
    """What each of :data:`KINDS` adds to the margins of the papers at ``rows``, (rows, kinds), as a slate says it."""
    terms = scored.features[rows] * scored.slopes
    weights = np.empty((len(rows), len(KINDS)))
    weights[:, :-1] = in_blocks(terms, _JOIN)
    weights[:, -1] = scored.margins[rows] - terms.sum(axis=1)
    return np.asarray(np.round(weights, _DIGITS) + 0.0)


def _first(scored: Scored, rows: Rows) -> list[tuple[int, float]]:
    """Of each paper the first reason: its place in :data:`_UNNAMED` and its weight."""
    weights = _weights(scored, rows)
    places, largest, least = np.arange(len(rows)), weights.argmax(axis=1), weights.argmin(axis=1)
    first = np.where(weights[places, largest] > 0, largest, least)
    told = weights[places, first]
    return list(zip((2 * first + (told > 0)).tolist(), told.tolist(), strict=True))


def explain_topic(view: DayView, scores: Floats, user: VectorExamples, tail: str, order: Rows) -> Reasons:
    """The reasons of papers that a classifier of the user's own topic scored: the nearest example and the score."""
    chosen, vectors = chosen_by(user), user.vectors
    rows = order[:EXPLAINED]
    if not chosen or vectors is None:
        return Reasons.same((), len(order))
    places, cosines = nearest(view, vectors[user.examples.targets > 0], rows)
    head = [
        (
            Reason("words", sentences.GENERAL["words", score > 0], score),
            Reason("near", sentences.close_to(chosen[place].title, tail, close=cosine >= NEAR_COSINE), 0.0),
        )
        for place, cosine, score in zip(
            places[:, 0].tolist(), cosines[:, 0].tolist(), scores[rows].tolist(), strict=True
        )
    ]
    return Reasons.same((), len(order), head)


@one_blas_thread()
def _named(scored: Scored, rows: Rows, weights: Floats, ranked: Rows) -> list[tuple[Reason, ...]]:
    teller = _Teller(scored, rows)
    values = np.take_along_axis(weights, ranked, axis=1).tolist()
    return [
        tuple(
            Reason(KINDS[kind], teller.sentence(KINDS[kind], place, positive=value > 0), value)
            for kind, value in zip(kinds, own, strict=True)
            if value
        )
        for place, (kinds, own) in enumerate(zip(ranked.tolist(), values, strict=True))
    ]


def nearest(
    view: DayView, chosen: NDArray[np.float32], rows: Rows, n: int = 1, usual: Usual | None = None
) -> tuple[Rows, Floats]:
    """Per row the places (rows, n) of the nearest chosen papers, ties to the first, and their cosines.

    Near is by what is ``usual`` for each, or by cosine alone. Fewer than ``n`` where fewer are chosen.
    """
    if not len(chosen):
        return np.zeros((len(rows), 0), dtype=np.intp), np.zeros((len(rows), 0))
    cosines = np.round(view.candidates.rough[rows] @ chosen.T, _DIGITS)
    near = cosines if usual is None else np.round(usual.compared(cosines), _DIGITS)
    places = near.argmax(axis=1)[:, None] if n == 1 else np.argsort(-near, axis=1, kind="stable")[:, :n]
    return places, np.take_along_axis(cosines, places, axis=1).astype(np.float64)


class _Teller:
    """Makes the sentences of the papers at ``rows``; what only some kinds need is computed when first asked for."""

    def __init__(self, scored: Scored, rows: Rows) -> None:
        self._scored = scored
        self._rows = rows
        self._told = {
            ("words", True): self._for,
            ("words", False): self._against,
            ("near", True): self._near,
            ("topic", True): self._topic,
            ("authors", True): self._author,
            ("coauthors", True): self._coauthor,
            ("popularity", True): self._votes,
            ("recency", True): self._age,
            ("recency", False): self._age,
        }

    def sentence(self, kind: str, place: int, *, positive: bool) -> str:
        """The sentence of a kind about the paper at ``rows[place]``; ``positive`` where it speaks for the paper."""
        tell = self._told.get((kind, positive))
        return (tell(place) if tell else None) or sentences.GENERAL[kind, positive]

    @cached_property
    def _leading(self) -> tuple[NDArray[np.int64], Floats]:
        """Leading words (rows, k), −1 for none, and what each adds."""
        index = self._scored.view.words
        if index is None or not len(index.columns):
            return np.full((len(self._rows), 1), -1, dtype=np.int64), np.zeros((len(self._rows), 1))
        entries, units = index.leading[self._rows], self._scored.slopes[: len(MEASURED)] * self._scored.profile.scale
        added = np.zeros(entries.shape)
        for feature in _KINDS["words"]:
            added += units[MEASURED.index(feature)] * self._scored.of_words(feature, entries)
        return entries, np.where(entries >= 0, added, 0.0)

    @cached_property
    def _speaking_for(self) -> list[list[str]]:
        return self._strongest_words(1.0)

    @cached_property
    def _speaking_against(self) -> list[list[str]]:
        return self._strongest_words(-1.0)

    def _strongest_words(self, sign: float) -> list[list[str]]:
        """Per paper its words of this sign, the strongest first; more than are named, for some are parts of others."""
        index, (entries, values) = self._scored.view.words, self._leading
        if index is None or not len(index.columns):
            return [[] for _ in entries]
        order = np.argsort(-sign * values, axis=1, kind="stable")[:, : 3 * _WORDS_SHOWN]
        counts = (np.take_along_axis(sign * values, order, axis=1) > 0).sum(axis=1).tolist()
        names = index.words[index.columns[np.take_along_axis(entries, order, axis=1)]].tolist()
        return [row[:count] for row, count in zip(names, counts, strict=True)]

    @cached_property
    def _neighbours(self) -> tuple[list[int], list[float]]:
        profile = self._scored.profile
        places, cosines = nearest(self._scored.view, profile.chosen.vectors, self._rows, usual=profile.usual)
        return places[:, 0].tolist(), cosines[:, 0].tolist()

    @cached_property
    def _written(self) -> dict[str, int]:
        """How many of the chosen papers each author wrote."""
        counts: dict[str, int] = {}
        for paper in self._scored.chosen:
            for author in dict.fromkeys(paper.authors):
                counts[author] = counts.get(author, 0) + 1
        return counts

    @cached_property
    def _coauthors(self) -> list[int]:
        """Per paper the place among its authors of the one who wrote most with those the user chose, −1 for none."""
        return self._scored.view.listing.authors.strongest(self._scored.profile.coauthors, self._rows.tolist())

    def _for(self, place: int) -> str:
        names = self._speaking_for[place]
        return sentences.words(_distinct(names), positive=True) if names else sentences.TASTE

    def _against(self, place: int) -> str | None:
        names = self._speaking_against[place]
        return sentences.words(_distinct(names), positive=False) if names else None

    def _near(self, place: int) -> str | None:
        if not self._scored.chosen:
            return None
        nearest, cosine = self._neighbours[0][place], self._neighbours[1][place]
        return sentences.close_to(self._scored.chosen[nearest].title, "which you chose", close=cosine >= NEAR_COSINE)

    def _topic(self, place: int) -> str | None:
        shared = self._scored.view.candidates.topics[self._rows[place]] * self._scored.profile.topics
        return sentences.about(self._scored.view.topic_names[int(shared.argmax())]) if len(shared) else None

    def _author(self, place: int) -> str | None:
        known = strongest(self._scored.view.papers[self._rows[place]].authors, self._scored.profile.authors)
        return sentences.by_author(known[0], self._written[known[0]], len(self._scored.chosen)) if known else None

    def _coauthor(self, place: int) -> str | None:
        among = self._coauthors[place]
        if among < 0:
            return None
        return sentences.by_coauthor([*dict.fromkeys(self._scored.view.papers[self._rows[place]].authors)][among])

    def _votes(self, place: int) -> str:
        return sentences.votes(round(np.expm1(self._scored.view.listing.popularity[self._rows[place]])))

    def _age(self, place: int) -> str:
        return sentences.dated(round(np.expm1(-self._scored.view.listing.recency[self._rows[place]])))


def strongest(authors: Sequence[str], weights: Mapping[str, float]) -> list[str]:
    """The authors that have a weight, the largest first, ties as they stand on the paper."""
    known = [author for author in dict.fromkeys(authors) if weights.get(author, 0.0) > 0]
    return sorted(known, key=lambda author: -weights[author])


def _distinct(names: Sequence[str]) -> list[str]:
    """The first three names as sentences say them, without those that are a part of one already there."""
    found: list[str] = []
    for name in names:
        spaced = f" {name} "
        if not any(spaced in other or other in spaced for other in found):
            found.append(spaced)
            if len(found) == _WORDS_SHOWN:
                break
    return [sentences.term(name) for name in found]
