"""Minima of smooth functions of millions of unknowns: L-BFGS with nothing else around it.

The two loops over the last steps s and changes of the gradient y are algorithm 7.4 of Nocedal and Wright, *Numerical
Optimization*, 2006. A step is made longer and shorter until it meets the weak Wolfe conditions (Lewis and Overton,
"Nonsmooth optimization via quasi-Newton methods", Mathematical Programming 2013):

    f(x + t d) ≤ f(x) + c₁ t d·∇f(x),    d·∇f(x + t d) ≥ c₂ d·∇f(x).

SciPy's minimiser keeps books for bounds too, which for five million unknowns took longer than the function itself and
twice the memory.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from scipy.linalg.blas import saxpy

from models.threads import one_blas_thread

Flat = np.ndarray[tuple[int], np.dtype[np.float64]]
Single = np.ndarray[tuple[int], np.dtype[np.float32]]

_ENOUGH, _STEEP = 1e-4, 0.9
"""c₁ and c₂."""

_FURTHER, _MOST_LENGTHS = 4.0, 20
_LEAST_GRADIENT, _LEAST_GAIN = 1e-5, 2e-9
"""The largest part of a gradient, and the share of the value that a step gains, below which it ends."""


@one_blas_thread()
def descend(function: Callable[[Flat], tuple[float, Flat]], start: Flat, n_steps: int, n_remembered: int = 5) -> Flat:
    """Where ``n_steps`` steps from ``start`` (n,) lead, or fewer where a minimum is near.

    ``function`` gives the value and the gradient at what it is handed, which it may write on. A gradient of the same
    bits gives the same bits, whatever the number of threads.
    """
    x = start.astype(np.float64)
    value, gradient = function(x.copy())
    past = _Past(n_remembered)
    for _ in range(n_steps):
        if np.abs(gradient).max(initial=0.0) <= _LEAST_GRADIENT:
            break
        direction = past.times(gradient)
        np.negative(direction, out=direction)
        first = 1.0 if past else 1.0 / float(np.linalg.norm(direction))
        found = _searched(function, x, (value, float(gradient @ direction)), direction, first)
        if found is None:
            break
        length, (after, slope) = found
        direction *= np.float32(length)
        x += direction
        past.add(direction, (slope - gradient).astype(np.float32))
        gained = value - after
        value, gradient = after, slope
        if gained <= _LEAST_GAIN * max(abs(value), 1.0):
            break
    return x


def _searched(
    function: Callable[[Flat], tuple[float, Flat]],
    x: Flat,
    here: tuple[float, float],
    direction: Single,
    length: float,
) -> tuple[float, tuple[float, Flat]] | None:
    """A length of the step that meets both conditions, and the function there; None where none is found.

    ``here`` are the value at ``x`` and the slope along the direction.
    """
    value, slope = here
    low, high = 0.0, np.inf
    for _ in range(_MOST_LENGTHS):
        there = x + direction * np.float32(length)
        after, gradient = function(there)
        if not after <= value + _ENOUGH * length * slope:
            high = length
        elif gradient @ direction < _STEEP * slope:
            low = length
        else:
            return length, (after, gradient)
        length = _FURTHER * low if high == np.inf else (low + high) / 2.0
    return None


class _Past:
    """The last steps and changes of the gradient, which tell how the function is curved; roughly, so in float32."""

    def __init__(self, n: int) -> None:
        self._pairs: deque[tuple[Single, Single, float]] = deque(maxlen=n)

    def __len__(self) -> int:
        return len(self._pairs)

    def add(self, step: Single, change: Single) -> None:
        """Remember a step, unless rounding has made its curvature none."""
        curvature = float(step @ change)
        if curvature > np.finfo(np.float32).eps * float(change @ change):
            self._pairs.append((step, change, curvature))

    def times(self, gradient: Flat) -> Single:
        """The inverse of the second derivative, as far as it is known, times the gradient."""
        found, shares = gradient.astype(np.float32), []
        for step, change, curvature in reversed(self._pairs):
            share = float(step @ found) / curvature
            saxpy(change, found, a=-share)  # in one pass, and in place
            shares.append(share)
        if self._pairs:
            _, change, curvature = self._pairs[-1]
            found *= np.float32(curvature / float(change @ change))
        for (step, change, curvature), share in zip(self._pairs, reversed(shares), strict=True):
            saxpy(step, found, a=share - float(change @ found) / curvature)
        return found
