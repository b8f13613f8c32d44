import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from features.errors import StoreFailed
from features.settings import Settings
from models.registry.connection import Connection
from models.registry.summary import compared, newest_runs
from models.registry.tracking import DataSet, close_dead_runs, git_revision, open_run

KILLED_INSIDE_A_RUN = """
import os, signal, sys
from features.settings import Settings
from models.registry.connection import Connection
from models.registry.tracking import open_run
connection = Connection(Settings(tracking_uri=sys.argv[1], artifact_root=sys.argv[2]))
with open_run(connection, "retrain", {}) as run, run.child("topics") as child:
    print(run.id, child.id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_retrain_is_one_parent_with_child_runs_and_everything_logged(connection: Connection) -> None:
    with open_run(connection, "retrain", {"seed": "1"}) as run:
        run.params({"seed": 1, "long": "x" * 900})
        run.metrics({"ndcg_at_10": 0.5, "auc": math.nan})
        run.dataset(DataSet("store", "a" * 64, "sqlite", {"n_papers": 3, "first_day": "2026-01-05"}))
        with run.child("topics") as child:
            child.series({day: {"macro_f1": day / 10} for day in range(1200)})
    logged = connection.client.get_run(run.id)
    assert logged.info.status == "FINISHED"
    assert logged.data.metrics == {"ndcg_at_10": 0.5}
    assert len(logged.data.params["long"]) == 500
    assert json.loads(logged.inputs.dataset_inputs[0].dataset.profile)["n_papers"] == 3
    assert connection.client.get_run(child.id).data.tags["mlflow.parentRunId"] == run.id
    assert len(connection.client.get_metric_history(child.id, "macro_f1")) == 1200


def test_tables_figures_and_json_become_artifacts(connection: Connection, settings: Settings) -> None:
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    with open_run(connection, "retrain", {}) as run:
        run.table("per_user.json", pd.DataFrame({"user_key": ["k"], "ndcg_at_10": [0.5]}))
        run.figure("plots/calibration.png", figure)
        run.json("decision.json", {"promoted": True})
    plt.close(figure)
    root = Path(settings.artifact_root)
    assert sorted(str(path.name) for path in root.rglob("*") if path.is_file()) == [
        "about.json",
        "calibration.png",
        "decision.json",
        "per_user.json",
    ]


def test_an_error_ends_the_run_as_failed_and_an_interrupt_as_killed(connection: Connection) -> None:
    ids = []
    for error in (ValueError, KeyboardInterrupt):
        with contextlib.suppress(error), open_run(connection, "retrain", {}) as run:
            ids.append(run.id)
            raise error
    assert [connection.client.get_run(run_id).info.status for run_id in ids] == ["FAILED", "KILLED"]


def test_runs_of_a_killed_process_are_closed_and_those_of_a_living_one_are_not(
    connection: Connection, settings: Settings
) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED_INSIDE_A_RUN), settings.tracking_uri]
    killed = subprocess.run([*command, settings.artifact_root], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    with open_run(connection, "alive", {}):
        assert sorted(close_dead_runs(connection)) == sorted(killed.stdout.split())
        assert close_dead_runs(connection) == []
    assert {connection.client.get_run(run_id).info.status for run_id in killed.stdout.split()} == {"KILLED"}


def test_runs_are_listed_newest_first_without_their_children_and_compared(connection: Connection) -> None:
    ids = []
    for seed in (1, 2):
        with open_run(connection, f"retrain {seed}", {"broadsheet.version": str(seed)}) as run:
            run.params({"seed": seed, "same": "x"})
            run.metrics({"auc": seed / 10})
            with run.child("relevance"):
                ids.append(run.id)
    listed = newest_runs(connection, {"champion": "2"}, 10)
    assert [run.name for run in listed] == ["retrain 2", "retrain 1"]
    assert [run.aliases for run in listed] == [("champion",), ()]
    assert len(newest_runs(connection, {}, 1)) == 1
    comparison = compared(connection, ids)
    assert comparison.metrics == {"auc": (0.1, 0.2)}
    assert comparison.changed_params == {"seed": ("1", "2")}


def test_relative_urls_are_resolved_against_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    connection = Connection(Settings())
    assert connection.uri == f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    assert (tmp_path / "mlruns").is_dir()


def test_a_tracking_server_that_does_not_answer_is_one_line_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlflow.store.db.utils.MAX_RETRY_COUNT", 1)  # ten tries take MLflow two minutes
    uri = "postgresql+psycopg://someone:secret@127.0.0.1:9/nowhere"
    settings = Settings(tracking_uri=uri, artifact_root=str(tmp_path))
    with pytest.raises(StoreFailed) as caught:
        _ = Connection(settings).experiment_id
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_revision_is_none_where_there_is_no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert git_revision() is None
