"""What every encoder can do, and the files it is kept as.

A saved encoder is a folder: ``encoder.json`` says its kind, its cut, the fingerprint of the settings it was fitted
with and the SHA-256 of each array or model file beside it. The encoder's id is a hash of ``encoder.json``, so it
names every byte of the folder.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import documents_of
from features.domain import Paper
from features.errors import BrokenArtifact
from features.npy import read_array

HEADER = "encoder.json"
"""Every folder of an encoder holds one; a joined encoder's parts lie in folders ``0``, ``1``, … below it."""

PRETRAINED = datetime.min.replace(tzinfo=UTC)
"""The cut of an encoder that saw no corpus of ours: the year 1."""

Vectors = NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Texts → vectors; fitted, immutable, and named by its content."""

    @property
    def id(self) -> str:
        """32 hex digits: a hash of the saved files."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def cut(self) -> datetime:
        """The moment up to which its corpus was read; the year 1 for an encoder that saw no corpus of ours."""

    @property
    def fingerprint(self) -> str:
        """Names the settings it was made with; two fits with the same settings share it."""

    @property
    def blocks(self) -> tuple[str, ...]:
        """What of a paper it reads, for :func:`features.blocks.document_of`."""

    def transform(self, texts: Sequence[str]) -> Vectors:
        """float32 (n_texts, dimensions), rows of Euclidean length one; zeros for a text without known words.

        The texts are documents of :mod:`features.blocks`, or plain texts, which are documents too.
        """

    def files(self) -> Mapping[str, bytes]:
        """The saved form: relative path → content, ``encoder.json`` among them."""

    def save(self, folder: Path) -> None:
        """Write :meth:`files` into ``folder``, which is made if need be."""


@runtime_checkable
class WordEncoder(Protocol):
    """An encoder whose vectors are a linear image of named words, brought to length one."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words, in the order of the columns."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def projection_of(self, columns: NDArray[np.integer]) -> Vectors:
        """The image of each of these words: float32 (n_columns, dimensions)."""

    def terms(self, texts: Sequence[str]) -> sparse.csr_array:
        """CSR float32 (n_texts, n_words) with sorted indices, rows of Euclidean length one or zero."""


@runtime_checkable
class FoldingEncoder(WordEncoder, Protocol):
    """One whose vectors are those of its words and of nothing else."""

    def folded(self, terms: sparse.csr_array) -> Vectors:
        """The vectors of rows of :meth:`terms`: float32 (n_texts, dimensions), to the bit those of the texts."""


def word_part(encoder: Encoder) -> WordEncoder | None:
    """The encoder, or the first of its parts, that knows words; None where there is none."""
    for part in getattr(encoder, "parts", (encoder,)):
        if isinstance(part, WordEncoder):
            return part
    return None


def sentence_columns(encoder: Encoder) -> slice | None:
    """The columns of the first part that knows no words, where another does: those of a sentence encoder."""
    parts, start = getattr(encoder, "parts", ()), 0
    if word_part(encoder) is None:
        return None
    for part in parts:
        if not isinstance(part, WordEncoder):
            return slice(start, start + part.dimensions)
        start += part.dimensions
    return None


def encode(encoder: Encoder, papers: Sequence[Paper]) -> Vectors:
    """float32 (n_papers, dimensions): the vectors of what the encoder reads of each paper."""
    return encoder.transform(documents_of(papers, encoder.blocks))


def save_encoder(encoder: Encoder, folder: Path) -> None:
    """Write the encoder's files into ``folder``, which is made if need be."""
    for name, content in encoder.files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def fingerprint_of(kind: str, settings: Mapping[str, Any]) -> str:
    """16 hex digits naming a kind of encoder and the settings of its fit."""
    return hashlib.blake2b(_canonical({"kind": kind, **settings}), digest_size=8).hexdigest()


def header_bytes(kind: str, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """``encoder.json``: canonical JSON of ``fields`` and of the SHA-256 of each file beside it."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return _canonical({"kind": kind, **fields, "files": sums})


def id_of(header: bytes) -> str:
    """The encoder id that belongs to the content of an ``encoder.json``."""
    return hashlib.blake2b(header, digest_size=16).hexdigest()


def read_header(folder: Path) -> dict[str, Any]:
    """The fields of ``folder/encoder.json``; BrokenArtifact where it is missing or is no JSON object."""
    try:
        header = json.loads((folder / HEADER).read_bytes())
    except (OSError, ValueError) as error:
        raise BrokenArtifact(str(folder), f"{HEADER} cannot be read ({error})") from error
    if not isinstance(header, dict) or not isinstance(header.get("files"), dict):
        raise BrokenArtifact(str(folder), f"{HEADER} is not an encoder's header")
    return header


def read_files(folder: Path, header: Mapping[str, Any]) -> dict[str, bytes]:
    """The files a header names, each compared with its SHA-256; BrokenArtifact where one differs or is missing."""
    contents = {}
    for name, expected in header["files"].items():
        path = folder / name
        if path.parent != folder:
            raise BrokenArtifact(str(folder), f"{name!r} lies outside the folder")
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            raise BrokenArtifact(str(folder), f"{name} cannot be read ({error})") from error
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise BrokenArtifact(str(folder), f"{name} does not match its SHA-256")
    return contents


def array_bytes(values: NDArray[Any]) -> bytes:
    """The array as a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def array_from(content: bytes) -> NDArray[Any]:
    """The array of a ``.npy`` file; objects are refused."""
    values: NDArray[Any] = read_array(io.BytesIO(content))
    return values


def unit_rows(vectors: NDArray[Any]) -> Vectors:
    """Rows scaled to Euclidean length one in float32; rows of zeros stay zeros."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    lengths[lengths == 0.0] = 1.0
    return np.asarray(vectors / lengths[:, None], dtype=np.float32)


def _canonical(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
