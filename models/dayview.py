"""What is the same for all users of one day: vectors in float64, topics, and the words that explain a linear score.

**Words.** The encoder's row of a paper is x = f·(t·P)/‖t·P‖, with t the paper's tf-idf row, P (terms × d) the
projection of latent semantic analysis and f the length of that part of x (1, unless it is joined with another
encoder). A linear score w·x is therefore a sum over the paper's words: word k adds t_k (P_k·w) f/‖t·P‖.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper
from features.encoders import Encoder
from features.errors import InvalidValue
from features.moment import DayMoment
from models.ridge import Floats

TOPIC_THRESHOLD = 0.5
_TOPICS_SHOWN = 3
_VIEWS_KEPT = 8
_DIGITS = 6
Topics = tuple[tuple[str, float], ...]


@runtime_checkable
class WordEncoder(Protocol):
    """An encoder whose vectors are a linear image of named words."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words."""

    @property
    def components(self) -> NDArray[np.float32]:
        """P of the module's formula, transposed: (d, words)."""

    def terms(self, texts: Sequence[str]) -> sparse.csr_array:
        """tf-idf rows, (n, words)."""


class TopicScorer(Protocol):
    """The part of a topic model that a day needs."""

    @property
    def names(self) -> tuple[str, ...]:
        """Topics, in the order of the columns."""

    def probabilities(self, X: NDArray[np.float32]) -> Floats:
        """Calibrated probabilities (n, topics)."""


@dataclass(frozen=True, slots=True)
class WordIndex:
    """The words of a day's papers: CSR of ``shares`` t_k f/‖t·P‖ (float32) over the distinct ``words`` of the day.

    ``projection`` float32 (words, d_words) are their rows of P; the encoder's part of a vector begins at ``start``.
    """

    words: NDArray[np.object_]
    projection: NDArray[np.float32]
    shares: NDArray[np.float32]
    columns: NDArray[np.int64]
    row_starts: NDArray[np.int64]
    start: int

    def contributions(self, coef: Floats) -> NDArray[np.float32]:
        """What each entry of the CSR adds to the score of its paper, in the order of ``columns``."""
        part = coef[self.start : self.start + self.projection.shape[1]].astype(np.float32)
        of_word: NDArray[np.float32] = np.einsum("kd,d->k", self.projection, part)
        return self.shares * of_word[self.columns]


@dataclass(frozen=True, slots=True)
class DayView:
    """``vectors`` float64 (n, d); ``probabilities`` (n, topics); ``topics`` the most probable ones of each paper."""

    papers: tuple[Paper, ...]
    vectors: Floats
    probabilities: Floats
    topics: tuple[Topics, ...]
    words: WordIndex | None


def view_of(day: DayMoment, encoder: Encoder, topics: TopicScorer) -> DayView:
    """The view of a day whose vectors are ``encoder``'s."""
    if day.vectors is None or day.vectors.shape != (len(day.papers), encoder.dimensions):
        raise InvalidValue("vectors", None, "the day was built without the model's encoder")
    probabilities = topics.probabilities(day.vectors)
    return DayView(
        day.papers,
        day.vectors.astype(np.float64),
        probabilities,
        likely_topics(topics.names, probabilities),
        _word_index(day.papers, day.vectors, encoder),
    )


def likely_topics(names: Sequence[str], probabilities: Floats) -> tuple[Topics, ...]:
    """Per paper the topics of probability ≥ 0.5, at most three, the most probable first, ties by name."""
    rows: list[list[tuple[str, float]]] = [[] for _ in probabilities]
    likely = np.nonzero(probabilities >= TOPIC_THRESHOLD)
    shown = np.round(probabilities[likely], _DIGITS)
    for row, column, probability in zip(likely[0].tolist(), likely[1].tolist(), shown.tolist(), strict=True):
        rows[row].append((names[column], probability))
    return tuple(tuple(sorted(found, key=lambda topic: (-topic[1], topic[0]))[:_TOPICS_SHOWN]) for found in rows)


def _word_index(papers: Sequence[Paper], vectors: NDArray[np.float32], encoder: Encoder) -> WordIndex | None:
    start = 0
    for part in getattr(encoder, "parts", (encoder,)):
        if isinstance(part, WordEncoder):
            return _index_words(papers, vectors[:, start : start + part.dimensions], part, start)
        start += part.dimensions
    return None


def _index_words(papers: Sequence[Paper], vectors: NDArray[np.float32], encoder: WordEncoder, start: int) -> WordIndex:
    terms = encoder.terms([paper.text for paper in papers])
    used, columns = np.unique(terms.indices, return_inverse=True)
    projection = np.ascontiguousarray(encoder.components.T[used], dtype=np.float32)
    compact = sparse.csr_array((terms.data, columns, terms.indptr), shape=(len(papers), len(used)))
    lengths = np.linalg.norm(compact @ projection, axis=1)
    factors = np.linalg.norm(vectors, axis=1) / np.where(lengths > 0, lengths, 1.0)
    shares = terms.data * np.repeat(factors, np.diff(terms.indptr))
    return WordIndex(
        np.array([encoder.vocabulary[column] for column in used], dtype=object),
        projection,
        shares.astype(np.float32),
        columns.astype(np.int64),
        terms.indptr.astype(np.int64),
        start,
    )


class DayViews:
    """The views of the last few days asked for, found by the papers' texts; safe to share between threads.

    A copy sent to another process starts empty.
    """

    def __init__(self) -> None:
        self._views: OrderedDict[tuple[tuple[str, str, str], ...], DayView] = OrderedDict()
        self._lock = Lock()

    def of(self, day: DayMoment, build: Callable[[], DayView]) -> DayView:
        """The view of ``day``, built if it is not among those kept."""
        with self._lock:
            for view in self._views.values():
                if view.papers is day.papers:
                    return view
        key = tuple((paper.id, paper.title, paper.abstract) for paper in day.papers)
        with self._lock:
            if key in self._views:
                self._views.move_to_end(key)
                return self._views[key]
        view = build()
        with self._lock:
            self._views[key] = view
            while len(self._views) > _VIEWS_KEPT:
                self._views.popitem(last=False)
        return view

    def __reduce__(self) -> tuple[Any, ...]:
        return DayViews, ()
