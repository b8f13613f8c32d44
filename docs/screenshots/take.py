"""Screenshots of the main pages of a running service on the synthetic sample; README.md beside this says how.

python docs/screenshots/take.py http://127.0.0.1:8000 OUTBOX
"""

import email
import re
import shutil
import sys
from email.policy import default
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

FOLDER = Path(__file__).parent
ADDRESS = "reader@example.org"
SHAPES = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "narrow": {"viewport": {"width": 360, "height": 780}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}
PAGES = {"front": "/", "trending": "/trending", "topics": "/topics", "saved": "/saved", "settings": "/settings"}
IN_EVERY_SHAPE = ("front",)


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium, or Chrome."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


def signed_in(browser: Browser, url: str, outbox: Path) -> BrowserContext:
    """A browser whose reader has followed the link that was mailed."""
    context = browser.new_context()
    page = context.new_page()
    before = set(outbox.glob("*.eml"))
    page.goto(f"{url}/signin")
    page.get_by_label("Mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send me a link").click()
    while not (letters := set(outbox.glob("*.eml")) - before):
        page.wait_for_timeout(50)
    newest = letters.pop()
    letter = email.message_from_bytes(newest.read_bytes(), policy=default).get_content()
    page.goto(re.search(r"https?://\S+/signin/\S+", letter)[0])
    page.get_by_role("button", name="Sign in").click()
    return context


def pick(context: BrowserContext, url: str) -> None:
    """Save the last three papers that the welcome page offers."""
    page = context.new_page()
    page.goto(f"{url}/welcome")
    page.screenshot(path=FOLDER / "welcome-wide.png", full_page=True)
    for _ in range(3):
        page.locator(".paper").last.get_by_role("button", name="Save").click()
        page.wait_for_timeout(800)


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
        browser = chromium(playwright)
        context = signed_in(browser, url, Path(outbox))
        pick(context, url)
        state = context.storage_state()
        for shape, options in SHAPES.items():
            take(browser.new_context(storage_state=state, **options).new_page(), url, shape)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
