"""Rules over HTTP: the next ranking keeps them, and an earlier one stays as it was."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

RULES, RANKED = "/v1/users/ada/rules", "/v1/users/ada/recommendations"


def say(client: TestClient, kind: str, field: str, value: str) -> dict[str, Any]:
    answer = client.post(RULES, json={"kind": kind, "field": field, "value": value})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def categories(answer: dict[str, Any]) -> list[str]:
    return [item["paper"]["categories"][0] for item in answer["items"]]


def test_a_rule_is_kept_by_the_next_ranking_and_by_no_earlier_one(client: TestClient) -> None:
    before = client.get(RANKED, params={"limit": 24})
    say(client, "never", "category", "cs.CV")
    say(client, "must", "word", "gripper")
    after = client.get(RANKED, params={"limit": 24}).json()
    assert "cs.CV" not in categories(after)
    assert "Your rules left 8 papers out." in after["notice"]
    assert after["items"][0]["reasons"][0] == {"kind": "rule", "text": "you asked for ‘gripper’", "weight": 0.0}
    asked = {"limit": 24, "as_of": before.json()["as_of"]}
    assert client.get(RANKED, params=asked).content == before.content
    ruled = {"limit": 24, "as_of": after["as_of"]}
    for rule in client.get(RULES).json()["rules"]:
        assert client.delete(f"{RULES}/{rule['rule_id']}").status_code == 204
    assert client.get(RANKED, params=ruled).json() == after
    assert categories(client.get(RANKED, params={"limit": 24}).json()) == categories(before.json())


def test_rules_are_the_users_own(sqlite_client: TestClient, sqlite_place: Any) -> None:
    made = say(sqlite_client, "never", "author", "Nobody Anywhere")
    headers = sqlite_place.headers("ben")
    assert sqlite_client.get(RULES, headers=headers).status_code == 403
    other = sqlite_client.delete(f"/v1/users/ben/rules/{made['rule_id']}", headers=headers)
    assert (other.status_code, other.json()["type"]) == (404, "urn:broadsheet:unknown-rule")
    exported = sqlite_client.get("/v1/users/ada/export").json()["data"]["rules"]
    assert [rule["value"] for rule in exported] == ["Nobody Anywhere"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "never", "field": "word", "value": "!!!"},
        {"kind": "never", "field": "word", "value": "x" * 101},
        {"kind": "never", "field": "category", "value": "two words"},
        {"kind": "perhaps", "field": "word", "value": "x"},
        {"kind": "must", "field": "word", "value": "x", "regex": True},
    ],
)
def test_a_rule_that_cannot_be_kept_is_a_422(shared_client: TestClient, body: dict[str, Any]) -> None:
    answer = shared_client.post(RULES, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:broadsheet:invalid-value")
