"""Runs listed and compared for a terminal: plain values, no MLflow objects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

from features.errors import InvalidValue
from models.registry.connection import Connection

VERSION_TAG = "broadsheet.version"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One parent run; ``version`` is the model version it registered, ``aliases`` what points to that now."""

    run_id: str
    name: str
    status: str
    started_at: datetime
    seconds: float | None
    version: str | None
    aliases: tuple[str, ...]
    metrics: Mapping[str, float]
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side: per name, one value for each run, None where a run has none."""

    run_ids: tuple[str, ...]
    metrics: Mapping[str, tuple[float | None, ...]]
    changed_params: Mapping[str, tuple[str | None, ...]]


def newest_runs(connection: Connection, aliases: Mapping[str, str | None], limit: int) -> list[RunSummary]:
    """The newest ``limit`` retrains, newest first; child runs are left out. ``aliases`` maps a name to a version."""
    # MLflow cannot filter on the absence of a tag; children are few per parent, so read pages until enough are found.
    found: list[RunSummary] = []
    token: str | None = None
    while len(found) < limit:
        page = connection.client.search_runs(
            [connection.experiment_id], order_by=["attributes.start_time DESC"], max_results=200, page_token=token
        )
        found += [_summary(run, aliases) for run in page if _is_retrain(run)]
        token = page.token
        if not token:
            break
    return found[:limit]


def _is_retrain(run: Run) -> bool:
    tags = run.data.tags
    return MLFLOW_PARENT_RUN_ID not in tags and tags.get("broadsheet.kind", "retrain") == "retrain"


def compared(connection: Connection, run_ids: Sequence[str]) -> Comparison:
    """The runs with these ids side by side: all metrics, and the parameters that differ."""
    runs = [_run(connection, run_id) for run_id in run_ids]
    metrics = {name: tuple(run.data.metrics.get(name) for run in runs) for name in _names(r.data.metrics for r in runs)}
    params = {name: tuple(run.data.params.get(name) for run in runs) for name in _names(r.data.params for r in runs)}
    changed = {name: values for name, values in params.items() if len(set(values)) > 1}
    return Comparison(tuple(run_ids), metrics, changed)


def _names(groups: Iterable[Mapping[str, object]]) -> list[str]:
    return sorted({name for group in groups for name in group})


def _run(connection: Connection, run_id: str) -> Run:
    try:
        return connection.client.get_run(run_id)
    except MlflowException as error:
        raise InvalidValue("run id", run_id, "'broadsheet runs' lists them") from error


def _summary(run: Run, aliases: Mapping[str, str | None]) -> RunSummary:
    ended, started = run.info.end_time, run.info.start_time
    version = run.data.tags.get(VERSION_TAG)
    return RunSummary(
        run_id=str(run.info.run_id),
        name=run.data.tags.get(MLFLOW_RUN_NAME, ""),
        status=str(run.info.status),
        started_at=datetime.fromtimestamp(started / 1000, UTC),
        seconds=(ended - started) / 1000 if ended else None,
        version=version,
        aliases=tuple(sorted(name for name, number in aliases.items() if version is not None and number == version)),
        metrics=dict(run.data.metrics),
        params=dict(run.data.params),
    )
