"""The stream of papers, the daily pages and the picks as a store, filled through ``features.ingest``."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from benchmarks.options import Options
from features.ingest import ingest_interactions, ingest_listings
from features.settings import IngestSettings
from features.sources.jsonl import read_listings
from features.sources.picks import read_picks
from features.store import Store, open_store

PAPERS = ("arxiv_cs.jsonl.gz", "hf_daily.jsonl.gz")
PICKS = "picks.csv"


@contextmanager
def store_of(options: Options) -> Iterator[Store]:
    """A store of the data folder, made for this run.

    Where BROADSHEET_BENCHMARK_CACHE names a folder, it is kept there under a hash of the files' sizes and times, and
    found again; a kept store of an older schema is migrated when it is opened.
    """
    files = [options.file(name) for name in (*PAPERS, PICKS)]
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary:
        kept = os.environ.get("BROADSHEET_BENCHMARK_CACHE")
        path = Path(kept or temporary) / f"{_digest(files)}.db"
        if not path.exists():
            with options.stage("ingest"):
                filled = Path(temporary) / "filling.db"
                _fill(filled, files)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(filled.read_bytes())
        with open_store(f"sqlite:///{path}") as store:
            yield store


def _fill(path: Path, files: list[Path]) -> None:
    settings = IngestSettings()
    *papers, picks = files
    with open_store(f"sqlite:///{path}") as store:
        listings = chain.from_iterable(read_listings(file, settings) for file in papers)
        ingest_listings(store, listings, now=_now, batch_size=settings.batch_size)
        ingest_interactions(store, read_picks(picks, settings), now=_now, batch_size=settings.batch_size)


def _digest(files: list[Path]) -> str:
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.blake2b(repr(stamps).encode(), digest_size=8).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
