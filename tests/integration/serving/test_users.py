"""Users: made by an administrator, open to themselves, deleted for good; papers and topics beside them."""

from typing import Any

from fastapi.testclient import TestClient

from features.store import open_store


def test_an_administrator_makes_a_user_whose_token_works(place: Any, client: TestClient) -> None:
    made = client.post("/v1/users/carol", headers=place.headers("admin"))
    assert made.status_code == 201
    token = {"Authorization": f"Bearer {made.json()['token']}"}
    assert client.get("/v1/users/carol/recommendations", headers=token).status_code == 200


def test_a_user_that_is_there_is_409_and_gets_no_token(place: Any, client: TestClient) -> None:
    answer = client.post("/v1/users/ada", headers=place.headers("admin"))
    assert (answer.status_code, "token" in answer.json()) == (409, False)


def test_users_are_made_by_administrators_only(shared_client: TestClient) -> None:
    assert shared_client.post("/v1/users/dora").status_code == 403


def test_nothing_is_left_of_a_deleted_user(place: Any, client: TestClient) -> None:
    client.get("/v1/users/ada/recommendations")
    row = {"client_id": "1", "paper_id": "260224.02", "kind": "save"}
    client.post("/v1/interactions", json={"interactions": [row]})
    assert client.delete("/v1/users/ada").status_code == 204
    client.app.state.services.served.flush()  # type: ignore[attr-defined]  # TestClient knows no more than ASGI
    assert client.get("/v1/users/ada").status_code == 401  # the token went as well
    assert client.get("/v1/users/ada", headers=place.headers("admin")).status_code == 404
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        assert tx.impressions.of_user("ada") == []


def test_the_export_holds_what_was_done_and_shown(client: TestClient) -> None:
    client.get("/v1/users/ada/recommendations")
    row = {"client_id": "1", "paper_id": "260224.02", "kind": "save"}
    client.post("/v1/interactions", json={"interactions": [row]})
    client.app.state.services.served.flush()  # type: ignore[attr-defined]  # TestClient knows no more than ASGI
    exported = client.get("/v1/users/ada/export").json()["data"]
    assert [row["paper_id"] for row in exported["interactions"]] == ["260224.02"]
    assert exported["slates"]
    assert exported["impressions"]


def test_a_days_papers_come_by_id_page_by_page(shared_client: TestClient) -> None:
    page = shared_client.get("/v1/papers", params={"day": "2026-02-25", "limit": 20}).json()
    rest = shared_client.get("/v1/papers", params={"day": "2026-02-25", "cursor": page["next_cursor"]}).json()
    ids = [paper["id"] for paper in page["papers"] + rest["papers"]]
    assert (ids, len(ids)) == (sorted(ids), 24)
    assert rest["next_cursor"] is None


def test_a_cursor_of_another_list_of_papers_is_422(shared_client: TestClient) -> None:
    cursor = shared_client.get("/v1/papers", params={"day": "2026-02-25"}).json()["next_cursor"]
    for other in ({"day": "2026-02-26"}, {"day": "2026-02-25", "topic": "cs.CV"}, {}):
        assert shared_client.get("/v1/papers", params={"cursor": cursor, **other}).status_code == 422


def test_papers_can_be_narrowed_to_a_topic(shared_client: TestClient) -> None:
    found = shared_client.get("/v1/papers", params={"topic": "cs.RO"}).json()
    assert {tuple(paper["categories"]) for paper in found["papers"]} == {("cs.RO",)}
    assert shared_client.get("/v1/papers", params={"topic": "no such topic"}).status_code == 404


def test_one_paper_is_found_by_its_id(shared_client: TestClient) -> None:
    assert shared_client.get("/v1/papers/260227.00").json()["categories"] == ["cs.CL"]
    assert shared_client.get("/v1/papers/hep-th/9901001").status_code == 404
    before = {"as_of": "2020-01-01T00:00:00Z"}
    assert shared_client.get("/v1/papers/260227.00", params=before).status_code == 404


def test_the_topics_of_the_model_are_listed(shared_client: TestClient) -> None:
    answer = shared_client.get("/v1/topics").json()
    assert [topic["name"] for topic in answer["topics"]] == ["cs.CL", "cs.CV", "cs.RO"]
