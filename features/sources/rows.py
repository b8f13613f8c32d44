"""Rows of JSON Lines and CSV files → values; a row that cannot be used becomes a MalformedRow in its place."""

import csv
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from features.errors import InvalidValue, MalformedRow, UnreadableFile
from features.settings import IngestSettings
from features.sources.fields import Row
from features.sources.files import Line, read_lines

Value = TypeVar("Value")


def read_json_rows(
    path: Path, settings: IngestSettings, make: Callable[[Row], Value]
) -> Iterator[Value | MalformedRow]:
    """``make`` of the JSON object on each line of ``path``."""
    for line in read_lines(path, settings):
        yield line if isinstance(line, MalformedRow) else _made(path, line, json_row, make)


def read_table_rows(
    path: Path, settings: IngestSettings, columns: tuple[str, ...], make: Callable[[Row], Value]
) -> Iterator[Value | MalformedRow]:
    """``make`` of each row of a CSV file whose first line names at least ``columns``, or of each line of JSON Lines.

    Which of the two it is, the first line tells. A CSV row stands on one line; an empty field counts as not given.
    """
    to_row: Callable[[str], Row] | None = None
    for line in read_lines(path, settings):
        if isinstance(line, MalformedRow):
            yield line
        elif to_row is not None:
            yield _made(path, line, to_row, make)
        elif line.text.lstrip().startswith("{"):
            to_row = json_row
            yield _made(path, line, to_row, make)
        else:
            to_row = partial(_table_row, _header(path, line.text, columns))


def json_row(text: str) -> Row:
    """The JSON object in ``text``; InvalidValue says what else it is."""
    try:
        row = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidValue("row", text[:40], "nested too deeply") from None
    except ValueError as error:
        raise InvalidValue("row", text[:40], f"not JSON: {error}") from None
    if not isinstance(row, dict):
        raise InvalidValue("row", text[:40], "a JSON object is needed")
    return row


def _made(path: Path, line: Line, to_row: Callable[[str], Row], make: Callable[[Row], Value]) -> Value | MalformedRow:
    try:
        return make(to_row(line.text))
    except InvalidValue as error:
        return MalformedRow(str(path), line.number, str(error))


def _header(path: Path, text: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    try:
        found = tuple(name.strip() for name in _fields(text))
    except InvalidValue as error:
        raise UnreadableFile(str(path), str(error)) from error
    if missing := [name for name in columns if name not in found]:
        raise UnreadableFile(str(path), f"its first line must name the column {missing[0]!r}, but is {text[:80]!r}")
    return found


def _table_row(header: tuple[str, ...], text: str) -> Row:
    fields = _fields(text)
    if len(fields) != len(header):
        raise InvalidValue("row", text[:40], f"{len(header)} fields are needed, {len(fields)} found")
    return {name: field.strip() or None for name, field in zip(header, fields, strict=True)}


def _fields(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise InvalidValue("row", text[:40], f"not CSV: {error}") from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")
