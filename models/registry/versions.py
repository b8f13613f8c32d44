"""Registered model versions and their aliases: register, promote, roll back, load.

The alias ``champion`` moves in one statement, after everything else; a process killed before it leaves the old
champion, one killed after it leaves the new one, and nothing in between can be seen.
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model, infer_signature
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST, ErrorCode

from features.errors import BrokenArtifact, NoChampion, NotPassed, UnknownModelVersion
from models.registry.artifacts import failures_told
from models.registry.connection import Connection
from models.registry.names import CHALLENGER, CHAMPION

MANIFEST_TAG = "manifest_sha256"
HISTORY_TAG = "champion_history"
KEPT_HISTORY = 40
LOADER = "models.pyfunc"
REQUIREMENTS = ("mlflow", "numpy", "scipy", "scikit-learn", "pandas", "pydantic-settings")
"""What loading a version needs beside Broadsheet itself, which is on no index and therefore not named here."""
NEEDLESS_WARNINGS = (
    ".*Any type hint is inferred as AnyType",  # about a class of MLflow's own, when it imports that
    ".*An input example was not provided",  # it would load the model once more to show a row; the signature is given
)


@dataclass(frozen=True, slots=True)
class Examples:
    """A few rows in and out, from which a version's signature is read."""

    inputs: pd.DataFrame
    outputs: pd.DataFrame


class Versions:
    """The registered model of one ``Settings``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = connection.client
        self._name = connection.settings.registered_model

    def register(self, run_id: str, folder: Path, manifest_sha256: str, examples: Examples) -> str:
        """Log ``folder`` as a model of the run, make it a version with its manifest's hash, alias ``challenger``."""
        mlflow.set_tracking_uri(self._connection.uri)
        mlflow.set_registry_uri(self._connection.uri)
        logged = self._client.create_logged_model(self._connection.experiment_id, name="model", source_run_id=run_id)
        with warnings.catch_warnings():
            for message in NEEDLESS_WARNINGS:
                warnings.filterwarnings("ignore", message=message, category=UserWarning)
            # What mlflow.pyfunc.log_model calls. Given run and model it needs no active run, whose end would mark
            # ours FINISHED, and no active experiment.
            Model.log(
                artifact_path=None,
                flavor=mlflow.pyfunc,
                run_id=run_id,
                model_id=logged.model_id,
                loader_module=LOADER,
                data_path=str(folder),
                pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
                signature=infer_signature(examples.inputs, examples.outputs),
                metadata={MANIFEST_TAG: manifest_sha256},
            )
        self._ensure_registered_model()
        created = self._client.create_model_version(
            self._name,
            source=f"models:/{logged.model_id}",
            run_id=run_id,
            tags={MANIFEST_TAG: manifest_sha256},
            model_id=logged.model_id,
        )
        self._client.set_registered_model_alias(self._name, CHALLENGER, created.version)
        return str(created.version)

    def alias(self, name: str) -> str | None:
        """The version an alias points to, None when there is no such alias; one small query, made to be polled."""
        try:
            return str(self._client.get_model_version_by_alias(self._name, name).version)
        except MlflowException as error:
            if _absent(error):
                return None
            raise

    def get(self, version_or_alias: str) -> ModelVersion:
        """A version by number or alias; UnknownModelVersion (NoChampion for the alias) when it is not there."""
        try:
            if version_or_alias.isdecimal():
                return self._client.get_model_version(self._name, version_or_alias)
            return self._client.get_model_version_by_alias(self._name, version_or_alias)
        except MlflowException as error:
            if not _absent(error):
                raise
            raise NoChampion if version_or_alias == CHAMPION else UnknownModelVersion(version_or_alias) from error

    def promote(self, version_or_alias: str, *, reason: str, at: datetime) -> str:
        """Point ``champion`` to a version; its number.

        The history goes first: a kill in between adds a line to it that :meth:`rollback` does not follow.
        """
        chosen = str(self.get(version_or_alias).version)
        current = self.alias(CHAMPION)
        if chosen != current:
            self._write_history([*self._history_up_to(current), chosen])
        self._tag(chosen, {"promoted_at": at.isoformat(), "promoted_because": reason[:1000]})
        self._client.set_registered_model_alias(self._name, CHAMPION, chosen)
        return chosen

    def record_gate(self, number: str, document: Mapping[str, object]) -> None:
        """Tag a version with what the gate decided on it, and against which champion."""
        kept = {name: document.get(name) for name in ("outcome", "passed", "reason", "champion", "force")}
        self._tag(number, {f"gate_{name}": str(value)[:1000] for name, value in kept.items() if value is not None})

    def promote_judged(self, version_or_alias: str, *, reason: str, force: str | None, at: datetime) -> str:
        """:meth:`promote` a version the gate has passed against the present champion, or any with ``force``.

        Raises NotPassed.
        """
        chosen = self.get(version_or_alias)
        number, champion = str(chosen.version), self.alias(CHAMPION)
        objection = _objection(chosen, champion)
        if objection is not None and force is None:
            raise NotPassed(number, objection)
        if force is not None:
            record = {
                "version": number,
                "champion": champion,
                "force": force,
                "against": objection,
                "at": at.isoformat(),
            }
            self._tag(number, {"gate_force": force[:1000]})
            self._client.log_text(str(chosen.run_id), json.dumps(record, indent=2), f"forced-{at:%Y%m%dT%H%M%S}.json")
        return self.promote(number, reason=reason if force is None else f"forced: {force}", at=at)

    def rollback(self, *, at: datetime) -> str:
        """Point ``champion`` to the version that was champion before; its number.

        Raises NoChampion when there is none, UnknownModelVersion when none was champion before it.
        """
        current = str(self.get(CHAMPION).version)
        history = self._history_up_to(current)[:-1]
        if not history:
            raise UnknownModelVersion(f"champion before {current}")
        self._tag(current, {"rolled_back_at": at.isoformat(), "rolled_back_to": history[-1]})
        self._client.set_registered_model_alias(self._name, CHAMPION, history[-1])
        self._write_history(history)
        return history[-1]

    def download(self, version_or_alias: str, cache: Path) -> tuple[str, Path, str]:
        """Number, local folder of the model's own files and manifest hash of a version.

        Files on this machine are read in place; others are downloaded into ``cache``, complete or not at all. Raises
        StoreFailed where they cannot be, besides what :meth:`get` does.
        """
        chosen = self.get(version_or_alias)
        number, sha256 = str(chosen.version), chosen.tags.get(MANIFEST_TAG, "")
        uri = self._client.get_model_version_download_uri(self._name, number)
        local = Path(uri.removeprefix("file://"))
        if not local.is_dir():
            with failures_told(self._connection):
                local = _downloaded(uri, self._connection.uri, cache / f"{number}-{sha256[:16]}")
        folders = [entry for entry in (local / "data").iterdir() if entry.is_dir()]
        if len(folders) != 1:
            raise BrokenArtifact(str(local), f"one folder of model files expected, {len(folders)} found")
        return number, folders[0], sha256

    def _history_up_to(self, current: str | None) -> list[str]:
        """Champions in order, the current one last; whatever a killed promotion left behind it is cut off."""
        tags = self._client.get_registered_model(self._name).tags
        history: list[str] = json.loads(tags.get(HISTORY_TAG, "[]"))
        while history and history[-1] != current:
            history.pop()
        return history if current is None or history else [current]

    def _write_history(self, history: list[str]) -> None:
        self._client.set_registered_model_tag(self._name, HISTORY_TAG, json.dumps(history[-KEPT_HISTORY:]))

    def _tag(self, number: str, tags: dict[str, str]) -> None:
        for key, value in tags.items():
            self._client.set_model_version_tag(self._name, number, key, value)

    def _ensure_registered_model(self) -> None:
        try:
            self._client.create_registered_model(self._name)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                raise


def _objection(version: ModelVersion, champion: str | None) -> str | None:
    """Why the gate does not vouch for a version in the place of ``champion``; None if it does."""
    if str(version.version) == champion:
        return None
    if "gate_passed" not in version.tags:
        return "it has not been compared with a champion"
    if version.tags["gate_passed"] != "True":
        return str(version.tags["gate_reason"])
    compared = version.tags.get("gate_champion")
    return (
        None if compared == champion else f"it was compared with {compared or 'none'}, and the champion is {champion}"
    )


def _absent(error: MlflowException) -> bool:
    return bool(error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)) or "alias" in str(error).lower()


def _downloaded(uri: str, tracking_uri: str, target: Path) -> Path:
    """``uri`` in ``target``: downloaded beside it and renamed, so that a folder there is a complete one."""
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent) as scratch:
            fetched = mlflow.artifacts.download_artifacts(uri, dst_path=scratch, tracking_uri=tracking_uri)
            Path(fetched).rename(target)
    return target
