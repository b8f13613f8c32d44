"""The words of papers, counted for search: a word is letters, digits, underscores and hyphens, small, without accents.

Unlike an encoder's words (:mod:`features.encoders.words`) they may be of one letter, hold hyphens and say little.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper
from features.encoders.words import without_accents

_TITLE_COUNTS = 3
"""A word of the title or of an author's name counts as so many of the abstract's."""

_find_words = re.compile(r"(?u)\b\w[\w\-]*\b").findall
_PARTING = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_-")}


@dataclass(frozen=True)
class KnownWords:
    """Words ascending, word ``i`` the UTF-8 of ``letters[starts[i]:starts[i + 1]]``; arrays, which can be mapped.

    ``letters`` uint8, ``starts`` int64 (n_words + 1).
    """

    letters: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, ascending: Iterable[str]) -> "KnownWords":
        """These words; UTF-8 ascends as the words do."""
        encoded = [word.encode() for word in ascending]
        starts = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(word) for word in encoded], out=starts[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def numbers(self, text: str) -> list[int]:
        """The places of the known words of a text, ascending, each once."""
        places = range(len(self))
        found = ((bisect_left(places, word.encode(), key=self._word), word.encode()) for word in set(words_of(text)))
        return sorted(place for place, word in found if place < len(self) and self._word(place) == word)

    def _word(self, place: int) -> bytes:
        return self.letters[self.starts[place] : self.starts[place + 1]].tobytes()


def words_of(text: str) -> list[str]:
    """The words of a text in its order."""
    small = text.lower()
    if small.isascii():  # what the pattern finds, in a third of the time
        parted = f" {small.translate(_PARTING)} "
        whole = parted.split()
        loose = " -" in parted or "- " in parted
        return [word for one in whole if (word := one.strip("-"))] if loose else whole
    return _find_words(without_accents(small))


def count_words(papers: Sequence[Paper]) -> tuple[KnownWords, sparse.csr_array]:
    """All words of the papers, and how often each stands in each: float32 (n_papers, n_words), sorted indices."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    columns, sizes = [], np.empty((len(papers), 2), dtype=np.int64)
    for row, paper in enumerate(papers):
        heading = words_of(" ".join((paper.title, *paper.authors, *paper.keywords)))
        abstract = words_of(paper.abstract)
        found = [*heading, *abstract]
        columns.append(np.fromiter(map(numbers.__getitem__, found), np.int32, len(found)))
        sizes[row] = len(heading), len(abstract)
    ascending = sorted(numbers)
    places = np.empty(len(ascending), dtype=np.int32)
    places[[numbers[word] for word in ascending]] = np.arange(len(ascending), dtype=np.int32)
    known = places[np.concatenate(columns)] if columns else np.empty(0, dtype=np.int32)
    data = np.repeat(np.tile(np.array([_TITLE_COUNTS, 1], dtype=np.float32), len(papers)), sizes.ravel())
    rows = np.repeat(np.arange(len(papers), dtype=np.int32), sizes.sum(axis=1))
    counts = sparse.csr_array(sparse.coo_array((data, (rows, known)), shape=(len(papers), len(ascending))))
    counts.sort_indices()
    return KnownWords.of(ascending), counts
