"""Synthetic readers of synthetic papers as arrays: what the suites without a store are measured on.

Papers are unit vectors around a few hundred directions; a reader has one to three of these and labels papers near
them, a tenth of which the reader refuses. The number of labels is geometric with mean 40, cut to 3–400.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
N_PAPERS = 20_000
N_SHARED = 5_000
_MEAN, _LEAST, _MOST = 40, 3, 400
_DIRECTIONS, _WIDTH = 300, 0.8


@dataclass(frozen=True, slots=True)
class Labels:
    """``vectors`` float32 (p, d), the first N_SHARED of which everybody shares as negatives.

    ``rows`` and ``targets`` (−1 or 1) hold a pair of arrays for every user, rows ascending.
    """

    vectors: NDArray[np.float32]
    rows: list[NDArray[np.intp]]
    targets: list[NDArray[np.float64]]


def papers(n: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Unit vectors float32 (n, d), and which direction each lies around."""
    centres = rng.standard_normal((_DIRECTIONS, DIMENSIONS))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    around = rng.integers(0, _DIRECTIONS, n)
    found = centres[around] + _WIDTH / np.sqrt(DIMENSIONS) * rng.standard_normal((n, DIMENSIONS))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float32), around


def labels_of(n_users: int, seed: int) -> Labels:
    """``n_users`` users, the same for the same seed."""
    rng = np.random.default_rng(seed)
    vectors, around = papers(N_PAPERS, rng)
    by_direction = [np.flatnonzero(around == direction) for direction in range(_DIRECTIONS)]
    sizes = np.clip(rng.geometric(1.0 / _MEAN, n_users), _LEAST, _MOST)
    rows, targets = [], []
    for size in sizes.tolist():
        near = np.concatenate([by_direction[one] for one in rng.integers(0, _DIRECTIONS, rng.integers(1, 4))])
        n_near = min(len(near), max(2, size // 2))
        own = np.unique(np.concatenate([rng.choice(near, n_near), rng.integers(0, N_PAPERS, size - n_near)]))
        liked = np.isin(own, near) & (rng.random(len(own)) < 0.9)
        liked[rng.integers(0, len(own))] = True
        rows.append(own)
        targets.append(np.where(liked, 1.0, -1.0))
    return Labels(vectors, rows, targets)
