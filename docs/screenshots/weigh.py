"""What a day's page weighs and when something of it is seen, by a reader and a visitor; README.md says how.

python docs/screenshots/weigh.py http://127.0.0.1:8000 OUTBOX 2025-05-27
"""

import statistics
import sys
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright
from take import chromium, signed_in

LOADS = 15
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def weigh(context: BrowserContext, url: str) -> str:
    """Kilobytes of the page itself and of all it loads, uncompressed, and the median first paint of some loads."""
    page, paints = context.new_page(), []
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url) if request.method == "GET" else None)
    for _ in range(LOADS):
        page.goto(url, wait_until="load")
        while (painted := page.evaluate(PAINT)) is None:
            page.wait_for_timeout(20)
        paints.append(painted)
    sizes = {one: len(context.request.get(one).body()) for one in asked if one.startswith("http")}
    page.close()
    own, all_of_it = sizes[url] / 1000, sum(sizes.values()) / 1000
    seen = f"{statistics.median(paints):.0f} ms ({min(paints):.0f}–{max(paints):.0f})"
    return f"page {own:.0f} kB, {all_of_it:.0f} kB with style and script; first contentful paint {seen}"


def main(url: str, outbox: str, day: str) -> None:
    """Weigh the day for somebody signed in and for a visitor."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        reader = signed_in(browser, url, Path(outbox))
        for name, context in {"reader": reader, "visitor": browser.new_context()}.items():
            sys.stdout.write(f"{name}: {weigh(context, f'{url}/daily/{day}')}\n")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
