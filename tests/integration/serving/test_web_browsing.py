"""Trending, topics, weeks and months, saved papers, and a paper's own page."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from features.domain import Cut, Feed, Listing, Paper
from features.store import open_store


def shown(html: str) -> list[str]:
    return re.findall(r'data-paper="([^"]+)"', html)


def act(client, paper_id: str, kind: str, **fields: str):
    html = client.get(f"/papers/{paper_id}").text
    card = html.partition(f'data-paper="{paper_id}"')[2].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', card))
    return client.post("/acts", data={**hidden, "kind": kind, **fields})


@pytest.mark.parametrize("path", ["/trending", "/trending?day=2026-02-26&page=2", "/topics", "/topics/cs.CV"])
def test_visitors_and_readers_can_browse(visitor, path):
    assert visitor.get(path).status_code == 200


def test_a_topic_holds_its_papers_for_visitors_and_readers(visitor, sqlite_place, request):
    theirs = set(shown(visitor.get("/topics/cs.CV").text))
    mine = set(shown(request.getfixturevalue("reader").get("/topics/cs.CV").text))
    assert theirs
    assert mine == theirs
    assert visitor.get("/topics/nonsense").status_code == 404


def test_a_week_and_a_month_hold_the_best_of_their_days(reader):
    week, month = shown(reader.get("/weekly/2026-W09").text), shown(reader.get("/monthly/2026-02").text)
    assert len(week) == len(set(week)) == 30
    assert week == month  # all four days lie in that week
    assert reader.get("/weekly/2026-W10").text.count("No papers are known") == 1


@pytest.mark.parametrize("path", ["/weekly/2026-W60", "/weekly/soon", "/monthly/2026-13", "/monthly/x"])
def test_a_time_that_is_none_is_said_to_be_none(visitor, path):
    assert visitor.get(path).status_code == 422


def test_a_visitors_week_is_by_votes(visitor, sqlite_place):
    now = datetime.now(UTC)
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        day = tx.days.newest(Cut(now))
        paper = tx.papers.on_day(day, Cut(now))[3]
        tx.papers.record([Listing(paper, day, Feed.HUGGINGFACE, votes=7)], recorded_at=now)
    html = visitor.get("/weekly/2026-W09").text
    assert shown(html) == [paper.id]
    assert "7 votes" in html


def test_saved_papers_are_listed_newest_first_and_can_be_taken_back(reader):
    first, second = shown(reader.get("/").text)[:2]
    act(reader, first, "save")
    act(reader, second, "save")
    html = reader.get("/saved").text
    assert shown(html) == [second, first]
    assert html.count('aria-pressed="true"') == 2


@pytest.mark.parametrize("path", ["/saved"])
def test_a_visitor_is_led_to_the_sign_in_page(visitor, path):
    answer = visitor.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")


def test_a_papers_page_explains_its_place_and_names_papers_like_it(reader):
    paper_id = shown(reader.get("/").text)[0]
    reader.get("/search", params={"q": "robot"})  # waits for the index
    html = reader.get(f"/papers/{paper_id}").text
    assert "Why it stands" in html
    shares = [float(one) for one in re.findall(r'class="number">([+-][\d.]+)<', html)]
    assert sum(shares[:-1]) == pytest.approx(shares[-1], abs=0.06)
    assert html.count('<li><a href="/papers/') == 8
    assert reader.get("/papers/2699.00001").status_code == 404


def test_a_label_makes_a_topic_of_ones_own(reader):
    paper_id = shown(reader.get("/").text)[0]
    act(reader, paper_id, "label", topic="Tea & biscuits")
    assert "Tea &amp; biscuits" in reader.get("/topics").text
    assert "/topics/Tea%20%26%20biscuits" in reader.get(f"/papers/{paper_id}").text
    assert reader.get("/topics/Tea%20%26%20biscuits").status_code == 200


def test_revisions_of_a_paper_are_told(visitor, sqlite_place):
    now = datetime.now(UTC)
    paper = Paper("2602.55555", "A first title", "Text.")
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        day = now.date() - timedelta(days=2)
        tx.papers.record([Listing(paper, day)], recorded_at=now - timedelta(hours=2))
        revised = replace(paper, title="A better title", version=2)
        tx.papers.record([Listing(revised, day)], recorded_at=now - timedelta(hours=1))
    html = visitor.get("/papers/2602.55555").text
    assert "Version 1" in html
    assert "A first title" in html
    assert "<h1>A better title</h1>" in html
    assert 'href="https://arxiv.org/abs/2602.55555"' in html
