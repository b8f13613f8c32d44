"""Who gets in, and what a token opens."""

import logging
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.app import create_app

OPEN_PATHS = {"/livez", "/readyz", "/metrics"}


def filled_in(path: str) -> str:
    """A path of the document with something in each of its places."""
    return re.sub(r"\{(\w+)\}", lambda place: {"user_id": "ada", "paper_id": "260227.00"}.get(place[1], "1"), path)


def test_every_operation_but_health_wants_a_token(shared_client: TestClient) -> None:
    document = shared_client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            filled = filled_in(path)
            status = shared_client.request(method, filled, json={}, headers={"Authorization": ""}).status_code
            assert (status == 401) == (path not in OPEN_PATHS), path


def test_every_path_of_a_user_is_closed_to_another_user(shared_place: Any, shared_client: TestClient) -> None:
    document = shared_client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            if "{user_id}" in path:
                filled = filled_in(path)
                answer = shared_client.request(method, filled, headers=shared_place.headers("ben"))
                assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "bearer é".encode()])
def test_a_wrong_token_is_401_with_a_challenge(shared_client: TestClient, header: Any) -> None:
    answer = shared_client.get("/v1/users/ada", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_administrators_token_opens_everybodys_data(shared_place: Any, shared_client: TestClient) -> None:
    for user_id in ("ada", "ben"):
        assert shared_client.get(f"/v1/users/{user_id}", headers=shared_place.headers("admin")).status_code == 200


def test_an_unknown_user_is_404_for_an_administrator_and_403_for_a_user(
    shared_place: Any, shared_client: TestClient
) -> None:
    url = "/v1/users/nobody/recommendations"
    assert shared_client.get(url, headers=shared_place.headers("admin")).status_code == 404
    assert shared_client.get(url).status_code == 403


def test_each_token_has_its_own_limit(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, requests_per_minute=3)
    found = [client.get("/v1/model", headers=sqlite_place.headers("ada")) for _ in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    assert 1 <= int(found[-1].headers["retry-after"]) <= 20
    assert client.get("/v1/model", headers=sqlite_place.headers("ben")).status_code == 200


def test_guessing_tokens_is_limited_by_address(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, requests_per_minute=3)
    guesses = [client.get("/v1/model", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(4)]
    assert guesses == [401, 401, 401, 429]
    assert client.get("/v1/model", headers=sqlite_place.headers("ada")).status_code == 200


def test_insecure_local_asks_this_machine_for_no_token_and_others_for_one(sqlite_place: Any) -> None:
    app = create_app(sqlite_place.settings(insecure_local=True))
    here, elsewhere, name = ("127.0.0.1", 1), ("10.0.0.7", 1), "http://127.0.0.1:8000"
    with TestClient(app, client=here, base_url=name) as client:
        assert client.get("/v1/users/ada").status_code == 200
        assert client.get("/v1/users/ada", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/v1/users/ada", headers={"Host": "evil.example.org"}).status_code == 401
        assert client.get("/v1/users/ada", headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 401
        assert TestClient(app, client=elsewhere, base_url=name).get("/v1/users/ada").status_code == 401


def test_no_token_is_in_any_log(sqlite_place: Any, open_client: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client = open_client(sqlite_place)
        client.get("/v1/users/ada", headers=sqlite_place.headers("ada"))
        client.get("/v1/users/ada", headers={"Authorization": "Bearer guessed-token"})
    assert sqlite_place.tokens["ada"] not in caplog.text
    assert "guessed-token" not in caplog.text
