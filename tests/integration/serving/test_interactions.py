"""POST /v1/interactions and the user's own topics: a status for each row, and nothing lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from features.domain import Interaction, InteractionKind
from features.store import open_store

URL = "/v1/interactions"
SAVE = {"client_id": "1", "paper_id": "260224.02", "kind": "save"}


def statuses(client: TestClient, *rows: dict[str, Any], **batch: Any) -> list[str]:
    answer = client.post(URL, json={"interactions": list(rows), **batch})
    assert answer.status_code == 200, answer.text
    return [row["status"] for row in answer.json()["rows"]]


def counts(client: TestClient) -> dict[str, int]:
    found: dict[str, int] = client.get("/v1/users/ada").json()["interactions"]
    return found


def test_an_unknown_paper_costs_its_row_and_the_others_stand(client: TestClient) -> None:
    rows = [SAVE, {**SAVE, "client_id": "2", "paper_id": "nowhere.1"}, {**SAVE, "client_id": "3", "kind": "open"}]
    assert statuses(client, *rows) == ["recorded", "unknown_paper", "recorded"]
    assert counts(client) == {"open": 1, "save": 1}


def test_a_batch_sent_again_is_counted_once(client: TestClient) -> None:
    assert statuses(client, SAVE) == ["recorded"]
    assert statuses(client, SAVE, SAVE) == ["duplicate", "duplicate"]
    assert counts(client) == {"save": 1}


def test_a_client_id_used_for_something_else_is_a_conflict_and_the_first_stands(client: TestClient) -> None:
    assert statuses(client, SAVE, {**SAVE, "kind": "dismiss"}) == ["recorded", "conflict"]
    assert counts(client) == {"save": 1}


def test_rows_are_dealt_with_in_their_order(client: TestClient) -> None:
    rows = [{"retract": "1"}, SAVE, {"retract": "1"}, {"retract": "1"}]
    assert statuses(client, *rows) == ["unknown", "recorded", "retracted", "duplicate"]
    assert counts(client) == {}


def test_a_row_for_somebody_else_is_403_and_nothing_of_the_batch_is_recorded(client: TestClient) -> None:
    answer = client.post(URL, json={"interactions": [SAVE, {**SAVE, "client_id": "2", "user_id": "ben"}]})
    assert (answer.status_code, counts(client)) == (403, {})


def test_an_administrator_says_whose_rows_they_are(place: Any, client: TestClient) -> None:
    client.headers.update(place.headers("admin"))
    rows = [SAVE, {**SAVE, "user_id": "ben"}, {**SAVE, "user_id": "nobody"}]
    assert statuses(client, *rows, user_id="ada") == ["recorded", "recorded", "unknown_user"]
    assert client.post(URL, json={"interactions": [SAVE]}).status_code == 422


@pytest.mark.parametrize(
    "row",
    [
        {**SAVE, "kind": "like"},
        {**SAVE, "kind": "label"},
        {**SAVE, "topic": "robots"},
        {**SAVE, "kind": "label", "topic": "\ud800"},
        {**SAVE, "kind": "label", "topic": "a\u0000b"},
        {**SAVE, "client_id": "a b"},
        {**SAVE, "paper_id": ""},
        {**SAVE, "position": 0},
        {**SAVE, "occurred_at": "2026-02-27T08:00:00"},
        {**SAVE, "occurred_at": "8999-01-01T00:00:00Z"},
        {**SAVE, "more": 1},
        {"retract": ""},
        "row",
        None,
    ],
)
def test_a_row_that_breaks_a_rule_is_422(shared_client: TestClient, row: Any) -> None:
    # By hand: the client's own JSON would refuse to send a lone surrogate.
    body = json.dumps({"interactions": [row]}).encode()
    answer = shared_client.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"1" * 10_000, b"\xff", b'{"interactions": []}', b"null", b""])
def test_a_body_that_is_no_batch_is_a_problem_of_the_caller(shared_client: TestClient, body: bytes) -> None:
    answer = shared_client.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_batch_above_the_cap_is_413(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, max_interactions=2)
    client.headers.update(sqlite_place.headers("ada"))
    rows = [{**SAVE, "client_id": str(number)} for number in range(3)]
    assert client.post(URL, json={"interactions": rows}).status_code == 413
    assert statuses(client, *rows[:2]) == ["recorded", "recorded"]


def test_a_paper_put_into_a_topic_twice_is_there_once_and_can_be_taken_out_and_put_back(client: TestClient) -> None:
    path = "/v1/users/ada/topics/my robots/papers/260224.02"
    for method, expected in [("PUT", 1), ("PUT", 1), ("DELETE", 0), ("DELETE", 0), ("PUT", 1)]:
        assert client.request(method, path).status_code == 204
        assert client.get("/v1/users/ada").json()["interactions"].get("label", 0) == expected
    assert client.get("/v1/topics").json()["own"] == [{"name": "my robots", "n_papers": 1}]


def test_a_topic_takes_no_paper_that_is_not_in_the_store(shared_client: TestClient) -> None:
    assert shared_client.put("/v1/users/ada/topics/t/papers/hep-th/9901001").status_code == 404


def test_what_the_clock_of_another_server_has_recorded_counts_for_the_next_ranking(
    place: Any, client: TestClient
) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=5)
    with open_store(place.database_url) as store, store.transaction() as tx:
        row = Interaction("1", "ada", "260227.00", InteractionKind.DISMISS, ahead)
        tx.interactions.record([row], recorded_at=ahead)
    answer = client.get("/v1/users/ada/recommendations", params={"limit": 24}).json()
    assert "260227.00" not in [item["paper"]["id"] for item in answer["items"]]
    again = client.get("/v1/users/ada/recommendations", params={"limit": 24, "as_of": answer["as_of"]})
    assert again.json() == answer
