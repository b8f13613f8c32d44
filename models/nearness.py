"""How near papers are to those a user chose, measured by what is usual for each of them.

A paper of a crowded field is near to very many papers, one of an empty field to few, so the largest cosine to anything
a user chose is mostly to what they chose of the crowded one. With m_i and s_i mean and standard deviation of the
cosines of a reference sample of ordinary papers to the chosen paper i, a paper x is

    (cos(x, i) − m_i) / s_i

near to it: local scaling, here by a normal distribution (Schnitzer et al., "Local and global scaling reduce hubs in
space", JMLR 2012). Whoever chose papers of two fields has both compared on one scale.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

NEAREST = 3
_LEAST_SD = 1e-3

Cosines = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Usual:
    """``mean`` m float32 (p,) of each chosen paper, and ``per_sd`` 1/s float32 (p,)."""

    mean: NDArray[np.float32]
    per_sd: NDArray[np.float32]

    @classmethod
    def of(cls, cosines: Cosines) -> Self:
        """From the cosines (n, p) of the reference, of which there may be none; s is at least 1e-3."""
        if not len(cosines):
            return cls.unknown(cosines.shape[1])
        deviations = np.maximum(cosines.std(axis=0, dtype=np.float64), _LEAST_SD)
        return cls(cosines.mean(axis=0, dtype=np.float64).astype(np.float32), (1.0 / deviations).astype(np.float32))

    @classmethod
    def unknown(cls, n: int) -> Self:
        """Of ``n`` chosen papers where there is no reference: cosines stay as they are."""
        return cls(np.zeros(n, dtype=np.float32), np.ones(n, dtype=np.float32))

    def compared(self, cosines: Cosines) -> Cosines:
        """The module's formula for cosines (n, p)."""
        return (cosines - self.mean) * self.per_sd


def largest(values: Cosines) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per row of ``values`` (n, p) the largest, and the mean of the :data:`NEAREST` largest, or of all if p is less."""
    if values.shape[1] > NEAREST:
        values = np.partition(values, values.shape[1] - NEAREST, axis=1)[:, -NEAREST:]
    return values.max(axis=1).astype(np.float64), values.mean(axis=1, dtype=np.float64)
