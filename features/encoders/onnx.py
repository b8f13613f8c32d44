"""A sentence encoder in ONNX, from any folder that holds a model and its ``tokenizer.json``.

Needs the extra ``[onnx]``; nothing here imports it before an encoder is made.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from features.blocks import TEXT, text_of
from features.encoders.base import (
    HEADER,
    PRETRAINED,
    Vectors,
    fingerprint_of,
    header_bytes,
    id_of,
    read_files,
    read_header,
    save_encoder,
    unit_rows,
)
from features.errors import BrokenArtifact, MissingExtra

KIND = "onnx"
MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"

MAX_TOKENS = 128
"""Longer texts are cut here: the title and the first half of an abstract, as long as the texts that small sentence
encoders are trained on. Twice as much takes more than twice the time."""

THREADS = 2
"""Texts that are encoded at a time, each by one thread in a run of its own and at its own length: matrix kernels depend
on the shape, and in a batch a text's vector would depend on its neighbours in the last bits. A batch is not faster on
a CPU either."""

Tokens = NDArray[np.int64]


class OnnxSentenceEncoder:
    """A pretrained encoder, as it is; it never sees our corpus, so its cut is the year 1.

    A model whose first output is (batch, tokens, d) is pooled by the mean over the attention mask; one that gives
    (batch, d) is taken at its word.

    Parameters
    ----------
    folder : Path
        With ``tokenizer.json`` and ``model.onnx`` (or one single file that ends in .onnx).
    sha256 : str, optional
        Hex digest the model file must have. BrokenArtifact where it differs, or where either file is unusable.
    """

    def __init__(self, folder: Path, sha256: str | None = None) -> None:
        model, tokenizer_json = _read(folder, find_model(folder)), _read(folder, folder / TOKENIZER)
        found = hashlib.sha256(model).hexdigest()
        if sha256 is not None and found != sha256.lower():
            raise BrokenArtifact(str(folder), f"the model's SHA-256 is {found}, not {sha256}")
        self.__setstate__({"folder": folder, "model": model, "tokenizer": tokenizer_json})

    def __getstate__(self) -> dict[str, Any]:
        """The files: a session of the runtime cannot go to another process, which opens its own."""
        return {"folder": self._folder, "model": self._model, "tokenizer": self._tokenizer_json}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._folder, self._model, self._tokenizer_json = state["folder"], state["model"], state["tokenizer"]
        self._session, self._tokenizer = _opened(self._folder, self._model, self._tokenizer_json)
        self._inputs = [each.name for each in self._session.get_inputs()]
        self._dimensions = int(self.transform(["a"]).shape[1])

    @cached_property
    def id(self) -> str:
        """32 hex digits: a hash of the saved files."""
        return id_of(self.files()[HEADER])

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    @property
    def cut(self) -> datetime:
        """The year 1."""
        return PRETRAINED

    @cached_property
    def fingerprint(self) -> str:
        """Names the model and the tokenizer."""
        return onnx_fingerprint(self._model, self._tokenizer_json)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The text."""
        return (TEXT,)

    def transform(self, texts: Sequence[str]) -> Vectors:
        """float32 (n_texts, dimensions) of the plain texts; none depends on the texts beside it."""
        encoded = self._tokenizer.encode_batch([text_of(text) for text in texts])
        with ThreadPoolExecutor(THREADS) as threads:
            rows = list(threads.map(self._run, encoded))
        return np.concatenate(rows) if rows else np.zeros((0, self._dimensions), dtype=np.float32)

    def files(self) -> Mapping[str, bytes]:
        """``encoder.json``, ``model.onnx`` and ``tokenizer.json``."""
        files = {MODEL: self._model, TOKENIZER: self._tokenizer_json}
        fields = {"cut": self.cut.isoformat(), "fingerprint": self.fingerprint}
        return {HEADER: header_bytes(KIND, fields, files), **files}

    def save(self, folder: Path) -> None:
        """Write :meth:`files` into ``folder``, which is made if need be."""
        save_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The encoder saved in ``folder``; BrokenArtifact where a file is missing or has changed."""
        read_files(folder, read_header(folder))
        return cls(folder)

    def _run(self, encoded: Any) -> Vectors:
        """float32 (1, dimensions) of a tokenised text."""
        ids: Tokens = np.array([encoded.ids or [0]], dtype=np.int64)  # a text without any token would divide by zero
        known = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        output = self._session.run(None, {name: known[name] for name in self._inputs})[0]
        return unit_rows(output.mean(axis=1) if output.ndim == 3 else output)


def find_model(folder: Path) -> Path:
    """The folder's ``model.onnx``, or its only .onnx file; BrokenArtifact where there is none, or several."""
    if (folder / MODEL).is_file():
        return folder / MODEL
    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1:
        raise BrokenArtifact(str(folder), f"it holds {len(models)} .onnx files, none of them called {MODEL}")
    return models[0]


def onnx_fingerprint(model: bytes, tokenizer: bytes) -> str:
    """The fingerprint of an encoder of these two files."""
    sums = {"model": hashlib.sha256(model).hexdigest(), "tokenizer": hashlib.sha256(tokenizer).hexdigest()}
    return fingerprint_of(KIND, {**sums, "max_tokens": MAX_TOKENS})


def folder_fingerprint(folder: Path) -> str:
    """The fingerprint of the encoder in ``folder``, without making it."""
    return onnx_fingerprint(_read(folder, find_model(folder)), _read(folder, folder / TOKENIZER))


def _read(folder: Path, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BrokenArtifact(str(folder), f"{path.name} cannot be read ({error.strerror})") from error


def _opened(folder: Path, model: bytes, tokenizer_json: bytes) -> tuple[Any, Any]:
    try:
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415  # only with the extra
        from tokenizers import Tokenizer  # noqa: PLC0415  # only with the extra
    except ImportError as error:
        raise MissingExtra("an ONNX sentence encoder", "onnx") from error
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_str(tokenizer_json.decode())
    except Exception as error:  # both libraries raise bare Exception subclasses of their own
        raise BrokenArtifact(str(folder), f"not a sentence encoder ({error!s:.200})") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    unknown = {each.name for each in session.get_inputs()} - {"input_ids", "attention_mask", "token_type_ids"}
    if unknown:
        raise BrokenArtifact(str(folder), f"the model wants inputs nobody has: {', '.join(sorted(unknown))}")
    return session, tokenizer
