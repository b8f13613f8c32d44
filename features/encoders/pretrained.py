"""Vectors of pretrained encoders, kept under their own id: no refit of the encoder beside them encodes a text twice."""

from collections.abc import Sequence
from pathlib import Path

from features.blocks import document_hash, text_of
from features.encoders.base import PRETRAINED, Encoder, Vectors
from features.encoders.joined import JoinedEncoder
from features.encoders.vectors import VectorStore

SEGMENT = 1024
"""Texts encoded between two writes; a process that is stopped loses fewer."""


class PretrainedVectors:
    """Transforms as an encoder does, asking ``folder`` first for what its pretrained parts made before.

    Parameters
    ----------
    folder : Path
        Holds one vector store for each pretrained encoder, under its id; made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def transform(self, encoder: Encoder, documents: Sequence[str]) -> Vectors:
        """float32 (n_documents, dimensions): ``encoder.transform(documents)``, to the bit."""
        if not isinstance(encoder, JoinedEncoder):
            return encoder.transform(documents)
        return encoder.join([self._part(part, documents) for part in encoder.parts])

    def _part(self, part: Encoder, documents: Sequence[str]) -> Vectors:
        if part.cut != PRETRAINED:
            return part.transform(documents)
        texts = {document_hash(text): text for text in map(text_of, documents)}
        store = VectorStore(self._folder / part.id, part.dimensions)
        names = list(texts)
        missing = [name for name, known in zip(names, store.get(names)[1].tolist(), strict=True) if not known]
        for start in range(0, len(missing), SEGMENT):
            new = missing[start : start + SEGMENT]
            store.append(new, part.transform([texts[name] for name in new]))
        return store.get([document_hash(text_of(document)) for document in documents])[0]
