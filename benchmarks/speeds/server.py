"""A server process as it runs in production, on a free port of loopback, and what it weighs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from features.settings import Settings
from features.store import open_store

_PATIENCE = 300.0
_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
"""An installation keeps its bytecode, whatever the shell that measures it says."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running one: ``token`` is an administrator's; it took ``seconds`` until /readyz said 200."""

    port: int
    pid: int
    token: str
    seconds: float

    def resident_mb(self) -> float:
        """What of its memory is in RAM, shared pages included."""
        return self._rollup("Rss:")

    def own_mb(self) -> float:
        """What of that no other process shares."""
        return self._rollup("Private_Clean:") + self._rollup("Private_Dirty:")

    def workers(self, n: int) -> "list[Server]":
        """The ``n`` processes it forked to serve: its first children."""
        found = sorted(int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())
        return [replace(self, pid=pid) for pid in found[:n]]

    def cpu_seconds(self) -> float:
        """What it has computed so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _rollup(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise ValueError(name)


@contextmanager
def serving(settings: Settings, log: Path, **environment: str) -> Iterator[Server]:
    """``broadsheet serve`` on these settings until the block ends."""
    with open_store(settings.database_url) as store, store.transaction() as tx:
        token = tx.tokens.issue(None, admin=True, created_at=datetime.now(UTC))
    port = _free_port()
    began = time.perf_counter()
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", "from broadsheet.cli import main; main()", "serve", "--port", str(port)],
            env={**os.environ, **environment_of(settings), **environment, **_BYTECODE},
            stdout=errors,
            stderr=errors,
        )
    try:
        _wait(process, port)
        yield Server(port, process.pid, token, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(timeout=60)


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that make another process read the same store, models and vectors."""
    return {
        "BROADSHEET_DATABASE_URL": settings.database_url,
        "BROADSHEET_DATA_DIR": str(settings.data_dir),
        "BROADSHEET_TRACKING_URI": settings.tracking_uri,
        "BROADSHEET_ARTIFACT_ROOT": settings.artifact_root,
        "BROADSHEET_SERVING__REQUESTS_PER_MINUTE": "100000000",
        "BROADSHEET_SERVING__MAX_FEED_AGE_HOURS": "100000000",
    }


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server ended while it was starting; its log says why")
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"the server was not ready within {_PATIENCE:.0f} s")
