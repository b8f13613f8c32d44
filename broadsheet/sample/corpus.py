"""Days of papers: fields in and out of fashion, authors at home in one, revisions, and the oddities of real feeds."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from broadsheet.sample.grammar import Theme, abstract_of, title_of
from broadsheet.sample.lexicon import FIRST_NAMES, LAST_NAMES, SUBJECTS

N_STRANDS = 3 * len(SUBJECTS)
MARK = "Synthetic: written by a grammar for Broadsheet's demo, about nothing real."


@dataclass(frozen=True, slots=True)
class MadeUpPaper:
    """One invented paper; ``mixture`` float64 (N_STRANDS,) sums to 1 and is what readers react to."""

    id: str
    day: date
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    mixture: NDArray[np.float64] = field(compare=False)
    version: int = 1


@dataclass(frozen=True, slots=True)
class Corpus:
    """``papers`` by id, on ``days`` (weekdays, ascending); ``revisions`` are later versions of some of them."""

    days: tuple[date, ...]
    incomplete_day: date
    failed_day: date
    papers: tuple[MadeUpPaper, ...]
    revisions: tuple[MadeUpPaper, ...]

    def on(self, day: date) -> list[MadeUpPaper]:
        """The papers first announced on ``day``."""
        return [paper for paper in self.papers if paper.day == day]


def weekdays(last_day: date, n_days: int) -> tuple[date, ...]:
    """``n_days`` weekdays up to ``last_day``, ascending."""
    days = [last_day - timedelta(days=back) for back in range(2 * n_days + 7)]
    return tuple(sorted([day for day in days if day.weekday() < 5][:n_days]))


def strand_popularity(progress: float) -> NDArray[np.float64]:
    """Share of each strand among the papers at ``progress`` in [0, 1] of the period; sums to 1.

    Every strand swings slowly, each with a phase of its own: that is the corpus's drift.
    """
    phase = np.arange(N_STRANDS) * 2.399963  # the golden angle keeps neighbours apart
    share: NDArray[np.float64] = 1.0 + 0.75 * np.sin(2 * np.pi * progress * 0.8 + phase)
    return np.asarray(share / share.sum(), dtype=np.float64)


def make_corpus(last_day: date, n_days: int, papers_a_day: int, rng: Generator) -> Corpus:
    """All papers of the period; the same generator state gives the same corpus."""
    days = weekdays(last_day, n_days)
    failed, incomplete = days[n_days // 3], days[2 * n_days // 3]
    papers: list[MadeUpPaper] = []
    for index, day in enumerate(days):
        if day == failed:
            continue
        count = papers_a_day // 12 if day == incomplete else int(rng.poisson(papers_a_day))
        for _ in range(max(1, count)):
            papers.append(_paper(len(papers), day, index / max(1, n_days - 1), rng))
    revised = rng.random(len(papers)) < 0.04
    revisions = tuple(
        _revised(paper, days, rng) for paper, is_revised in zip(papers, revised, strict=True) if is_revised
    )
    return Corpus(
        days, incomplete, failed, tuple(papers), tuple(r for r in revisions if r.day not in (failed, incomplete))
    )


def _paper(number: int, day: date, progress: float, rng: Generator) -> MadeUpPaper:
    strands = [int(rng.choice(N_STRANDS, p=strand_popularity(progress)))]
    if rng.random() < 0.15:
        strands.append(int(rng.integers(N_STRANDS)))
    themes = [Theme(strand // 3, strand % 3, progress) for strand in strands]
    mixture = np.zeros(N_STRANDS)
    np.add.at(mixture, strands, [1.0] if len(strands) == 1 else [0.65, 0.35])
    first = themes[0]
    plain = MadeUpPaper(
        id=f"synthetic-{day:%y%m}.{number:05d}",
        day=day,
        title=title_of(first, rng),
        abstract=abstract_of(themes, rng),
        authors=_authors(first, rng),
        categories=tuple(dict.fromkeys(theme.words.code for theme in themes)),
        keywords=(first.words.name, *first.words.strands[first.strand][:2]),
        mixture=mixture,
    )
    return _odd(plain, rng)


def _authors(theme: Theme, rng: Generator) -> tuple[str, ...]:
    """One to five people; each field has fourteen of its own, so that names mean something."""
    own = rng.integers(14, size=int(rng.integers(1, 6))) + 14 * theme.subject
    return tuple(dict.fromkeys(_name(int(number)) for number in own))


def _name(number: int) -> str:
    first = FIRST_NAMES[number * 7 % len(FIRST_NAMES)]
    return f"{first} {LAST_NAMES[(number * 11 + number // 30) % len(LAST_NAMES)]}"


def _odd(paper: MadeUpPaper, rng: Generator) -> MadeUpPaper:
    """The paper as real feeds would mangle it, one time in ten."""
    chance = rng.random()
    head, _, tail = paper.title.partition(" ")
    if chance < 0.01:
        return replace(paper, abstract="")
    if chance < 0.05:
        return replace(
            paper, title=rf"{head} $\alpha$-{tail}", abstract=rf"{paper.abstract} \emph{{See}} $x_{{1}} \leq 2^{{k}}$."
        )
    if chance < 0.07:
        return replace(paper, abstract=f"<p>{paper.abstract} Salt &amp; H<sub>2</sub>O.</p>")
    if chance < 0.09:
        return replace(
            paper,
            title=f"{head}\u00a0{tail} \u2013 na\u0131\u0308ve\u200b\U0001f9ea",
            authors=(*paper.authors, "\u05d9\u05e2\u05dc \u05db\u05d4\u05df"),
        )
    if chance < 0.10:
        return replace(paper, authors=())
    return paper


def _revised(paper: MadeUpPaper, days: tuple[date, ...], rng: Generator) -> MadeUpPaper:
    """Version 2 on a later day of the period, or on its last."""
    later = min(days.index(paper.day) + int(rng.integers(3, 12)), len(days) - 1)
    erratum = " In this version a table has been corrected."
    return replace(paper, day=days[later], version=2, abstract=paper.abstract + erratum)
