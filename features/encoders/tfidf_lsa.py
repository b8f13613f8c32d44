"""The default encoder: tf-idf of words, tags and citations, folded to few dimensions by latent semantic analysis.

With ``X`` the matrix of terms (papers × terms, see :mod:`features.encoders.block_terms`) and ``X ≈ U Σ Vᵀ`` its
truncated singular value decomposition, a paper's vector is its row of terms times ``V``, scaled to length one.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import ALL
from features.domain import aware_utc
from features.encoders.base import (
    HEADER,
    Vectors,
    array_bytes,
    array_from,
    fingerprint_of,
    header_bytes,
    id_of,
    read_files,
    read_header,
    save_encoder,
    unit_rows,
)
from features.encoders.block_terms import BlockTerms
from features.encoders.words import is_telling
from features.errors import BrokenArtifact, NothingToLearn
from features.settings import EncoderSettings

KIND = "tfidf_lsa"

POWER_ITERATIONS = 2
"""Of the randomised decomposition: more cost time and gain nothing in rankings."""

BATCH = 4096
"""Texts encoded at a time, which bounds the memory of :meth:`TfidfLsaEncoder.transform`."""


class TfidfLsaEncoder:
    """A TF-IDF + LSA encoder: ``TfidfLsaEncoder(settings).fit(texts, cut, seed)``, or :meth:`load`.

    Attributes
    ----------
    vocabulary : tuple of str
        The terms, in the order of the columns of :meth:`terms`.
    projected : ndarray of shape (n_projected,), int32
        The columns of :meth:`terms` that the projection reads, ascending: the terms most used, so that rare ones,
        which tell papers apart but teach a projection nothing, cost no memory in it.
    components : ndarray of shape (dimensions, n_projected), float32
        The rows of ``Vᵀ``.
    """

    def __init__(self, settings: EncoderSettings | None = None) -> None:
        self._settings = settings or EncoderSettings()

    def fit(self, texts: Sequence[str], cut: datetime, seed: int) -> Self:
        """Learn from these texts: the same encoder for the same texts (in the same order), settings and seed.

        Has fewer dimensions than the settings ask for where there are fewer texts or terms. Raises NothingToLearn
        where no usable word is left.
        """
        from features.encoders.terms import SMALL_CORPUS, TfidfTerms  # noqa: PLC0415  # a server starts without it

        if not len(texts):
            raise NothingToLearn("there are no papers to fit an encoder on")
        settings = self._settings
        bounds = settings.max_features, settings.min_df, settings.max_df
        words = TfidfTerms(*bounds, ngrams=settings.ngrams, every_word_below=SMALL_CORPUS)
        terms, matrix = BlockTerms.fit(texts, words, settings.weights)
        projected = _most_used(matrix, _telling(terms), settings.projected_terms)
        components = _components(matrix[:, projected], settings.dimensions, seed)
        fields = {
            "cut": aware_utc(cut, "cut").isoformat(),
            "fingerprint": tfidf_lsa_fingerprint(settings),
            "seed": seed,
            "n_papers": len(texts),
            "blocks": terms.weights,
            "every_word": terms.every_word,
        }
        return self._become(terms, projected, components, fields)

    def _become(
        self,
        terms: BlockTerms,
        projected: NDArray[np.int32],
        components: NDArray[np.float32],
        fields: Mapping[str, Any],
    ) -> Self:
        self._terms = terms
        self._projected = projected
        self._place = np.full(len(terms.terms_), -1, dtype=np.int32)
        self._place[projected] = np.arange(len(projected), dtype=np.int32)
        self._projection = np.ascontiguousarray(components.T, dtype=np.float32)
        self._fields = dict(fields)
        self.__dict__.pop("_id", None)
        return self

    @property
    def id(self) -> str:
        """32 hex digits: a hash of the saved files."""
        return self._id

    @cached_property
    def _id(self) -> str:
        return id_of(self.files()[HEADER])

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._projection.shape[1])

    @property
    def cut(self) -> datetime:
        """The moment up to which the corpus of the fit was read."""
        return datetime.fromisoformat(self._fields["cut"])

    @property
    def fingerprint(self) -> str:
        """Names the settings of the fit."""
        return str(self._fields["fingerprint"])

    @property
    def blocks(self) -> tuple[str, ...]:
        """What of a paper it reads."""
        return tuple(block for block in ALL if block in self._terms.weights)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The terms: words, sorted, then tokens such as ``tag:cs.CV``."""
        return self._terms.terms_

    def projection_of(self, columns: NDArray[np.integer]) -> Vectors:
        """What each of these terms adds to a vector: float32 (n_columns, dimensions), zeros for one not projected."""
        places = self._place[columns]
        found: Vectors = self._projection[np.maximum(places, 0)]
        found[places < 0] = 0.0
        return found

    def terms(self, texts: Sequence[str]) -> sparse.csr_array:
        """The rows of the documents: CSR float32 (n_texts, n_terms), rows of length one or zero."""
        return self._terms.transform(texts)

    def transform(self, texts: Sequence[str]) -> Vectors:
        """float32 (n_texts, dimensions); a text's vector does not depend on the texts beside it, to the bit."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            part = slice(start, start + BATCH)
            vectors[part] = self.folded(self.terms(texts[part]))
        return vectors

    def folded(self, terms: sparse.csr_array) -> Vectors:
        """The vectors of rows of :meth:`terms`: float32 (n_texts, dimensions)."""
        return unit_rows(terms[:, self._projected] @ self._projection)

    def files(self) -> Mapping[str, bytes]:
        """``encoder.json``, ``terms.json``, ``idf.npy``, ``projected.npy`` and ``components.npy``."""
        files = {
            "terms.json": json.dumps(self.vocabulary, ensure_ascii=False).encode(),
            "idf.npy": array_bytes(self._terms.idf_),
            "projected.npy": array_bytes(self._projected),
            "components.npy": array_bytes(np.ascontiguousarray(self._projection.T)),
        }
        return {HEADER: header_bytes(KIND, self._fields, files), **files}

    def save(self, folder: Path) -> None:
        """Write :meth:`files` into ``folder``, which is made if need be."""
        save_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The encoder saved in ``folder``; BrokenArtifact where a file is missing or has changed."""
        header = read_header(folder)
        files = read_files(folder, header)
        fields = {name: value for name, value in header.items() if name not in ("kind", "files")}
        try:
            read, every_word = json.loads(files["terms.json"]), fields.get("every_word", False)
            terms = BlockTerms(read, array_from(files["idf.npy"]), fields["blocks"], every_word=every_word)
            projected, components = array_from(files["projected.npy"]), array_from(files["components.npy"])
            return cls()._become(terms, projected, components, fields)
        except (KeyError, ValueError, TypeError) as error:
            raise BrokenArtifact(str(folder), f"not the files of a TF-IDF encoder ({error})") from error


def tfidf_lsa_fingerprint(settings: EncoderSettings) -> str:
    """The fingerprint of an encoder fitted with these settings."""
    wanted = settings.model_dump(
        include={"max_features", "min_df", "max_df", "ngrams", "dimensions", "projected_terms"}
    )
    return fingerprint_of(KIND, {**wanted, "blocks": settings.weights, "power_iterations": POWER_ITERATIONS})


def _telling(terms: BlockTerms) -> NDArray[np.bool_]:
    """Which columns a projection may read: what stands beside everything would be its first directions.

    Raises NothingToLearn where that is none.
    """
    told = np.ones(len(terms.terms_), dtype=bool)
    if terms.every_word:
        told[: terms.n_words] = [is_telling(term) for term in terms.terms_[: terms.n_words]]
    if not told.any():
        raise NothingToLearn("the papers hold stop words and numbers only")
    return told


def _most_used(matrix: sparse.csr_array, told: NDArray[np.bool_], size: int) -> NDArray[np.int32]:
    """The ``size`` columns among ``told`` that stand in most rows, ascending; ties by column."""
    frequencies = np.bincount(matrix.indices, minlength=matrix.shape[1])
    frequencies[~told] = -1
    size = min(size, int(told.sum()))
    return np.sort(np.argsort(-frequencies, kind="stable")[:size]).astype(np.int32)


def _components(matrix: sparse.csr_array, dimensions: int, seed: int) -> NDArray[np.float32]:
    """The leading right singular vectors, directions of no variance left out: float32 (≤ dimensions, n_terms)."""
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415  # a server starts without it

    wanted = min(dimensions, *matrix.shape)
    _, values, components = randomized_svd(matrix, wanted, n_iter=POWER_ITERATIONS, random_state=seed)
    least = values[0] * math.sqrt(np.finfo(np.float32).eps)
    return np.asarray(components[values > least], dtype=np.float32)
