"""Which version was the champion when it was last looked for, so that a server starts before MLflow is at hand.

MLflow takes longer to import than everything else a server needs. The file says where the model's files are and what
their manifest's hash was; whoever can write it can write the models beside it and the tracking database as well.
"""

import json
import os
from pathlib import Path

from features.errors import BrokenArtifact
from features.settings import Settings
from models.artifact import read_model
from models.model import Model


class LastChampion:
    """A small JSON file; one that is missing, broken or of another registry is as good as none."""

    def __init__(self, file: Path, settings: Settings) -> None:
        self._file = file
        self._registry = [settings.tracking_uri, settings.registered_model]

    def read(self) -> Model | None:
        """The model, its files compared with the hash; None where that is not possible."""
        where = self.where()
        if where is None:
            return None
        try:
            return read_model(where[1], version=where[0], expected_sha256=where[2])
        except (OSError, ValueError, BrokenArtifact):
            return None

    def where(self) -> tuple[str, Path, str] | None:
        """Its number, folder and manifest hash, as written; None where there is no such file."""
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
            if told["registry"] != self._registry:
                return None
            return str(told["version"]), Path(told["folder"]), str(told["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, version: str, folder: Path, sha256: str) -> None:
        """Replace the file as a whole: a reader sees the one or the other."""
        told = {"registry": self._registry, "version": version, "folder": str(folder.absolute()), "sha256": sha256}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        written = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        written.write_text(json.dumps(told), encoding="utf-8")
        written.replace(self._file)

    def forget(self) -> None:
        """As if no champion had been seen."""
        self._file.unlink(missing_ok=True)
