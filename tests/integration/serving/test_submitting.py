"""A submitted paper that the store lacks comes from arXiv: fetched once, listed on its own day, and counted as ever."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from features.domain import Cut
from features.store import open_store
from tests.integration.serving.conftest import signed_in
from tests.integration.serving.played import client_of, played

WANTED = "1707.08567"
ENTRY = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"><entry>
<id>http://arxiv.org/abs/{paper_id}</id><published>2017-07-26T17:59:00Z</published><updated>2017-07-26T17:59:00Z</updated>
<title>Waves &lt;script&gt;x&lt;/script&gt; on deep water</title><summary>They travel far.</summary>
<author><name>Ada Lovelace</name></author><category term="physics.flu-dyn"/></entry></feed>"""
NOBODY = '<feed xmlns="http://www.w3.org/2005/Atom"></feed>'


@pytest.fixture
def arxiv():
    with played(ENTRY.format(paper_id=f"{WANTED}v1")) as service:
        yield service


@pytest.fixture
def client(place, arxiv):
    with client_of(place, "ada", arxiv_api_url=arxiv.url) as made:
        yield made


@pytest.fixture
def reader(sqlite_place, arxiv):
    with client_of(sqlite_place, arxiv_api_url=arxiv.url) as made:
        yield signed_in(made, sqlite_place)


def submitted(client: Any, paper: str = f"https://arxiv.org/abs/{WANTED}v1") -> Any:
    return client.post("/v1/submissions", json={"paper": paper, "why": "look"})


def test_a_paper_of_arxivs_is_fetched_once_and_submitted(client, place, arxiv):
    made = submitted(client)
    assert (made.status_code, made.json()["paper"]["id"], made.json()["reader_votes"]) == (201, WANTED, 1)
    assert submitted(client, WANTED).status_code == 201
    assert len(arxiv.paths) == 1
    assert f"id_list={WANTED}" in arxiv.paths[0]
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        paper = tx.papers.get(WANTED, Cut(datetime.now(UTC)))
    assert paper.authors == ("Ada Lovelace",)


def test_nothing_is_asked_for_what_is_here_or_cannot_be_arxivs(client, arxiv):
    assert submitted(client, "260227.23").status_code == 201
    assert submitted(client, "javascript:alert(1)").status_code == 404
    assert client.post("/v1/submissions", json={"paper": WANTED, "why": " "}).status_code == 422
    assert arxiv.paths == []


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((200, NOBODY), 404),
        ((500, "oh"), 502),
        ((200, "<html>"), 502),
        ((200, ENTRY.format(paper_id="1707.00001")), 404),
    ],
)
def test_what_arxiv_does_not_give_is_not_submitted(client, arxiv, answer, status):
    arxiv.answer = answer
    made = submitted(client)
    assert (made.status_code, made.json()["title"] != "") == (status, True)
    assert client.get("/v1/submissions").json() == {"submissions": []}


def test_a_reader_submits_an_address_on_the_page(reader, arxiv):
    token = reader.get("/community").text.split('name="csrf" value="')[1].split('"')[0]
    fields = {"csrf": token, "paper": f"arxiv.org/abs/{WANTED}", "why": "look"}
    page = reader.post("/submissions", data=fields).text
    assert "on deep water" in page
    assert "<script>x" not in page
    arxiv.answer = (500, "oh")
    silent = reader.post("/submissions", data={**fields, "paper": "2601.00009"})
    assert (silent.status_code, "arXiv cannot be asked" in silent.text) == (422, True)


def test_the_recorded_answers_are_read(place, data_dir: Path):
    for name, status in {"id_1707.08567_s0_m100_6a1afebfc6a3": 201, "id_0000.0000_s0_m100_8b51d9633a68": 404}.items():
        kept = json.loads((data_dir / "recordings" / "arxiv_api_atom" / f"{name}.json").read_bytes())
        with played(kept["body"]) as arxiv, client_of(place, "ada", arxiv_api_url=arxiv.url) as client:
            assert submitted(client, name.split("_")[1]).status_code == status
