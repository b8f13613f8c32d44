"""The one door to MLflow: runs, versions, aliases."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import BrokenArtifact
from features.settings import Settings
from models.artifact import read_model
from models.model import Model
from models.registry.connection import Connection
from models.registry.last_champion import LastChampion
from models.registry.names import CHALLENGER, CHAMPION

if TYPE_CHECKING:  # each of these imports MLflow, which takes longer than all the rest of a server's start
    import pandas as pd

    from models.registry.summary import Comparison, RunSummary
    from models.registry.tracking import RunLog
    from models.registry.versions import Versions


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Registry:
    """Runs and model versions of one ``Settings``; connects on first use.

    Parameters
    ----------
    settings
        Says where tracking, artifacts and the cache of downloads are.
    clock
        Gives the instant written beside a promotion.

    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self._connection = Connection(settings)
        self._clock = clock
        self._cache = settings.data_dir / "models"
        self._last = LastChampion(self._cache / "champion.json", settings)

    @cached_property
    def _versions(self) -> "Versions":
        from models.registry.versions import Versions  # noqa: PLC0415  # a server starts without it

        return Versions(self._connection)

    @property
    def tracking_uri(self) -> str:
        """The resolved tracking URI, as ``mlflow ui --backend-store-uri`` takes it."""
        return self._connection.uri

    @property
    def experiment_id(self) -> str:
        """The experiment of all runs, made when it is not there."""
        return self._connection.experiment_id

    def run(self, name: str, tags: Mapping[str, str]) -> AbstractContextManager["RunLog"]:
        """Open a parent run; closed with the block, whatever ends it."""
        from models.registry.tracking import open_run  # noqa: PLC0415  # a server starts without it

        return open_run(self._connection, name, tags)

    def close_dead_runs(self) -> list[str]:
        """Mark runs left RUNNING by a process that is gone; their ids."""
        from models.registry.tracking import close_dead_runs  # noqa: PLC0415  # a server starts without it

        return close_dead_runs(self._connection)

    def register(
        self, run: "RunLog", folder: Path, manifest_sha256: str, inputs: "pd.DataFrame", outputs: "pd.DataFrame"
    ) -> str:
        """Make ``folder`` a model version with its manifest's hash, alias ``challenger``; its number.

        ``inputs`` and ``outputs`` are a few rows the signature is read from.
        """
        from models.registry.summary import VERSION_TAG  # noqa: PLC0415  # a server starts without it
        from models.registry.versions import Examples  # noqa: PLC0415  # a server starts without it

        number = self._versions.register(run.id, folder, manifest_sha256, Examples(inputs, outputs))
        run.tags({VERSION_TAG: number})
        return number

    def load(self, version_or_alias: str) -> Model:
        """The model of a version, its files compared with the version's hash.

        Raises NoChampion, UnknownModelVersion, BrokenArtifact.
        """
        number, folder, sha256 = self._versions.download(version_or_alias, self._cache)
        return read_model(folder, version=number, expected_sha256=sha256)

    def load_last_champion(self) -> Model | None:
        """The champion that was last seen from this data folder, without asking MLflow; None if there is none.

        Its files are compared with the hash that MLflow had told then.
        """
        return self._last.read()

    def remembered(self) -> str | None:
        """The version that :meth:`load_last_champion` would read."""
        where = self._last.where()
        return None if where is None else where[0]

    def remember_champion(self, version: str) -> None:
        """Let :meth:`load_last_champion` give this version from now on."""
        self._last.write(*self.where(version))

    def where(self, version_or_alias: str) -> tuple[str, Path, str]:
        """Number, local folder and manifest hash of a version; NoChampion, UnknownModelVersion, BrokenArtifact."""
        return self._versions.download(version_or_alias, self._cache)

    def alias(self, name: str) -> str | None:
        """The version number an alias points to, or None; a few milliseconds, made to be polled."""
        return self._versions.alias(name)

    def forget_champion(self) -> None:
        """Let :meth:`load_last_champion` give none, since there is none."""
        self._last.forget()

    def promote(self, version_or_alias: str, reason: str) -> str:
        """Make a version the champion, whatever the gate said; its number."""
        return self._remembered(self._versions.promote(version_or_alias, reason=reason, at=self._clock()))

    def record_gate(self, version: str, document: Mapping[str, object]) -> None:
        """Keep with a version what the gate decided: the keys outcome, passed, reason and champion of its record."""
        self._versions.record_gate(version, document)

    def promote_judged(self, version_or_alias: str, reason: str, force: str | None) -> str:
        """Make a version the champion if the gate has passed it against the present champion; its number.

        With ``force``, a reason, in any case: the reason is kept as a tag of the version and as an artifact of its
        run. Raises NotPassed without.
        """
        number = self._versions.promote_judged(version_or_alias, reason=reason, force=force, at=self._clock())
        return self._remembered(number)

    def rollback(self) -> str:
        """Make the version before the champion the champion; its number."""
        return self._remembered(self._versions.rollback(at=self._clock()))

    def _remembered(self, version: str) -> str:
        """``version``, which has just become the champion."""
        try:
            self.remember_champion(version)
        except (OSError, BrokenArtifact):
            self._last.forget()  # a server that cannot start from it asks MLflow
        return version

    def runs(self, limit: int = 20) -> list["RunSummary"]:
        """The newest retrains, newest first."""
        from models.registry.summary import newest_runs  # noqa: PLC0415  # a server starts without it

        aliases = {name: self._versions.alias(name) for name in (CHAMPION, CHALLENGER)}
        return newest_runs(self._connection, aliases, limit)

    def compare(self, run_ids: Sequence[str]) -> "Comparison":
        """Runs side by side."""
        from models.registry.summary import compared  # noqa: PLC0415  # a server starts without it

        return compared(self._connection, run_ids)
