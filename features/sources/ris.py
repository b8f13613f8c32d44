"""RIS, the tagged lines that reference managers exchange ↔ example papers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from features.arxiv_ids import parse_arxiv_id
from features.domain import Paper
from features.errors import MalformedRow
from features.sources.examples import Entry, Examples, decoded, examples_of, forename_first

_ORIGIN = "RIS"
_TAGGED = re.compile(r"\s{0,4}([A-Z][A-Z0-9])  ?-(?: (.*))?")
_BORDERS = ("TY", "ER")
_MENTIONS = ("DO", "UR", "L1", "L2", "LK", "AN", "M1", "M3", "N1", "JO", "T2")
_OWN = "Broadsheet"

_Tags = dict[str, list[str]]


def read_ris(data: bytes) -> Examples:
    """The papers of a RIS file; a line outside of entries, or an entry that says too little, is a problem."""
    strays: list[MalformedRow] = []
    good, bad = examples_of(_ORIGIN, [_entry(record.line, record.tags) for record in _records(decoded(data), strays)])
    if not (good or bad or strays):
        strays = [MalformedRow(_ORIGIN, 1, "no entry begins in it, as in 'TY  - JOUR'")]
    return good, sorted(bad + strays, key=lambda row: row.line)


def write_ris(papers: Iterable[Paper]) -> str:
    """One entry a paper, in order. The texts of papers stand on one line each, so that none can begin a tag."""
    return "".join(f"{tag}  - {value}\r\n" for paper in papers for tag, value in _tags_of(paper))


@dataclass(slots=True)
class _Record:
    """An entry as it is read; ``last`` is the tag that a line without one continues."""

    line: int
    tags: _Tags = field(default_factory=dict)
    last: str = ""

    def take(self, tag: str, value: str) -> None:
        if tag:
            self.last = tag
            self.tags.setdefault(tag, []).append(value.strip())
        elif self.last:
            self.tags[self.last][-1] += f" {value.strip()}"


def _records(text: str, strays: list[MalformedRow]) -> Iterator[_Record]:
    """Entries with the line they begin in; one without an end ends where the next begins."""
    record: _Record | None = None
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        tagged = _TAGGED.fullmatch(line)
        tag, value = (tagged[1], tagged[2] or "") if tagged else ("", line)
        if tag in _BORDERS:
            if record is not None:
                yield record
            record = _Record(number) if tag == "TY" else None
        elif record is not None:
            record.take(tag, value)
        elif line.strip():
            strays.append(MalformedRow(_ORIGIN, number, "stands outside of an entry (TY … ER)"))
    if record is not None:
        yield record


def _entry(line: int, tags: _Tags) -> Entry:
    def first(*names: str) -> str:
        return next((value for name in names for value in tags.get(name, ()) if value), "")

    own = tags.get("AN", []) if first("DB") == _OWN else []
    return Entry(
        line=line,
        title=first("TI", "T1", "CT", "BT"),
        abstract=first("AB", "N2"),
        authors=[forename_first(name) for tag in ("AU", "A1") for name in tags.get(tag, ())],
        numbers=own,
        mentions=[value for tag in _MENTIONS for value in tags.get(tag, ())],
    )


def _tags_of(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "TY", "GEN"
    yield "TI", paper.title
    yield from (("AU", name) for name in paper.authors)
    if paper.abstract:
        yield "AB", paper.abstract
    if paper.published_at is not None:
        yield "PY", str(paper.published_at.year)
    if parse_arxiv_id(paper.id):
        yield "UR", f"https://arxiv.org/abs/{paper.id}"
    yield "DB", _OWN
    yield "AN", paper.id
    yield "ER", ""
