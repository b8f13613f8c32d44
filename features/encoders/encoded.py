"""Vectors and terms of papers: from the encoder's stores where they have them, else made now and kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import documents_of, names_of
from features.domain import Paper
from features.encoders.base import Encoder, FoldingEncoder, Vectors, WordEncoder, word_part
from features.encoders.kept_terms import KeptTerms, gathered, stacked
from features.encoders.term_store import TermStore
from features.encoders.vectors import VectorStore
from features.errors import InvalidValue

_Documents = Callable[[Sequence[int]], list[str]]
"""Places in a list of papers → what an encoder reads of those."""


class EncodedPapers:
    """Vectors of papers: from the store where it has them, else encoded now and kept in memory; and their words.

    Safe to share between threads. Implements ``features.moment.PaperVectors``.

    Parameters
    ----------
    encoder : Encoder
    store : VectorStore, optional
        Read by :meth:`of`, written by :meth:`backfill` only; terms stand in its folder ``terms``.
    kept : int
        Papers encoded in memory that are remembered, the longest unused forgotten first.
    kept_terms : int
        Papers whose rows of terms are remembered where none are stored; about a kilobyte each.
    transform : callable, optional
        What :meth:`backfill` encodes documents with, in place of the encoder's own and equal to it; not asked where
        vectors are folded terms.
    """

    def __init__(
        self,
        encoder: Encoder,
        store: VectorStore | None = None,
        *,
        kept: int = 20_000,
        kept_terms: int = 100_000,
        transform: Callable[[Sequence[str]], Vectors] | None = None,
    ) -> None:
        self.encoder = encoder
        self.store = store
        self._transform = encoder.transform if transform is None else transform
        self._kept = kept
        self._memory: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        words = word_part(encoder)
        self._terms = None if words is None else _Terms(words, store, kept_terms)

    def of(self, papers: Sequence[Paper]) -> Vectors:
        """float32 (n_papers, dimensions) in the order of ``papers``."""
        hashes = self._names(papers)
        if self.store is None:
            vectors = np.zeros((len(papers), self.encoder.dimensions), dtype=np.float32)
            missing = np.ones(len(papers), dtype=np.bool_)
        else:
            vectors, found = self.store.get(hashes)
            missing = ~found
        rows = np.flatnonzero(missing).tolist()
        if rows:
            with self._lock:
                remembered = self._remembered({hashes[row]: papers[row] for row in rows})
            for row in rows:
                vectors[row] = remembered[hashes[row]]
        return vectors

    def terms(self, papers: Sequence[Paper]) -> sparse.csr_array | None:
        """CSR float32 (n_papers, n_words) of the encoder's first part that knows words; None where none does."""
        if self._terms is None:
            return None
        return self._terms.of(self._names(papers), lambda places: self._documents([papers[at] for at in places]))

    def backfill(
        self, papers: Sequence[Paper], progress: Callable[[int], None] = lambda _: None, *, batch: int = 8192
    ) -> int:
        """Encode into the store what it lacks, one segment a batch; how many were new.

        ``progress`` is called with the number of papers dealt with since its last call. Stopped at any moment, the
        batches before stay.
        """
        if self.store is None:
            raise InvalidValue("store", None, "a backfill needs a vector store")
        n_new = 0
        for start in range(0, len(papers), batch):
            some = papers[start : start + batch]
            part = dict(zip(self._names(some), some, strict=True))
            hashes = list(part)
            new = _unknown(hashes, self.store.get(hashes)[1])
            self._store_terms(hashes, list(part.values()))
            if new:
                n_new += self.store.append(new, self._encoded([part[name] for name in new]))
            progress(min(batch, len(papers) - start))
        return n_new

    def _store_terms(self, hashes: Sequence[str], papers: Sequence[Paper]) -> None:
        if self._terms is not None:
            self._terms.store(hashes, lambda places: self._documents([papers[at] for at in places]))

    def _encoded(self, papers: Sequence[Paper]) -> Vectors:
        """Vectors of papers, of whose texts the terms are stored if the encoder reads any."""
        if isinstance(self.encoder, FoldingEncoder) and (terms := self.terms(papers)) is not None:
            return self.encoder.folded(terms)
        return self._transform(self._documents(papers))

    def _documents(self, papers: Sequence[Paper]) -> list[str]:
        """What the encoder reads of each paper."""
        return documents_of(papers, self.encoder.blocks)

    def _names(self, papers: Sequence[Paper]) -> list[str]:
        """The hashes that name what it reads."""
        return names_of(papers, self.encoder.blocks)

    def _remembered(self, papers: dict[str, Paper]) -> dict[str, Vectors]:
        new = [name for name in papers if name not in self._memory]
        if new:
            encoded = self.encoder.transform(self._documents([papers[name] for name in new]))
            self._memory.update(zip(new, encoded, strict=True))
        result = {name: self._memory[name] for name in papers}
        for name in papers:
            self._memory.move_to_end(name)
        while len(self._memory) > self._kept:
            self._memory.popitem(last=False)
        return result


class _Terms:
    """Rows of terms: from the store, else read now and kept in memory."""

    def __init__(self, words: WordEncoder, vectors: VectorStore | None, kept: int) -> None:
        n_terms = len(words.vocabulary)
        self._words = words
        self._kept = KeptTerms(n_terms, kept)
        self._stored = None if vectors is None else TermStore(vectors.folder / "terms", n_terms)

    def of(self, hashes: Sequence[str], documents: _Documents) -> sparse.csr_array:
        """CSR float32 (n, n_terms) in the order of ``hashes``; ``documents`` gives those at some places."""
        if self._stored is None:
            return self._read(hashes, documents)
        rows, found = self._stored.get(hashes)
        if found.all():
            return rows
        missing = np.flatnonzero(~found)
        places = missing.tolist()
        read = self._read([hashes[at] for at in places], lambda some: documents([places[at] for at in some]))
        order = np.arange(len(hashes))
        order[missing] = len(hashes) + np.arange(len(missing))
        return gathered(stacked(rows, read), order)

    def store(self, hashes: Sequence[str], documents: _Documents) -> None:
        """Read the documents whose terms are not stored, and store them."""
        if self._stored is not None:
            new = np.flatnonzero(~self._stored.get(hashes)[1]).tolist()
            if new:
                self._stored.append([hashes[at] for at in new], self._words.terms(documents(new)))

    def _read(self, hashes: Sequence[str], documents: _Documents) -> sparse.csr_array:
        return self._kept.of(hashes, lambda places: self._words.terms(documents(places)))


def _unknown(hashes: Sequence[str], found: NDArray[np.bool_]) -> list[str]:
    return [name for name, known in zip(hashes, found.tolist(), strict=True) if not known]
