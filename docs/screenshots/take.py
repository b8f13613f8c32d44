"""Screenshots of the main pages of a running service on the synthetic sample; README.md beside this says how.

python docs/screenshots/take.py http://127.0.0.1:8000 OUTBOX
"""

import email
import re
import shutil
import sys
from email.policy import default
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FOLDER = Path(__file__).parent
ADDRESS = "reader@example.org"
SHAPES = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "narrow": {"viewport": {"width": 360, "height": 780}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}
PAGES = {"front": "/", "trending": "/trending", "topics": "/topics", "saved": "/saved", "settings": "/settings"}
IN_EVERY_SHAPE = ("front",)


def signed_in(browser: Browser, url: str, outbox: Path) -> BrowserContext:
    """A browser whose reader has picked the first three of what the welcome page offers."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/signin")
    page.get_by_label("Mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send me a link").click()
    page.wait_for_timeout(1000)
    newest = max(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    letter = email.message_from_bytes(newest.read_bytes(), policy=default).get_content()
    page.goto(re.search(r"https?://\S+/signin/\S+", letter)[0])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{url}/welcome")
    page.screenshot(path=FOLDER / "welcome-wide.png")
    for _ in range(3):
        page.locator(".paper").last.get_by_role("button", name="Save").click()
        page.wait_for_timeout(800)
    return context


def take(page: Page, url: str, shape: str) -> None:
    """Every page wide, the front page and a paper in the other shapes too."""
    for name, path in PAGES.items():
        if shape != "wide" and name not in IN_EVERY_SHAPE:
            continue
        page.goto(url + path)
        page.screenshot(path=FOLDER / f"{name}-{shape}.png")
    page.goto(url)
    page.goto(url + page.locator("a.about").first.get_attribute("href"))
    page.screenshot(path=FOLDER / f"paper-{shape}.png", full_page=shape == "wide")


def main(url: str, outbox: str) -> None:
    """Sign in, and look at everything in every shape."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        state = signed_in(browser, url, Path(outbox)).storage_state()
        for shape, options in SHAPES.items():
            take(browser.new_context(storage_state=state, **options).new_page(), url, shape)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
