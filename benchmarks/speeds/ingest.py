"""Papers a second from JSON Lines into the store, beside a bare loop that only parses the lines.

SQLite with every commit on the disk; PostgreSQL too where BROADSHEET_BENCHMARK_POSTGRES names a server's URL, in a
database made for it.
"""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.options import MissingData
from benchmarks.speeds.postgres import empty_database, server_named
from benchmarks.speeds.rows import Row, SpeedOptions, in_turns
from features.ingest import ingest_listings
from features.settings import IngestSettings
from features.sources.jsonl import read_listings
from features.store import open_store

_FILE = "arxiv_cs.jsonl.gz"
_MUST = ">= 5000/s"


def run(options: SpeedOptions) -> list[Row]:
    """Papers a second of each."""
    if options.data is None or not (options.data / _FILE).exists():
        raise MissingData(Path(_FILE))
    file, rows, turn = options.data / _FILE, [], 0
    with gzip.open(file) as lines:
        n_papers = sum(1 for _ in lines)

    def into(url: str) -> None:
        settings = IngestSettings()
        with open_store(url) as store:
            listings = read_listings(file, settings)
            ingest_listings(store, listings, now=lambda: datetime.now(UTC), batch_size=settings.batch_size)

    def sqlite() -> None:
        nonlocal turn
        turn += 1
        into(f"sqlite:///{options.scratch}/ingest-{turn}.db")

    taken, parsed = in_turns([sqlite, lambda: _parse(file)], min(options.rounds, 3))
    base = ("json.loads of every line", n_papers / parsed)
    rows.append(Row("ingest into SQLite", n_papers / taken, "papers/s", *base, must=_MUST))
    server = server_named()
    if server:
        with empty_database(server) as url:
            (taken,) = in_turns([lambda: into(url)], 1)
        rows.append(Row("ingest into PostgreSQL", n_papers / taken, "papers/s", *base, must=_MUST))
    return rows


def _parse(file: Path) -> None:
    with gzip.open(file) as lines:
        for line in lines:
            json.loads(line)
