"""Reasons: plain sentences, computed for a whole day at once.

Titles and words are quoted as they came, folded to one line and cut; they are untrusted text, and who shows them
as HTML escapes them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from models.dayview import DayView, Topics, WordIndex
from models.ridge import Floats
from models.slate import Reason

NEAR_COSINE = 0.5
_WORDS_SHOWN = 3
_TITLE_LENGTH = 100
_DIGITS = 6

NO_LABELS = "you have not opened or saved anything yet, so this is ordered by what other readers chose"
ONLY_NEGATIVES = "you have only turned papers down so far, so this is what other readers chose, away from those"
NOBODY = "nobody has opened or saved anything yet, so this order says nothing about you"

Reasons = list[list[Reason]]


def cold_start_reason(n_labels: int, n_crowd: int) -> Reason:
    """What a user without positives is told; ``n_crowd`` papers stand behind the crowd's classifier."""
    sentence = ONLY_NEGATIVES if n_labels else NO_LABELS
    return Reason("cold_start", sentence if n_crowd else NOBODY, 0.0)


def baseline_reason(name: str) -> Reason:
    """What a user is told while a baseline serves."""
    return Reason("baseline", f"no trained model serves yet; ordered by the baseline {name}", 0.0)


def explain(view: DayView, coef: Floats, chosen: Sequence[Paper], vectors: Floats, tail: str) -> Reasons:
    """Per paper of the day, in its order: nearest chosen paper, words that raised the score, most probable topic.

    ``chosen`` are the user's positives with ``vectors`` float64 (n, d); ``tail`` ends the sentence about them.
    """
    columns = (_near(view, chosen, vectors, tail), _words(view.words, coef, len(view.papers)), _topics(view.topics))
    return [[reason for reason in row if reason is not None] for row in zip(*columns, strict=True)]


def _near(view: DayView, chosen: Sequence[Paper], vectors: Floats, tail: str) -> list[Reason | None]:
    none: list[Reason | None] = [None] * len(view.papers)
    if not len(chosen) or not len(view.papers):
        return none
    cosines = np.round(view.candidates.vectors @ vectors.T, _DIGITS)
    best = cosines.argmax(axis=1)
    values = cosines[np.arange(len(best)), best]
    near = np.flatnonzero(values >= NEAR_COSINE)
    quoted = {row: f"close to ‘{one_line(chosen[row].title)}’, {tail}" for row in set(best[near].tolist())}
    for row, nearest, cosine in zip(near.tolist(), best[near].tolist(), values[near].tolist(), strict=True):
        none[row] = Reason("near", quoted[nearest], cosine)
    return none


def _words(index: WordIndex | None, coef: Floats, n_papers: int) -> list[Reason | None]:
    none: list[Reason | None] = [None] * n_papers
    if index is None or not len(index.columns):
        return none
    entries, values = _largest_entries(index.contributions(coef), index.row_starts)
    named = index.words[index.columns[entries]].tolist()
    counts = (entries >= 0).sum(axis=1).tolist()
    weights = (np.round(values.astype(np.float64).sum(axis=1), _DIGITS) + 0.0).tolist()
    for row, (words, count, weight) in enumerate(zip(named, counts, weights, strict=True)):
        if count == _WORDS_SHOWN:
            none[row] = Reason("words", f"words that raised the score: {words[0]}, {words[1]} and {words[2]}", weight)
        elif count:
            none[row] = Reason("words", f"words that raised the score: {' and '.join(words[:count])}", weight)
    return none


def _largest_entries(
    values: NDArray[np.float32], row_starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Per row of a CSR the places of its three largest positive values (−1: no more) and these, largest first."""
    n_rows = len(row_starts) - 1
    filled = np.flatnonzero(np.diff(row_starts) > 0)
    starts, row_of = row_starts[filled], np.repeat(np.arange(len(filled)), np.diff(row_starts)[filled])
    left = values.copy()
    places = np.full((n_rows, _WORDS_SHOWN), -1, dtype=np.int64)
    found = np.zeros((n_rows, _WORDS_SHOWN), dtype=np.float32)
    for column in range(_WORDS_SHOWN):
        largest = np.maximum.reduceat(left, starts)
        hits = np.flatnonzero(left == largest[row_of])
        rows, first = np.unique(row_of[hits], return_index=True)
        positive = largest[rows] > 0
        places[filled[rows[positive]], column] = hits[first[positive]]
        found[filled[rows[positive]], column] = largest[rows[positive]]
        left[hits[first]] = -np.inf
    return places, found


def _topics(topics: Sequence[Topics]) -> list[Reason | None]:
    return [Reason("topic", f"probably about {found[0][0]}", found[0][1]) if found else None for found in topics]


def one_line(title: str) -> str:
    """A title on one line without control characters, at most 100 characters long."""
    plain = " ".join("".join(mark if mark.isprintable() else " " for mark in title).split())
    return plain if len(plain) <= _TITLE_LENGTH else plain[: _TITLE_LENGTH - 1].rstrip() + "…"
