"""GET /v1/users/{id}/interests: what the slate is shared out by, and what topic= understands."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

URL = "/v1/users/ada/interests"
SAVED = ["260224.02", "260224.05", "260224.08"]


def save(client: TestClient, *paper_ids: str, kind: str = "save") -> None:
    rows = [{"client_id": f"{kind}-{paper_id}", "paper_id": paper_id, "kind": kind} for paper_id in paper_ids]
    assert client.post("/v1/interactions", json={"interactions": rows}).status_code == 200


def interests(client: TestClient, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["interests"]
    return found


def test_choices_that_belong_together_are_one_interest_with_its_papers(sqlite_client: TestClient) -> None:
    save(sqlite_client, *SAVED)
    (found,) = interests(sqlite_client)
    assert (found["share"], found["n_papers"]) == (1.0, 3)
    assert [paper["id"] for paper in found["papers"]] == SAVED[::-1]
    assert found["words"]


def test_a_single_choice_is_one_interest(sqlite_client: TestClient) -> None:
    save(sqlite_client, SAVED[0])
    (found,) = interests(sqlite_client)
    assert (found["share"], found["n_papers"]) == (1.0, 1)


def test_the_name_of_an_interest_is_a_topic_to_ask_for(sqlite_client: TestClient) -> None:
    save(sqlite_client, *SAVED)
    (found,) = interests(sqlite_client)
    slate = sqlite_client.get("/v1/users/ada/recommendations", params={"topic": found["name"]})
    assert slate.status_code == 200, slate.text
    assert slate.json()["items"]


def test_who_chose_nothing_or_only_turned_papers_down_has_none(sqlite_client: TestClient) -> None:
    assert interests(sqlite_client) == []
    save(sqlite_client, SAVED[0], kind="dismiss")
    assert interests(sqlite_client) == []


def test_interests_can_be_asked_for_as_of_a_moment(sqlite_client: TestClient) -> None:
    save(sqlite_client, *SAVED)
    before = sqlite_client.get(URL).json()
    save(sqlite_client, "260225.01")
    assert interests(sqlite_client, as_of=before["as_of"]) == before["interests"]
    assert interests(sqlite_client)[0]["n_papers"] == pytest.approx(4)


def test_while_a_baseline_serves_there_are_none(sqlite_client: TestClient) -> None:
    save(sqlite_client, *SAVED)
    assert interests(sqlite_client, model_version="baseline:popularity") == []
