"""Vectors of known papers, computed once per encoder and memory-mapped.

A store is a folder of immutable segments. Segment ``<name>`` is two files: ``<name>.vectors.npy``, float32
(n, dimensions), and ``<name>.hashes.npy``, hashes of what was read for its rows; the second is renamed into place last
and makes the segment exist. One writer at a time holds a file lock that the kernel frees when its process ends; a
writer that is killed leaves files nobody reads.
"""

import fcntl
import os
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import documents_of, names_of
from features.domain import Paper
from features.encoders.base import Encoder, FoldingEncoder, Vectors, word_part
from features.encoders.kept_terms import KeptTerms
from features.errors import InvalidValue

_HASHES = ".hashes.npy"
_VECTORS = ".vectors.npy"
_HASH_TYPE = np.dtype("S32")

_Segment = tuple[NDArray[np.bytes_], Vectors]
"""Hashes in memory, vectors mapped from disk."""


@dataclass(frozen=True, slots=True)
class _Index:
    """All rows of all segments: ``hashes`` ascending; ``segments`` and ``rows`` say where each vector lies."""

    hashes: NDArray[np.bytes_]
    segments: NDArray[np.int64]
    rows: NDArray[np.int64]
    arrays: tuple[Vectors, ...]

    def places(self, wanted: NDArray[np.bytes_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not len(self.hashes):
            return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        return places, self.hashes[places] == wanted


class VectorStore:
    """Vectors of one encoder under content hashes; many readers, one writer, in any number of processes.

    Parameters
    ----------
    folder : Path
        ``<data_dir>/vectors/<encoder id>``; made at the first append.
    dimensions : int
        Length of a vector; segments of another length are ignored.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self.dimensions = dimensions
        self._segments: dict[str, _Segment | None] = {}
        self._index = _indexed([])
        self.refresh()

    def __len__(self) -> int:
        return len(self._index.hashes)

    def refresh(self) -> None:
        """Take up segments that other writers have added since."""
        names = sorted(path.name for path in self.folder.glob(f"[!.]*{_HASHES}"))
        before = self._segments
        if names == list(before):
            return
        segments = {
            name: before[name] if name in before else _open_segment(self.folder / name, self.dimensions)
            for name in names
        }
        self._index = _indexed([segment for segment in segments.values() if segment is not None])
        self._segments = segments

    def get(self, hashes: Sequence[str]) -> tuple[Vectors, NDArray[np.bool_]]:
        """The vectors, float32 (n, dimensions) with zeros where unknown, and bool (n,): which were found."""
        wanted = np.array(hashes, dtype=_HASH_TYPE)
        index = self._index
        places, found = index.places(wanted)
        if not found.all():
            self.refresh()
            index = self._index
            places, found = index.places(wanted)
        vectors = np.zeros((len(wanted), self.dimensions), dtype=np.float32)
        segments = index.segments[places[found]]
        targets = np.flatnonzero(found)
        for number in np.unique(segments):
            here = segments == number
            vectors[targets[here]] = index.arrays[number][index.rows[places[found][here]]]
        return vectors, found

    def append(self, hashes: Sequence[str], vectors: Vectors) -> int:
        """Add those not there yet as one new segment; how many were new. All or none survive a crash."""
        if vectors.shape != (len(hashes), self.dimensions):
            raise InvalidValue("vectors", vectors.shape, f"expected ({len(hashes)}, {self.dimensions})")
        with self._writing():
            self.refresh()
            keys, first = np.unique(np.array(hashes, dtype=_HASH_TYPE), return_index=True)
            new = ~self._index.places(keys)[1]
            if new.any():
                self._write(keys[new], np.ascontiguousarray(vectors[first[new]], dtype=np.float32))
                self.refresh()
            return int(new.sum())

    def _write(self, keys: NDArray[np.bytes_], vectors: Vectors) -> None:
        name = f"{len(self._segments):06d}-{uuid.uuid4().hex[:8]}"
        for suffix, values in ((_VECTORS, vectors), (_HASHES, keys)):
            partial = self.folder / f".{name}{suffix}"
            with partial.open("wb") as file:
                np.save(file, values, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self.folder / f"{name}{suffix}")
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


def _open_segment(path: Path, dimensions: int) -> _Segment | None:
    """Hashes and memory-mapped vectors of a segment, or None where it is torn or of another encoder."""
    try:
        hashes = np.load(path, allow_pickle=False)
        name = path.name.removesuffix(_HASHES)
        vectors = np.load(path.with_name(name + _VECTORS), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = hashes.dtype == _HASH_TYPE and vectors.dtype == np.float32 and vectors.shape == (len(hashes), dimensions)
    return (hashes, vectors) if whole else None


def _indexed(segments: Sequence[_Segment]) -> _Index:
    hashes = np.concatenate([segment[0] for segment in segments]) if segments else np.empty(0, dtype=_HASH_TYPE)
    sizes = [len(segment[0]) for segment in segments]
    numbers = np.repeat(np.arange(len(segments)), sizes)
    rows = np.concatenate([np.arange(size) for size in sizes]) if segments else np.empty(0, dtype=np.int64)
    order = np.argsort(hashes, kind="stable")
    return _Index(hashes[order], numbers[order], rows[order], tuple(segment[1] for segment in segments))


class EncodedPapers:
    """Vectors of papers: from the store where it has them, else encoded now and kept in memory; and their words.

    Safe to share between threads. Implements ``features.moment.PaperVectors``.

    Parameters
    ----------
    encoder : Encoder
    store : VectorStore, optional
        Read by :meth:`of`, written by :meth:`backfill` only.
    kept : int
        Papers encoded in memory that are remembered, the longest unused forgotten first.
    kept_terms : int
        Papers whose rows of terms are remembered; about a kilobyte each.
    transform : callable, optional
        What :meth:`backfill` encodes documents with, in place of the encoder's own and equal to it; not asked where
        vectors are folded terms.
    """

    def __init__(
        self,
        encoder: Encoder,
        store: VectorStore | None = None,
        *,
        kept: int = 20_000,
        kept_terms: int = 100_000,
        transform: Callable[[Sequence[str]], Vectors] | None = None,
    ) -> None:
        self.encoder = encoder
        self.store = store
        self._transform = encoder.transform if transform is None else transform
        self._kept = kept
        self._memory: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self._words = word_part(encoder)
        self._terms = None if self._words is None else KeptTerms(len(self._words.vocabulary), kept_terms)

    def of(self, papers: Sequence[Paper]) -> Vectors:
        """float32 (n_papers, dimensions) in the order of ``papers``."""
        hashes = self._names(papers)
        if self.store is None:
            vectors = np.zeros((len(papers), self.encoder.dimensions), dtype=np.float32)
            missing = np.ones(len(papers), dtype=np.bool_)
        else:
            vectors, found = self.store.get(hashes)
            missing = ~found
        rows = np.flatnonzero(missing).tolist()
        if rows:
            with self._lock:
                remembered = self._remembered({hashes[row]: papers[row] for row in rows})
            for row in rows:
                vectors[row] = remembered[hashes[row]]
        return vectors

    def terms(self, papers: Sequence[Paper]) -> sparse.csr_array | None:
        """CSR float32 (n_papers, n_words) of the encoder's first part that knows words; None where none does."""
        words, kept = self._words, self._terms
        if words is None or kept is None:
            return None
        return kept.of(self._names(papers), lambda places: words.terms(self._documents([papers[at] for at in places])))

    def backfill(
        self, papers: Sequence[Paper], progress: Callable[[int], None] = lambda _: None, *, batch: int = 8192
    ) -> int:
        """Encode into the store what it lacks, one segment a batch; how many were new.

        ``progress`` is called with the number of papers dealt with since its last call. Stopped at any moment, the
        batches before stay.
        """
        if self.store is None:
            raise InvalidValue("store", None, "a backfill needs a vector store")
        n_new = 0
        for start in range(0, len(papers), batch):
            some = papers[start : start + batch]
            part = dict(zip(self._names(some), some, strict=True))
            hashes = list(part)
            found = self.store.get(hashes)[1]
            new = [name for name, known in zip(hashes, found.tolist(), strict=True) if not known]
            if new:
                n_new += self.store.append(new, self._encoded(new, self._documents([part[name] for name in new])))
            progress(min(batch, len(papers) - start))
        return n_new

    def _encoded(self, hashes: Sequence[str], documents: Sequence[str]) -> Vectors:
        """Vectors of documents; their terms, which who backfills asks for next, are kept where they were on the way."""
        encoder, kept = self.encoder, self._terms
        if kept is None or not isinstance(encoder, FoldingEncoder):
            return self._transform(documents)
        return encoder.folded(kept.of(hashes, lambda places: encoder.terms([documents[place] for place in places])))

    def _documents(self, papers: Sequence[Paper]) -> list[str]:
        """What the encoder reads of each paper."""
        return documents_of(papers, self.encoder.blocks)

    def _names(self, papers: Sequence[Paper]) -> list[str]:
        """The hashes that name what it reads."""
        return names_of(papers, self.encoder.blocks)

    def _remembered(self, papers: dict[str, Paper]) -> dict[str, Vectors]:
        new = [name for name in papers if name not in self._memory]
        if new:
            encoded = self.encoder.transform(self._documents([papers[name] for name in new]))
            self._memory.update(zip(new, encoded, strict=True))
        result = {name: self._memory[name] for name in papers}
        for name in papers:
            self._memory.move_to_end(name)
        while len(self._memory) > self._kept:
            self._memory.popitem(last=False)
        return result
