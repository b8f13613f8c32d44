"""Fitted encoders on disk, so that a retrain can go on with the one there is."""

import shutil
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from features.encoders.base import Encoder, read_header, save_encoder
from features.encoders.loading import load_encoder
from features.errors import BrokenArtifact


class EncoderLibrary:
    """A folder of encoders, each in a folder named by its id; added whole or not at all.

    Parameters
    ----------
    root : Path
        ``<data_dir>/encoders``; made at the first :meth:`add`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, encoder: Encoder) -> Path:
        """Keep the encoder; its folder. Adding one that is there changes nothing."""
        folder = self.root / encoder.id
        if self._loaded(encoder.id) is not None:
            return folder
        partial = self.root / f".{encoder.id}.{uuid.uuid4().hex[:8]}"
        save_encoder(encoder, partial)
        shutil.rmtree(folder, ignore_errors=True)  # damaged, or it would have loaded
        try:
            partial.rename(folder)
        except OSError:
            shutil.rmtree(partial)
            if self._loaded(encoder.id) is None:
                raise
        return folder

    def get(self, encoder_id: str) -> Encoder:
        """The encoder of that id; BrokenArtifact where it is missing or damaged."""
        return load_encoder(self.root / encoder_id, expected_id=encoder_id)

    def newest(self, as_of: datetime, max_age_days: int, fingerprint: str) -> Encoder | None:
        """The encoder of those settings with the latest cut ≤ ``as_of`` that is under ``max_age_days`` old, if any.

        Of two with the same cut, the one with the larger id. Damaged folders are passed over.
        """
        oldest = as_of - timedelta(days=max_age_days)
        found = [(cut, name) for name, cut in self._cuts(fingerprint) if oldest < cut <= as_of]
        for _, name in sorted(found, reverse=True):
            encoder = self._loaded(name)
            if encoder is not None:
                return encoder
        return None

    def _cuts(self, fingerprint: str) -> list[tuple[str, datetime]]:
        if not self.root.is_dir():
            return []
        found = []
        for folder in sorted(self.root.iterdir()):
            if folder.name.startswith("."):
                continue
            try:
                header = read_header(folder)
                cut = datetime.fromisoformat(str(header.get("cut")))
            except (BrokenArtifact, ValueError):
                continue
            if header.get("fingerprint") == fingerprint and cut.tzinfo is not None:
                found.append((folder.name, cut))
        return found

    def _loaded(self, name: str) -> Encoder | None:
        try:
            return self.get(name)
        except BrokenArtifact:
            return None
