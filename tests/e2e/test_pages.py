"""The paper as a person meets it: a real server process, a real browser, mail in a folder."""

import email
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.policy import default
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.sample import write_sample

START_SECONDS = 120
HEAVIEST = 150_000
BAD = {"serious", "critical"}


@dataclass(frozen=True)
class Site:
    """A running service and the folder its mail goes to."""

    url: str
    outbox: Path

    def link(self, address: str) -> str:
        """The sign-in link that was mailed last to ``address``."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for path in sorted(self.outbox.glob("*.eml"), key=lambda one: -one.stat().st_mtime_ns):
                message = email.message_from_bytes(path.read_bytes(), policy=default)
                if message["To"] == address:
                    return re.search(r"http://\S+/signin/\S+", message.get_content())[0]
            time.sleep(0.05)
        raise AssertionError("no letter came")


def broadsheet(*words: str) -> None:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A model learned from a small synthetic sample, and a server of its own process."""
    folder = tmp_path_factory.mktemp("site")
    paths = write_sample(folder / "sample", seed=1, n_days=10, n_users=12)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BROADSHEET_TRAINING__EVALUATION_DAYS", "2")
        patch.setenv("BROADSHEET_JOBS", "1")
        patch.setenv("BROADSHEET_SERVING__PUBLIC_URL", url)
        patch.setenv("BROADSHEET_SERVING__LINKS_PER_HOUR", "100")
        broadsheet("ingest", "jsonl", str(paths.papers))
        broadsheet("ingest", "interactions", str(paths.interactions))
        broadsheet("retrain", "--promote")
        command = [sys.executable, "-c", "from broadsheet.cli import main; main()", "serve", "--port", port]
        with (folder / "serve.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(f"{url}/livez", folder / "serve.log")
        yield Site(url, folder / "data" / "outbox")
    finally:
        server.terminate()
        server.wait(30)


def wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the service did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of: refused by the policy, failed to load, thrown by the script."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def sign_in(page: Page, site: Site, address: str) -> None:
    page.goto(f"{site.url}/signin")
    page.get_by_label("Mail address").fill(address)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(site.link(address))
    page.get_by_role("button", name="Sign in").click()


def accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in BAD] == []


def titles(page: Page) -> list[str]:
    return page.locator(".papers .paper h2").all_inner_texts()


def test_a_new_reader_signs_in_picks_answers_and_has_a_front_page(
    site: Site, page: Page, complaints: list[str]
) -> None:
    page.goto(site.url)
    by_trend = titles(page)
    sign_in(page, site, "ada@example.org")
    expect(page.get_by_role("heading", name="What do you like to read?")).to_be_visible()
    accessible(page)
    for number in range(1, 4):
        page.locator(".paper").last.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(str(number))
    expect(page.get_by_role("heading", name="5 questions")).to_be_visible()
    page.get_by_role("link", name="Your front page").click()
    expect(page.locator(".reasons").first).to_be_visible()
    assert titles(page) != by_trend
    accessible(page)
    assert complaints == []


def test_keys_save_undo_and_move_and_the_list_answers(site: Site, page: Page, complaints: list[str]) -> None:
    sign_in(page, site, "keys@example.org")
    page.goto(site.url)
    before = titles(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.locator(".done")).to_contain_text(before[1])
    assert before[1] not in titles(page)
    page.keyboard.press("u")
    expect(page.locator(".done")).to_have_count(0)
    expect(page.locator(".papers .paper h2").nth(1)).to_have_text(before[1])
    page.keyboard.press("x")
    expect(page.locator(".done")).to_contain_text("Put aside")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    assert complaints == []


def test_everything_works_without_script(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site, "plain@example.org")
    page.goto(site.url)
    first = titles(page)[0]
    page.locator(".paper").first.get_by_role("button", name="Save").click()
    assert page.locator(".done").inner_text().startswith("Saved")
    assert first not in titles(page)
    page.get_by_role("button", name="Undo").click()
    assert titles(page)[0] == first
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in", exact=True).first.is_visible()
    context.close()


PATHS = ["/", "/trending", "/topics", "/search?q=the", "/signin", "/subscribe", "/daily/2020-01-04", "/nowhere"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_light_and_dark_and_fit_a_telephone(site: Site, browser: Browser, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 780}, color_scheme=scheme)
    page = context.new_page()
    for path in PATHS:
        page.goto(site.url + path)
        accessible(page)
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(too_wide), path
    context.close()


def test_a_page_loads_from_here_alone_and_is_light(site: Site, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(site.url)
    assert len(answer.body()) <= HEAVIEST
    assert all(url.startswith((site.url, "data:")) for url in asked)
