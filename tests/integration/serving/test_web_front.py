"""The front page: whose order it is, what stands on it, and what acting on it changes."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Cut, Listing, Paper
from features.store import open_store
from serving.open_links import OpenLinks

TODAY = date(2026, 2, 27)
EVER = Cut(datetime(9000, 1, 1, tzinfo=UTC))
SCRIPT = '<script>alert("x")</script>'


def shown(html: str) -> list[str]:
    return re.findall(r'data-paper="([^"]+)"', html)


def form(html: str, paper_id: str) -> dict[str, str]:
    card = html.partition(f'data-paper="{paper_id}"')[2].partition("</article>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', card))


def act(client, paper_id: str, kind: str, page: str = "/"):
    html = client.get(page).text
    return client.post("/acts", data={**form(html, paper_id), "kind": kind})


def said(place, user_id: str = "ada") -> list[tuple[str, str]]:
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        rows = tx.interactions.of_user(user_id, EVER)
    return sorted((str(row.interaction.kind), row.interaction.paper_id) for row in rows)


def test_a_reader_sees_the_order_that_the_api_gives(reader, sqlite_place):
    api = reader.get(
        "/v1/users/ada/recommendations?limit=20", headers={**sqlite_place.headers("ada"), "accept": "application/json"}
    )
    assert shown(reader.get("/").text) == [item["paper"]["id"] for item in api.json()["items"]]


def test_a_visitor_sees_the_day_by_trend_and_no_buttons(visitor):
    html = visitor.get("/daily/2026-02-26").text
    assert len(shown(html)) == 20
    assert "by interest" in html
    assert 'action="/acts"' not in html


def test_saving_takes_the_paper_out_of_the_list_and_can_be_undone(reader, sqlite_place):
    first = shown(reader.get("/").text)[0]
    after = act(reader, first, "save")
    assert after.status_code == 200
    assert first not in shown(after.text)
    assert said(sqlite_place) == [("save", first)]
    undo = re.search(r'class="done".*?name="undo" value="([^"]+)"', after.text, re.DOTALL)[1]
    csrf = re.search(r'name="csrf" value="(\w+)"', after.text)[1]
    restored = reader.post("/acts", data={"csrf": csrf, "undo": undo, "back": "/"})
    assert shown(restored.text)[0] == first
    assert said(sqlite_place) == []


def test_rating_leaves_the_paper_and_shows_the_button_pressed(reader, sqlite_place):
    first = shown(reader.get("/").text)[0]
    after = act(reader, first, "rate_up")
    card = after.text.partition(f'data-paper="{first}"')[2].partition("</article>")[0]
    assert re.search(r'name="undo" value="page-[\w-]+" aria-pressed="true" data-key="\+"', card)
    assert said(sqlite_place) == [("rate_up", first)]


@pytest.mark.parametrize("fields", [{"kind": "pick"}, {"kind": ""}, {"kind": "label", "topic": "a/b"}])
def test_an_act_that_is_none_is_refused_and_recorded_nowhere(reader, sqlite_place, fields):
    html = reader.get("/").text
    answer = reader.post("/acts", data={**form(html, shown(html)[0]), **fields})
    assert answer.status_code == 422
    assert said(sqlite_place) == []


def test_an_unknown_paper_is_a_page_that_says_so(reader):
    html = reader.get("/").text
    answer = reader.post("/acts", data={**form(html, shown(html)[0]), "paper": "2602.99999", "kind": "save"})
    assert answer.status_code == 404
    assert "no paper" in answer.text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_an_act_leads_back_to_our_own_pages_only(reader, back):
    html = reader.get("/").text
    fields = {**form(html, shown(html)[0]), "kind": "rate_up", "back": back}
    location = reader.post("/acts", data=fields, follow_redirects=False).headers["location"]
    assert location.startswith("/?done=")


def test_opening_leads_to_the_paper_and_is_recorded_once(reader, sqlite_place):
    html = reader.get("/").text
    path = re.search(r'class="open" href="(/open/[^"]+)"', html)[1]
    assert reader.head(path, follow_redirects=False).status_code == 303
    assert said(sqlite_place) == []
    assert reader.get(path, headers={"sec-purpose": "prefetch"}, follow_redirects=False).status_code == 303
    assert said(sqlite_place) == []
    for _ in range(2):
        assert reader.get(path, follow_redirects=False).headers["location"].startswith("/papers/")
    assert said(sqlite_place) == [("open", shown(html)[0])]
    assert reader.get(path[:-2], follow_redirects=False).status_code == 404


def test_an_old_link_leads_on_and_records_nothing(reader, sqlite_place):
    html = reader.get("/").text
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        links = OpenLinks(tx.secrets.get_or_create("open-links"))
    link = links.read(re.search(r'class="open" href="/open/([^"]+)"', html)[1])
    old = links.token(replace(link, issued_at=link.issued_at - timedelta(days=31)))
    assert reader.get(f"/open/{old}", follow_redirects=False).status_code == 303
    assert said(sqlite_place) == []


def test_what_came_into_sight_is_logged_as_shown(reader, sqlite_place):
    html = reader.get("/").text
    slate = re.search(r'data-slate="(\w+)"', html)[1]
    csrf = re.search(r'name="csrf" value="(\w+)"', html)[1]
    papers = shown(html)[:3]
    posted = reader.post("/shown", data={"csrf": csrf, "slate": slate, "papers": " ".join([*papers, "other"])})
    assert posted.status_code == 204
    reader.app.state.services.served.flush()
    with open_store(sqlite_place.database_url) as store, store.transaction(readonly=True) as tx:
        exposed = tx.users.export("ada")["impressions"]
    assert sorted(row["paper_id"] for row in exposed if row["exposure"] == "shown") == sorted(papers)


def test_an_empty_day_says_why_and_leads_to_its_neighbours(visitor):
    html = visitor.get("/daily/2026-02-28").text
    assert "weekends" in html
    assert 'href="/daily/2026-02-27"' in html
    assert visitor.get("/daily/yesterday").status_code == 422


def test_titles_and_abstracts_are_text_whatever_they_hold(visitor, sqlite_place):
    paper = Paper("2602.12345", f"A title {SCRIPT}", f"An abstract {SCRIPT}", (f"Eve {SCRIPT}",), (SCRIPT[:16],))
    now = datetime.now(UTC)
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        tx.papers.record([Listing(paper, TODAY + timedelta(days=3))], recorded_at=now)
    html = visitor.get("/daily/2026-03-02").text
    assert "A title &lt;script&gt;" in html
    assert SCRIPT not in html


def test_the_rest_of_the_day_is_titles_and_pages_are_numbered(reader):
    html = reader.get("/").text
    assert html.count("<details") == len(shown(html)) == 20
    assert len(re.findall(r"<li><a href=\"/papers/", html)) == 4
    assert reader.get("/?page=9").status_code == 200
    assert reader.get("/?page=0").status_code == 422


def test_what_pages_load_can_be_kept_for_good(visitor):
    html = visitor.get("/").text
    paths = re.findall(r'"(/static/[^"]+)"', html)
    assert len(paths) == 2
    for path in paths:
        assert "immutable" in visitor.get(path).headers["cache-control"]
    assert visitor.get("/static/old/broadsheet.css").headers["cache-control"] == "no-cache"
    assert visitor.get("/static/old/secrets.txt").status_code == 404
