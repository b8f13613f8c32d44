"""The sample as files in Broadsheet's documented formats (docs/formats.md), the same bytes for the same seed."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from broadsheet.sample.clicks import MadeUpClick, simulate
from broadsheet.sample.corpus import MARK, Corpus, MadeUpPaper, make_corpus
from broadsheet.sample.readers import make_readers
from broadsheet.sample.votes import make_votes

LAST_DAY = date(2026, 3, 27)
PAPERS_A_DAY = 90

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SamplePaths:
    """The files of a sample, how many papers each of its days brought, and the two that went wrong on purpose."""

    papers: Path
    interactions: Path
    users: Path
    n_papers: Mapping[date, int]
    newest_day: date
    incomplete_day: date
    failed_day: date


def write_sample(
    folder: Path, *, seed: int, n_days: int = 40, n_users: int = 200, last_day: date = LAST_DAY
) -> SamplePaths:
    """Write ``papers.jsonl.gz``, ``interactions.jsonl`` and ``users.jsonl`` into ``folder``; about 90 papers a day.

    ``n_days`` are weekdays up to ``last_day``; at least 6 of them, so that one can fail and one be incomplete.
    """
    if n_days < 6 or n_users < 1:
        raise ValueError(f"a sample needs at least 6 days and 1 reader, not {n_days} and {n_users}")
    # A stream each: another number of readers leaves the papers as they were.
    streams = [np.random.default_rng([seed, number]) for number in range(4)]
    corpus = make_corpus(last_day, n_days, PAPERS_A_DAY, streams[0])
    readers = make_readers(n_users, streams[1])
    folder.mkdir(parents=True, exist_ok=True)
    paths = SamplePaths(
        folder / "papers.jsonl.gz",
        folder / "interactions.jsonl",
        folder / "users.jsonl",
        {day: len(corpus.on(day)) for day in corpus.days},
        corpus.days[-1],
        corpus.incomplete_day,
        corpus.failed_day,
    )
    votes = make_votes(corpus, streams[3])
    community = (_row(paper, day, feed="huggingface", votes=count) for paper, day, count in votes)
    _write(paths.papers, [*_announced(corpus), *community])
    _write(paths.interactions, map(_click_row, simulate(corpus, readers, streams[2])))
    _write(paths.users, ({"user_id": reader.id} for reader in readers))
    return paths


def _announced(corpus: Corpus) -> list[Row]:
    """Rows of all first versions and revisions by day."""
    new = [_row(paper, paper.day) for paper in corpus.papers]
    revised = [_row(paper, paper.day, announce_type="replace") for paper in corpus.revisions]
    return sorted([*new, *revised], key=lambda row: (str(row["day"]), str(row["id"])))


def _row(paper: MadeUpPaper, day: date, *, feed: str = "local", **more: object) -> Row:
    row: dict[str, object] = {
        "id": paper.id,
        "day": day.isoformat(),
        "feed": feed,
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": paper.authors,
        "categories": paper.categories,
        "comment": MARK,
    }
    return row | ({"keywords": paper.keywords} if feed == "huggingface" else {}) | more


def _click_row(click: MadeUpClick) -> Row:
    row: dict[str, object] = {
        "client_id": f"synth.{click.list_id.removeprefix('synth.')}.{click.position}.{click.kind}",
        "user_id": click.reader_id,
        "paper_id": click.paper_id,
        "kind": click.kind,
        "occurred_at": click.at.isoformat(),
        "slate_id": click.list_id,
        "position": click.position,
    }
    return row if click.topic is None else row | {"topic": click.topic}


def _write(path: Path, rows: Iterable[Row]) -> None:
    """JSON Lines; gzipped without a time stamp where the name ends in ``.gz``."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
