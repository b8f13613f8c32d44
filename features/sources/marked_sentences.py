"""Abstracts with marked sentences: a CSV of ``abstract, start_idx, end_idx, label``, one mark a row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from features.errors import InvalidValue, MalformedRow
from features.settings import IngestSettings
from features.sources.fields import Row, required_text
from features.sources.rows import read_table_rows

ROLES = ("problem", "task", "idea", "result")


@dataclass(frozen=True, slots=True)
class Mark:
    """The letters from ``start`` to ``end`` of an abstract, and which of ROLES they state."""

    abstract: str
    start: int
    end: int
    role: str


def read_marks(path: Path, settings: IngestSettings) -> Iterator[Mark | MalformedRow]:
    """One mark a row; what lies outside its abstract, or has another label, is malformed."""
    return read_table_rows(path, settings, ("abstract", "start_idx", "end_idx", "label"), mark_of)


def mark_of(row: Row) -> Mark:
    """The mark a row describes."""
    abstract, role = required_text(row, "abstract"), required_text(row, "label")
    start, end = (_place(row, name) for name in ("start_idx", "end_idx"))
    if not 0 <= start < end <= len(abstract):
        raise InvalidValue("end_idx", end, f"0 <= start_idx < end_idx <= {len(abstract)}, the length of the abstract")
    if role not in ROLES:
        raise InvalidValue("label", role, f"one of {', '.join(ROLES)}")
    return Mark(abstract, start, end, role)


def marks_by_abstract(marks: Iterable[Mark | MalformedRow]) -> dict[str, list[Mark]]:
    """The good marks of each abstract, ascending by abstract."""
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        if isinstance(mark, Mark):
            found.setdefault(mark.abstract, []).append(mark)
    return {abstract: found[abstract] for abstract in sorted(found)}


def _place(row: Row, name: str) -> int:
    text = required_text(row, name)
    if not text.isdecimal():
        raise InvalidValue(name, text, "a whole number of letters")
    return int(text)
