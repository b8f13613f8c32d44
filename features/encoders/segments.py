"""What is known of papers under content hashes, in files that many processes map and one at a time adds to.

A store is a folder of immutable segments. Segment ``<name>`` is one file ``<name>.<part>.npy`` for each part and
``<name>.hashes.npy``, the hashes of what was read for its rows; the last is renamed into place last and makes the
segment exist. One writer at a time holds a file lock that the kernel frees when its process ends; a writer that is
killed leaves files nobody reads.
"""

import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.npy import read_array

_HASHES = "hashes"
_HASH_TYPE = np.dtype("S32")

_TICK = 10**9
"""Nanoseconds after which a folder that changes again is sure to have another time of change."""

Arrays = Mapping[str, NDArray[Any]]
"""The parts of a segment, by name."""

_Segment = tuple[NDArray[np.bytes_], Arrays]
"""Hashes in memory, arrays mapped from disk."""


@dataclass(frozen=True, slots=True)
class Index:
    """All rows of all segments: ``hashes`` ascending; ``segments`` and ``rows`` say where each lies in ``arrays``."""

    hashes: NDArray[np.bytes_]
    segments: NDArray[np.int64]
    rows: NDArray[np.int64]
    arrays: tuple[Arrays, ...]

    def places(self, wanted: NDArray[np.bytes_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where each of the hashes stands, and which are there at all."""
        if not len(self.hashes):
            return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        return places, self.hashes[places] == wanted


class Segments:
    """The segments of a folder; many readers, one writer, in any number of processes.

    Parameters
    ----------
    folder : Path
        Made at the first append.
    parts : sequence of str
        The names of a segment's arrays.
    is_whole : callable
        Whether arrays belong to a segment of so many rows; others are ignored.
    """

    def __init__(self, folder: Path, parts: Sequence[str], is_whole: Callable[[Arrays, int], bool]) -> None:
        self.folder = folder
        self._parts = tuple(parts)
        self._is_whole = is_whole
        self._segments: dict[str, _Segment | None] = {}
        self._settled: int | None = None
        self.index = _indexed([])
        self.refresh()

    def __len__(self) -> int:
        return len(self.index.hashes)

    def refresh(self) -> None:
        """Take up segments that other writers have added since."""
        changed = self._changed_at()
        if changed is not None and changed == self._settled:
            return
        self._settled = changed if changed is not None and time.time_ns() - changed > _TICK else None
        ending = f".{_HASHES}.npy"
        names = sorted(path.name.removesuffix(ending) for path in self.folder.glob(f"[!.]*{ending}"))
        before = self._segments
        if names == list(before):
            return
        segments = {name: before[name] if name in before else self._open(name) for name in names}
        self.index = _indexed([segment for segment in segments.values() if segment is not None])
        self._segments = segments

    def find(self, hashes: Sequence[str]) -> tuple[Index, NDArray[np.int64], NDArray[np.bool_]]:
        """An index with the places (n,) of these hashes in it, and bool (n,): which were found."""
        wanted = np.array(hashes, dtype=_HASH_TYPE)
        index = self.index
        places, found = index.places(wanted)
        if not found.all():
            self.refresh()
            index = self.index
            places, found = index.places(wanted)
        return index, places, found

    def append(self, hashes: Sequence[str], arrays_of: Callable[[NDArray[np.intp]], Arrays]) -> int:
        """Add those not there yet as one new segment; how many were new. All or none survive a crash.

        ``arrays_of`` gives the parts of the rows at some places among ``hashes``.
        """
        with self._writing():
            self.refresh()
            keys, first = np.unique(np.array(hashes, dtype=_HASH_TYPE), return_index=True)
            new = ~self.index.places(keys)[1]
            if new.any():
                self._write({**arrays_of(first[new]), _HASHES: keys[new]})
                self.refresh()
            return int(new.sum())

    def _changed_at(self) -> int | None:
        try:
            return self.folder.stat().st_mtime_ns
        except OSError:
            return None

    def _path(self, name: str, part: str) -> Path:
        return self.folder / f"{name}.{part}.npy"

    def _write(self, arrays: Arrays) -> None:
        """The hashes last."""
        name = f"{len(self._segments):06d}-{uuid.uuid4().hex[:8]}"
        for part in (*self._parts, _HASHES):
            partial = self._path(f".{name}", part)
            with partial.open("wb") as file:
                np.save(file, arrays[part], allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self._path(name, part))
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for leftover in self.folder.glob(".*.npy"):
                leftover.unlink()
            yield

    def _open(self, name: str) -> _Segment | None:
        """Hashes and memory-mapped arrays of a segment, or None where it is torn or of another encoder."""
        try:
            hashes = read_array(self._path(name, _HASHES))
            arrays = {part: _mapped(self._path(name, part)) for part in self._parts}
        except (OSError, ValueError, EOFError):
            return None
        whole = hashes.dtype == _HASH_TYPE and self._is_whole(arrays, len(hashes))
        return (hashes, arrays) if whole else None


def _mapped(path: Path) -> NDArray[Any]:
    """As a plain array, of which a few rows are read in a fraction of the time."""
    return np.asarray(read_array(path, "r"))


def _indexed(segments: Sequence[_Segment]) -> Index:
    hashes = np.concatenate([segment[0] for segment in segments]) if segments else np.empty(0, dtype=_HASH_TYPE)
    sizes = [len(segment[0]) for segment in segments]
    numbers = np.repeat(np.arange(len(segments)), sizes)
    rows = np.concatenate([np.arange(size) for size in sizes]) if segments else np.empty(0, dtype=np.int64)
    order = np.argsort(hashes, kind="stable")
    return Index(hashes[order], numbers[order], rows[order], tuple(segment[1] for segment in segments))
