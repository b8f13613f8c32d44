"""What is the same for all users of one day: its papers as arrays, their topics and their words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from features.domain import Paper
from features.encoders import Encoder
from features.errors import InvalidValue
from features.labels import Examples
from features.moment import DayMoment
from models.candidates import Candidates, EvidenceParts
from models.listing import Listing
from models.ridge import Floats
from models.slate_columns import Picked, Topics
from models.surroundings import Surroundings
from models.words import WordIndex, word_index

TOPIC_THRESHOLD = 0.5
_TOPICS_SHOWN = 3
_VIEWS_KEPT = 8
_DIGITS = 6


@dataclass(frozen=True)
class DayView:
    """``candidates`` as arrays, ``listing`` what they say themselves, ``topics`` the most probable ones of each.

    ``topic_names`` are the columns of ``candidates.topics``.
    """

    day: DayMoment
    encoder: Encoder
    candidates: Candidates
    listing: Listing
    topics: tuple[Topics, ...]
    topic_names: tuple[str, ...]

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers, in the order of all rows."""
        return self.day.papers

    def all_but(self, hidden: frozenset[str]) -> NDArray[np.bool_]:
        """Which papers are none of the ``hidden`` ones, bool (n,)."""
        left = np.ones(len(self.papers), dtype=bool)
        left[[self._row_of[paper_id] for paper_id in hidden if paper_id in self._row_of]] = False
        return left

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {paper_id: row for row, paper_id in enumerate(self.day.ids)}

    def around(self, examples: Examples, margins: Floats) -> Floats:
        """What the papers around each paper say against it (:mod:`models.surroundings`), (n,); 0 without words."""
        if self._surroundings is None:
            return np.zeros(len(self.papers))
        chosen, refused = (self._rows_where(examples, said) for said in (examples.targets > 0, examples.targets < 0))
        return self._surroundings.against(margins, chosen, refused)

    def _rows_where(self, examples: Examples, said: NDArray[np.bool_]) -> list[int]:
        ids = [examples.paper_ids[place] for place in np.flatnonzero(said).tolist()]
        return [self._row_of[paper_id] for paper_id in ids if paper_id in self._row_of]

    @cached_property
    def _surroundings(self) -> Surroundings | None:
        terms = self.candidates.terms
        return None if terms is None else Surroundings.of(terms)

    def topics_at(self, rows: Sequence[int]) -> Picked:
        """The topics of the papers at these rows, ready to be written."""
        return Picked(self.topics, self._topics_ready, rows)

    @cached_property
    def _topics_ready(self) -> list[bytes]:
        return [to_json(topics) for topics in self.topics]

    def make_ready(self) -> None:
        """Make all that is made when a reader first needs it, so that processes forked from this one share it."""
        _ = self._row_of, self._surroundings, self._topics_ready, self.words

    @cached_property
    def words(self) -> WordIndex | None:
        """Their words, made when a reason is first asked for; None where the encoder knows none."""
        return word_index(self.day, self.encoder)


def view_of(day: DayMoment, encoder: Encoder, parts: EvidenceParts) -> DayView:
    """The view of a day whose vectors are ``encoder``'s."""
    if day.vectors is None or day.vectors.shape != (len(day.papers), encoder.dimensions):
        raise InvalidValue("vectors", None, "the day was built without the model's encoder")
    candidates = parts.candidates(day.vectors, day.terms, day.papers)
    listing = Listing.of(day.papers, day.day, day.votes)
    names = parts.topics.names
    return DayView(day, encoder, candidates, listing, likely_topics(names, candidates.topics), names)


def likely_topics(names: Sequence[str], probabilities: Floats) -> tuple[Topics, ...]:
    """Per paper the topics of probability ≥ 0.5, at most three, the most probable first, ties by name."""
    rows: list[list[tuple[str, float]]] = [[] for _ in probabilities]
    likely = np.nonzero(probabilities >= TOPIC_THRESHOLD)
    shown = np.round(probabilities[likely], _DIGITS)
    for row, column, probability in zip(likely[0].tolist(), likely[1].tolist(), shown.tolist(), strict=True):
        rows[row].append((names[column], probability))
    return tuple(tuple(sorted(found, key=lambda topic: (-topic[1], topic[0]))[:_TOPICS_SHOWN]) for found in rows)


class DayViews:
    """The views of the last few days asked for, found by all they are made of; safe to share between threads.

    A copy sent to another process starts empty.
    """

    def __init__(self) -> None:
        # A plain dictionary, oldest first: walking an OrderedDict would hash every paper of every key.
        self._views: dict[tuple[object, ...], tuple[DayMoment, DayView]] = {}
        self._lock = Lock()

    def of(self, day: DayMoment, build: Callable[[], DayView]) -> DayView:
        """The view of ``day``, built if it is not among those kept."""
        with self._lock:
            for known, view in self._views.values():
                if known is day or (known.papers is day.papers and np.array_equal(known.votes, day.votes)):
                    return view
        key = (day.day, day.papers, day.votes.tobytes())
        with self._lock:
            kept = self._views.pop(key, None)
            if kept is not None:
                self._views[key] = kept
                return kept[1]
        view = build()
        with self._lock:
            self._views[key] = (day, view)
            while len(self._views) > _VIEWS_KEPT:
                del self._views[next(iter(self._views))]
        return view

    def __reduce__(self) -> tuple[Any, ...]:
        return DayViews, ()
