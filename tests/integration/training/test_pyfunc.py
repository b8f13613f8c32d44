import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import mlflow
import pandas as pd
import pytest

from features.settings import Settings
from training.retrain import RetrainReport

ROWS = [["somebody", "grammar translation", "dialogue corpus"], ["somebody", "robot gripper", ""]]
COLUMNS = ["user_id", "title", "abstract"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def asked(url: str, process: "subprocess.Popen[bytes]") -> list[dict[str, Any]]:
    """The predictions, once the server has come up."""
    body = json.dumps({"dataframe_split": {"columns": COLUMNS, "data": ROWS}}).encode()
    for _ in range(600):
        assert process.poll() is None, "the model server ended"
        try:
            with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=60) as answer:
                return json.loads(answer.read())["predictions"]
        except (URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail("the model server did not answer")


def test_the_champion_loads_by_its_alias_and_mlflow_serves_the_same_scores(
    first: RetrainReport, settings: Settings, tmp_path: Path
) -> None:
    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    loaded = mlflow.pyfunc.load_model("models:/broadsheet@champion")
    local = loaded.predict(pd.DataFrame(ROWS, columns=COLUMNS))
    assert list(local["scorer"]) == ["crowd", "crowd"]
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/broadsheet@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # MLflow starts uvicorn by its name
    environment = {**os.environ, "MLFLOW_TRACKING_URI": settings.tracking_uri, "PATH": programs}
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        served = asked(f"http://127.0.0.1:{port}/invocations", server)
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=30)
    assert served == local.to_dict(orient="records")
