"""What an encoder reads of a paper: its text, its tags and what it cites, in one string.

A *document* is the paper's text; behind it, parted by a control character that no plain text holds, stand tokens such
as ``tag:cs.CV`` and ``cites:2401.00001``. A document without tokens is the text itself, to the byte, so that an encoder
of texts alone is one of documents too.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from features.domain import Paper

Block = Literal["text", "tags", "citations"]
TEXT, TAGS, CITATIONS = "text", "tags", "citations"
ALL: tuple[Block, ...] = ("text", "tags", "citations")
PREFIXES = {TAGS: "tag:", CITATIONS: "cites:"}
"""How the tokens of a block begin; words of a text never hold a colon."""

_PART, _TOKEN = "\x1e", "\x1f"
_SPACES = str.maketrans({_PART: " ", _TOKEN: " "})


def document_of(paper: Paper, blocks: Collection[str]) -> str:
    """What an encoder of these blocks reads of the paper.

    Tags are its categories and, in lower case, its keywords. Citations are the papers it cites and the paper itself,
    so that a paper and those that cite it have a term in common. The parting characters in untrusted fields become
    spaces.
    """
    text = paper.text.translate(_SPACES) if TEXT in blocks else ""
    tokens = [token.translate(_SPACES) for token in _tokens(paper, blocks)]
    return _PART.join((text, _TOKEN.join(dict.fromkeys(tokens)))) if tokens else text


def documents_of(papers: Sequence[Paper], blocks: Collection[str]) -> list[str]:
    """:func:`document_of` of each paper."""
    return [document_of(paper, blocks) for paper in papers]


def document_hash(document: str) -> str:
    """32 hex digits naming all that an encoder reads; of a document without tokens the paper's content hash."""
    return hashlib.blake2b(document.encode(), digest_size=16).hexdigest()


def names_of(papers: Sequence[Paper], blocks: Collection[str]) -> list[str]:
    """:func:`document_hash` of each paper's document, without making one that would be the paper's text."""
    is_text = set(blocks) == {TEXT}
    return [
        paper.content_hash if is_text and _is_plain(paper) else document_hash(document_of(paper, blocks))
        for paper in papers
    ]


def _is_plain(paper: Paper) -> bool:
    title, abstract = paper.title, paper.abstract
    return not (_PART in abstract or _TOKEN in abstract or _PART in title or _TOKEN in title)


def identity_of(paper: Paper) -> str:
    """32 hex digits naming all that any encoder could read of the paper."""
    return document_hash(document_of(paper, ALL))


def text_of(document: str) -> str:
    """The plain text of a document."""
    return document.partition(_PART)[0]


def tokens_of(document: str) -> list[str]:
    """The tokens of a document, each once."""
    tokens = document.partition(_PART)[2]
    return tokens.split(_TOKEN) if tokens else []


def _tokens(paper: Paper, blocks: Collection[str]) -> Iterator[str]:
    if TAGS in blocks:
        prefix = PREFIXES[TAGS]
        yield from (prefix + category for category in paper.categories)
        yield from (prefix + keyword.lower() for keyword in paper.keywords)
    if CITATIONS in blocks:
        prefix = PREFIXES[CITATIONS]
        yield from (prefix + cited for cited in (paper.id, *paper.references))
