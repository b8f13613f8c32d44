"""How tags are read: the spellings of a tag are one, and a tag that no other paper carries is read as its words.

``tag:gene_expression``, ``tag:gene-expressions`` and ``tag:Gene Expression`` are one tag under one *key*, lower case,
with a space between words in the singular. People who tag papers agree on words far more than on spellings: of the
46,390 tags of one library (citeulike-a), 39,004 stand on fewer than five papers, and more than half have several words.
The words of a tag count where they are tags themselves; as terms of their own they were worth nothing.
"""

import re
from collections.abc import Collection, Iterable

from features.blocks import PREFIXES, TAGS

_PREFIX = PREFIXES[TAGS]
_BETWEEN_WORDS = re.compile(r"[-_/\s]+")
_SHORTEST_PLURAL = 5
_NO_PLURAL = ("ss", "us", "is", "ics", "series", "species")
"""How words end that are no plurals, though they end in s."""


def key_of(token: str) -> str:
    """What all spellings of a tag have in common; any other token is its own key."""
    if not token.startswith(_PREFIX):
        return token
    words = [_singular(word) for word in _BETWEEN_WORDS.split(token.removeprefix(_PREFIX).lower()) if word]
    return _PREFIX + " ".join(words) if words else token


def read(tokens: Iterable[str], known: Collection[str]) -> list[str]:
    """The keys of a paper's tokens, each once: a tag of several words that is not ``known`` is its words."""
    keys = [key_of(token) for token in tokens]
    return list(dict.fromkeys(one for key in keys for one in ((key,) if key in known else _parts(key))))


def _parts(key: str) -> list[str]:
    """The tags that a tag of several words is made of, or else the token alone."""
    if not key.startswith(_PREFIX):
        return [key]
    return [_PREFIX + word for word in key.removeprefix(_PREFIX).split(" ")]


def _singular(word: str) -> str:
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]
