"""A slate's document without what nobody asked for: most of its bytes are reasons and topics of papers far down.

A slate is canonical JSON (``models.slate.encode_slate``), its keys ascending, so that a column lies between two known
ones. Inside a string every quotation mark follows a backslash: what looks like a key is one.
"""

from typing import Any

from pydantic_core import from_json

_BYTES_OF_AN_ITEM = 400
"""A guess at what the reasons of one paper take; where it is too low, more is read."""


def page_document(body: bytes, n_items: int) -> dict[str, Any]:
    """The document of a slate, its columns ``reasons`` and ``topics`` no longer than ``n_items``.

    Raises ValueError where it is no JSON.
    """
    reasons = body.find(b',"reasons":[')
    request = body.find(b',"request":{', reasons)
    topics = body.find(b',"topics":[', request)
    useful = body.find(b',"useful_below":', topics)
    if min(reasons, request, topics, useful) < 0:
        return dict(from_json(body))
    document: dict[str, Any] = from_json(body[:reasons] + body[request:topics] + body[useful:])
    document["reasons"] = _first(body[reasons + len(b',"reasons":') : request], n_items)
    document["topics"] = _first(body[topics + len(b',"topics":') : useful], n_items)
    return document


def _first(column: bytes, n: int) -> list[Any]:
    """The first ``n`` values of a JSON array, or all it has."""
    size = _BYTES_OF_AN_ITEM * (n + 1)
    while size < len(column):
        found: list[Any] = from_json(column[:size], allow_partial=True)
        if len(found) > n:  # the last one may be cut off
            return found[:n]
        size *= 2
    every: list[Any] = from_json(column)
    return every[:n]
