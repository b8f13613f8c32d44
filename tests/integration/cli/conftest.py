"""The command run as a person runs it: words in, exit code and text out, in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from broadsheet.cli import app

Command = Callable[..., Result]


@pytest.fixture
def broadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    for name in ("BROADSHEET_DATABASE_URL", "BROADSHEET_DATA_DIR", "BROADSHEET_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, **environment: str) -> Result:
        return CliRunner().invoke(app, list(words), env=environment)

    return run
