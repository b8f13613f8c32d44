"""Where runs and artifacts live: URLs resolved, folders made, one client and one experiment."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import BroadsheetError, InvalidValue, StoreFailed
from features.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = re.compile(r"sqlite:///(?!/)(?P<path>[^?]+)")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

HOW_THE_UI_SHOWS_IT = {
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.experiment.primaryMetric.name": "ndcg_at_10",
    "mlflow.experiment.primaryMetric.greaterIsBetter": "True",
}
"""Without the kind MLflow's UI opens on pages for language models."""


def resolved_tracking_uri(uri: str) -> str:
    """``uri`` with a relative SQLite path resolved against the working directory; its folder exists afterwards."""
    found = _SQLITE.match(uri)
    if found:
        uri = f"sqlite:///{Path(found['path']).absolute()}"
    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///").partition("?")[0]).parent.mkdir(parents=True, exist_ok=True)
    return uri


def resolved_artifact_root(root: str) -> str:
    """``root`` as an absolute folder that exists, or an object store's URL as it is."""
    if _URL.match(root):
        return root
    folder = Path(root).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


@dataclass(frozen=True)
class Connection:
    """The tracking server of one ``Settings``, connected on first use."""

    settings: Settings

    @cached_property
    def uri(self) -> str:
        """Tracking and registry URI."""
        return resolved_tracking_uri(self.settings.tracking_uri)

    @cached_property
    def client(self) -> "MlflowClient":
        """One client, used from every module here."""
        from mlflow import MlflowClient  # noqa: PLC0415  # a server starts without it

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    @cached_property
    def experiment_id(self) -> str:
        """The experiment of retrains, created with our artifact root when it is not there.

        Raises StoreFailed when the tracking database does not answer, InvalidValue where the experiment is there and
        keeps its files elsewhere than in the object store that is set.
        """
        name = self.settings.experiment
        try:
            found = self.client.get_experiment_by_name(name)
            if found is not None:
                self._check_root(name, str(found.artifact_location))
                return str(found.experiment_id)
            root = resolved_artifact_root(self.settings.artifact_root)
            return str(self.client.create_experiment(name, root, tags=HOW_THE_UI_SHOWS_IT))
        except BroadsheetError:
            raise
        except Exception as error:  # SQLAlchemy's come unwrapped, and only the store may import that
            raise StoreFailed(f"MLflow tracking at {without_password(self.uri)}: {first_line(error)}") from error

    def _check_root(self, name: str, location: str) -> None:
        """MLflow would go on writing to where the experiment began, and say nothing."""
        root = self.settings.artifact_root
        if _URL.match(root) and not root.startswith("file:") and root.rstrip("/") != location.rstrip("/"):
            advice = f"experiment '{name}' began at {location}; name another with BROADSHEET_EXPERIMENT"
            raise InvalidValue("BROADSHEET_ARTIFACT_ROOT", without_password(root), advice)


def without_password(uri: str) -> str:
    """``uri`` fit for a message."""
    return re.sub(r"//[^/@]*@", "//…@", uri)


def first_line(error: Exception) -> str:
    """The first line of an error that may carry a page of SQL."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
