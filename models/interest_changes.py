"""Found interests as their reader corrected them.

A change means the interest that holds most of the papers it names, if that is at least half of those still chosen:
so it survives a refit, new choices, and an interest that falls into two. What matches nothing any more does nothing.
Merges come first, each in the order said, then names; of two names the later one stands. What is muted is not found at
all, for its papers are no examples any more (:func:`features.moment.build_user`).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from features.interest_changes import ChangeKind, InterestChange
from models.interests import INTEREST, Interest

_DIGITS = 6
_LEAST = 0.5


def changed(
    interests: tuple[Interest, ...], changes: Sequence[InterestChange], paper_ids: Sequence[str]
) -> tuple[Interest, ...]:
    """The interests after the changes, the largest share first.

    ``paper_ids`` are those of the user's examples, by row.
    """
    merged = interests
    for change in changes:
        if change.kind is ChangeKind.MERGE:
            merged = _merged(merged, change, paper_ids)
    if len(merged) < len(interests):
        merged = tuple(sorted(merged, key=lambda one: (-round(one.share, _DIGITS), int(one.rows[0]))))
    names = [interest.name for interest in merged]
    for change in changes:
        place = _meant(merged, change.papers, paper_ids) if change.kind is ChangeKind.RENAME else None
        if place is not None:
            names[place] = INTEREST + change.name
    return tuple(replace(interest, called=name) for interest, name in zip(merged, _told_apart(names), strict=True))


def _merged(interests: tuple[Interest, ...], change: InterestChange, paper_ids: Sequence[str]) -> tuple[Interest, ...]:
    """With one interest in place of two, under the name of the one the other goes into."""
    one, into = (_meant(interests, papers, paper_ids) for papers in (change.papers, change.into))
    if one is None or into is None or one == into:
        return interests
    rows = np.sort(np.concatenate([interests[into].rows, interests[one].rows]))
    both = replace(interests[into], rows=rows, share=interests[into].share + interests[one].share)
    kept = [both if place == into else interest for place, interest in enumerate(interests) if place != one]
    return tuple(kept)


def _meant(interests: Sequence[Interest], papers: Sequence[str], paper_ids: Sequence[str]) -> int | None:
    """The place of the interest that holds most of ``papers``, ties to the first; None if that is under half."""
    named = set(papers)
    counts = [sum(paper_ids[row] in named for row in interest.rows.tolist()) for interest in interests]
    if not counts or max(counts) == 0 or max(counts) < _LEAST * sum(counts):
        return None
    return counts.index(max(counts))


def _told_apart(names: Sequence[str]) -> list[str]:
    """``names``, a repeated one with its number: two interests never share one."""
    found: list[str] = []
    for name in names:
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name} ({number})"
        found.append(free)
    return found
