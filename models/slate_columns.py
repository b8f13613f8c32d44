"""What a slate holds, one column a field: a ranking of a thousand papers makes no object for those nobody looks at.

A column is any sequence; one that is :class:`Encoded` knows its JSON without making its values.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, Self, TypeVar

from numpy.typing import NDArray
from pydantic_core import to_json

T = TypeVar("T")
Topics = tuple[tuple[str, float], ...]

_CLOSING = b"]]"


class Reason(NamedTuple):
    """One plain sentence that says why a paper stands where it does.

    ``kind`` is that of an evidence (:mod:`models.explain`), ``cold_start``, ``baseline``, ``rule``, or why the slate
    moved the paper; ``weight`` is its part of the score, or 0. ``text`` quotes titles as they came, which
    is untrusted text: a page escapes it.
    """

    kind: str
    text: str
    weight: float


class SlateItem(NamedTuple):
    """One paper of a slate.

    ``position`` (as shown) and ``rank`` (scorer's order) count from 1; ``score`` compares within one slate only;
    ``probability`` is None where nothing is calibrated; ``topics`` are (name, probability), best first.
    """

    paper_id: str
    position: int
    rank: int
    score: float
    probability: float | None
    propensity: float
    topics: Topics
    reasons: tuple[Reason, ...]


class Encoded(ABC):
    """A column that writes itself."""

    __slots__ = ()

    @abstractmethod
    def to_json(self) -> bytes:
        """The JSON array of its values."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The fields of :class:`SlateItem` but for the position, which is the place; all of one length.

    Two are equal where their items are, in whatever form the columns come.
    """

    paper_ids: Sequence[str]
    ranks: Sequence[int]
    scores: Sequence[float]
    probabilities: Sequence[float | None]
    propensities: Sequence[float]
    topics: Sequence[Topics]
    reasons: Sequence[tuple[Reason, ...]]

    @classmethod
    def of(cls, items: Sequence[SlateItem]) -> Self:
        """The columns of these items, whose positions are their places."""
        rows = [(item.paper_id, *item[2:]) for item in items]
        return cls(*(list(column) for column in zip(*rows, strict=True))) if rows else cls(*((),) * 7)

    def checked(self) -> Self:
        """Itself; ValueError where the columns are not all of one length."""
        lengths = {len(getattr(self, each.name)) for each in fields(self)}
        if len(lengths) > 1:
            raise ValueError(f"columns of {sorted(lengths)} values")
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Columns) and self.items() == other.items()

    def __hash__(self) -> int:
        return hash(tuple(self.paper_ids))

    def items(self, start: int = 0, stop: int | None = None) -> tuple[SlateItem, ...]:
        """The items from one place (counted from 0) up to another."""
        every = (self.ranks, self.scores, self.probabilities, self.propensities, self.topics, self.reasons)
        parts = (column[start:stop] for column in every)
        return tuple(
            SlateItem(paper_id, position, *others)
            for position, (paper_id, *others) in enumerate(
                zip(self.paper_ids[start:stop], *parts, strict=True), start=start + 1
            )
        )

    def encoded(self) -> dict[str, bytes]:
        """The JSON array of each column, by its name."""
        return {each.name: _encoded(getattr(self, each.name)) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class Picked(Encoded, Sequence[Topics]):
    """The topics of the papers at ``rows`` of a day, whose ``values`` and their JSON stand ready for all readers."""

    values: Sequence[Topics]
    ready: Sequence[bytes]
    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self.values[row] for row in self.rows[place]]
        return self.values[self.rows[place]]

    def to_json(self) -> bytes:
        """The JSON array of its values."""
        return b"[%b]" % b",".join(map(self.ready.__getitem__, self.rows))


@dataclass(frozen=True, slots=True, eq=False)
class Numbers(Encoded, Sequence[Any]):
    """The ``values`` (n,) of an array, which become Python's when somebody looks."""

    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values.tolist())

    def __getitem__(self, place: Any) -> Any:
        return self.values[place].tolist()

    def to_json(self) -> bytes:
        """The JSON array of its values."""
        return to_json(self.values.tolist())


def no_topics(rows: Sequence[int]) -> list[Topics]:
    """No topics for each of the rows."""
    return [()] * len(rows)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A reason without its weight, and what stands ``before`` it in the same row; ``opening`` is their JSON."""

    kind: str
    text: str
    before: tuple[Reason, ...] = ()
    opening: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        closed = to_json([*self.before, (self.kind, self.text)])
        object.__setattr__(self, "opening", closed[: -len(_CLOSING)] + b",")

    def weighing(self, weight: float) -> tuple[Reason, ...]:
        """The row; without a weight only what stands before."""
        return (*self.before, Reason(self.kind, self.text, weight)) if weight else self.before


class LaterRows(Sequence[T]):
    """Rows that are made when one of their run is first looked at.

    ``make`` gives the rows from one place up to another. Runs end at ``ends``, whoever looks first, so that it changes
    nothing. Safe to share between threads: two of them may make the same rows.
    """

    def __init__(self, ends: Sequence[int], make: Callable[[int, int], Sequence[T]]) -> None:
        self._ends = [end for end in ends if end]
        self._make = make
        self._runs: dict[int, Sequence[T]] = {}

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, place: Any) -> Any:
        rows = range(len(self))[place]
        if isinstance(rows, int):
            return self._between(rows, rows + 1)[0]
        if rows.step != 1:
            return [self[row] for row in rows]
        return self._between(rows.start, rows.stop)

    def _between(self, start: int, stop: int) -> list[T]:
        found: list[T] = []
        for run in range(bisect_right(self._ends, start), len(self._ends)):
            begin = self._ends[run - 1] if run else 0
            if begin >= stop:
                break
            if run not in self._runs:
                self._runs[run] = self._make(begin, self._ends[run])
            found += self._runs[run][max(start - begin, 0) : stop - begin]
        return found


@dataclass(frozen=True, slots=True)
class Reasons(Encoded, Sequence[tuple[Reason, ...]]):
    """Reasons by row, most of them one of a few ``phrases`` with a weight.

    Row i is ``told`` which phrase it has and with what weight, but the first ones are written out in ``head``,
    ``first`` before each of them. Some rows have more, ``before`` and ``after`` the others.
    """

    phrases: Sequence[Phrase]
    told: Sequence[tuple[int, float]]
    head: Sequence[tuple[Reason, ...]] = ()
    first: tuple[Reason, ...] = ()
    before: Mapping[int, tuple[Reason, ...]] = field(default_factory=dict)
    after: Mapping[int, tuple[Reason, ...]] = field(default_factory=dict)

    @classmethod
    def same(cls, reasons: tuple[Reason, ...], n: int, head: Sequence[tuple[Reason, ...]] = ()) -> Self:
        """The same ones in each of ``n`` rows, but for those of the head."""
        return cls((Phrase("", "", reasons),), [(0, 0.0)] * n, head)

    def beside(self, before: Mapping[int, tuple[Reason, ...]], after: Mapping[int, tuple[Reason, ...]]) -> Self:
        """With these reasons before and after those of some rows."""
        return replace(self, before=before, after=after)

    def preceded_by(self, first: Reason) -> Self:
        """With one more reason at the beginning of each row."""
        phrases = [replace(phrase, before=(first, *phrase.before)) for phrase in self.phrases]
        return replace(self, phrases=phrases, first=(first, *self.first))

    def __len__(self) -> int:
        return len(self.told)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        row = range(len(self))[place]
        if row < len(self.head):
            own = (*self.first, *self.head[row])
        else:
            phrase, weight = self.told[row]
            own = self.phrases[phrase].weighing(weight)
        return (*self.before.get(row, ()), *own, *self.after.get(row, ()))

    def to_json(self) -> bytes:
        """The JSON array of its rows."""
        n_head = len(self.head)
        head = [to_json(self[:n_head])[1:-1]] if n_head else []
        rows = self._of_phrases(n_head)
        for row in {*self.before, *self.after}:
            if row >= n_head:
                rows[row - n_head] = to_json(self[row])
        return b"[%b]" % b",".join([*head, *rows])

    def _of_phrases(self, start: int) -> list[bytes]:
        """The JSON of each row's phrase, from the row ``start`` on."""
        told = self.told[start:]
        values = [weight for _, weight in told]
        weights = to_json(values)[1:-1].split(b",") if values else []
        openings = [phrase.opening for phrase in self.phrases]
        rows = [openings[phrase] + weight + _CLOSING for (phrase, _), weight in zip(told, weights, strict=True)]
        if 0.0 in values:
            bare = [to_json(phrase.before) for phrase in self.phrases]
            for row, (phrase, value) in enumerate(told):
                if not value:
                    rows[row] = bare[phrase]
        return rows


def _encoded(column: Sequence[Any]) -> bytes:
    return column.to_json() if isinstance(column, Encoded) else to_json(column)
