"""The first places of a slate: each interest gets its share, and papers that are much alike do not stand together.

The candidates that might stand there, the *pool*, are the :data:`POOL` of the highest margins and the :data:`EACH`
highest of every interest among the first :data:`LOOKED_AT`. The first :data:`PLACES` places are filled one by one by
the candidate i of the largest

    m_i  −  μ max_{j placed} cos(x_i, x_j)  −  γ KL(p ‖ q)  −  δ KL(p' ‖ q'),    q_g = (1 − α) n_g / n + α p_g,

α = 0.01 and m its margin; the second term is maximal marginal relevance (Carbonell and Goldstein 1998), the third
calibrated recommendation (Steck 2018): p are the shares of the user's interests and n_g of the n papers placed, i among
them, belong to interest g. The fourth is the third of the user's subjects, groups of interests that have nothing in
common (:func:`models.interests.subjects_of`). So all strengths are in units of the margin, log-odds: μ is what a paper
loses beside its own copy. After the pool's places everything stands by margin again. Equal values go to the higher
margin, then to the first row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from features.settings import SlateSettings

POOL, EACH, PLACES, LOOKED_AT = 50, 10, 20, 300
VARIETY, SHARES = "diversity", "interest"
"""Why a paper was moved: it is unlike or like those above it, or its interest was short of its share or had it."""

_SMOOTHING = 0.01
_DIGITS = 6

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Interested:
    """The ``shares`` of the user's interests, which sum to 1, and ``group_of``, which gives the interest of rows.

    ``subjects`` are the numbers of the subjects that the interests belong to, from 0; without any there is one.
    """

    shares: tuple[float, ...]
    group_of: Callable[[Rows], Rows]
    subjects: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """``order`` (m,) are rows as they are shown; ``moved`` says why, for those that left their place by margin."""

    order: Rows
    moved: Mapping[int, str]


def place(
    order: Rows, margins: Floats, vectors: Floats, settings: SlateSettings, interested: Interested | None
) -> Placed:
    """Fill the first places anew.

    ``order`` (m,) are the candidates' rows by descending margin; ``margins`` (n,) and unit ``vectors`` (n, d) are of
    all rows. Without ``interested`` nothing but variety counts.
    """
    wanted = settings.interest_shares > 0 or settings.subject_shares > 0
    several = interested if wanted and interested and len(interested.shares) > 1 else None
    if len(order) < 2 or (several is None and settings.diversity == 0):
        return Placed(order, {})
    pool, groups = _pool(order, several)
    near = vectors[pool]
    calibrations = [] if several is None else _calibrations(several, settings)
    taken, why = _fill(margins[pool], settings.diversity * (near @ near.T), groups, calibrations)
    first = pool[taken]
    others = np.ones(len(margins), dtype=bool)
    others[first] = False
    placed = np.concatenate([first, order[others[order]]])
    stayed = set(placed[placed == order].tolist())
    return Placed(placed, {int(pool[at]): reason for at, reason in why.items() if int(pool[at]) not in stayed})


def _pool(order: Rows, interested: Interested | None) -> tuple[Rows, Rows]:
    """Candidates for the first places by descending margin, and their interests; no interests without any."""
    if interested is None:
        return order[:POOL], np.zeros(0, dtype=np.intp)
    order = order[:LOOKED_AT]
    groups = interested.group_of(order)
    wanted = np.arange(len(order)) < POOL
    for group in range(len(interested.shares)):
        wanted[np.flatnonzero(groups == group)[:EACH]] = True
    return order[wanted], groups[wanted]


def _fill(
    margins: Floats, likeness: Floats, groups: Rows, calibrations: "Sequence[_Calibration]"
) -> tuple[list[int], dict[int, str]]:
    """The module's formula: places of the pool in their new order, and why those that were moved were.

    ``groups`` (n,) are the interests of the pool, which only ``calibrations`` read.
    """
    n = len(margins)
    left, nearest, cost = margins.copy(), np.zeros(n), np.zeros(n)
    taken: list[int] = []
    why: dict[int, str] = {}
    waiting = 0
    for _ in range(min(PLACES, n)):
        if calibrations:
            cost = np.array([sum(each) for each in zip(*(told.costs() for told in calibrations), strict=True)])[groups]
        best = int((left - nearest - cost).round(_DIGITS).argmax())
        while waiting in taken:
            waiting += 1
        if best != waiting:
            by_share = cost[waiting] - cost[best] > nearest[waiting] - nearest[best]
            why[best] = why[waiting] = SHARES if by_share else VARIETY
        taken.append(best)
        left[best] = -np.inf
        nearest = np.maximum(nearest, likeness[best])
        for told in calibrations:
            told.add(groups[best])
    return taken, why


def _calibrations(interested: Interested, settings: SlateSettings) -> "list[_Calibration]":
    """Of interests and of subjects; only what counts."""
    found = [_Calibration(interested.shares, range(len(interested.shares)), settings.interest_shares)]
    if len(set(interested.subjects)) > 1:
        shares = np.bincount(np.array(interested.subjects, dtype=np.intp), interested.shares).tolist()
        found.append(_Calibration(shares, interested.subjects, settings.subject_shares))
    return [each for each in found if each.strength > 0]


class _Calibration:
    """``strength`` · KL(p ‖ q) of the papers placed so far and one more, where interest i counts as ``part_of[i]``."""

    def __init__(self, shares: Sequence[float], part_of: Sequence[int], strength: float) -> None:
        self.strength = strength
        self._shares, self._part_of = shares, part_of
        self._counts = [0] * len(shares)

    def costs(self) -> list[float]:
        """By the interest of that one more."""
        n = sum(self._counts) + 1
        with_none = [self._part(share, count / n) for share, count in zip(self._shares, self._counts, strict=True)]
        with_one = [self._part(share, (count + 1) / n) for share, count in zip(self._shares, self._counts, strict=True)]
        total = sum(with_none)
        return [self.strength * (total - with_none[part] + with_one[part]) for part in self._part_of]

    def add(self, interest: int) -> None:
        """One of this interest has been placed."""
        self._counts[self._part_of[interest]] += 1

    @staticmethod
    def _part(share: float, found: float) -> float:
        return share * log(share / ((1.0 - _SMOOTHING) * found + _SMOOTHING * share))
