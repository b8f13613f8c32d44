"""Interactions in JSON Lines or CSV (docs/formats.md), as ``broadsheet export`` and other systems write them."""

from collections.abc import Iterator
from pathlib import Path

from features.arxiv_ids import paper_id
from features.domain import Interaction, InteractionKind
from features.errors import InvalidValue, MalformedRow
from features.settings import IngestSettings
from features.sources.fields import Row, optional_count, optional_instant, optional_text, required_text
from features.sources.jsonl import one_of
from features.sources.picks import content_id
from features.sources.rows import read_table_rows


def read_interactions(path: Path, settings: IngestSettings) -> Iterator[Interaction | MalformedRow]:
    """One interaction a row; ``user_id, paper_id, kind`` are needed, an interaction's other fields may be given."""
    return read_table_rows(path, settings, ("user_id", "paper_id", "kind"), interaction_of)


def interaction_of(row: Row) -> Interaction:
    """The interaction a row describes; without a client id, a hash of its content is one."""
    user = required_text(row, "user_id")
    paper, _ = paper_id(required_text(row, "paper_id"))
    kind = one_of(row, "kind", InteractionKind)
    occurred_at = optional_instant(row, "occurred_at")
    topic = optional_text(row, "topic")
    named = content_id(user, paper, kind, occurred_at.isoformat() if occurred_at else "", topic or "")
    return Interaction(
        client_id=optional_text(row, "client_id") or f"row-{named}",
        user_id=user,
        paper_id=paper,
        kind=kind,
        occurred_at=occurred_at,
        topic=topic,
        slate_id=_slate_id(row),
        position=optional_count(row, "position", least=1),
    )


def _slate_id(row: Row) -> str | None:
    value = optional_text(row, "slate_id")
    if value is not None and not (value.isprintable() and len(value) <= 128):
        raise InvalidValue("slate_id", value, "at most 128 printable characters")
    return value
