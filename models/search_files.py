"""A search index as files: arrays that are mapped when read, and the papers' ids as JSON. Nothing in them is code."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.npy import read_array
from models.search import SearchIndex
from models.search_words import KnownWords

FORMAT = 1
_IDS, _VECTORS = "ids.json", "vectors"


def write_index(index: SearchIndex, folder: Path) -> None:
    """Write ``index`` into ``folder``, which is there."""
    weights = index.weights
    arrays: dict[str, NDArray[Any]] = {
        "letters": index.words.letters,
        "starts": index.words.starts,
        "indptr": weights.indptr,
        "indices": weights.indices,
        "data": weights.data,
    }
    if index.vectors is not None:
        arrays[_VECTORS] = index.vectors
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values, allow_pickle=False)
    (folder / _IDS).write_text(json.dumps({"format": FORMAT, "ids": index.ids}), encoding="utf-8")


def read_index(folder: Path) -> SearchIndex | None:
    """The index written into ``folder``; None where it is not there, not whole, or of another format."""
    try:
        document = json.loads((folder / _IDS).read_text(encoding="utf-8"))
        arrays = {path.stem: read_array(path, "r") for path in sorted(folder.glob("*.npy"))}
        ids = tuple(document["ids"]) if document["format"] == FORMAT else ()
        words = KnownWords(arrays["letters"], arrays["starts"])
        parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        vectors = arrays.get(_VECTORS)
        if document["format"] != FORMAT or not _fits(words, parts, vectors, len(ids)):
            return None
        return SearchIndex(ids, words, sparse.csr_array(parts, shape=(len(words), len(ids))), vectors)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _fits(
    words: KnownWords,
    parts: tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]],
    vectors: NDArray[np.float32] | None,
    n_papers: int,
) -> bool:
    """Whether nothing points outside of what is there: SciPy's compiled code would follow it."""
    data, indices, indptr = parts
    inside = not len(indices) or (indices.min() >= 0 and indices.max() < n_papers)
    return bool(
        inside
        and indices.dtype == indptr.dtype == np.int32
        and data.dtype == np.float32
        and _bounds(words.starts, len(words.letters))
        and _bounds(indptr, len(indices))
        and len(indptr) == len(words.starts)
        and data.shape == indices.shape
        and (vectors is None or (vectors.dtype == np.float32 and vectors.ndim == 2 and len(vectors) == n_papers))
    )


def _bounds(starts: NDArray[np.integer], end: int) -> bool:
    return bool(starts.ndim == 1 and starts[0] == 0 and starts[-1] == end and (np.diff(starts) >= 0).all())
