"""Single fields of an untrusted row: each gives a checked value of its type or raises InvalidValue naming the field."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import TypeAlias

from features.errors import InvalidValue
from features.text import plain, plain_list, split_names

Row: TypeAlias = dict[str, object]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_LARGEST_COUNT = 2**31 - 1


def raw_text(row: Row, field: str) -> str:
    """The text of ``field`` as it came, for :mod:`features.text` to clean; empty where it is absent or null."""
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidValue(field, value, "text is needed")
    return value


def optional_text(row: Row, field: str) -> str | None:
    """The text of ``field``, stripped; None where it is absent, null or empty."""
    value = raw_text(row, field).strip()
    if not value.isascii() and _SURROGATE.search(value):
        raise InvalidValue(field, value, "half a character (a lone surrogate) is no text")
    return value or None


def required_text(row: Row, field: str) -> str:
    """The text of ``field``, which must be there."""
    value = optional_text(row, field)
    if value is None:
        raise InvalidValue(field, row.get(field), "this field is needed")
    return value


def names(row: Row, field: str) -> tuple[str, ...]:
    """A list of names, or one text of names parted by commas and ``and``; empty where absent."""
    return _texts(row, field, split_names)


def phrases(row: Row, field: str) -> tuple[str, ...]:
    """A list of phrases, or one text of phrases parted by commas; empty where absent."""
    return _texts(row, field, lambda value: value.split(","))


def codes(row: Row, field: str) -> tuple[str, ...]:
    """A list of codes, or one text of codes parted by white space or commas; empty where absent."""
    return _texts(row, field, lambda value: value.replace(",", " ").split())


def _texts(row: Row, field: str, split: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    value = row.get(field)
    if value is None:
        return ()
    if isinstance(value, str):
        return plain_list(split(value))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return plain_list(value)
    raise InvalidValue(field, value, "a list of texts is needed")


def optional_count(row: Row, field: str, *, least: int = 0) -> int | None:
    """A whole number from ``least`` to 2³¹ − 1, also when written as text; None where absent."""
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,10}", value, re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST_COUNT:
        raise InvalidValue(field, value, f"a whole number from {least} to {_LARGEST_COUNT} is needed")
    return value


def required_day(row: Row, field: str) -> date:
    """A day written YYYY-MM-DD, which must be there."""
    return parse_day(required_text(row, field), field)


def optional_day(row: Row, field: str) -> date | None:
    """A day written YYYY-MM-DD; None where absent."""
    value = optional_text(row, field)
    return None if value is None else parse_day(value, field)


def parse_day(value: str, field: str) -> date:
    """The day ``value`` names; years outside 1900 to 2199 are taken for mistakes."""
    try:
        day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InvalidValue(field, value, "a day is written YYYY-MM-DD")
    return day


def optional_instant(row: Row, field: str, *, zone_needed: bool = True) -> datetime | None:
    """An ISO 8601 instant in UTC; None where absent. ``zone_needed=False`` takes one without a zone for UTC."""
    value = optional_text(row, field)
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        instant = None
    if instant is None or not _FIRST_YEAR <= instant.year <= _LAST_YEAR or (zone_needed and instant.tzinfo is None):
        raise InvalidValue(field, value, "an instant is written like 2026-02-27T08:00:00Z, with a time zone")
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def plain_field(row: Row, field: str) -> str:
    """The plain text of ``field``; empty where absent."""
    return plain(raw_text(row, field))
