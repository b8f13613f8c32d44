"""The real service as a process of its own, started on loopback and asked over HTTP like by anybody else."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from features.errors import ModelFailed, SourceFailed
from features.settings import Settings

START_SECONDS = 180.0
STOP_SECONDS = 15.0
_SERVE = "from broadsheet.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the API: its body, and a line that says what was asked and got."""

    body: dict[str, Any]
    line: str


class DemoService:
    """A running ``broadsheet serve``."""

    def __init__(self, process: subprocess.Popen[bytes], base: str, log: Path) -> None:
        self._process = process
        self._base = base
        self._log = log

    def until_alive(self) -> None:
        """Return when it answers; raises SourceFailed when it ends first or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SourceFailed("the service", f"it ended at its start; {self._log} says why")
            try:
                httpx2.get(f"{self._base}/livez", timeout=5).raise_for_status()
            except httpx2.HTTPError:
                time.sleep(0.1)
            else:
                return
        raise SourceFailed("the service", f"it did not answer within {START_SECONDS:.0f} s; see {self._log}")

    def recommendations(self, user_id: str, *, limit: int) -> Answer:
        """The best papers of the newest day; raises ModelFailed when the answer is no slate."""
        path = f"/v1/users/{user_id}/recommendations?limit={limit}"
        got = httpx2.get(f"{self._base}{path}", timeout=30)
        if got.status_code != 200:
            raise ModelFailed(f"GET {path} → {got.status_code}: {got.json().get('detail', got.text)}")
        body: dict[str, Any] = got.json()
        what = f"model version {body['model_version']}, slate {body['slate_id'][:8]}, {len(body['items'])} papers"
        return Answer(body, f"GET {path} → {got.status_code}: {what}")

    def wait(self) -> None:
        """Serve until the process ends or somebody presses Ctrl+C."""
        try:
            self._process.wait()
        except KeyboardInterrupt:
            return

    def stop(self) -> None:
        """End the service, politely first."""
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_service(settings: Settings, folder: Path) -> Iterator[DemoService]:
    """``broadsheet serve`` on these settings, alive; its log goes to ``folder``/serve.log."""
    log = folder / "serve.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and command, no shell
            [sys.executable, "-c", _SERVE, "serve", "--insecure-local", "--port", str(settings.serving.port)],
            env={**os.environ, **environment(settings)},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    service = DemoService(process, f"http://{settings.serving.host}:{settings.serving.port}", log)
    # Told to end, this process takes the service with it, as it does on Ctrl+C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        service.until_alive()
        yield service
    finally:
        signal.signal(signal.SIGTERM, before)
        service.stop()


def environment(settings: Settings) -> dict[str, str]:
    """What of ``settings`` the demo chose itself, as variables; the rest comes from the caller's own environment."""
    chosen = ("database_url", "data_dir", "experiment", "registered_model")
    changed = {f"BROADSHEET_{name.upper()}": str(getattr(settings, name)) for name in chosen}
    return {
        **changed,
        "BROADSHEET_SERVING__HOST": settings.serving.host,
        "BROADSHEET_SERVING__PUBLIC_URL": settings.serving.public_url,
        "BROADSHEET_MAIL__FOLDER": str(settings.mail.folder),
    }


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
