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


def patch(client: TestClient, interest: str, **change: Any) -> int:
    return client.patch(f"{URL}/{interest}", json=change).status_code


def test_a_given_name_stays_with_the_interest_and_can_be_asked_for(client: TestClient) -> None:
    save(client, *SAVED)
    before = client.get(URL).json()
    assert patch(client, before["interests"][0]["name"], name="robot hands") == 204
    save(client, "260224.11")
    (found,) = interests(client)
    assert (found["name"], found["n_papers"]) == ("interest:robot hands", 4)
    asked = client.get("/v1/users/ada/recommendations", params={"topic": found["name"]})
    assert asked.json()["scorer"] == "interest"
    assert interests(client, as_of=before["as_of"]) == before["interests"]


def test_a_muted_interest_is_gone_until_it_is_unmuted(client: TestClient) -> None:
    save(client, *SAVED)
    before = client.get("/v1/users/ada/recommendations").json()
    (found,) = interests(client)
    assert patch(client, found["name"], muted=True) == 204
    answer = client.get(URL).json()
    assert (answer["interests"], [change["kind"] for change in answer["changes"]]) == ([], ["mute"])
    assert client.get("/v1/users/ada/recommendations").json()["scorer"] == "crowd"
    assert patch(client, found["name"], muted=False) == 204
    assert interests(client) == [found]
    assert client.get("/v1/users/ada/recommendations").json()["items"] == before["items"]
    assert patch(client, found["name"], muted=False) == 404


def test_forgetting_an_interest_takes_back_what_made_it(sqlite_client: TestClient) -> None:
    save(sqlite_client, *SAVED)
    save(sqlite_client, "260224.01", kind="dismiss")
    (found,) = interests(sqlite_client)
    assert sqlite_client.delete(f"{URL}/{found['name']}").status_code == 204
    assert interests(sqlite_client) == []
    assert sqlite_client.get("/v1/users/ada").json()["interactions"] == {"dismiss": 1}
    assert sqlite_client.delete(f"{URL}/{found['name']}").status_code == 404


@pytest.mark.parametrize("change", [{}, {"name": "a", "muted": True}, {"name": "a/b"}, {"name": "x" * 61}])
def test_a_change_that_cannot_be_made_is_a_422(sqlite_client: TestClient, change: dict[str, Any]) -> None:
    save(sqlite_client, *SAVED)
    assert patch(sqlite_client, interests(sqlite_client)[0]["name"], **change) == 422


def test_an_interest_is_not_merged_with_itself_or_with_none(sqlite_client: TestClient) -> None:
    save(sqlite_client, *SAVED)
    (found,) = interests(sqlite_client)
    assert patch(sqlite_client, found["name"], merge_into=found["name"]) == 422
    assert patch(sqlite_client, found["name"], merge_into="interest:nothing") == 404


def test_two_interests_are_merged_and_parted_again(client: TestClient) -> None:
    save(client, *SAVED, "260224.11", "260224.01", "260224.04", "260224.07", "260225.01")
    before = client.get(URL).json()
    one, other = (each["name"] for each in before["interests"])
    assert patch(client, one, merge_into=other) == 204
    after = client.get(URL).json()
    assert [(each["name"], each["share"], each["n_papers"]) for each in after["interests"]] == [(other, 1.0, 8)]
    (change,) = after["changes"]
    assert (change["kind"], change["n_papers"]) == ("merge", 4)
    assert interests(client, as_of=before["as_of"]) == before["interests"]
    assert client.delete(f"/v1/users/ada/rules/{change['rule_id']}").status_code == 204
    assert interests(client) == before["interests"]
