"""``picks.csv`` (``reader, paper, picked_on, stream_day``) → interactions of kind ``pick``."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from features.arxiv_ids import paper_id
from features.domain import Interaction, InteractionKind, midnight
from features.errors import MalformedRow
from features.settings import IngestSettings
from features.sources.fields import Row, optional_day, required_text
from features.sources.rows import read_table_rows


def read_picks(path: Path, settings: IngestSettings) -> Iterator[Interaction | MalformedRow]:
    """One pick a row; ``picked_on`` and ``stream_day`` may be empty, and ``stream_day`` is checked but not used.

    A pick's day of knowledge follows from the paper's first day in the store, which may be another than the file's.
    """
    return read_table_rows(path, settings, ("reader", "paper", "picked_on"), pick_of)


def pick_of(row: Row) -> Interaction:
    """The pick a row describes; its client id is a hash of reader and paper, so reading it twice adds nothing."""
    reader = required_text(row, "reader")
    paper, _ = paper_id(required_text(row, "paper"))
    picked_on = optional_day(row, "picked_on")
    optional_day(row, "stream_day")
    return Interaction(
        client_id=f"pick-{content_id(reader, paper)}",
        user_id=reader,
        paper_id=paper,
        kind=InteractionKind.PICK,
        occurred_at=None if picked_on is None else midnight(picked_on),
    )


def content_id(*parts: str) -> str:
    """32 hex digits that name ``parts`` in this order."""
    joined = "\x1f".join(parts).encode(errors="surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
