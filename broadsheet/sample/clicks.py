"""What readers do with a list they are shown: a cascade from the top, left sooner after each opened paper.

The reader looks at position k+1 with probability ``STAY`` after skipping position k and ``STAY_AFTER_OPEN`` after
opening it (a dependent-click cascade: Guo, Liu and Wang, WSDM 2009). A low position is therefore often not seen at
all, and a missing click there says little: that is the position bias a learner has to live with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from broadsheet.sample.corpus import Corpus, MadeUpPaper
from broadsheet.sample.lexicon import SUBJECTS
from broadsheet.sample.readers import Reader

LENGTH = 25
STAY = 0.93
STAY_AFTER_OPEN = 0.75
SHUFFLED = 0.1
"""Share of lists in random order; their ids say so, which makes the position bias visible in the files."""


@dataclass(frozen=True, slots=True)
class MadeUpClick:
    """One thing a reader did, with the list and the position it was done at."""

    reader_id: str
    paper_id: str
    kind: str
    at: datetime
    position: int
    list_id: str
    topic: str | None = None


def simulate(corpus: Corpus, readers: list[Reader], rng: Generator) -> Iterator[MadeUpClick]:
    """Every reader's days, except the newest: nobody has read today's papers yet."""
    for index, day in enumerate(corpus.days[:-1]):
        papers = corpus.on(day)
        if not papers:
            continue
        mixtures = np.stack([paper.mixture for paper in papers])
        buzz = rng.gumbel(size=len(papers))
        progress = index / max(1, len(corpus.days) - 1)
        for reader in readers:
            if rng.random() < reader.visits:
                liking = mixtures @ reader.interests(progress)
                order, list_id = _listed(liking, buzz, reader, day, rng)
                yield from _read(reader, [papers[i] for i in order], liking[order], list_id, rng)


def _listed(
    liking: NDArray[np.float64], buzz: NDArray[np.float64], reader: Reader, day: date, rng: Generator
) -> tuple[NDArray[np.int64], str]:
    """Order of the list and its id: a crude ranking by half-known interests and buzz, now and then no order at all."""
    name = f"{reader.id.removeprefix('synthetic-')}-{day:%Y%m%d}"
    if rng.random() < SHUFFLED:
        return rng.permutation(len(liking))[:LENGTH], f"synth.shuffled.{name}"
    noisy = liking + 0.15 * buzz + rng.normal(scale=0.35, size=len(liking))
    return np.argsort(-noisy, kind="stable")[:LENGTH], f"synth.ranked.{name}"


def _read(
    reader: Reader, papers: list[MadeUpPaper], liking: NDArray[np.float64], list_id: str, rng: Generator
) -> Iterator[MadeUpClick]:
    """Go down one list; the chance to open a paper that is looked at grows with ``liking`` (n,)."""
    at = datetime.combine(papers[0].day, datetime.min.time(), UTC) + timedelta(hours=7, minutes=int(rng.integers(600)))
    for position, (paper, match) in enumerate(zip(papers, liking, strict=True), start=1):
        opened = rng.random() < 0.02 + 0.6 * match
        for kind, topic in _reactions(reader, paper, float(match), bool(opened), rng):
            yield MadeUpClick(reader.id, paper.id, kind, at, position, list_id, topic)
            at += timedelta(seconds=int(rng.integers(5, 60)))
        if rng.random() > (STAY_AFTER_OPEN if opened else STAY):
            return


def _reactions(
    reader: Reader, paper: MadeUpPaper, match: float, opened: bool, rng: Generator
) -> list[tuple[str, str | None]]:
    """Kinds of interactions with one paper, and the reader's own topic where it is filed."""
    if not opened:
        return [("dismiss", None)] if match < 0.2 and rng.random() < 0.04 else []
    reactions: list[tuple[str, str | None]] = [("open", None)]
    if rng.random() < 0.35 * match:
        reactions.append(("save", None))
    if rng.random() < 0.12:
        reactions.append(("rate_up" if match > 0.5 else "rate_down", None))
    if reader.labels and match > 0.5 and rng.random() < 0.4:
        reactions.append(("label", _own_topic(paper)))
    return reactions


def _own_topic(paper: MadeUpPaper) -> str:
    """A reader's own name for a strand, as people would type it."""
    strand = int(np.argmax(paper.mixture))
    return f"my {SUBJECTS[strand // 3].strands[strand % 3][0]}"
