"""Several encoders side by side: one vector made of their blocks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from features.blocks import ALL
from features.encoders.base import (
    HEADER,
    Encoder,
    Vectors,
    fingerprint_of,
    header_bytes,
    id_of,
    save_encoder,
    unit_rows,
)
from features.errors import InvalidValue

KIND = "joined"


class JoinedEncoder:
    """The parts' vectors, each of length one, times the part's scale, laid end to end and brought to length one.

    Parameters
    ----------
    parts : sequence of Encoder
        Two or more.
    scales : sequence of float, optional
        One for each part, > 0; all equal by default, so that the inner product is the mean of the parts' cosines.
    """

    def __init__(self, parts: Sequence[Encoder], scales: Sequence[float] | None = None) -> None:
        self.parts = tuple(parts)
        self.scales = tuple(float(scale) for scale in scales) if scales is not None else (1.0,) * len(self.parts)
        if len(self.parts) < 2 or len(self.scales) != len(self.parts) or min(self.scales) <= 0:
            raise InvalidValue("scales", self.scales, f"one positive number for each of {len(self.parts)} ≥ 2 parts")

    @cached_property
    def id(self) -> str:
        """32 hex digits: a hash of the saved files."""
        return id_of(self._header())

    @property
    def dimensions(self) -> int:
        """Length of a vector: the parts' lengths together."""
        return sum(part.dimensions for part in self.parts)

    @property
    def cut(self) -> datetime:
        """The latest cut of the parts."""
        return max(part.cut for part in self.parts)

    @property
    def fingerprint(self) -> str:
        """Names the settings of the parts and the scales."""
        return joined_fingerprint([part.fingerprint for part in self.parts], self.scales)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Those of the parts."""
        return tuple(block for block in ALL if any(block in part.blocks for part in self.parts))

    def transform(self, texts: Sequence[str]) -> Vectors:
        """float32 (n_texts, dimensions), rows of length one; a block without known words is zero."""
        return self.join([part.transform(texts) for part in self.parts])

    def join(self, blocks: Sequence[Vectors]) -> Vectors:
        """float32 (n, dimensions) from the parts' own vectors (n, dimensions of the part), in their order."""
        scaled = [block * np.float32(scale) for block, scale in zip(blocks, self.scales, strict=True)]
        return unit_rows(np.concatenate(scaled, axis=1))

    def files(self) -> Mapping[str, bytes]:
        """``encoder.json``, and the files of each part in a folder that bears its number."""
        files = {HEADER: self._header()}
        for number, part in enumerate(self.parts):
            files.update({f"{number}/{name}": content for name, content in part.files().items()})
        return files

    def save(self, folder: Path) -> None:
        """Write :meth:`files` into ``folder``, which is made if need be."""
        save_encoder(self, folder)

    def _header(self) -> bytes:
        fields = {
            "cut": self.cut.isoformat(),
            "fingerprint": self.fingerprint,
            "parts": [part.id for part in self.parts],
            "scales": self.scales,
        }
        return header_bytes(KIND, fields, {})


def joined_fingerprint(parts: Sequence[str], scales: Sequence[float]) -> str:
    """The fingerprint of a joined encoder, from those of its parts."""
    return fingerprint_of(KIND, {"parts": list(parts), "scales": list(scales)})
