"""One process asks MLflow where the champion alias points, and tells the servers beside it by a small file.

Each server would have MLflow's hundred megabytes of its own otherwise, as what is imported after a fork is not shared.
The file lies in a folder that only this user can enter, and says no more than MLflow does: who reads it compares the
model's files with the hash.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from features.errors import BroadsheetError, BrokenArtifact, StoreFailed
from features.settings import Settings
from models.artifact import read_model
from models.model import Model
from models.registry.names import CHAMPION
from models.registry.registry import Registry

_log = logging.getLogger(__name__)
_RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Told:
    """The champion's number, folder and manifest hash; ``failure`` where one of them could not be found out."""

    version: str | None
    folder: str = ""
    sha256: str = ""
    failure: str | None = None


class ToldChampion:
    """The file in which the one process leaves what it found."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> Told:
        """What was said last; that nothing was said yet is a failure."""
        try:
            return Told(**json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Told(None, failure="MLflow has not answered yet")

    def write(self, told: Told) -> None:
        """Replace the file as a whole: a reader sees the one or the other."""
        written = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        written.write_text(json.dumps(asdict(told)), encoding="utf-8")
        written.replace(self._file)

    @property
    def said(self) -> bool:
        """Whether anything was said."""
        return self._file.exists()


class FollowingRegistry(Registry):
    """A registry that reads in a file which version is champion, and asks MLflow only for other versions."""

    def __init__(self, settings: Settings, folder: Path, clock: Callable[[], datetime]) -> None:
        super().__init__(settings, clock)
        self.told = ToldChampion(folder / "champion.json")
        self._serves = ToldChampion(folder / "serves.json")

    def load_last_champion(self) -> Model | None:
        """The version that the servers beside this one took last, else as :meth:`Registry.load_last_champion`.

        Until anything else is said, that is the champion.
        """
        if self._serves.said:
            serves = self._serves.read()
            return read_model(Path(serves.folder), version=str(serves.version), expected_sha256=serves.sha256)
        model, where = super().load_last_champion(), self._last.where()
        if model is not None and where is not None and not self.told.said:
            self.told.write(Told(where[0], str(where[1]), where[2]))
        return model

    def remembered(self) -> str | None:
        """As :meth:`Registry.remembered`, but None until the servers have taken another version."""
        return self._serves.read().version

    def alias(self, name: str) -> str | None:
        """As :meth:`Registry.alias`; StoreFailed where the one that asks MLflow could not."""
        if name != CHAMPION:
            return super().alias(name)
        told = self.told.read()
        if told.version is None and told.failure is not None:
            raise StoreFailed(told.failure)
        return told.version

    def load(self, version_or_alias: str) -> Model:
        """As :meth:`Registry.load`."""
        told = self.told.read()
        if told.version is None or version_or_alias not in (told.version, CHAMPION):
            return super().load(version_or_alias)
        if told.failure is not None:
            raise BrokenArtifact(told.folder or f"version {told.version}", told.failure)
        return read_model(Path(told.folder), version=told.version, expected_sha256=told.sha256)

    def remember_champion(self, version: str) -> None:
        """As :meth:`Registry.remember_champion`; a server that is forked again begins with it."""
        told = self.told.read()
        if told.version == version and told.failure is None:
            self._last.write(version, Path(told.folder), told.sha256)
            self._serves.write(told)


class ChampionTeller:
    """The one that asks MLflow: each :meth:`look` writes the file if anything is new."""

    def __init__(self, registry: Registry, told: ToldChampion, clock: Callable[[], datetime]) -> None:
        self._registry = registry
        self._told = told
        self._clock = clock
        self._retry_at: datetime | None = None

    def look(self) -> None:
        """Ask once; never raises, as what fails is told."""
        version: str | None = None
        try:
            version = self._registry.alias(CHAMPION)
            if self._is_known(version):
                return
            found = Told(None) if version is None else Told(*_as_text(self._registry.where(version)))
        except BroadsheetError as error:
            _log.error("the champion alias could not be followed: %s", error)
            found = Told(version, failure=error.reason if isinstance(error, BrokenArtifact) else str(error))
        except Exception:  # noqa: BLE001 - MLflow and the file system raise what they like; the watch must go on
            _log.exception("the champion alias could not be followed")
            found = Told(version, failure="it could not be found; the server's log knows why")
        self._retry_at = None if found.failure is None else self._clock() + _RETRY_AFTER
        self._told.write(found)

    def _is_known(self, version: str | None) -> bool:
        """Said already; a failure of the same version is looked into again after a while."""
        told = self._told.read()
        if not self._told.said or told.version != version:
            return False
        if told.failure is None:
            return True
        return version is not None and self._retry_at is not None and self._clock() < self._retry_at


def _as_text(where: tuple[str, Path, str]) -> tuple[str, str, str]:
    version, folder, sha256 = where
    return version, str(folder.absolute()), sha256
