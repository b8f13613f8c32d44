"""Texts → tf-idf of words and word pairs by a fitted vocabulary.

Words get numbers once and a pair is the number ``left · n_words + right``, looked up among sorted ones. A server reads
texts by this; only who fits a vocabulary (:mod:`features.encoders.terms`) needs scikit-learn, whose import takes a
server's start longer than all the rest.
"""

import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

WORD_PATTERN = r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b"
"""Words of two characters or more that do not begin with a digit."""

_find_words = re.compile(WORD_PATTERN).findall
_find_all_words = re.compile(r"(?u)\b\w\w+\b").findall
_not_ascii = re.compile(r"[^\x00-\x7f]+").sub
BLOCK = 4096
"""Texts read at a time: the numbers of all their words and pairs take ten times what is left of them."""

_STOP_WORDS = "feature_extraction/_stop_words.py"
Ints = NDArray[np.int64]


class KnownTerms:
    """A fitted vocabulary: what :class:`features.encoders.terms.TfidfTerms` learned, ready to read texts.

    Parameters
    ----------
    terms : sequence of str
        The vocabulary, sorted; a bigram is two words with a space between them.
    idf : ndarray of shape (n_terms,), float64
    every_word : bool
        Whether stop words and numbers are read.
    dtype : type
        Of the matrices that :meth:`transform` returns.
    """

    def __init__(
        self,
        terms: Sequence[str],
        idf: NDArray[np.float64],
        *,
        every_word: bool = False,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        self.terms = tuple(terms)
        self.idf = np.asarray(idf, dtype=np.float64)
        self.every_word = every_word
        self._dtype = dtype
        words = " ".join(self.terms).split(" ") if self.terms else []
        numbers = {word: number for number, word in enumerate(sorted(set(words)))}
        flat = np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))
        sizes = np.fromiter((term.count(" ") + 1 for term in self.terms), np.int64, len(self.terms))
        starts = np.cumsum(sizes) - sizes
        self._column_of_word = np.full(len(numbers), -1, dtype=np.int64)
        self._column_of_word[flat[starts[sizes == 1]]] = np.flatnonzero(sizes == 1)
        pair_starts = starts[sizes == 2]
        pairs = flat[pair_starts] * len(numbers) + flat[pair_starts + 1]
        order = np.argsort(pairs)
        self._pairs, self._column_of_pair = pairs[order], np.flatnonzero(sizes == 2)[order]
        self._word_number = numbers

    def transform(self, texts: Sequence[str]) -> sparse.csr_array:
        """CSR (n_texts, n_terms) of the dtype with sorted indices; each row depends on its own text only."""
        return stacked([self.weighted(self._counted(texts[part])) for part in blocks_of(len(texts))])

    def _counted(self, texts: Sequence[str]) -> sparse.csr_array:
        words, starts = word_numbers(texts, self._word_number, every_word=self.every_word)
        known_words = len(self._word_number)
        column_of_word = np.append(self._column_of_word, -1)
        entries = [(column_of_word[words], rows_of(starts))]
        if len(self._pairs):
            left, right, rows = neighbours(words, starts)
            both_known = (left < known_words) & (right < known_words)
            pairs = left[both_known] * known_words + right[both_known]
            entries.append((lookup(pairs, self._pairs, self._column_of_pair), rows[both_known]))
        return counts_of(entries, (len(texts), len(self.terms)))

    def weighted(self, counts: sparse.csr_array) -> sparse.csr_array:
        """The tf-idf rows of these counts, of length one or zero; they share the counts' indices."""
        data = np.empty(counts.nnz, dtype=self._dtype)
        for part in blocks_of(counts.shape[0]):
            starts = counts.indptr[part.start : part.stop + 1].astype(np.int64)
            here = slice(int(starts[0]), int(starts[-1]))
            weights = (1.0 + np.log(counts.data[here], dtype=np.float64)) * self.idf[counts.indices[here]]
            rows = rows_of(starts)
            lengths = np.sqrt(np.bincount(rows, weights=weights * weights, minlength=len(starts) - 1))
            data[here] = weights / lengths[rows]
        return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True, slots=True)
class Candidates:
    """``counts`` CSR float32 (n_counted, n_candidates): how often each of ``terms`` stands in each text.

    ``rows`` are those of the texts it is about, all of them if None.
    """

    counts: sparse.csr_array
    terms: tuple[str, ...]
    rows: Ints | None = None

    def __len__(self) -> int:
        return int(self.counts.shape[0]) if self.rows is None else len(self.rows)

    def at(self, rows: Ints) -> "Candidates":
        """Of some of the texts, in this order: all that these could give a vocabulary by themselves, and more."""
        return replace(self, rows=rows if self.rows is None else self.rows[rows])

    def blocks(self) -> Iterator[sparse.csr_array]:
        """The counts of the texts in their order, :data:`BLOCK` rows at a time."""
        for part in blocks_of(len(self)):
            yield sparse.csr_array(self.counts[part if self.rows is None else self.rows[part]])


@cache
def stop_words() -> frozenset[str]:
    """scikit-learn's English stop words, from the one file that holds them: nothing else of it is imported."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("scikit-learn is not installed")
    words: frozenset[str] = run_path(str(Path(package.origin).parent / _STOP_WORDS))["ENGLISH_STOP_WORDS"]
    return words


def is_telling(term: str) -> bool:
    """Whether a term says something by itself: none of its words is a stop word or begins with a digit."""
    return all(not word[0].isdigit() and word not in stop_words() for word in term.split(" "))


class _Known(dict[str, int]):
    """Numbers of the known words; every other word is one past them."""

    def __missing__(self, word: str) -> int:
        return len(self)


def word_numbers(texts: Sequence[str], numbers: Mapping[str, int], *, every_word: bool) -> tuple[Ints, Ints]:
    """Numbers of all words of all texts, and where each text starts (n_texts + 1).

    Stop words and words that begin with a digit are left out unless ``every_word`` is wanted.
    """
    find_words, left_out = (_find_all_words, frozenset()) if every_word else (_find_words, stop_words())
    flat = array("q")
    starts = array("q", [0])
    if not isinstance(numbers, defaultdict):
        numbers = _Known(numbers)
    for text in texts:
        plain = (text if text.isascii() else without_accents(text)).lower()
        flat.extend([numbers[word] for word in find_words(plain) if word not in left_out])
        starts.append(len(flat))
    return np.array(flat, dtype=np.int64), np.array(starts, dtype=np.int64)


def without_accents(text: str) -> str:
    """``text`` decomposed (NFKD) and without combining marks."""
    return _not_ascii(lambda found: _plain(found[0]), text)


@lru_cache(maxsize=4096)
def _plain(run: str) -> str:
    """Of characters that are not ASCII, which decompose as they do beside others: ASCII never joins a mark."""
    return "".join(char for char in unicodedata.normalize("NFKD", run) if not unicodedata.combining(char))


def blocks_of(n_rows: int) -> list[slice]:
    """Runs of :data:`BLOCK` rows, the last one shorter; one of none where there are none."""
    return [slice(start, min(start + BLOCK, n_rows)) for start in range(0, max(n_rows, 1), BLOCK)]


def stacked(blocks: list[sparse.csr_array]) -> sparse.csr_array:
    """The blocks, of which there is one or more, below each other."""
    return blocks[0] if len(blocks) == 1 else sparse.csr_array(sparse.vstack(blocks, format="csr"))


def rows_of(starts: Ints) -> Ints:
    """The text that each word stands in."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def neighbours(words: Ints, starts: Ints) -> tuple[Ints, Ints, Ints]:
    """Left word, right word and text of every bigram; none spans two texts."""
    rows = rows_of(starts)
    inside = rows[:-1] == rows[1:]
    return words[:-1][inside], words[1:][inside], rows[:-1][inside]


def lookup(wanted: Ints, known: Ints, columns: Ints) -> Ints:
    """The column of each wanted pair, −1 where ``known`` (sorted) does not hold it."""
    if not len(known):
        return np.full(len(wanted), -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[places] == wanted, columns[places], -1)


def counts_of(entries: Sequence[tuple[Ints, Ints]], shape: tuple[int, int]) -> sparse.csr_array:
    """CSR of how often each column occurs in each row; columns of −1 are dropped."""
    columns = np.concatenate([entry[0].astype(np.int32) for entry in entries])  # scikit-learn refuses 64 bits
    rows = np.concatenate([entry[1].astype(np.int32) for entry in entries])
    known = columns >= 0
    ones = np.ones(int(known.sum()))
    counts = sparse.coo_array((ones, (rows[known], columns[known])), shape=shape).tocsr()
    counts.sort_indices()
    return counts
