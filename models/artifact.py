"""The files of a model version: arrays, JSON and the encoder's files, under a manifest of SHA-256 sums.

::

    manifest.json        canonical JSON: format, and the sum of every other file
    model.json           cut, settings, paper ids, random keys of users; no user ids
    arrays/NAME.npy      float and integer arrays, memory-mapped when read
    encoder/…            the encoder as it saves itself

There is no code and no pickle in it. Reading refuses a folder in which any byte differs from what was written, a file
is missing, one is there that the manifest or the list of allowed names does not know, or anything is no plain file.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from features.encoders import encoder_file_names, load_encoder, save_encoder
from features.errors import BadInput, BrokenArtifact
from features.npy import read_array
from models.model import Model
from models.packing import arrays_of, document_of, model_from

FORMAT = 15
_MANIFEST, _MODEL, _ARRAYS, _ENCODER = "manifest.json", "model.json", "arrays", "encoder"
_ARRAY_NAME = re.compile(r"arrays/[a-z0-9_]{1,60}\.npy")
_CHUNK_BYTES = 1 << 20


def write_model(model: Model, folder: Path) -> str:
    """Write ``model`` into ``folder``, which must be empty or not be there; the SHA-256 of its manifest, in hex.

    The version's name is no part of it: the registry gives that. The same model has the same files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty; a model is written into a folder of its own")
    (folder / _ARRAYS).mkdir()
    for name, values in arrays_of(model).items():
        np.save(folder / _ARRAYS / f"{name}.npy", values, allow_pickle=False)
    (folder / _MODEL).write_bytes(_canonical(document_of(model)))
    save_encoder(model.encoder, folder / _ENCODER)
    manifest = _canonical({"format": FORMAT, "files": {name: _sum_of(folder / name) for name in _files_in(folder)}})
    (folder / _MANIFEST).write_bytes(manifest)
    return hashlib.sha256(manifest).hexdigest()


def read_model(folder: Path, *, version: str, expected_sha256: str | None = None) -> Model:
    """The model written into ``folder``, under the name ``version``; BrokenArtifact where anything is not as written.

    ``expected_sha256`` is what :func:`write_model` returned, kept elsewhere: with it a folder that somebody rewrote
    whole, manifest and all, is refused too.
    """
    _verify(folder, expected_sha256)
    try:
        document = json.loads((folder / _MODEL).read_bytes())
        paths = sorted((folder / _ARRAYS).iterdir())
        arrays = {path.stem: read_array(path, "r") for path in paths}
        encoder = load_encoder(folder / _ENCODER, expected_id=document["encoder_id"])
        return model_from(version, document, arrays, encoder)
    except (OSError, ValueError, KeyError, TypeError, IndexError, BadInput) as error:
        raise BrokenArtifact(str(folder), f"its files do not make a model ({error})") from error


def _verify(folder: Path, expected_sha256: str | None) -> None:
    try:
        found = set(_files_in(folder))
        manifest = (folder / _MANIFEST).read_bytes() if _MANIFEST in found else b""
    except OSError as error:
        raise BrokenArtifact(str(folder), f"it cannot be read ({error})") from error
    if expected_sha256 is not None and hashlib.sha256(manifest).hexdigest() != expected_sha256:
        raise BrokenArtifact(str(folder), "its manifest is not the one that was registered")
    sums = _sums_in(folder, manifest)
    for name in sorted(set(sums) ^ (found - {_MANIFEST})):
        raise BrokenArtifact(str(folder), f"{name} is missing" if name in sums else f"{name} does not belong there")
    for name, expected in sums.items():
        if _sum_of(folder / name) != expected:
            raise BrokenArtifact(str(folder), f"{name} does not match its SHA-256")
    encoder = {f"{_ENCODER}/{name}" for name in encoder_file_names(folder / _ENCODER)}
    for name in sums:
        if name != _MODEL and name not in encoder and not _ARRAY_NAME.fullmatch(name):
            raise BrokenArtifact(str(folder), f"{name} is not among the files a model may hold")


def _sums_in(folder: Path, manifest: bytes) -> dict[str, str]:
    try:
        document = json.loads(manifest)
        sums = {str(name): str(total) for name, total in document["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenArtifact(str(folder), f"{_MANIFEST} is missing or is no manifest") from error
    if document != {"format": FORMAT, "files": sums} or _canonical(document) != manifest:
        raise BrokenArtifact(str(folder), f"{_MANIFEST} is not a manifest of format {FORMAT}")
    return sums


def _files_in(folder: Path) -> Iterator[str]:
    """Relative names of all files; a link or anything else that is no plain file is refused."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BrokenArtifact(str(folder), f"{path.relative_to(folder)} is no plain file")
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _sum_of(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            total.update(chunk)
    return total.hexdigest()


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
