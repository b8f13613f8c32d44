"""What a speed suite gives, and how times are taken: the two sides of a ratio in turns, and the median of each."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Row:
    """A figure beside its baseline: ``ratio`` is value / baseline_value; without a baseline all three are None.

    ``must`` is what the figure has to be, in words, and is printed only.
    """

    name: str
    value: float
    unit: str
    baseline: str | None = None
    baseline_value: float | None = None
    must: str = ""

    @property
    def ratio(self) -> float | None:
        """Value / baseline_value; None without a baseline, or with one of zero."""
        return self.value / self.baseline_value if self.baseline_value else None

    def as_json(self) -> dict[str, Any]:
        """As the benchmarks' JSON has it."""
        fields = asdict(self)
        del fields["must"]
        return fields | {"ratio": self.ratio}


@dataclass(frozen=True, slots=True)
class SpeedOptions:
    """What was asked for on the command line; ``scratch`` is a folder that ends with the run, ``kept`` one that stays.

    ``data`` is the folder of real data, or None.
    """

    scratch: Path
    kept: Path
    data: Path | None = None
    seed: int = 42
    n_users: int = 100_000
    rounds: int = 5
    jobs: int = 2


_PAUSE = 0.2


def in_turns(works: Sequence[Work], rounds: int) -> list[float]:
    """The median seconds of each of ``works`` over ``rounds`` rounds, in each of which every one runs once.

    What else the machine does then slows all alike. BLAS's threads look for more work for some hundredths of a second
    after a product, on cores that the next work would be given, so each begins a moment later.
    """
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for own, work in zip(taken, works, strict=True):
            time.sleep(_PAUSE)
            own.append(seconds_of(work))
    return [median(own) for own in taken]


def seconds_of(work: Work) -> float:
    """How long one call took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def quantile(values: Sequence[float], q: float) -> float:
    """The smallest of ``values`` that at least a share ``q`` of them does not exceed; ``values`` is not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-q * len(ordered) // 1) - 1))]
