"""Relative losses of a challenger to a champion, bounded by resampling users for both alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import resamples

Floats = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Loss:
    """``loss`` is relative to the champion's value, positive where the challenger is worse.

    ``low`` and ``high`` bound it from below and from above with 95 % confidence each, ``low_99`` and ``high_99`` with
    99 %. All NaN where nobody could be compared or the champion's value is 0.
    """

    champion: float
    challenger: float
    loss: float
    low: float
    high: float
    low_99: float
    high_99: float
    n_users: int


def mean_loss(champion: Floats, challenger: Floats, *, seed: int, more_is_better: bool) -> Loss:
    """Of means over users, from a value a user of either model: (n,) and (n,)."""
    if not len(champion):
        return _unmeasured(0)
    drawn = [(weights @ champion, weights @ challenger) for weights in resamples(len(champion), seed)]
    return _loss(float(champion.mean()), float(challenger.mean()), drawn, len(champion), 1 if more_is_better else -1)


def quantile_loss(champion: Floats, challenger: Floats, users: NDArray[np.int64], share: float, *, seed: int) -> Loss:
    """Of a quantile over rows, where less is better; rows (n,) of users numbered from 0 without gaps."""
    if not len(champion):
        return _unmeasured(0)
    n_users = int(users.max()) + 1
    orders = [np.argsort(values, kind="stable") for values in (champion, challenger)]
    sides = [(values[order], users[order]) for values, order in zip((champion, challenger), orders, strict=True)]
    drawn = [
        tuple(_quantiles(values, weights[:, owners], share) for values, owners in sides)
        for weights in resamples(n_users, seed)
    ]
    once = np.ones((1, len(champion)), dtype=np.int64)
    old, new = (float(_quantiles(values, once, share)[0]) for values, _ in sides)
    return _loss(old, new, drawn, n_users, -1)


def _quantiles(values: Floats, weights: NDArray[np.int64], share: float) -> Floats:
    """The smallest of the ascending ``values`` (n,) up to which ``share`` of the weights (resamples, n) lies."""
    reached = np.cumsum(weights, axis=1)
    found: Floats = values[(reached >= share * reached[:, -1:]).argmax(axis=1)]
    return found


def _loss(old: float, new: float, drawn: Sequence[tuple[Floats, ...]], n_users: int, sign: int) -> Loss:
    if not (np.isfinite(old) and np.isfinite(new) and old > 0):
        return _unmeasured(n_users)
    olds, news = (np.concatenate(side) for side in zip(*drawn, strict=True))
    # A resample in which the champion has nothing is one in which nothing can be lost.
    losses = sign * (1.0 - np.divide(news, olds, out=np.ones_like(news), where=olds > 0))
    low, high, low_99, high_99 = np.quantile(losses, [0.05, 0.95, 0.01, 0.99]).tolist()
    return Loss(old, new, sign * (1.0 - new / old), low, high, low_99, high_99, n_users)


def _unmeasured(n_users: int) -> Loss:
    return Loss(NAN, NAN, NAN, NAN, NAN, NAN, NAN, n_users)
