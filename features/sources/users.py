"""Users in JSON Lines or CSV: one ``user_id`` a row."""

from collections.abc import Iterator
from pathlib import Path

from features.domain import valid_user_id
from features.errors import MalformedRow
from features.settings import IngestSettings
from features.sources.fields import Row, required_text
from features.sources.rows import read_table_rows


def read_users(path: Path, settings: IngestSettings) -> Iterator[str | MalformedRow]:
    """The valid user id on each row; other columns are ignored."""
    return read_table_rows(path, settings, ("user_id",), user_of)


def user_of(row: Row) -> str:
    """The user id of a row."""
    return valid_user_id(required_text(row, "user_id"))
