"""arXiv identifiers in all the ways people and services write them → one id and a version."""

import re

_PREFIX = re.compile(
    r"(?:https?://)?(?:(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html|format)/|huggingface\.co/papers/|"
    r"(?:dx\.)?doi\.org/10\.48550/arxiv\.|10\.48550/arxiv\.|oai:arxiv\.org:|arxiv:\s*)",
    re.IGNORECASE,
)
_NEW = re.compile(r"(\d{4}\.\d{4,5})(?:v([1-9]\d{0,3}))?", re.ASCII)
_OLD = re.compile(r"([a-z][a-z-]+)(?:\.[A-Za-z-]{2,})?/(\d{7})(?:v([1-9]\d{0,3}))?", re.ASCII)

_MENTION = re.compile(
    r"(?:\barxiv\.org/(?:abs|pdf|html|format)/|huggingface\.co/papers/|\b10\.48550/arxiv\.|\barxiv:\s{0,3}|\babs/)"
    r"([a-z-]{2,20}(?:\.[a-z-]{2,10})?/\d{7}|\d{4}\.\d{4,5})(?!\d)",
    re.IGNORECASE | re.ASCII,
)


def parse_arxiv_id(text: str) -> tuple[str, int | None] | None:
    """``(id, version)`` of an arXiv identifier, None where ``text`` is not one; the version is None where not given.

    Takes new (``2503.11677v2``) and old ids (``math.GT/0309136`` is ``math/0309136``), with or without ``arXiv:``,
    ``oai:arXiv.org:``, a DOI or an address of arxiv.org or Hugging Face before it.

    >>> parse_arxiv_id("https://arxiv.org/pdf/2503.11677v2.pdf")
    ('2503.11677', 2)
    """
    bare = text.strip()
    if lead := _PREFIX.match(bare):
        bare = re.split(r"[?#]", bare[lead.end() :], maxsplit=1)[0].rstrip("/").removesuffix(".pdf")
    if new := _NEW.fullmatch(bare):
        return new[1], _version(new[2])
    if old := _OLD.fullmatch(bare):
        return f"{old[1]}/{old[2]}", _version(old[3])
    return None


def paper_id(text: str) -> tuple[str, int | None]:
    """Like :func:`parse_arxiv_id`; what is no arXiv id is a local id and stands as it came."""
    return parse_arxiv_id(text) or (text.strip(), None)


def find_arxiv_id(text: str) -> str | None:
    """The first id that ``text`` names as arXiv's among other words, without its version; None where it names none.

    >>> find_arxiv_id("CoRR, arXiv preprint arXiv:2503.11677v2 [cs.LG]")
    '2503.11677'
    """
    found = _MENTION.search(text)
    parsed = parse_arxiv_id(found[1]) if found else None
    return parsed[0] if parsed else None


def _version(digits: str | None) -> int | None:
    return int(digits) if digits else None
