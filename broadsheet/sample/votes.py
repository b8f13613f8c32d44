"""A made-up community page: every eighth paper is put up for votes, some of them days later, a few known there only."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from numpy.random import Generator

from broadsheet.sample.corpus import Corpus, MadeUpPaper

SHARE = 0.12
COMMUNITY_ONLY = 5


def make_votes(corpus: Corpus, rng: Generator) -> Iterator[tuple[MadeUpPaper, date, int]]:
    """Paper, day on the page, and votes counted on that day; ascending by paper."""
    days = tuple(day for day in corpus.days if day != corpus.failed_day)
    liked = rng.gamma(1.2, 1.0, size=corpus.papers[0].mixture.shape)
    for paper in corpus.papers:
        if rng.random() < SHARE:
            day = _on_or_after(days, paper.day, int(rng.integers(4)))
            votes = int(rng.poisson(3 + 12 * rng.gamma(1.0) * float(paper.mixture @ liked)))
            yield paper, day, votes
    for number, paper in enumerate(corpus.papers[:COMMUNITY_ONLY]):
        stranger = replace(paper, id=f"synthetic-page.{number:05d}", title=f"{paper.title}, told to strangers")
        yield stranger, _on_or_after(days, paper.day, 2), 1 + number


def _on_or_after(days: tuple[date, ...], day: date, later: int) -> date:
    return days[min(days.index(day) + later, len(days) - 1)]
