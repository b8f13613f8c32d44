"""BibTeX ↔ example papers. The grammar is bibtexparser's, which goes on after a broken entry."""

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from features.arxiv_ids import parse_arxiv_id
from features.domain import Paper
from features.errors import MalformedRow
from features.sources.examples import Entry, Examples, decoded, examples_of, forename_first
from features.tex import from_tex, to_tex

if TYPE_CHECKING:  # a server starts without it
    from bibtexparser.model import Block
    from bibtexparser.model import Entry as Parsed

_ORIGIN = "BibTeX"
_OWN_FIELD = "broadsheet"
_NUMBERS = (_OWN_FIELD, "eprint", "arxiv", "arxivid")
_MENTIONS = ("doi", "url", "journal", "volume", "note", "howpublished", "eprint")

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # it logs what it cannot read, which is a reader's own


def read_bibtex(data: bytes) -> Examples:
    """The papers of a BibTeX file; an entry that is broken, or says too little, is a problem with its line."""
    from bibtexparser.entrypoint import parse_string  # noqa: PLC0415  # a server starts without it
    from bibtexparser.model import ParsingFailedBlock  # noqa: PLC0415  # a server starts without it

    library = parse_string(decoded(data))
    broken = [
        MalformedRow(_ORIGIN, _line(block), "the entry is broken: a brace, quote or comma is missing")
        for block in library.blocks
        if type(block) is ParsingFailedBlock
    ]
    good, bad = examples_of(_ORIGIN, _entries(library.blocks))
    if not (good or bad or broken):
        broken = [MalformedRow(_ORIGIN, 1, "no entry begins in it, as in @article{key, title = {…}}")]
    return good, sorted(bad + broken, key=lambda row: row.line)


def write_bibtex(papers: Iterable[Paper]) -> str:
    """One ``@misc`` a paper, in order; what LaTeX would trip over is escaped."""
    return "".join(_written(paper) for paper in papers)


def _entries(blocks: "Iterable[Block]") -> Iterator[Entry]:
    from bibtexparser.model import (  # noqa: PLC0415  # a server starts without it
        DuplicateBlockKeyBlock,
        DuplicateFieldKeyBlock,
    )
    from bibtexparser.model import Entry as Parsed  # noqa: PLC0415  # a server starts without it

    for block in blocks:
        parsed = block
        if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
            parsed = cast("Block", block.ignore_error_block)  # a name given twice is no reason to lose a paper
        if isinstance(parsed, Parsed):
            yield _entry(_line(block), _fields(parsed))


def _entry(line: int, fields: dict[str, str]) -> Entry:
    authors = from_tex(" ".join(fields.get("author", "").split())).split(" and ")
    arxiv_only = {name: number for name in _NUMBERS if _is_number(name, number := fields.get(name, ""))}
    return Entry(
        line=line,
        title=from_tex(fields.get("title", "")),
        abstract=from_tex(fields.get("abstract", "")),
        authors=[forename_first(name) for name in authors],
        numbers=list(arxiv_only.values()),
        mentions=[fields[name] for name in _MENTIONS if name in fields],
    )


def _fields(parsed: "Parsed") -> dict[str, str]:
    """Values by name; of a field given twice the first."""
    return {field.key.lower(): _bare(str(field.value)) for field in reversed(parsed.fields)}


def _is_number(name: str, value: str) -> bool:
    """An eprint need not be arXiv's."""
    return bool(value) if name == _OWN_FIELD else parse_arxiv_id(value) is not None


def _bare(value: str) -> str:
    """``value`` without the one pair of quotes or braces that the parser leaves on entries it repaired."""
    is_wrapped = len(value) > 1 and (value[0], value[-1]) in {("{", "}"), ('"', '"')}
    return value[1:-1] if is_wrapped else value


def _line(block: "Block") -> int:
    return (block.start_line or 0) + 1


def _written(paper: Paper) -> str:
    fields = {
        "title": to_tex(paper.title),
        "author": " and ".join(to_tex(name).replace(" and ", " {and} ") for name in paper.authors),
        "abstract": to_tex(paper.abstract),
        _OWN_FIELD: paper.id,
    }
    if parse_arxiv_id(paper.id):
        fields |= {"eprint": paper.id, "archiveprefix": "arXiv", "url": f"https://arxiv.org/abs/{paper.id}"}
    if paper.published_at is not None:
        fields["year"] = str(paper.published_at.year)
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{paper.id},\n{lines}}}\n"
