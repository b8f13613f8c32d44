"""Runs: one parent for a retrain, a few children, everything logged in batches."""

import hashlib
import json
import math
import os
import platform
import posixpath
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

from models.registry.artifacts import failures_told
from models.registry.connection import Connection

if TYPE_CHECKING:
    from matplotlib.figure import Figure  # a server draws nothing, and it takes a second to load

BATCH = 1000
PARAMS_BATCH = 100
PROCESS_TAG = "broadsheet.process"
HOST_TAG = "broadsheet.host"
ABOUT = "about.json"
"""The first file of a run: what it ran with."""
ABOUT_PACKAGES = ("broadsheet", "mlflow", "numpy", "scipy", "scikit-learn", "lightgbm", "implicit")
DAY_MILLISECONDS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class DataSet:
    """What a run learned from: ``digest`` names the rows, ``profile`` counts them (papers, users, days, …)."""

    name: str
    content_hash: str
    source: str
    profile: Mapping[str, str | int | float]

    @property
    def digest(self) -> str:
        """At most 36 characters, as MLflow allows."""
        return self.content_hash[:36]


class RunLog:
    """One run that is being written."""

    def __init__(self, connection: Connection, run_id: str) -> None:
        self._connection = connection
        self._client = connection.client
        self.id = run_id

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters; values are logged as text of at most 500 characters."""
        rows = [Param(name, str(value)[:500]) for name, value in values.items()]
        for start in range(0, len(rows), PARAMS_BATCH):
            self._client.log_batch(self.id, params=rows[start : start + PARAMS_BATCH])

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log metrics of one step. A value that is not finite was not measured and is left out."""
        self.series({step: values})

    def series(self, steps: Mapping[int, Mapping[str, float]]) -> None:
        """Log many steps at once, in batches: one call per value takes a transaction each."""
        now = int(time.time() * 1000)
        rows = [
            Metric(name, float(value), now, step)
            for step, values in sorted(steps.items())
            for name, value in values.items()
            if math.isfinite(value)
        ]
        for start in range(0, len(rows), BATCH):
            self._client.log_batch(self.id, metrics=rows[start : start + BATCH])

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self._client.log_batch(self.id, tags=[RunTag(name, value) for name, value in values.items()])

    def table(self, name: str, rows: pd.DataFrame) -> None:
        """Log one table as ``name`` (.json), shown by the UI's evaluation view. Users by key, never by id."""
        with warnings.catch_warnings():
            # MLflow asks pandas 3 for object columns in pandas 2's words.
            warnings.filterwarnings("ignore", message=".*'str' dtypes are included", category=DeprecationWarning)
            self._client.log_table(self.id, rows, name)

    def figure(self, name: str, figure: "Figure", *others: "RunLog") -> None:
        """Log a figure as ``name`` (.png), here and in ``others``, drawn once; the caller closes it."""
        inside, file_name = posixpath.split(name)
        with TemporaryDirectory() as folder:
            figure.savefig(Path(folder, file_name))
            for run in (self, *others):
                run._client.log_artifact(run.id, str(Path(folder, file_name)), inside or None)

    def json(self, name: str, value: Mapping[str, object]) -> None:
        """Log a JSON document as ``name``."""
        self._client.log_text(self.id, json.dumps(value, indent=2, sort_keys=True, default=str), name)

    def dataset(self, data: DataSet) -> None:
        """Name the data this run was fitted on."""
        source = json.dumps({"source": data.source})
        profile = json.dumps(dict(data.profile))
        dataset = Dataset(data.name, data.digest, "broadsheet", source, schema=None, profile=profile)
        context = InputTag("mlflow.data.context", "training")
        self._client.log_inputs(self.id, datasets=[DatasetInput(dataset, [context])])

    @contextmanager
    def child(self, name: str, tags: Mapping[str, str] | None = None) -> Iterator["RunLog"]:
        """A child run, closed with the block."""
        with _running(self._connection, name, {MLFLOW_PARENT_RUN_ID: self.id, **(tags or {})}) as run:
            yield run


@contextmanager
def open_run(connection: Connection, name: str, tags: Mapping[str, str]) -> Iterator[RunLog]:
    """A parent run: FINISHED when the block ends, KILLED on an interrupt, FAILED on any other error.

    Raises StoreFailed where it cannot be written, of its files too: before the block, and not after hours of work.
    """
    revision = git_revision()
    commit = {MLFLOW_GIT_COMMIT: revision} if revision else {}
    with failures_told(connection), _running(connection, name, {**commit, **tags}) as run:
        run.json(ABOUT, {"python": platform.python_version()} | {name: version(name) for name in ABOUT_PACKAGES})
        yield run


@contextmanager
def _running(connection: Connection, name: str, tags: Mapping[str, str]) -> Iterator[RunLog]:
    own = {MLFLOW_RUN_NAME: name, PROCESS_TAG: process_name(os.getpid()), HOST_TAG: host_name()}
    run = connection.client.create_run(connection.experiment_id, run_name=name, tags={**own, **tags})
    run_id = str(run.info.run_id)
    status = "FAILED"
    try:
        yield RunLog(connection, run_id)
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        connection.client.set_terminated(run_id, status=status)


def close_dead_runs(connection: Connection) -> list[str]:
    """Mark runs whose process is gone as KILLED; ids of those. A run of another machine counts after a day."""
    dead: list[str] = []
    token: str | None = None
    while True:
        page = connection.client.search_runs(
            [connection.experiment_id], "attributes.status = 'RUNNING'", max_results=1000, page_token=token
        )
        dead += [str(run.info.run_id) for run in page if _is_dead(run)]
        token = page.token
        if not token:
            break
    for run_id in dead:
        connection.client.set_terminated(run_id, status="KILLED")
    return dead


def _is_dead(run: Run) -> bool:
    tags = run.data.tags
    if tags.get(HOST_TAG) != host_name():
        return bool(time.time() * 1000 - run.info.start_time > DAY_MILLISECONDS)
    pid = tags.get(PROCESS_TAG, "").partition("-")[0]
    return not pid.isdecimal() or process_name(int(pid)) != tags[PROCESS_TAG]


def process_name(pid: int) -> str:
    """``pid-start`` of a living process, so that a reused pid is not taken for it; "" when there is none."""
    try:
        # Field 22 of proc(5)'s stat is the start time; the command before it may hold spaces and brackets.
        started = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return f"{pid}-{started[19]}" if started[0] != "Z" else ""
    except (OSError, IndexError):
        return _process_name_without_proc(pid)


def _process_name_without_proc(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return f"{pid}-0"


def host_name() -> str:
    """Which machine a run belongs to, as a hash: a run's tags tell no host names."""
    return hashlib.blake2b(socket.gethostname().encode(), digest_size=6).hexdigest()


def git_revision() -> str | None:
    """The commit of the checkout this code runs from, with ``+`` when files differ; None without git."""
    here = Path(__file__).resolve().parents[2]
    try:
        commit = _git(here, "rev-parse", "HEAD")
        return commit + ("+" if _git(here, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    # A fixed program with fixed words; git is looked up on PATH as every developer's is.
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603
