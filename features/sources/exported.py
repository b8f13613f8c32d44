"""Broadsheet's own export of a user → what the user had saved."""

import json
from collections.abc import Iterator

from features.errors import MalformedRow
from features.sources.examples import Entry, Examples, decoded, examples_of

_ORIGIN = "JSON"
_SAVED = ("save", "pick")
_OPINIONS = (*_SAVED, "dismiss", "rate_down")

_Row = dict[str, object]


def read_export(data: bytes) -> Examples:
    """The saves of an export, as the API or the command line gives it, that stood when it was made.

    Opens, ratings and dismissals are not taken over; ``line`` is the place in the list of interactions.
    """
    try:
        export = json.loads(decoded(data))
    except (ValueError, RecursionError):
        return [], [MalformedRow(_ORIGIN, 1, "is no JSON")]
    inner = export.get("data", export) if isinstance(export, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("interactions"), list):
        return [], [MalformedRow(_ORIGIN, 1, "is no export of a user: it has no list of interactions")]
    texts = {_text(row, "paper_id"): row for row in _rows(inner, "own_papers")}
    return examples_of(_ORIGIN, (_entry(place, texts.get(paper_id, {}), paper_id) for place, paper_id in _saved(inner)))


def _saved(export: _Row) -> Iterator[tuple[int, str]]:
    """Place and paper of each paper whose newest standing opinion is a save, and of each that waits for its paper."""
    taken_back = {_text(row, "client_id") for row in _rows(export, "retractions")}
    newest: dict[str, tuple[str, str, str, int]] = {}
    for place, row in enumerate(_rows(export, "interactions"), start=1):
        client_id, kind = _text(row, "client_id"), _text(row, "kind")
        if kind in _OPINIONS and client_id not in taken_back:
            said = (_text(row, "recorded_at"), client_id, kind, place)
            newest[_text(row, "paper_id")] = max(newest.get(_text(row, "paper_id"), said), said)
    yield from ((place, paper_id) for paper_id, (_, _, kind, place) in newest.items() if kind in _SAVED)
    for place, row in enumerate(_rows(export, "pending_interactions"), start=1):
        if _text(row, "kind") in _SAVED and _text(row, "client_id") not in taken_back:
            yield place, _text(row, "paper_id")


def _entry(place: int, text: _Row, paper_id: str) -> Entry:
    authors = text.get("authors")
    names = [name for name in authors if isinstance(name, str)] if isinstance(authors, list) else []
    return Entry(place, _text(text, "title"), _text(text, "abstract"), names, numbers=[paper_id])


def _rows(export: _Row, name: str) -> list[_Row]:
    rows = export.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(row: _Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""
