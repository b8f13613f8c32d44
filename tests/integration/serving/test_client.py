"""The Python client against a real server process, and the README's example as it stands there."""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from features.store import open_store
from serving import client as client_module
from serving.client import ApiError, Client
from tests.integration.serving.conftest import Place, filled
from tests.integration.serving.server_process import ServerProcess

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def own_place(tmp_path_factory, registry_template):
    folder = tmp_path_factory.mktemp("client")
    shutil.copy(registry_template / "mlflow.db", folder / "mlflow.db")
    url = f"sqlite:///{folder / 'broadsheet.db'}"
    with open_store(url) as store:
        return Place(folder, url, filled(store))


@pytest.fixture(scope="module")
def server(own_place):
    started = ServerProcess(own_place, "client")
    yield started
    started.close()


def test_the_readmes_example_ranks_abstracts(server, own_place):
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BROADSHEET_URL": server.url(),
        "BROADSHEET_TOKEN": own_place.tokens["ada"],
    }
    command = [sys.executable, "-c", example]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.stderr == ""
    assert [line.split(maxsplit=1)[1] for line in ran.stdout.splitlines()] == [
        "Rendering video",
        "A corpus of dialogue",
    ]


def test_the_client_says_and_reads_what_the_api_does(server, own_place):
    with Client(server.url(), own_place.tokens["ben"]) as broadsheet:
        assert broadsheet.record("ben", "260224.02", "save", client_id="c1") == "recorded"
        assert broadsheet.record("ben", "260224.02", "save", client_id="c1") == "duplicate"
        assert broadsheet.take_back("ben", "c1") == "retracted"
        imported = broadsheet.import_library("ben", "260224.05\nno such title at all\n", "text")
        assert (imported.saved, len(imported.problems)) == (["260224.05"], 1)
        assert "broadsheet = {260224.05}" in broadsheet.saved("ben")
        ranked = list(broadsheet.recommendations("ben", limit=7))
        assert [paper.position for paper in ranked] == [1, 2, 3, 4, 5, 6, 7]
        assert all(paper.title and paper.reasons for paper in ranked)
        assert len(list(broadsheet.recommendations("ben", limit=10_000))) == 24


def test_a_refusal_is_an_error_that_says_what_to_do(server, own_place):
    with Client(server.url(), own_place.tokens["ben"]) as broadsheet, pytest.raises(ApiError, match="403") as caught:
        broadsheet.saved("ada")
    assert (caught.value.status, "does not open" in caught.value.detail) == (403, True)
    with Client(server.url()) as nobody, pytest.raises(ApiError, match="token"):
        nobody.score([{"title": "x"}], liked=[])


def test_the_log_of_a_server_has_no_feed_secret(server):
    with server.client("ada") as http:
        path = http.post("/v1/users/ada/feed-secret").json()["atom_url"].removeprefix("http://127.0.0.1:8000")
        assert http.get(path).status_code == 200
    secret = path.split("/")[-1].removesuffix(".atom")
    deadline = time.monotonic() + 60
    while "/feeds/u/…" not in (log := server.log.read_text()):  # written after the answer
        assert time.monotonic() < deadline, log
        time.sleep(0.05)
    assert secret not in log


def test_the_client_is_small_and_needs_nothing_of_broadsheet():
    source = Path(client_module.__file__).read_text()
    roots = {
        (node.module or "").partition(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert roots == {"collections", "datetime", "typing", "httpx2", "pydantic"}
    assert len(source.splitlines()) <= 150
