"""All papers known at some cuts, as columns: what training reads.

The texts are read a thousand papers at a time. Read at once, the rows of all lie between the papers that are made of
them, and when they go, they leave holes that no other memory fits: half as much again as the papers take.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from sqlalchemy import Connection, select

from features.domain import Cut, Paper
from features.store.asof import (
    Community,
    Sightings,
    as_paper,
    candidate_days,
    community,
    current_versions,
    first_day_at,
    sightings,
)
from features.store.paper_rows import SIGHTING_COLUMNS, VERSIONS_OF
from features.store.queries import AnyRow, chunks
from features.store.records import PaperHistory
from features.store.tables import community_records

_Made = dict[tuple[int, tuple[str, ...]], Paper]
"""Papers by version row and the community's keywords."""


def read_histories(connection: Connection, cuts: Sequence[Cut]) -> list[PaperHistory]:
    """The history at each of several cuts of one clock; what was read once and known at two is one object."""
    places = _Place.all_of(connection, cuts)
    last = max(cuts, key=lambda cut: cut.at)
    for ids in chunks(paper_id for place in places for paper_id in place.seen):
        rows, made = VERSIONS_OF[last.clock].all(connection, ids, {"at": last.at}), _Made()
        for place in places:
            place.add(rows, made)
    return [place.history() for place in places]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a cut knows of all papers; ``papers`` grow in ascending order of their ids."""

    cut: Cut
    seen: dict[str, Sightings]
    said: dict[str, Community]
    papers: dict[str, Paper] = field(default_factory=dict)

    @classmethod
    def all_of(cls, connection: Connection, cuts: Sequence[Cut]) -> list[Self]:
        listed = connection.execute(select(*SIGHTING_COLUMNS)).all()
        said = connection.execute(select(community_records)).all()
        seen = [sightings(listed, cut) for cut in cuts]
        return [cls(cut, each, community(said, each, cut)) for cut, each in zip(cuts, seen, strict=True)]

    def add(self, rows: Sequence[AnyRow], made: _Made) -> None:
        """The papers of these version rows; what has been made of a row is taken from ``made``."""
        found = current_versions(rows, self.seen, self.cut)
        for paper_id in sorted(found.keys() & self.seen.keys()):
            said = self.said.get(paper_id)
            row, place = found[paper_id], (found[paper_id].id, () if said is None else said.keywords)
            if place not in made:
                made[place] = as_paper(row, said)
            self.papers[paper_id] = made[place]

    def history(self) -> PaperHistory:
        days = candidate_days(self.seen, self.cut)
        votes = (self.said[paper_id].votes if paper_id in self.said else None for paper_id in self.papers)
        return PaperHistory(
            ids=tuple(self.papers),
            papers=tuple(self.papers.values()),
            first_days=np.array(
                [first_day_at(self.seen[paper_id], self.cut) for paper_id in self.papers], dtype="datetime64[D]"
            ),
            is_candidate=np.array([paper_id in days for paper_id in self.papers], dtype=np.bool_),
            votes=np.array([count or 0 for count in votes], dtype=np.int64),
        )
