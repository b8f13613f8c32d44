"""A person who has never seen it, on real papers: every way to begin, to say something, to correct it and to leave."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.site import Site, accessible, running, sign_in, titles
from tests.integration.serving.played import ZOTERO_LIBRARY, played

N_DAYS, A_DAY = 6, 50
FIELDS = ("cs.CL", "cs.CV", "cs.RO", "cs.CR")
ARXIV = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/1707.08567v1</id>
<published>2017-07-26T17:59:00Z</published><updated>2017-07-26T17:59:00Z</updated><title>A paper of long ago</title>
<summary>It was about waves.</summary><author><name>Ada L.</name></author><category term="physics.flu-dyn"/></entry>
</feed>"""


def small_real_days(data: Path) -> list[dict[str, object]]:
    """Some papers of each of the newest days of the stream."""
    by_day = defaultdict(list)
    with gzip.open(data / "arxiv_cs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            by_day[row["first_day"]].append(row)
    return [row for day in sorted(by_day)[-N_DAYS:] for row in by_day[day][:A_DAY]]


@pytest.fixture(scope="module")
def real_papers(data_dir: Path) -> list[dict[str, object]]:
    return small_real_days(data_dir)


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, real_papers: list[dict[str, object]], data_dir: Path
) -> Iterator[Site]:
    """Real papers, readers who choose by field, and outside services that are played."""
    folder = tmp_path_factory.mktemp("real")
    papers, choices = folder / "papers.jsonl", folder / "choices.jsonl"
    papers.write_text("".join(json.dumps(row) + "\n" for row in real_papers))
    rows = [
        {
            "user_id": f"{field}-{number % 3}",
            "paper_id": row["id"],
            "kind": "save",
            "occurred_at": f"{row['first_day']}T09:00:00Z",
        }
        for number, row in enumerate(real_papers)
        for field in FIELDS
        if field in row["categories"]
    ]
    choices.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with played(ZOTERO_LIBRARY) as zotero, played(ARXIV) as arxiv:
        told = {
            "BROADSHEET_INGEST__ZOTERO_URL": zotero.url,
            "BROADSHEET_INGEST__ARXIV_API_URL": arxiv.url,
            "BROADSHEET_TRAINING__SENTENCES_FILE": str(data_dir / "abstract_sentences.csv.gz"),
        }
        with running(folder, [("jsonl", str(papers)), ("interactions", str(choices))], told) as made:
            yield made


@pytest.fixture
def reader(site: Site, page: Page, request: pytest.FixtureRequest) -> Page:
    """A browser that somebody new is signed in with."""
    sign_in(page, site, f"{request.node.name.split('[')[0][:40]}@example.org")
    return page


def begin(page: Page, site: Site, papers: list[dict[str, object]], field: str = "cs.CV", n: int = 5) -> list[str]:
    """Paste ``n`` arXiv ids of a field, none of the newest day."""
    newest = papers[-1]["first_day"]
    picks = [str(one["id"]) for one in papers if one["categories"][0] == field and one["first_day"] != newest][:n]
    page.goto(f"{site.url}/welcome")
    page.get_by_label("arXiv ids, addresses or titles").fill("\n".join(picks))
    page.get_by_role("button", name="Save these papers").click()
    expect(page.locator(".notice[role=status]")).to_contain_text(f"{len(picks)} saved")
    return picks


def test_five_picks_make_a_front_page_of_their_field(
    site: Site, reader: Page, real_papers: list[dict[str, object]], complaints: list[str]
) -> None:
    begin(reader, site, real_papers)
    expect(reader.get_by_role("heading", name="5 questions")).to_be_visible()
    reader.locator(".paper").first.get_by_role("button", name="Save").click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("6 papers")
    reader.goto(site.url)
    expect(reader.locator(".reasons").first).to_be_visible()
    field = {str(one["title"]): one["categories"] for one in real_papers}
    first = [title for title in titles(reader)[:6] if title in field]
    assert sum("cs.CV" in field[title] for title in first) >= len(first) / 2
    expect(reader.locator(".standfirst")).to_contain_text("should be worth your time")
    expect(reader.locator(".probability").first).to_be_visible()
    assert reader.locator(".abstract mark, .abstract .role").count() > 0
    accessible(reader)
    assert complaints == []


def test_every_other_way_to_begin(site: Site, reader: Page, tmp_path: Path, complaints: list[str]) -> None:
    reader.goto(f"{site.url}/welcome")
    reader.get_by_label("What do you work on").fill("Robot hands that grasp soft things")
    reader.get_by_role("button", name="Keep it").click()
    expect(reader.locator(".notice[role=status]")).to_contain_text("Robot hands")
    reader.get_by_label("its number").fill("169947")
    reader.get_by_label("Whose").select_option("group")
    reader.get_by_role("button", name="Save its papers").click()
    expect(reader.locator(".notice[role=status]")).to_contain_text("1 waiting")
    library = tmp_path / "library.bib"
    library.write_text("@article{a, title={On kettles}, abstract={Kettles whistle when they boil over.}}")
    reader.get_by_label("or a file").set_input_files(library)
    reader.get_by_role("button", name="Save these papers").click()
    expect(reader.locator(".notice[role=status]")).to_contain_text("1 kept as your own")
    reader.get_by_label("Name").fill("Yann LeCun")
    reader.get_by_role("button", name="Follow").click()
    expect(reader.locator("#authors + p, section:has(#authors) p").first).to_contain_text("Yann LeCun")
    reader.get_by_role("checkbox").first.check()
    reader.get_by_role("button", name="Show them").click()
    expect(reader.get_by_role("heading", name="Pick among these of")).to_be_visible()
    accessible(reader)
    assert complaints == []


def test_a_paper_is_searched_opened_rated_labelled_voted_for_and_submitted(
    site: Site, reader: Page, real_papers: list[dict[str, object]], complaints: list[str]
) -> None:
    wanted = real_papers[-1]
    reader.locator("#q").fill(str(wanted["title"]))
    reader.get_by_role("button", name="Search", exact=True).first.click()
    reader.locator(".paper", has_text=str(wanted["title"])[:40]).get_by_role("link", name="About it").click()
    expect(reader.get_by_role("heading", level=1)).to_be_visible()
    reader.get_by_role("button", name="More like it").click()
    expect(reader.locator(".done")).to_be_visible()
    reader.get_by_label("Into a topic of mine").fill("kettles")
    reader.get_by_role("button", name="Label").click()
    expect(reader.get_by_role("link", name="kettles")).to_be_visible()
    reader.get_by_role("button", name="Vote for it").click()
    expect(reader.get_by_text("1 reader’s vote")).to_be_visible()
    reader.get_by_label("A word why").fill("it <b>settles</b> a bet")
    reader.get_by_role("button", name="Submit it to others").click()
    expect(reader.get_by_text("settles", exact=False).first).to_be_visible()
    opened = reader.locator("a.open").first.get_attribute("href")
    assert opened is not None
    assert opened.startswith("/open/")
    sent = reader.request.get(site.url + opened, max_redirects=0)
    assert (sent.status, sent.headers["location"]) == (303, f"https://arxiv.org/abs/{wanted['id']}")
    accessible(reader)
    assert complaints == []


def test_the_community_is_told_of_a_paper_that_was_not_here_and_follows_a_list(
    site: Site, reader: Page, browser: Browser, real_papers: list[dict[str, object]]
) -> None:
    reader.goto(f"{site.url}/community")
    reader.get_by_label("A paper: its arXiv id").fill("https://arxiv.org/abs/1707.08567")
    reader.get_by_label("A word why").fill("old and good")
    reader.get_by_role("button", name="Submit it").click()
    expect(reader.get_by_text("A paper of long ago")).to_be_visible()
    begin(reader, site, real_papers, n=3)
    reader.goto(f"{site.url}/settings")
    reader.get_by_label("Name of the list").fill("seeing-things")
    reader.get_by_role("button", name="Make my saved papers public").click()
    expect(reader.get_by_role("link", name="seeing-things")).to_be_visible()
    context = browser.new_context()
    other = context.new_page()
    sign_in(other, site, "follower@example.org")
    other.goto(f"{site.url}/lists/seeing-things")
    other.get_by_role("button", name="Follow").click()
    expect(other.get_by_text("1 follower")).to_be_visible()
    other.goto(f"{site.url}/community")
    expect(other.get_by_role("heading", name="You follow")).to_be_visible()
    accessible(other)
    context.close()


def test_interests_are_corrected_and_rules_hold(
    site: Site, reader: Page, real_papers: list[dict[str, object]], complaints: list[str]
) -> None:
    begin(reader, site, real_papers, n=6)
    reader.goto(f"{site.url}/interests")
    accessible(reader)
    reader.get_by_text("Correct it").first.click()
    reader.get_by_label("Call it").first.fill("eyes")
    reader.get_by_role("button", name="Rename").first.click()
    expect(reader.get_by_role("heading", name="eyes")).to_be_visible()
    reader.get_by_text("Correct it").first.click()
    reader.get_by_role("button", name="Mute it").first.click()
    reader.get_by_role("button", name="Unmute").first.click()
    expect(reader.get_by_role("heading", name="eyes")).to_be_visible()
    reader.goto(f"{site.url}/settings")
    reader.get_by_label("papers", exact=True).select_option("category")
    reader.get_by_label("which are").fill("cs.CV")
    reader.get_by_role("button", name="Add the rule").click()
    expect(reader.get_by_text("Never papers in cs.CV")).to_be_visible()
    accessible(reader)
    reader.goto(site.url)
    field = {str(one["title"]): one["categories"] for one in real_papers}
    assert not any("cs.CV" in field.get(title, []) for title in titles(reader))
    assert complaints == []


def test_days_weeks_and_months_are_turned(site: Site, page: Page, complaints: list[str]) -> None:
    page.goto(site.url)
    page.locator(".calendar a[rel=prev]").click()
    assert "/daily/" in page.url
    page.get_by_role("link", name="The week").click()
    assert "/weekly/" in page.url
    accessible(page)
    page.go_back()
    page.get_by_role("link", name="The month").click()
    assert "/monthly/" in page.url
    page.goto(f"{site.url}/daily/2026-02-22")
    expect(page.locator(".notice").first).to_contain_text("weekends")
    page.goto(f"{site.url}/topics/cs.CV")
    assert titles(page)
    accessible(page)
    page.goto(f"{site.url}/trending")
    assert titles(page)
    assert complaints == []


def test_mail_is_confirmed_and_ended(site: Site, page: Page, complaints: list[str]) -> None:
    page.goto(f"{site.url}/subscribe")
    page.get_by_label("Mail address").fill("letters@example.org")
    page.get_by_role("button", name="Send me a link").click()
    page.goto(site.link("letters@example.org", "subscribe"))
    page.get_by_role("button", name="Yes, send them").click()
    expect(page.get_by_role("heading", name="You will get mail")).to_be_visible()
    accessible(page)
    assert complaints == []


def test_what_is_stored_comes_along_and_ends(
    site: Site, reader: Page, real_papers: list[dict[str, object]], tmp_path: Path
) -> None:
    picks = begin(reader, site, real_papers, n=3)
    exported = {form: reader.request.get(f"{site.url}/saved/export?format={form}") for form in ("bibtex", "ris", "csv")}
    assert all(pick in answer.text() for answer in exported.values() for pick in picks)
    kept = tmp_path / "me.json"
    kept.write_bytes(reader.request.get(f"{site.url}/settings/export").body())
    reader.goto(f"{site.url}/settings")
    reader.get_by_role("button", name="Make a new address").click()
    feed = reader.locator("dd code").first.inner_text()
    assert len(feedparser.parse(reader.request.get(feed).body()).entries) > 0
    reader.goto(f"{site.url}/settings")
    reader.get_by_label("Type “delete”").fill("delete")
    reader.get_by_role("button", name="Delete my account").click()
    assert reader.request.get(feed).status == 404
    sign_in(reader, site, "again@example.org")
    reader.goto(f"{site.url}/welcome")
    reader.get_by_label("or a file").set_input_files(kept)
    reader.get_by_role("button", name="Save these papers").click()
    expect(reader.locator(".notice[role=status]")).to_contain_text("3 saved")
