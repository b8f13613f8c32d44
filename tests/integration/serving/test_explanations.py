"""GET …/recommendations/{paper_id}/explanation and …/causes: they add up, agree with the slate, repeat themselves."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

URL = "/v1/users/ada/recommendations"
ROBOTS = ["260224.02", "260224.05", "260224.08"]


def save(client: TestClient, *paper_ids: str) -> None:
    rows = [{"client_id": f"save-{paper_id}", "paper_id": paper_id, "kind": "save"} for paper_id in paper_ids]
    assert client.post("/v1/interactions", json={"interactions": rows}).status_code == 200


def got(client: TestClient, url: str, **params: Any) -> dict[str, Any]:
    answer = client.get(url, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_shares_of_every_paper_add_up_to_its_score_in_the_slate(sqlite_client: TestClient) -> None:
    save(sqlite_client, *ROBOTS)
    slate = got(sqlite_client, URL, limit=24)
    known = {name: slate[name] for name in ("day", "as_of", "model_version")}
    for item in slate["items"][::5]:
        found = got(sqlite_client, f"{URL}/{item['paper']['id']}/explanation", **known)
        assert {name: found[name] for name in known} == known
        assert (found["score"], found["rank"], found["probability"]) == (
            item["score"],
            item["rank"],
            item["probability"],
        )
        assert sum(share["weight"] for share in found["shares"]) == pytest.approx(item["score"], abs=1e-6)
        for share in found["shares"]:
            assert sum(part["weight"] for part in share["parts"]) == pytest.approx(share["weight"], abs=1e-6)


def test_a_slates_reasons_are_the_strongest_shares(sqlite_client: TestClient) -> None:
    save(sqlite_client, *ROBOTS)
    item = got(sqlite_client, URL)["items"][0]
    found = got(sqlite_client, f"{URL}/{item['paper']['id']}/explanation")
    told = {reason["kind"]: reason["weight"] for reason in item["reasons"]}
    shares = {share["kind"]: share["weight"] for share in found["shares"]}
    assert len(told) == 3
    assert told["words"] == pytest.approx(shares["relevance"] + shares["text"], abs=3e-6)


def test_causes_name_what_the_user_did_and_what_it_changed(sqlite_client: TestClient) -> None:
    save(sqlite_client, *ROBOTS)
    opened = {"client_id": "open", "paper_id": ROBOTS[0], "kind": "open"}
    dismissed = {"client_id": "no", "paper_id": "260225.01", "kind": "dismiss"}
    sqlite_client.post("/v1/interactions", json={"interactions": [opened, dismissed]})
    item = got(sqlite_client, URL)["items"][0]
    found = got(sqlite_client, f"{URL}/{item['paper']['id']}/causes")
    assert (found["score"], found["rank"]) == (item["score"], item["rank"])
    causes = {cause["paper"]["id"]: cause for cause in found["causes"]}
    assert causes.keys() == {*ROBOTS, "260225.01"}
    assert causes[ROBOTS[0]]["kinds"] == ["save", "open"]
    assert (causes[ROBOTS[0]]["liked"], causes["260225.01"]["liked"]) == (True, False)
    changes = [abs(cause["change"]) for cause in found["causes"]]
    assert changes == sorted(changes, reverse=True)


def test_a_cause_is_exactly_what_taking_the_click_back_changes(sqlite_client: TestClient) -> None:
    save(sqlite_client, *ROBOTS)
    item = got(sqlite_client, URL)["items"][0]
    found = got(sqlite_client, f"{URL}/{item['paper']['id']}/causes")
    cause = found["causes"][0]
    retract = {"retract": f"save-{cause['paper']['id']}"}
    sqlite_client.post("/v1/interactions", json={"interactions": [retract]})
    after = got(sqlite_client, f"{URL}/{item['paper']['id']}/explanation")
    assert found["score"] - cause["change"] == pytest.approx(after["score"], abs=1e-9)
    assert cause["rank_without"] == after["rank"]


@pytest.mark.parametrize("what", ["explanation", "causes"])
def test_asked_again_the_answer_is_the_same_to_the_byte(sqlite_client: TestClient, what: str) -> None:
    save(sqlite_client, *ROBOTS)
    first = sqlite_client.get(f"{URL}/260227.05/{what}")
    known = {name: first.json()[name] for name in ("day", "as_of", "model_version")}
    save(sqlite_client, "260225.00")
    assert sqlite_client.get(f"{URL}/260227.05/{what}").content != first.content
    assert sqlite_client.get(f"{URL}/260227.05/{what}", params=known).content == first.content


def test_a_user_who_has_done_nothing_is_told_so_and_has_no_causes(shared_client: TestClient) -> None:
    found = got(shared_client, f"{URL}/260227.05/explanation")
    assert found["scorer"] == "crowd"
    assert "cold_start" in {reason["kind"] for reason in found["beside"]}
    assert got(shared_client, f"{URL}/260227.05/causes")["causes"] == []


def test_a_baseline_is_explained_in_one_sentence(shared_client: TestClient) -> None:
    found = got(shared_client, f"{URL}/260227.05/explanation", model_version="baseline:recency")
    assert [(share["kind"], share["weight"]) for share in found["shares"]] == [("baseline", found["score"])]
    assert got(shared_client, f"{URL}/260227.05/causes", model_version="baseline:recency")["causes"] == []


@pytest.mark.parametrize("what", ["explanation", "causes"])
def test_what_cannot_be_explained_is_a_problem(shared_client: TestClient, what: str) -> None:
    answers = {
        "no such paper": (shared_client.get(f"{URL}/nothing.at.all/{what}"), 404),
        "another day": (shared_client.get(f"{URL}/260226.05/{what}"), 404),
        "no paper id": (shared_client.get(f"{URL}/a b/{what}"), 422),
        "somebody else": (shared_client.get(f"/v1/users/ben/recommendations/260227.05/{what}"), 403),
        "the future": (shared_client.get(f"{URL}/260227.05/{what}", params={"as_of": "2999-01-01T00:00:00Z"}), 422),
        "no version": (shared_client.get(f"{URL}/260227.05/{what}", params={"model_version": "77"}), 404),
    }
    for name, (answer, status) in answers.items():
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), name
    assert answers["another day"][0].json()["type"] == "urn:broadsheet:paper-not-on-day"


def test_it_wants_a_token(shared_client: TestClient) -> None:
    assert shared_client.get(f"{URL}/260227.05/explanation", headers={"Authorization": ""}).status_code == 401
