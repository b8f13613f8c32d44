"""How much more, or less, each user chooses than their scores say: one number a user, added to the log-odds.

With calibrated probabilities ``p`` of the rows of a user, outcomes ``y``, ``g = Σ (y − p)`` and ``h = Σ p (1 − p)``,
the intercept maximises the likelihood under a prior ``N(0, τ²)``, by Newton's steps from 0, none longer than 1,

    u ← u + (g(u) − u/τ²) / (h(u) + 1/τ²),    τ² = max(0, Σ_users (g² − h) / Σ_users h²) at u = 0

τ² is the moment estimate of how much users differ (DerSimonian and Laird's for a random effect, in the score
statistics): ``E g² = h + τ² h²``. Where users do not differ it is 0, and so is everybody's intercept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]

_STEPS = 40
_LONGEST = 1.0  # h changes by no more than a factor e over it; where p is small, a whole step can overshoot for good


@dataclass(frozen=True, slots=True)
class UserIntercepts:
    """Log-odds by user key; a user who is not there has 0."""

    by_key: Mapping[str, float]

    @classmethod
    def none(cls) -> Self:
        """Everybody is like everybody."""
        return cls({})

    @classmethod
    def fit(cls, users: NDArray[np.str_], chosen: NDArray[np.bool_], probabilities: Floats) -> Self:
        """Learn from ranked papers: the user's key, the outcome and the probability of each row, all (n,)."""
        keys, rows = np.unique(users, return_inverse=True)
        odds, found = logit(probabilities), np.zeros(len(keys))
        variance = _variance(*_slopes(probabilities, chosen, rows, len(keys)))
        if variance <= 0:
            return cls.none()
        for _ in range(_STEPS):
            surplus, information = _slopes(expit(odds + found[rows]), chosen, rows, len(keys))
            step = (surplus - found / variance) / (information + 1 / variance)
            found += np.clip(step, -_LONGEST, _LONGEST)
        return cls(dict(zip(keys.tolist(), found.tolist(), strict=True)))

    def of(self, users: NDArray[np.str_]) -> Floats:
        """float64 (n,) for the users of n rows."""
        keys, rows = np.unique(users, return_inverse=True)
        found: Floats = np.array([self.by_key.get(key, 0.0) for key in keys.tolist()], dtype=np.float64)
        return found[rows]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays, for ``.npy`` files."""
        return {
            "user_keys": np.array(list(self.by_key), dtype=np.str_),
            "user_intercepts": np.array(list(self.by_key.values()), dtype=np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are; none where a version has none."""
        if "user_keys" not in arrays:
            return cls.none()
        return cls(dict(zip(arrays["user_keys"].tolist(), arrays["user_intercepts"].tolist(), strict=True)))


def _slopes(probabilities: Floats, chosen: NDArray[np.bool_], rows: NDArray[np.intp], n: int) -> tuple[Floats, Floats]:
    """(g, h) of each of ``n`` users, who are numbered in ``rows``."""
    surplus, information = np.zeros(n), np.zeros(n)
    np.add.at(surplus, rows, chosen - probabilities)
    np.add.at(information, rows, probabilities * (1 - probabilities))
    return surplus, information


def _variance(surplus: Floats, information: Floats) -> float:
    scale = float(np.sum(information**2))
    return float(np.sum(surplus**2 - information)) / scale if scale > 0 else 0.0
