"""The slate: what one ranking shows, and its one canonical encoding.

Two equal slates have the same bytes: numbers are rounded when a slate is made, floats are written in the shortest
form that reads back the same, keys are sorted, and columns stand in the slate's order.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic_core import from_json, to_json

from features.errors import InvalidValue
from features.slate_request import SlateRequest
from models.slate_bytes import page_document
from models.slate_columns import Columns, Reason, SlateItem

_FORMAT = 1
_DIGITS = 6
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slate:
    """A ranking and what it answers. ``scorer``: ``relevance``, ``topic``, ``interest``, ``crowd``, or a baseline.

    ``n_below`` papers were less probable than the request wanted; their probabilities sum to ``useful_below``. A rule
    of the reader's left ``n_left_out`` out.
    """

    request: SlateRequest
    scorer: str
    columns: Columns
    n_below: int = 0
    useful_below: float = 0.0
    n_left_out: int = 0

    @property
    def slate_id(self) -> str:
        """The hash of the request that asks for this slate."""
        return self.request.slate_id

    @property
    def items(self) -> tuple[SlateItem, ...]:
        """Its papers, made anew each time: a page of them is had for less."""
        return self.columns.items()

    @property
    def n_items(self) -> int:
        """How many papers it holds."""
        return len(self.columns.paper_ids)

    @property
    def expected_useful(self) -> float | None:
        """How many of the day's papers the user is expected to want, those below ``min_probability`` among them.

        Σ probability; None where nothing is calibrated.
        """
        return _useful(self.columns.probabilities, self.n_below, self.useful_below)

    def page(self, offset: int, limit: int) -> "SlatePage":
        """Its items from ``offset`` (counted from 0) on, at most ``limit``."""
        return SlatePage(
            self.request,
            self.scorer,
            self.columns.items(offset, offset + limit),
            self.n_items,
            self.n_below,
            self.n_left_out,
            self.expected_useful,
        )


@dataclass(frozen=True, slots=True)
class SlatePage:
    """Some ``items`` of a slate that has ``n_items``, and what :class:`Slate` says of the whole."""

    request: SlateRequest
    scorer: str
    items: tuple[SlateItem, ...]
    n_items: int
    n_below: int
    n_left_out: int
    expected_useful: float | None

    @property
    def slate_id(self) -> str:
        """The hash of the request that asks for the slate."""
        return self.request.slate_id


def rounded(value: float) -> float:
    """``value`` at the precision of a slate, 1e-6, without a negative zero."""
    return round(value, _DIGITS) + 0.0


def encode_slate(slate: Slate) -> bytes:
    """Canonical JSON, UTF-8, one column per field of :class:`SlateItem`; positions are the order."""
    request = slate.request
    document = {
        "format": _FORMAT,
        "slate_id": slate.slate_id,
        "request": {
            "as_of": request.as_of.astimezone(UTC).isoformat(timespec="microseconds"),
            "day": request.day.isoformat(),
            "min_probability": request.min_probability,
            "model_version": request.model_version,
            "seed": request.seed,
            "topic": request.topic,
            "user_id": request.user_id,
        },
        "scorer": slate.scorer,
        "n_below": slate.n_below,
        "useful_below": slate.useful_below,
        **({"n_left_out": slate.n_left_out} if slate.n_left_out else {}),
    }
    parts = {key: to_json(value) for key, value in document.items()} | slate.columns.encoded()
    return b"{%b}" % b",".join([b'"%b":%b' % (key.encode(), part) for key, part in sorted(parts.items())])


def decode_slate(body: bytes) -> Slate:
    """The slate that :func:`encode_slate` wrote; other bytes raise :class:`features.errors.InvalidValue`."""
    return _decoded(body, _slate)


def decode_page(body: bytes, offset: int, limit: int) -> SlatePage:
    """What ``decode_slate(body).page(offset, limit)`` is, without the items that are not asked for."""

    def page(request: SlateRequest, document: dict[str, Any]) -> SlatePage:
        n_below, useful_below, n_left_out = _beside(document)
        return SlatePage(
            request,
            document["scorer"],
            _columns(document).items(offset, offset + limit),
            len(document["paper_ids"]),
            n_below,
            n_left_out,
            _useful(document["probabilities"], n_below, useful_below),
        )

    return _decoded(body, page, offset + limit)


def _decoded(body: bytes, make: Callable[[SlateRequest, dict[str, Any]], T], n_items: int | None = None) -> T:
    """What ``make`` makes of the request and the document, whose long columns may end after ``n_items``."""
    try:
        document = from_json(body) if n_items is None else page_document(body, n_items)
        if document["format"] != _FORMAT:
            raise InvalidValue("slate format", document["format"], f"this program reads format {_FORMAT}")
        return make(_request(document["request"]), document)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InvalidValue("slate", body[:60], f"not a slate in canonical form ({error})") from error


def _request(asked: dict[str, Any]) -> SlateRequest:
    return SlateRequest(
        user_id=asked["user_id"],
        day=date.fromisoformat(asked["day"]),
        as_of=datetime.fromisoformat(asked["as_of"]),
        model_version=asked["model_version"],
        seed=asked["seed"],
        topic=asked["topic"],
        min_probability=asked.get("min_probability"),
    )


def _beside(document: dict[str, Any]) -> tuple[int, float, int]:
    return document.get("n_below", 0), document.get("useful_below", 0.0), document.get("n_left_out", 0)


def _useful(probabilities: Iterable[float | None], n_below: int, useful_below: float) -> float | None:
    known = [value for value in probabilities if value is not None]
    return rounded(math.fsum([*known, useful_below])) if known or n_below else None


def _columns(document: dict[str, Any]) -> Columns:
    return Columns(
        document["paper_ids"],
        document["ranks"],
        document["scores"],
        document["probabilities"],
        document["propensities"],
        [_pairs(topics) for topics in document["topics"]],
        [_reasons(reasons) for reasons in document["reasons"]],
    )


def _slate(request: SlateRequest, document: dict[str, Any]) -> Slate:
    return Slate(request, document["scorer"], _columns(document).checked(), *_beside(document))


def _pairs(rows: Sequence[Sequence[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((name, probability) for name, probability in rows)


def _reasons(rows: Sequence[Sequence[Any]]) -> tuple[Reason, ...]:
    return tuple(Reason(kind, text, weight) for kind, text, weight in rows)
