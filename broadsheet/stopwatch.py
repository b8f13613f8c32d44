"""Seconds per stage and peak memory, for the closing line of the demo."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from training.memory import whole_peak_mb

# ru_maxrss counts kilobytes, and bytes on macOS.
_UNITS_PER_MB = 1024**2 if sys.platform == "darwin" else 1024


class Stopwatch:
    """Stages by name; the current one can be stopped before its block ends."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._running: tuple[str, float] | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block, or as much of it as comes before :meth:`stop`."""
        self._running = (name, perf_counter())
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """End the current stage, if one runs."""
        if self._running is not None:
            name, began = self._running
            self.seconds[name] = perf_counter() - began
            self._running = None

    def line(self) -> str:
        """All stages, their sum and the peak memory of this process and of the largest one it waited for."""
        stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())
        own, children = whole_peak_mb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // _UNITS_PER_MB
        largest = f", largest helper process {children:,} MB" if children else ""
        return f"took       {stages}; {sum(self.seconds.values()):.1f} s in all; peak memory {own:,.0f} MB{largest}"
