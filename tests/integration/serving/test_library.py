"""What was saved elsewhere comes in over HTTP, ranks at once, and goes out again."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.serving.played import client_of

KNOWN = "260226.01"
BIBTEX = f"""
@misc{{a, title = {{Whatever}}, broadsheet = {{{KNOWN}}}}}
@misc{{b, title = {{A robot that plans}}, abstract = {{A robot gripper grasping by trajectory planning and control.}}}}
@misc{{broken, title = {{Never
@misc{{c, eprint = {{2601.00001}}, archiveprefix = {{arXiv}}}}
"""
LIBRARY = "/v1/users/ada/library"


def post(client, body=BIBTEX, kind="application/x-bibtex", **parameters):
    return client.post(LIBRARY, content=body, headers={"Content-Type": kind}, params=parameters)


def test_a_library_is_saved_and_the_next_ranking_knows_it(client):
    before = client.get("/v1/users/ada/recommendations").json()
    answer = post(client)
    assert answer.status_code == 200
    result = answer.json()
    assert (result["saved"], result["waiting"], len(result["kept"])) == ([KNOWN], ["2601.00001"], 1)
    assert [(row["line"], "broken" in row["reason"]) for row in result["problems"]] == [(4, True)]
    after = client.get("/v1/users/ada/recommendations").json()
    assert (before["notice"] is not None, after["scorer"]) == (True, "relevance") or after["slate_id"] != before[
        "slate_id"
    ]
    assert post(client).json()["already"] == [KNOWN, *result["kept"]]
    again = client.get("/v1/users/ada/recommendations").json()
    assert again == after


def test_the_content_type_or_the_parameter_says_what_it_is(sqlite_client):
    assert post(sqlite_client, "260226.01\n", "text/plain; charset=utf-8").json()["saved"] == ["260226.01"]
    assert post(sqlite_client, f"TY  - GEN\nDB  - Broadsheet\nAN  - {KNOWN}\n", "", format="ris").json()["already"] == [
        KNOWN
    ]
    assert post(sqlite_client, "", "text/csv").json()["n_problems"] == 1


def test_an_own_paper_is_shown_to_nobody_else_in_a_list(sqlite_client, sqlite_place):
    [own] = post(sqlite_client).json()["kept"]
    for path in ("/v1/papers?limit=200", "/v1/trending?limit=200"):
        assert own not in sqlite_client.get(path, headers=sqlite_place.headers("ben")).text


@pytest.mark.parametrize("form", ["bibtex", "ris", "csv"])
def test_what_is_saved_goes_out_and_comes_back(sqlite_client, sqlite_place, form):
    post(sqlite_client)
    answer = sqlite_client.get("/v1/users/ada/saved", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="saved.')
    again = post(sqlite_client, answer.content, answer.headers["content-type"]).json()
    assert (len(again["already"]), again["saved"], again["kept"], again["n_problems"]) == (2, [], [], 0)


def test_nobody_brings_or_takes_the_library_of_another(sqlite_client, sqlite_place):
    bens = sqlite_place.headers("ben")
    assert sqlite_client.post(LIBRARY, content="x", headers=bens).status_code == 403
    assert sqlite_client.get("/v1/users/ada/saved", headers=bens).status_code == 403


def test_text_of_an_unknown_kind_is_a_problem_and_not_a_fault(sqlite_client):
    assert sqlite_client.get("/v1/users/ada/saved", params={"format": "text"}).status_code == 422
    assert post(sqlite_client, "x", "", format="endnote").status_code == 422
    assert post(sqlite_client, b"\xff\xfe\x00" * 100, "application/octet-stream").status_code == 200


@pytest.fixture
def zotero_client(sqlite_place, zotero):
    with client_of(sqlite_place, "ada", zotero_url=zotero.url) as client:
        yield client


def test_a_zotero_library_comes_in_and_its_key_stays_nowhere(zotero_client, zotero, caplog):
    body = {"kind": "group", "id": 169947, "key": "P9NiFoyLeZu2bZNvvuQPDWsd"}
    answer = zotero_client.post(f"{LIBRARY}/zotero", json=body)
    assert (answer.status_code, answer.json()["waiting"]) == (200, ["2601.00001"])
    assert zotero.keys == ["Bearer P9NiFoyLeZu2bZNvvuQPDWsd"]
    exported = zotero_client.get("/v1/users/ada/export").text
    assert "P9NiFoyLe" not in caplog.text + exported + answer.text


@pytest.mark.parametrize(("played", "status"), [((403, "no"), 422), ((500, "oh"), 502), ((200, "<html>"), 502)])
def test_what_zotero_says_wrong_is_said_as_its_own(zotero_client, zotero, played, status):
    zotero.answer = played
    answer = zotero_client.post(f"{LIBRARY}/zotero", json={"id": 1, "key": "secret"})
    assert (answer.status_code, "secret" in answer.text) == (status, False)
    assert "Zotero" in answer.json()["detail"]


def test_a_public_list_leaves_own_papers_out(sqlite_client, sqlite_place):
    [own] = post(sqlite_client).json()["kept"]
    assert sqlite_client.put("/v1/users/ada/list", json={"name": "adas-picks"}).status_code < 300
    seen = sqlite_client.get("/v1/lists/adas-picks", headers=sqlite_place.headers("ben"))
    assert (KNOWN in seen.text, own in seen.text) == (True, False)


def test_a_paper_of_ones_own_library_is_shown_to_nobody_else(client: TestClient, place: Any) -> None:
    text = "@article{a, title={A private thought on kettles}, abstract={Kettles whistle when they boil.}}"
    headers = {"content-type": "application/x-bibtex"}
    (own,) = client.post("/v1/users/ada/library", content=text, headers=headers).json()["kept"]
    assert client.get(f"/v1/papers/{own}").status_code == 200
    assert client.get(f"/v1/papers/{own}", headers=place.headers("ben")).status_code == 404
    assert client.get("/v1/search", params={"q": own}).json()["papers"] == []
    assert client.get("/v1/search", params={"q": "kettles whistle"}).json()["papers"] == []
    assert client.get(f"/papers/{own}", headers={"accept": "text/html"}).status_code == 404
