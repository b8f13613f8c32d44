"""Made-up readers: one to three interests each, which shift over the weeks."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from broadsheet.sample.corpus import N_STRANDS


@dataclass(frozen=True, slots=True)
class Reader:
    """Interests float64 (N_STRANDS,) at the start and at the end; between them they move in a straight line."""

    id: str
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    visits: float
    """Probability of coming on a day."""
    labels: bool
    """Whether this reader files papers under topics of their own."""

    def interests(self, progress: float) -> NDArray[np.float64]:
        """Interests at ``progress`` in [0, 1] of the period; the largest is 1."""
        mixed = (1.0 - progress) * self.start + progress * self.end
        return np.asarray(mixed / mixed.max(), dtype=np.float64)


def make_readers(n_users: int, rng: Generator) -> list[Reader]:
    """``n_users`` readers; two thirds of them change an interest over the period."""
    return [_reader(number, rng) for number in range(1, n_users + 1)]


def _reader(number: int, rng: Generator) -> Reader:
    n_interests = int(rng.integers(1, 4))
    strands = rng.choice(N_STRANDS, size=n_interests + 1, replace=False)
    start = _interests(strands[:n_interests], rng)
    drifts = rng.random() < 2 / 3
    end = _interests(strands[1:], rng) if drifts else start
    visits = float(rng.beta(2.0, 3.5))
    return Reader(f"synthetic-reader-{number:03d}", start, end, visits, labels=bool(rng.random() < 0.25))


def _interests(strands: NDArray[np.int64], rng: Generator) -> NDArray[np.float64]:
    """Full weight on ``strands``, a little on the other strands of the same field."""
    interests = np.full(N_STRANDS, 0.01)
    for strand in strands:
        field = 3 * (int(strand) // 3)
        interests[field : field + 3] = np.maximum(interests[field : field + 3], 0.25)
    interests[strands] = rng.uniform(0.7, 1.0, size=len(strands))
    return interests
