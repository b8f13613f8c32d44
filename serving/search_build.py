"""``python -m serving.search_build``: builds the search index beside the server that asks for it, in its own process.

What to do comes as one line of JSON on the standard input, since the store's URL may hold a password and anybody can
read a command line. What was done is said as one line of JSON on the standard output. The end of the input is the end
of the server, however it came, and ends this process too.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from features.blocks import names_of
from features.encoders import VectorStore
from features.encoders.base import Vectors
from features.errors import BroadsheetError
from features.store import open_store
from models.search import SearchIndex
from models.search_files import write_index
from serving.observed import EVERYTHING

_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Order:
    """Write the index of the store at ``database_url`` into ``folder``.

    ``vectors`` is the folder of the vectors, of so many ``dimensions``, of an encoder that reads ``blocks``; "" for an
    index of words alone.
    """

    database_url: str
    folder: str
    vectors: str = ""
    dimensions: int = 0
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """An index of what the store knew when papers had last come in at the instant of ``stamp``.

    ``missing`` are the rows whose vectors the folder did not have: zeros in the index.
    """

    stamp: str
    missing: tuple[int, ...]


def build(order: Order) -> Built:
    """Do what is ordered; StoreFailed when the database does, OSError when the folder cannot be written."""
    with open_store(order.database_url, migrate=False) as store, store.transaction(readonly=True) as tx:
        fetched_at = tx.days.last_fetched_at()
        papers = tx.papers.history(EVERYTHING).papers
    vectors, missing = None, np.empty(0, dtype=np.int64)
    if order.vectors:
        hashes = names_of(papers, order.blocks)
        vectors, missing = _vectors(Path(order.vectors), order.dimensions, hashes)
    write_index(SearchIndex.of(papers, vectors), Path(order.folder))
    return Built(stamp_of(fetched_at), tuple(missing.tolist()))


def stamp_of(at: datetime | None) -> str:
    """An instant in digits that ascend with it; "" for never."""
    return "" if at is None else f"{at.astimezone(UTC):%Y%m%d%H%M%S%f}"


def _vectors(folder: Path, dimensions: int, hashes: Sequence[str]) -> tuple[Vectors, NDArray[np.int64]]:
    vectors, found = VectorStore(folder, dimensions).get(hashes)
    return vectors, np.flatnonzero(~found)


def _end_with_server(folder: str) -> None:
    os.read(sys.stdin.fileno(), 1)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main() -> None:
    """Read the order, carry it out, say what was built."""
    order = Order(**json.loads(sys.stdin.readline()))
    Thread(target=_end_with_server, args=(order.folder,), name="lifeline", daemon=True).start()
    os.nice(_NICENESS)
    try:
        sys.stdout.write(json.dumps(asdict(build(order))) + "\n")
    except BroadsheetError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
