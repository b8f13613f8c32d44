"""Votes, submissions and lists over HTTP: counted once, shown, and apart from everybody's own ranking."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

RANKED = "/v1/users/ada/recommendations"
LAST = "260227.23"


def vote(client: TestClient, paper_id: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = client.post(f"/v1/papers/{paper_id}/vote", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def trending(client: TestClient, **params: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/trending", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["papers"]
    return found


def test_votes_order_what_trends_and_leave_every_ranking_as_it_is(client: TestClient, place: Any) -> None:
    saved = {"interactions": [{"client_id": "1", "paper_id": "260224.02", "kind": "save"}]}
    client.post("/v1/interactions", json=saved)
    before = client.get(RANKED, params={"limit": 24})
    niche = before.json()["items"][-1]["paper"]["id"]
    assert vote(client, niche) == {"paper_id": niche, "reader_votes": 1, "voted": True}
    assert vote(client, niche)["reader_votes"] == 1
    assert vote(client, niche, place.headers("ben"))["reader_votes"] == 2
    first = trending(client)[0]
    assert (first["paper"]["id"], first["reader_votes"], first["votes"], first["predicted"]) == (niche, 2, None, False)
    assert client.get(RANKED, params={"limit": 24}).content == before.content
    again = client.get(RANKED, params={"limit": 24, "seed": 1}).json()  # another slate, so it is ranked anew
    assert [item["score"] for item in again["items"]] == [item["score"] for item in before.json()["items"]]
    assert client.delete(f"/v1/papers/{niche}/vote").status_code == 204
    assert trending(client)[0]["reader_votes"] == 1


def test_trending_is_as_of_a_moment_and_of_up_to_a_week(sqlite_client: TestClient) -> None:
    before = sqlite_client.get("/v1/trending", params={"limit": 3}).json()
    vote(sqlite_client, LAST)
    vote(sqlite_client, "260224.07")
    assert trending(sqlite_client, limit=3, as_of=before["as_of"]) == before["papers"]
    two = trending(sqlite_client, days=7, limit=2)
    assert {item["paper"]["id"] for item in two} == {LAST, "260224.07"}
    assert len(trending(sqlite_client, days=7, limit=100)) == 96
    assert trending(sqlite_client, limit=1)[0]["paper"]["id"] == LAST
    assert sqlite_client.get("/v1/trending", params={"days": 8}).status_code == 422


def test_an_administrators_token_votes_for_nobody(sqlite_client: TestClient, sqlite_place: Any) -> None:
    answer = sqlite_client.post(f"/v1/papers/{LAST}/vote", headers=sqlite_place.headers("admin"))
    assert (answer.status_code, "once per user" in answer.json()["detail"]) == (403, True)


def test_a_paper_is_submitted_by_address_with_a_word_why(client: TestClient, place: Any) -> None:
    body = {"paper": LAST, "why": "<b>it</b> settles a bet"}
    made = client.post("/v1/submissions", json=body)
    assert (made.status_code, made.json()["why"], made.json()["curator"]) == (201, "it settles a bet", None)
    client.put("/v1/users/ada/list", json={"name": "Robot-Hands"})
    (shown,) = client.get("/v1/submissions", headers=place.headers("ben")).json()["submissions"]
    assert (shown["paper"]["id"], shown["curator"], shown["reader_votes"]) == (LAST, "robot-hands", 1)
    assert "ada" not in str(shown).lower().replace("ada b.", "")
    client.delete(f"/v1/papers/{LAST}/vote")
    assert client.get("/v1/submissions").json() == {"submissions": []}


@pytest.mark.parametrize(
    ("paper", "status"),
    [("https://arxiv.org/abs/2602.99999v2", 404), ("javascript:alert(1)", 404), ("not an id", 404), ("", 422)],
)
def test_what_the_store_does_not_hold_is_not_submitted(shared_client: TestClient, paper: str, status: int) -> None:
    answer = shared_client.post("/v1/submissions", json={"paper": paper, "why": "look"})
    assert answer.status_code == status
    assert shared_client.post("/v1/submissions", json={"paper": LAST, "why": "  "}).status_code == 422


def test_saved_papers_are_public_only_while_their_owner_wishes(client: TestClient, place: Any) -> None:
    ben = place.headers("ben")
    rows = [{"client_id": str(n), "paper_id": f"260227.0{n}", "kind": "save"} for n in range(3)]
    client.post("/v1/interactions", json={"interactions": rows})
    assert client.get("/v1/lists", headers=ben).json() == {"lists": []}
    opened = client.put("/v1/users/ada/list", json={"name": "robots"})
    assert opened.json() == {"name": "robots", "n_followers": 0}
    assert client.put("/v1/users/ben/list", json={"name": "robots"}, headers=ben).status_code == 409
    assert client.put("/v1/lists/robots/followers/me", headers=ben).status_code == 204
    (followed,) = client.get("/v1/users/ben/lists", headers=ben).json()["lists"]
    assert {one["paper"]["id"] for one in followed["papers"]} == {"260227.00", "260227.01", "260227.02"}
    client.post("/v1/interactions", json={"interactions": [{"retract": "1"}]})
    page = client.get("/v1/lists/robots", headers=ben).json()
    assert (page["n_papers"], page["n_followers"]) == (2, 1)
    assert client.delete("/v1/users/ada/list").status_code == 204
    assert client.get("/v1/lists/robots", headers=ben).status_code == 404
    assert client.get("/v1/users/ben/lists", headers=ben).json()["lists"] == []


def test_a_list_is_opened_by_its_owner_only(sqlite_client: TestClient, sqlite_place: Any) -> None:
    answer = sqlite_client.put("/v1/users/ben/list", json={"name": "bens"})
    assert answer.status_code == 403
    assert sqlite_client.get("/v1/users/ben/lists").status_code == 403
