"""Alive, ready, measured; a service without a champion and one with a refused champion."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from features.store import open_store
from models.registry import CHAMPION, Registry
from models.registry.connection import Connection
from serving.app import create_app
from tests.integration.serving.conftest import OFTEN


def until(client: TestClient, path: str, found: Any) -> Any:
    """The answer of ``path`` as soon as ``found`` holds of it."""
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while not found(answer := client.get(path)):
        assert datetime.now(UTC) < deadline, answer.text
    return answer


def test_a_service_with_a_champion_and_papers_is_ready(place: Any, open_client: Any) -> None:
    client = open_client(place, max_feed_age_hours=1e6)
    assert client.get("/livez").json() == {"status": "alive"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["newest_day"]) == (200, "2026-02-27")


def test_an_old_feed_is_503_with_the_reason(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, max_feed_age_hours=0.000001)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "last fetched" in answer.json()["detail"]


def without_champion(place: Any) -> Any:
    """The same place with an empty registry."""
    (place.folder / "mlflow.db").unlink()
    for seen in place.folder.rglob("champion.json"):
        seen.unlink()
    return place


def test_without_a_champion_a_baseline_serves_and_says_so(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(without_champion(sqlite_place))
    client.headers.update(sqlite_place.headers("ada"))
    answer = client.get("/v1/users/ada/recommendations").json()
    assert (answer["model_version"], answer["scorer"]) == ("baseline:popularity", "popularity")
    assert "baseline" in answer["notice"]
    assert len(answer["items"]) == 20
    assert client.get("/v1/model").json()["model_version"] == "baseline:popularity"
    assert client.get("/v1/papers", params={"topic": "cs.RO"}).json()["papers"]
    assert client.post("/v1/score", json={"papers": [{"title": "t"}]}).status_code == 503
    assert "no champion" in client.get("/readyz").json()["detail"]


def test_an_empty_store_is_404_and_not_ready(tmp_path: Any, sqlite_place: Any, open_client: Any) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    with open_store(url) as store, store.transaction() as tx:
        tx.users.add("ada", created_at=datetime.now(UTC))
        token = tx.tokens.issue("ada", admin=False, created_at=datetime.now(UTC))
    client = open_client(replace(sqlite_place, database_url=url))
    answer = client.get("/v1/users/ada/recommendations", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:broadsheet:unknown-day")
    assert client.get("/readyz").status_code in {404, 503}


def test_a_moved_alias_swaps_the_model_and_a_broken_one_is_refused_and_seen(
    place: Any, watching_client: TestClient
) -> None:
    client = watching_client
    place.registry.promote("2", reason="a test")
    until(client, "/v1/model", lambda answer: answer.json()["model_version"] == "2")
    ranking = client.get("/v1/users/ada/recommendations").content
    place.registry.promote("3", reason="broken on purpose")
    refused = until(client, "/v1/model", lambda answer: answer.json()["refused"]).json()
    assert (refused["model_version"], refused["refused"]["version"]) == ("2", "3")
    assert "broadsheet_model_refused 1.0" in client.get("/metrics").text
    assert client.get("/v1/users/ada/recommendations").content == ranking
    place.registry.rollback()
    until(client, "/v1/model", lambda answer: answer.json()["refused"] is None)


def test_a_service_that_starts_on_a_broken_champion_serves_the_baseline_and_says_why(
    sqlite_place: Any, open_client: Any
) -> None:
    sqlite_place.registry.promote("3", reason="broken on purpose")
    client = open_client(sqlite_place)
    answer = client.get("/readyz")
    assert (answer.status_code, "version 3 is refused" in answer.json()["detail"]) == (503, True)
    ranked = client.get("/v1/users/ada/recommendations", headers=sqlite_place.headers("ada"))
    assert ranked.json()["model_version"] == "baseline:popularity"


def test_a_broken_version_asked_for_by_number_is_503_and_does_not_tell_where_it_is(
    shared_client: TestClient, registry_template: Path
) -> None:
    answer = shared_client.get("/v1/users/ada/recommendations", params={"model_version": "3"})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:broadsheet:broken-artifact")
    assert "does not match" in answer.json()["detail"]
    assert registry_template.name not in answer.text


def test_metrics_count_by_route_and_name_nobody(shared_client: TestClient) -> None:
    shared_client.get("/v1/users/ada")
    shared_client.get("/no/such/path")
    found = shared_client.get("/metrics").text
    assert 'route="/v1/users/{user_id}",status="200"' in found
    assert 'route="unmatched",status="404"' in found
    assert "ada" not in found.replace("broadsheet", "")
    assert "such" not in found


def test_metrics_are_for_this_machine_unless_the_settings_say_otherwise(sqlite_place: Any) -> None:
    for public, status in [(False, 403), (True, 200)]:
        app = create_app(sqlite_place.settings(metrics_public=public))
        with TestClient(app, client=("10.0.0.7", 1), base_url="http://127.0.0.1") as client:
            assert client.get("/metrics").status_code == status


@pytest.mark.parametrize("path", ["/docs"])
def test_the_docs_page_lists_every_operation_and_loads_nothing(shared_client: TestClient, path: str) -> None:
    answer = shared_client.get(path)
    operations = [
        o for methods in shared_client.get("/openapi.json").json()["paths"].values() for o in methods.values()
    ]
    assert all(f'id="{operation["operationId"]}"' in answer.text for operation in operations)
    assert not any(word in answer.text for word in ("<script", "src=", "url(", 'href="http'))
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_server_starts_with_the_champion_last_seen_and_then_follows_the_alias(place: Any, open_client: Any) -> None:
    place.registry.remember_champion("1")
    elsewhere = place.settings().model_copy(update={"data_dir": place.folder / "elsewhere"})
    Registry(elsewhere).promote("2", reason="by a machine with another data folder")
    client = open_client(place, requests_per_minute=1_000_000, alias_poll_seconds=OFTEN)
    client.headers.update(place.headers("ada"))
    until(client, "/v1/model", lambda answer: answer.json()["model_version"] == "2")
    assert json.loads((place.folder / "data" / "models" / "champion.json").read_text())["version"] == "2"


def test_a_champion_that_is_none_any_more_is_forgotten(sqlite_place: Any, open_client: Any) -> None:
    sqlite_place.registry.promote("1", reason="a test")
    seen = sqlite_place.folder / "data" / "models" / "champion.json"
    assert seen.exists()
    settings = sqlite_place.settings()
    Connection(settings).client.delete_registered_model_alias(settings.registered_model, CHAMPION)
    client = open_client(sqlite_place, requests_per_minute=1_000_000, alias_poll_seconds=OFTEN)
    client.headers.update(sqlite_place.headers("ada"))
    until(client, "/v1/model", lambda answer: answer.json()["model_version"] == "baseline:popularity")
    assert not seen.exists()


@pytest.mark.parametrize("told", ["", "{}", "[]", '{"registry": [], "version": "1"}'])
def test_what_was_seen_last_is_passed_over_where_it_cannot_be_read(
    told: str, sqlite_place: Any, open_client: Any
) -> None:
    sqlite_place.registry.promote("1", reason="a test")
    (sqlite_place.folder / "data" / "models" / "champion.json").write_text(told)
    answer = open_client(sqlite_place).get("/v1/model", headers=sqlite_place.headers("ada"))
    assert answer.json()["model_version"] == "1"
