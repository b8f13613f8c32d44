"""Search indexes on disk: built by a process beside this one, mapped by all servers that share the folder."""

import fcntl
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import IO, TextIO, cast

import numpy as np

from features.store import Store
from models.search import SearchIndex, unit
from models.search_files import read_index
from serving.observed import EVERYTHING
from serving.search_build import Built, Order
from serving.shelf import LoadedModel

_COMMAND = (sys.executable, "-P", "-m", "serving.search_build")
_WORDS_ALONE = "words"
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class IndexKey:
    """What an index is of: when papers had last come in (:func:`stamp_of`), and the encoder ("" for none)."""

    stamp: str
    encoder_id: str

    @property
    def name(self) -> str:
        """Of its folder; those of one encoder ascend by time."""
        return f"{self.encoder_id or _WORDS_ALONE}-{self.stamp}"


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """An index and the ``name`` of its key."""

    name: str
    index: SearchIndex

    def asked_by(self, encoder_id: str) -> SearchIndex:
        """The index for queries of an encoder: one that another encoder made has words alone for them."""
        same = self.name.startswith(IndexKey("", encoder_id).name)
        return self.index if same else replace(self.index, vectors=None)


class NotBuilt(Exception):
    """The process that should have built an index ended without one."""


class SearchFolder:
    """The indexes of one store, each in a folder that is renamed into place when it is whole.

    One process builds at a time, whichever server asked for it; the others wait and map what it made. Older ones are
    removed when a newer one is there; who has them mapped keeps them. ``builder`` is the last process begun,
    and what is ``closed`` begins none.
    """

    def __init__(self, folder: Path, database_url: str, vectors: Path) -> None:
        self._folder = folder
        self._database_url = database_url
        self._vectors = vectors
        self.builder: subprocess.Popen[str] | None = None
        self._starting = Lock()
        self.closed = False

    def newest(self, encoder_id: str) -> KeptIndex | None:
        """The newest index of an encoder, whatever has come in since."""
        pattern = IndexKey("", encoder_id).name + "*"
        for path in sorted(self._folder.glob(pattern), reverse=True):
            if (index := read_index(path)) is not None:
                return KeptIndex(path.name, index)
        return None

    def renewed(self, key: IndexKey, store: Store, champion: LoadedModel | None) -> KeptIndex:
        """The index of ``key`` or of what has come in since; NotBuilt, and OSError where nothing can be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            found = self.newest(key.encoder_id)
            return found if found and found.name >= key.name else self._built(key, store, champion)

    def close(self) -> None:
        """End a build that is under way; none begins after that."""
        with self._starting:
            self.closed = True
            if self.builder is not None:
                self.builder.terminate()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._folder / ".lock").open("w") as file:
            while not _locked(file):
                if self.closed:
                    raise NotBuilt("the server ends")
                time.sleep(_LOOK_SECONDS)
            for leftover in self._folder.glob(".partial-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield

    def _built(self, key: IndexKey, store: Store, champion: LoadedModel | None) -> KeptIndex:
        partial = Path(mkdtemp(prefix=".partial-", dir=self._folder))
        try:
            built = self._by_child(_order(self._database_url, partial, self._vectors, champion))
            if champion is not None and built.missing:
                _add_vectors(partial, built.missing, store, champion)
            whole = self._folder / IndexKey(built.stamp, key.encoder_id).name
            shutil.rmtree(whole, ignore_errors=True)
            partial.rename(whole)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        if (index := read_index(whole)) is None:
            raise NotBuilt(f"{whole} does not hold a whole index")
        for older in self._folder.glob("[!.]*"):
            if older != whole:
                shutil.rmtree(older, ignore_errors=True)
        return KeptIndex(whole.name, index)

    def _by_child(self, order: Order) -> Built:
        with self._starting:
            if self.closed:
                raise NotBuilt("the server ends")
            child = self.builder = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
            )
        with child:  # closes its input, which would end it, only after its output has ended
            told, heard = cast("IO[str]", child.stdin), cast("IO[str]", child.stdout)
            told.write(json.dumps(asdict(order)) + "\n")
            told.flush()
            said = heard.read()
        if child.returncode != 0:
            raise NotBuilt(f"the process that builds it ended with {child.returncode}")
        return Built(**json.loads(said))


def _locked(file: TextIO) -> bool:
    """Whether the lock is ours now; the kernel frees it with this process."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _order(database_url: str, folder: Path, vectors: Path, champion: LoadedModel | None) -> Order:
    if champion is None:
        return Order(database_url, str(folder))
    encoder = champion.model.encoder
    return Order(database_url, str(folder), str(vectors / encoder.id), encoder.dimensions, tuple(encoder.blocks))


def _add_vectors(folder: Path, rows: tuple[int, ...], store: Store, champion: LoadedModel) -> None:
    """Encode the papers of these rows here, where the encoder is at hand."""
    index = read_index(folder)
    if index is None or index.vectors is None:
        raise NotBuilt(f"{folder} does not hold a whole index")
    ids = [index.ids[row] for row in rows]
    with store.transaction(readonly=True) as tx:
        papers = tx.papers.get_many(ids, EVERYTHING)
    vectors = np.array(index.vectors)
    vectors[list(rows)] = unit(champion.vectors.of([papers[paper_id] for paper_id in ids]))
    np.save(folder / "filled", vectors, allow_pickle=False)
    (folder / "filled.npy").rename(folder / "vectors.npy")  # the old file is mapped still
