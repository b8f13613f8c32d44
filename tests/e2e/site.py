"""A service of its own process that a browser is sent to, and the ways into it."""

import email
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from broadsheet.cli import app

_START_SECONDS = 180
_BAD = {"serious", "critical"}


@dataclass(frozen=True)
class Site:
    """A running service and the folder its mail goes to."""

    url: str
    outbox: Path

    def letter(self, address: str, wanted: str) -> str:
        """What was mailed last to ``address``, of the letters that have ``wanted`` in them."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for path in sorted(self.outbox.glob("*.eml"), key=lambda one: -one.stat().st_mtime_ns):
                message = email.message_from_bytes(path.read_bytes(), policy=default)
                if message["To"] == address and wanted in (text := _text(message)):
                    return text
            time.sleep(0.05)
        raise AssertionError("no letter came")

    def link(self, address: str, kind: str = "signin") -> str:
        """The link of a kind that was mailed last to ``address``."""
        found = re.search(rf"http://\S+/{kind}/\S+", self.letter(address, f"/{kind}/"))
        assert found
        return found[0]


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def broadsheet(*words: str) -> str:
    """What a command says that is run in this process."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def answering(command: str, port: int, health: str, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The address of ``broadsheet COMMAND`` in a process of its own, once its page ``health`` is there."""
    url, log = f"http://127.0.0.1:{port}", folder / f"{command}.log"
    words = [sys.executable, "-c", "from broadsheet.cli import main; main()", command, "--port", str(port)]
    with log.open("wb") as said:
        server = subprocess.Popen(words, cwd=folder, env={**os.environ, **environment}, stdout=said, stderr=said)
    try:
        wait_for(url + health, log)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def running(folder: Path, ingests: list[tuple[str, ...]], environment: Mapping[str, str]) -> Iterator[Site]:
    """A service in ``folder`` that has taken ``ingests`` and learned from them."""
    port = free_port()
    told = {
        "BROADSHEET_TRAINING__EVALUATION_DAYS": "2",
        "BROADSHEET_JOBS": "1",
        "BROADSHEET_SERVING__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BROADSHEET_SERVING__LINKS_PER_HOUR": "100",
        **environment,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in told.items():
            patch.setenv(name, value)
        for words in ingests:
            broadsheet("ingest", *words)
        broadsheet("retrain", "--promote")
    with answering("serve", port, "/livez", folder, told) as url:
        yield Site(url, folder / "data" / "outbox")


def wait_for(url: str, log: Path) -> None:
    """Until something answers; else what it logged last is the failure."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer: {log.read_text()[-2000:]}")


def sign_in(page: Page, site: Site, address: str) -> None:
    """Follow the link that is mailed."""
    page.goto(f"{site.url}/signin")
    page.get_by_label("Mail address").fill(address)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(site.link(address))
    page.get_by_role("button", name="Sign in").click()


def accessible(page: Page) -> None:
    """Fail on what axe-core calls serious or critical."""
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in _BAD] == []


def titles(page: Page) -> list[str]:
    """Of the papers of the list, in its order."""
    return page.locator(".papers .paper h2").all_inner_texts()
