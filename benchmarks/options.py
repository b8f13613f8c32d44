"""What a suite is told, and how it says that its data are not there."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PRODUCT = "broadsheet"
"""The row of the product in every table."""


def without_row(name: str) -> str:
    """The row of the product without one of its ingredients."""
    return f"{PRODUCT}-without-{name}"


class MissingData(Exception):
    """A suite's files are not in the data folder; the suite is skipped by name."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not there; name the folder of the data with --data")
        self.path = path

    def __reduce__(self) -> tuple[type[Self], tuple[Path]]:
        return type(self), (self.path,)


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line.

    ``n_users`` None means all who are eligible. ``methods`` names the rows wanted, all where it is empty; ``ablate``
    the evidence each left out of one more row of the product. ``started_with`` is how many picks the replay's users
    begin with, None for those they had; ``made_of`` what screenings are made of. ``seconds`` collects how long each
    stage took.
    """

    data: Path
    seed: int = 42
    answers: Path | None = None
    n_users: int | None = None
    population: str = "authors"
    started_with: int | None = None
    made_of: str = "reviews"
    jobs: int = 1
    methods: tuple[str, ...] = ()
    ablate: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    def file(self, *parts: str) -> Path:
        """A file or folder below the data folder; MissingData where it is not there."""
        path = self.data.joinpath(*parts)
        if not path.exists():
            raise MissingData(path)
        return path

    def wants(self, method: str) -> bool:
        """Whether a row of this name was asked for."""
        return not self.methods or method in self.methods or method in map(without_row, self.ablate)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside, under this name, and say on standard error that it begins."""
        print(f"{name} …", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
