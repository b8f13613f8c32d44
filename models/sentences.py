"""What reasons say, in words: short, plain, on one line.

Titles, names and words are quoted as they came, folded to one line and cut; they are untrusted text, and who shows
them as HTML escapes them.
"""

from collections.abc import Sequence
from functools import lru_cache

from features.blocks import CITATIONS, PREFIXES, TAGS

TASTE = "your overall taste"
COMMON = "what holds for every paper"
LABELS = "how much you have told us so far"
COMPARISON = "compared with an ordinary paper"
TOGETHER = "how this goes together with the rest"
NO_LABELS = "you have not opened or saved anything yet, so this is ordered by what other readers chose"
ONLY_NEGATIVES = "you have only turned papers down so far, so this is what other readers chose, away from those"
NOBODY = "nobody has opened or saved anything yet, so this order says nothing about you"

GENERAL = {
    ("words", True): "words that speak for it",
    ("words", False): "words that speak against it",
    ("near", True): "close to papers you chose",
    ("near", False): "not close to the papers you chose",
    ("readers", True): "readers who chose what you chose tend to choose such papers",
    ("readers", False): "readers who chose what you chose seldom choose such papers",
    ("topic", True): "about one of your topics",
    ("topic", False): "off your topics",
    ("crowd", True): "like what many readers choose",
    ("crowd", False): "unlike what many readers choose",
    ("demand", True): "papers like it are chosen often",
    ("demand", False): "papers like it are seldom chosen",
    ("authors", True): "by authors of papers you chose",
    ("authors", False): "by authors of papers you chose",
    ("coauthors", True): "by people who wrote with authors of papers you chose",
    ("coauthors", False): "by people who wrote with authors of papers you chose",
    ("field", True): "in a field you choose papers from",
    ("field", False): "not in a field you choose papers from",
    ("popularity", True): "popular with readers elsewhere",
    ("popularity", False): "popular with readers elsewhere",
    ("recency", True): "how recent it is",
    ("recency", False): "not new any more",
    ("uncertainty", True): "you have told us little about papers like this one",
    ("uncertainty", False): "you have told us little about papers like this one",
    ("sense", True): "what it says is like what you chose, not what you turned down",
    ("sense", False): "what it says is like what you turned down",
    ("surroundings", True): "among papers that suit you",
    ("surroundings", False): "among papers that do not suit you",
    ("together", True): "what these things together have meant to readers",
    ("together", False): "what these things together have meant to readers",
}
"""Sentences that name nothing, by kind of reason and whether it speaks for the paper."""

MOVED = {
    ("diversity", True): "moved up for variety: those it passed are much like papers above",
    ("diversity", False): "moved down for variety: much like a paper above",
    ("interest", True): "moved up: one of your interests gets its share",
    ("interest", False): "moved down: your other interests get their share",
}
"""Why the slate moved a paper, by kind of reason and whether it was up."""

_TITLE_LENGTH = 100
_WORD_LENGTH = 40
_TAG, _CITATION = PREFIXES[TAGS], PREFIXES[CITATIONS]


def one_line(title: str) -> str:
    """A title on one line without control characters, at most 100 characters long."""
    return _cut(title, _TITLE_LENGTH)


def term(name: str) -> str:
    """A term of the encoder's vocabulary: a word, or in words which tag or citation it is."""
    name = name.strip()
    for prefix, said in ((_TAG, "the tag "), (_CITATION, "citing ")):
        if name.startswith(prefix):
            return said + _cut(name.removeprefix(prefix), _WORD_LENGTH)
    return _cut(name, _WORD_LENGTH)


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def words(names: Sequence[str], *, positive: bool) -> str:
    """Which words speak for the paper, or against it."""
    return f"words: {listed(names)}" if positive else f"words that count against it: {listed(names)}"


def close_to(title: str, tail: str, *, close: bool = True) -> str:
    """Which chosen paper is the nearest; ``close`` where it is near indeed."""
    quoted = f"‘{one_line(title)}’"
    return (
        f"close to {quoted}, {tail}" if close else f"of all papers {tail.removeprefix('which ')}, nearest to {quoted}"
    )


def by_author(name: str, n_by: int, n_chosen: int) -> str:
    """Who wrote it and how many of the papers chosen."""
    who = one_line(name)
    if n_chosen == 1:
        return f"by {who}, who wrote the paper you chose"
    return f"by {who}, who wrote {n_by} of the {n_chosen} papers you chose"


def by_coauthor(name: str) -> str:
    """Who wrote it and knows authors of papers chosen."""
    return f"by {one_line(name)}, who has written with authors of papers you chose"


def about(topic: str) -> str:
    """A topic of the paper that is one of the user's."""
    return f"about {one_line(topic)}, one of your topics"


def votes(n: int) -> str:
    """Popularity so far."""
    return f"{n} vote{'' if n == 1 else 's'} so far"


def dated(n_days: int) -> str:
    """Days between the paper's date and the day of the slate."""
    return "dated the day it is listed" if n_days == 0 else f"dated {n_days} day{'' if n_days == 1 else 's'} before"


@lru_cache(maxsize=8192)
def _cut(text: str, length: int) -> str:
    printable = text if text.isprintable() else "".join(mark if mark.isprintable() else " " for mark in text)
    plain = " ".join(printable.split())
    return plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"
