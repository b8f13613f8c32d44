"""A server in a process of its own, which a test may kill."""

import os
import re
import subprocess
import sys
import time
from typing import Any

import httpx2 as httpx


class ServerProcess:
    """``serving.run.serve`` in a process of its own, on a port the system chose."""

    _PROGRAM = "from features.settings import Settings; from serving.run import serve; serve(Settings())"
    _ADDRESS = re.compile(r"running on (http://127\.0\.0\.1:\d+)")

    def __init__(self, place: Any, name: str, **more: str) -> None:
        self._place = place
        self._clients: list[httpx.Client] = []
        self.log = place.folder / f"{name}.log"
        environment = {
            **os.environ,
            "BROADSHEET_DATABASE_URL": place.database_url,
            "BROADSHEET_DATA_DIR": str(place.folder / "data"),
            "BROADSHEET_TRACKING_URI": f"sqlite:///{place.folder / 'mlflow.db'}",
            "BROADSHEET_SERVING__PORT": "0",
            "BROADSHEET_SERVING__ALIAS_POLL_SECONDS": "0.1",
            "BROADSHEET_SERVING__REQUESTS_PER_MINUTE": "1000000",
            **more,
        }
        with self.log.open("wb") as log:
            command = [sys.executable, "-c", self._PROGRAM]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def url(self) -> str:
        """Where it listens, once it does."""
        deadline = time.monotonic() + 240  # the imports alone take half a minute on a busy machine
        while not (found := self._ADDRESS.search(self.log.read_text())):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return found[1]

    def client(self, who: str = "ada") -> httpx.Client:
        """A connection of its own, closed with the test."""
        headers = self._place.headers(who)
        self._clients.append(httpx.Client(base_url=self.url(), headers=headers, timeout=60))
        return self._clients[-1]

    def close(self) -> None:
        """Leave nothing behind."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self.process.terminate()
        self.process.wait(30)
