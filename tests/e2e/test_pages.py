"""The paper as a person meets it: a real server process, a real browser, mail in a folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from broadsheet.sample import write_sample
from tests.e2e.site import Site, accessible, running, sign_in, titles

HEAVIEST = 150_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A model learned from a small synthetic sample, and a server of its own process."""
    folder = tmp_path_factory.mktemp("site")
    paths = write_sample(folder / "sample", seed=1, n_days=10, n_users=12)
    ingests = [("jsonl", str(paths.papers)), ("interactions", str(paths.interactions))]
    with running(folder, ingests, {}) as made:
        yield made


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
