"""Screenings made of arXiv's listings: records of one primary category, wanted are those cross-listed in another.

Nobody screened them, but what authors say of their papers is a yes and a no of many, in fields unlike medicine's. Of
each primary category with :data:`LEAST_PAPERS` papers, :data:`N_RECORDS` are drawn. Among the categories that these
are cross-listed in, the :data:`PER_PRIMARY` most frequent are screenings, of those that :data:`LEAST_WANTED` of them
carry and no more than :data:`MOST_WANTED_SHARE`. Records have a title and an abstract and no categories. Which
screenings there are depends on nothing that any method made of them.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.reviews import Review
from features.domain import Paper

LEAST_PAPERS, N_RECORDS, PER_PRIMARY = 600, 1000, 2
LEAST_WANTED, MOST_WANTED_SHARE = 20, 0.08


@dataclass(frozen=True, slots=True)
class Listed:
    """A paper without its categories, and those it is cross-listed in."""

    paper: Paper
    crossed: frozenset[str]


def read_cross_listings(paths: Sequence[Path], seed: int) -> list[Review]:
    """By primary category, the more frequent cross-listing first; ``seed`` draws the records."""
    listed: dict[str, list[Listed]] = defaultdict(list)
    for path in paths:
        for primary, each in _rows(path):
            listed[primary].append(each)
    found: list[Review] = []
    for primary in sorted(listed):
        if len(listed[primary]) >= LEAST_PAPERS:
            found += screenings_of(primary, listed[primary], len(found), seed)
    return found


def screenings_of(primary: str, listed: Sequence[Listed], first: int, seed: int) -> list[Review]:
    """The screenings of one primary category, which are numbered from ``first``."""
    ordered = sorted(listed, key=lambda each: each.paper.id)
    size = min(N_RECORDS, len(ordered))
    drawn = np.random.default_rng([seed, 5]).choice(len(ordered), size, replace=False)
    records = [ordered[place] for place in np.sort(drawn).tolist()]
    counts = Counter(category for each in records for category in each.crossed)
    able = [name for name, n in counts.items() if LEAST_WANTED <= n <= MOST_WANTED_SHARE * size]
    chosen = sorted(able, key=lambda name: (-counts[name], name))[:PER_PRIMARY]
    papers = tuple(each.paper for each in records)
    return [
        Review(f"{primary} in {name}", first + place, papers, np.array([name in each.crossed for each in records]))
        for place, name in enumerate(chosen)
    ]


def _rows(path: Path) -> Iterator[tuple[str, Listed]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            categories = row["categories"]
            if categories:
                paper = Paper(row["id"], row["title"].strip() or row["id"], row["abstract"] or "")
                yield categories[0], Listed(paper, frozenset(categories[1:]) - {categories[0]})
