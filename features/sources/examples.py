"""What a reader's library says of one paper, and what every library format has in common."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from features.arxiv_ids import find_arxiv_id, parse_arxiv_id
from features.errors import MalformedRow
from features.text import plain, plain_abstract, plain_list

LONGEST_TEXT = 20_000
"""Characters of title and abstract together: more is a book, pasted by mistake."""

_NO_UTF8 = "\ufffd"
_OWN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}")


@dataclass(frozen=True, slots=True)
class ExamplePaper:
    """A paper of a library, as far as the library knows it.

    ``line`` is where it stood, counted from 1. ``paper_id`` is an arXiv id or one of the store's own, where the library
    names it; ``title`` may be empty only then.
    """

    line: int
    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    paper_id: str | None = None


Examples = tuple[list[ExamplePaper], list[MalformedRow]]
"""The papers of a library in its order, and the entries beside them that cannot be used."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a library before it is checked.

    ``numbers`` may hold an id and nothing else, ``mentions`` an id among other words.
    """

    line: int
    title: str
    abstract: str = ""
    authors: Sequence[str] = ()
    numbers: Sequence[str] = ()
    mentions: Sequence[str] = ()


def examples_of(origin: str, entries: Iterable[Entry]) -> Examples:
    """The usable ones of ``entries`` as plain text, and a problem for each of the others."""
    good: list[ExamplePaper] = []
    bad: list[MalformedRow] = []
    for entry in entries:
        made = _made(origin, entry)
        (bad if isinstance(made, MalformedRow) else good).append(made)  # type: ignore[arg-type]  # one list each
    return good, bad


def decoded(data: bytes) -> str:
    """``data`` as text; what is no UTF-8 becomes U+FFFD, by which its entry is refused later, and only that one."""
    return data.decode("utf-8-sig", errors="replace")


def forename_first(name: str) -> str:
    """``Gödel, Kurt`` → ``Kurt Gödel``; a name without one comma stands as it came."""
    parts = [part.strip() for part in name.split(",")]
    return f"{parts[1]} {parts[0]}" if len(parts) == 2 and all(parts) else name


def stored_id(text: str) -> str | None:
    """``text`` as the id a paper has in a store: arXiv's without its version, or one of the store's own."""
    bare = text.strip()
    if arxiv := parse_arxiv_id(bare):
        return arxiv[0]
    return bare if _OWN_ID.fullmatch(bare) else None


def _made(origin: str, entry: Entry) -> ExamplePaper | MalformedRow:
    title, abstract = plain(entry.title), plain_abstract(entry.abstract)
    paper_id = _arxiv_id(entry)
    if _NO_UTF8 in entry.title or _NO_UTF8 in entry.abstract:
        return MalformedRow(origin, entry.line, "is not UTF-8")
    if not title and paper_id is None:
        return MalformedRow(origin, entry.line, "has neither a title nor an arXiv id")
    if len(title) + len(abstract) > LONGEST_TEXT:
        return MalformedRow(origin, entry.line, f"title and abstract have more than {LONGEST_TEXT} characters")
    return ExamplePaper(entry.line, title, abstract, plain_list(entry.authors), paper_id)


def _arxiv_id(entry: Entry) -> str | None:
    for number in entry.numbers:
        if found := stored_id(number):
            return found
    for mention in entry.mentions:
        if within := find_arxiv_id(mention):
            return within
    return None
