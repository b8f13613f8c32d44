"""Descent by limited-memory BFGS: SciPy's path where there are no bounds, step for step, in less time and memory.

With the last ``m`` steps ``s_i`` and changes of the gradient ``y_i`` as rows of S and Y, ``γ = s·y / y·y`` of the
newest, ``R`` the upper triangle of ``S Yᵀ`` and ``D`` its diagonal, the inverse second derivative is taken to be

    H = γI + [Sᵀ γYᵀ] [ R⁻ᵀ(D + γYYᵀ)R⁻¹   −R⁻ᵀ ; −R⁻¹   0 ] [S ; γY]

(Byrd, Nocedal and Schnabel 1994), so that a step reads each row twice, and S and Y are most of the memory.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Flat = NDArray[np.float64]
Loss = Callable[[Flat], tuple[float, Flat]]
"""Value and gradient at a point."""

Tried = tuple[float, float, float]
"""A length along a line, and value and slope there."""

MEMORY = 10
_LEAST_DECREASE, _CURVATURE, _MOST_TRIES = 1e-3, 0.9, 20
"""Of a step along a line, as in SciPy: it must fall by so much of the slope, and so much of the slope may be left."""

_PART = 4096
"""Numbers of a row that are read at a time, so that they stay in the processor's cache."""

_FTOL, _GTOL = 2.2e-9, 1e-5


class _Memory:
    """The last steps and changes, oldest first."""

    def __init__(self, n: int) -> None:
        self._rows = np.zeros((2 * MEMORY, n))  # S above Y, both filled in turn
        self._kept: list[int] = []
        self._products = np.zeros((2 * MEMORY, 2 * MEMORY))

    def add(self, step: Flat, change: Flat) -> None:
        """Take one up, in place of the oldest if need be; one along which the slope does not grow is left out."""
        if _dot(step, change) <= np.finfo(np.float64).eps * _dot(change, change):
            return
        place = self._kept.pop(0) if len(self._kept) == MEMORY else len(self._kept)
        self._kept.append(place)
        self._rows[place], self._rows[MEMORY + place] = step, change
        found = _products(self._rows, change)
        self._products[:, MEMORY + place] = self._products[MEMORY + place] = found

    def direction(self, gradient: Flat) -> Flat:
        """−H times the gradient; −gradient before there is anything to go by."""
        if not self._kept:
            return -gradient
        steps, changes = np.array(self._kept), MEMORY + np.array(self._kept)
        along = _products(self._rows, gradient)
        between = self._products[np.ix_(steps, changes)]
        upper, within = np.triu(between), self._products[np.ix_(changes, changes)]
        gamma = between[-1, -1] / within[-1, -1]
        left = np.linalg.solve(upper, along[steps])
        right = np.diag(between) * left + gamma * (within @ left) - gamma * along[changes]
        weights = np.zeros(2 * MEMORY)
        weights[steps], weights[changes] = np.linalg.solve(upper.T, right), -gamma * left
        found: Flat = weights @ self._rows
        found += gamma * gradient
        return np.negative(found, out=found)


def _products(rows: NDArray[np.float64], column: Flat) -> NDArray[np.float64]:
    """``rows @ column`` of long rows, part by part."""
    found = np.zeros(len(rows))
    for start in range(0, len(column), _PART):
        found += rows[:, start : start + _PART] @ column[start : start + _PART]
    return found


def _dot(one: Flat, other: Flat) -> float:
    return float(_products(one[None], other)[0])


def descend(loss: Loss, start: Flat, n_steps: int) -> Flat:
    """The point that ``n_steps`` steps from ``start`` lead to, or fewer where the loss hardly falls any more."""
    point, (value, gradient) = start, loss(start)
    memory = _Memory(len(start))
    for number in range(n_steps):
        if np.abs(gradient).max() <= _GTOL:
            break
        direction = memory.direction(gradient)
        first = 1.0 if number else _dot(gradient, gradient) ** -0.5
        found = _along(loss, point, direction, (value, _dot(gradient, direction)), first)
        if found is None:
            break
        before, (length, value, slope) = value, found
        direction *= length
        memory.add(direction, slope - gradient)
        point, gradient = point + direction, slope
        if before - value <= _FTOL * max(abs(before), abs(value), 1.0):
            break
    return point


def _along(
    loss: Loss, point: Flat, direction: Flat, here: tuple[float, float], length: float
) -> tuple[float, float, Flat] | None:
    """A length by which to go, and value and gradient there; None where nothing is found or it leads up.

    The steps of Moré and Thuente (1994), whose trial points SciPy's search takes too.
    """
    value, slope = here
    best, other, bracketed = (0.0, value, slope), (0.0, value, slope), False
    for _ in range(_MOST_TRIES if slope < 0 else 0):
        there, gradient = loss(point + length * direction)
        tried = (length, there, _dot(gradient, direction))
        falls = there <= value + _LEAST_DECREASE * length * slope
        if falls and abs(tried[2]) <= -_CURVATURE * slope:
            return length, there, gradient
        length = _next(best, tried, other, bracketed=bracketed)
        turned = tried[2] * best[2] < 0
        bracketed = bracketed or there > best[1] or turned
        if there > best[1]:
            other = tried
        else:
            best, other = tried, best if turned or not bracketed else other
    return None


def _next(best: Tried, tried: Tried, other: Tried, *, bracketed: bool) -> float:
    """The next length to try after ``tried``."""
    span, cubic = tried[0] - best[0], _cubic(best, tried)
    if tried[1] > best[1]:  # too far: between the cubic's and the parabola's minimum, unless the cubic's is nearer
        parabola = best[0] + best[2] / ((best[1] - tried[1]) / span + best[2]) / 2 * span
        return cubic if abs(cubic - best[0]) < abs(parabola - best[0]) else (cubic + parabola) / 2
    secant = tried[0] - tried[2] / (tried[2] - best[2]) * span if tried[2] != best[2] else np.inf
    if tried[2] * best[2] < 0:  # the minimum lies between
        return max(cubic, secant, key=lambda length: abs(length - tried[0]))
    if bracketed:
        return (tried[0] + other[0]) / 2
    flatter = abs(tried[2]) < abs(best[2])
    return tried[0] + span * min(max((max(cubic, secant) - tried[0]) / span if flatter else 4.0, 1.1), 4.0)


def _cubic(one: Tried, other: Tried) -> float:
    """The minimum of the cubic with these values and slopes; infinity where it has none."""
    middle = one[2] + other[2] - 3 * (one[1] - other[1]) / (one[0] - other[0])
    root = middle**2 - one[2] * other[2]
    if root < 0:
        return np.inf
    spread = float(np.copysign(np.sqrt(root), other[0] - one[0]))
    bottom = other[2] - one[2] + 2 * spread
    return other[0] - (other[0] - one[0]) * (other[2] + spread - middle) / bottom if bottom else np.inf
