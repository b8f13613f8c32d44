"""What is known of a community's page on a day: who stood on it before, how they were voted for, and what was there.

A record of the page counts from the day after it, and never before the day after the paper's own first listing: on
day D nothing that the page says of a paper first listed on or after D is visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from features.domain import Paper
from models.topic_authors import author_key

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

_SPAN = 1 << 20  # more days than a calendar holds: an author's events lie in a range of their own
NEVER = 999.0
"""Days since the last time, for somebody who never was there."""

LONG_DAYS = 120
"""How far back the page's papers are compared with."""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """A paper on the page of ``day``; ``votes`` as read then, None or NaN where nobody knows."""

    paper: Paper
    day: date
    votes: float | None = None


@dataclass(frozen=True, slots=True)
class AuthorLog:
    """Dated events of authors: ``keys`` uint64 (m,) ascend, ``events`` int64 (e,) are author · span + day, ascending.

    ``sums`` float64 (e + 1,) are the events' amounts, summed up to each.
    """

    keys: NDArray[np.uint64]
    events: NDArray[np.int64]
    sums: Floats

    @classmethod
    def of(cls, authors: Sequence[tuple[str, ...]], days: Days, amounts: Floats) -> Self:
        """From papers' authors (n), the day each event is known from (n,) and its amount (n,)."""
        names = {name: author_key(name) for each in authors for name in each}
        pairs = [(names[name], row) for row, each in enumerate(authors) for name in sorted(set(each))]
        found = np.fromiter((key for key, _ in pairs), np.uint64, len(pairs))
        rows = np.fromiter((row for _, row in pairs), np.int64, len(pairs))
        keys, numbers = np.unique(found, return_inverse=True)
        events = numbers.astype(np.int64) * _SPAN + _numbers(days)[rows]
        order = np.lexsort((amounts[rows], events))
        return cls(keys, events[order], np.concatenate([[0.0], np.cumsum(amounts[rows][order])]))

    def until(self, authors: NDArray[np.uint64], days: Days) -> tuple[Floats, Floats, Floats]:
        """Per pair of author and day: events known by then, their amounts' sum, and days since the last."""
        if not len(self.keys):
            return np.zeros(len(authors)), np.zeros(len(authors)), np.full(len(authors), NEVER)
        places = np.minimum(np.searchsorted(self.keys, authors), len(self.keys) - 1)
        known = self.keys[places] == authors
        now = _numbers(days)
        first = np.searchsorted(self.events, places * _SPAN)
        last = np.searchsorted(self.events, places * _SPAN + now, side="right")
        count = np.where(known, last - first, 0).astype(np.float64)
        amount = np.where(known, self.sums[last] - self.sums[first], 0.0)
        since = now - self.events[np.maximum(last - 1, 0)] % _SPAN
        return count, amount, np.where(count > 0, np.minimum(since, NEVER), NEVER)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays."""
        return {"keys": self.keys, "events": self.events, "sums": self.sums}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        return cls(*(np.array(arrays[name]) for name in ("keys", "events", "sums")))


@dataclass(frozen=True, slots=True)
class TrendHistory:
    """Authors on the page, authors listed at all, and the page's papers: ``known`` (m,) ascend, ``vectors`` (m, d)."""

    pages: AuthorLog
    listed: AuthorLog
    known: Days
    vectors: NDArray[np.float32]

    @classmethod
    def of(
        cls, records: Sequence[PageRecord], vectors: NDArray[np.float32], papers: Sequence[Paper], first_days: Days
    ) -> Self:
        """From the page's ``records`` (m) with their ``vectors`` (m, d), and all listed papers with their first days.

        A paper that stood on several pages counts on the first. It holds the future as well: who asks names the day.
        """
        listed_on = dict(zip((paper.id for paper in papers), _numbers(first_days).tolist(), strict=True))
        first: dict[str, int] = {}
        order = sorted(range(len(records)), key=lambda row: (records[row].day, records[row].paper.id))
        for row in order:
            first.setdefault(records[row].paper.id, row)
        kept = [records[row] for row in first.values()]
        on_page = [int(_numbers(np.array([record.day], dtype="datetime64[D]"))[0]) for record in kept]
        known = np.array(
            [max(day, listed_on.get(record.paper.id, day)) + 1 for day, record in zip(on_page, kept, strict=True)],
            dtype=np.int64,
        ).astype("datetime64[D]")
        votes = np.array([record.votes or 0.0 for record in kept], dtype=np.float64)
        amounts = np.log1p(np.maximum(np.nan_to_num(votes), 0.0))
        by_day = np.argsort(known, kind="stable")
        rows = np.array(list(first.values()), dtype=np.int64)[by_day]
        return cls(
            AuthorLog.of([record.paper.authors for record in kept], known, amounts),
            AuthorLog.of([paper.authors for paper in papers], first_days + 1, np.zeros(len(papers))),
            known[by_day],
            vectors[rows],
        )

    def from_day(self, day: date) -> Self:
        """The same for every question about ``day`` and later: without vectors of papers too old to be compared."""
        start = int(np.searchsorted(self.known, np.datetime64(day) - LONG_DAYS))
        return replace(self, known=self.known[start:], vectors=self.vectors[start:])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays without objects."""
        found: dict[str, NDArray[Any]] = {"known": _numbers(self.known), "vectors": self.vectors}
        found |= {f"pages_{name}": values for name, values in self.pages.arrays().items()}
        return found | {f"listed_{name}": values for name, values in self.listed.arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        logs = [
            AuthorLog.from_arrays({name: arrays[f"{log}_{name}"] for name in ("keys", "events", "sums")})
            for log in ("pages", "listed")
        ]
        return cls(logs[0], logs[1], np.array(arrays["known"]).astype("datetime64[D]"), np.array(arrays["vectors"]))


def _numbers(days: Days) -> NDArray[np.int64]:
    """Days since 1970."""
    return np.asarray(days.astype("datetime64[D]").astype(np.int64))
