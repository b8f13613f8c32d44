"""POST /v1/score: stateless, capped, and the same model as everywhere."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

URL = "/v1/score"
ROBOTS = [{"title": "robot grasping planning", "abstract": "gripper trajectory control"}]
BODY = {
    "positives": ROBOTS,
    "negatives": [{"id": "260224.00"}],
    "papers": [{"id": "260227.00"}, {"id": "260227.02"}, {"title": "robot locomotion"}],
}


def test_scores_come_in_the_order_of_the_papers(shared_client: TestClient) -> None:
    answer = shared_client.post(URL, json=BODY).json()
    assert [paper["id"] for paper in answer["papers"]] == ["260227.00", "260227.02", None]
    language, robot, text = (paper["score"] for paper in answer["papers"])
    assert language < min(robot, text)
    assert (answer["model_version"], answer["scorer"]) == ("1", "relevance")
    assert all(0 <= paper["probability"] <= 1 for paper in answer["papers"])


def test_the_order_of_the_examples_does_not_matter(shared_client: TestClient) -> None:
    body = {**BODY, "positives": [*ROBOTS, {"id": "260224.02"}]}
    turned = {**body, "positives": body["positives"][::-1]}
    assert shared_client.post(URL, json=body).content == shared_client.post(URL, json=turned).content


def test_without_positives_the_crowd_scores(shared_client: TestClient) -> None:
    assert shared_client.post(URL, json={"papers": ROBOTS}).json()["scorer"] == "crowd"


def test_another_version_of_the_model_can_be_asked(shared_client: TestClient) -> None:
    answer = shared_client.post(URL, json=BODY, params={"model_version": "2"}).json()
    assert answer["model_version"] == "2"
    assert answer["papers"] != shared_client.post(URL, json=BODY).json()["papers"]


def test_nothing_of_a_request_is_kept(shared_place: Any, shared_client: TestClient) -> None:
    before = shared_client.get("/v1/users/ada/export").json()["data"]
    shared_client.post(URL, json=BODY)
    assert shared_client.get("/v1/users/ada/export").json()["data"] == before


def test_a_token_is_needed(shared_client: TestClient) -> None:
    assert shared_client.post(URL, json=BODY, headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"papers": []}, 422),
        ({"papers": [{"title": ""}]}, 422),
        ({"papers": [{"title": " "}]}, 422),
        ({"papers": [{"id": "a b"}]}, 422),
        ({"papers": [{"abstract": "only"}]}, 422),
        ({"papers": [{"id": "nowhere.1"}]}, 404),
    ],
)
def test_what_cannot_be_scored_is_the_callers_problem(shared_client: TestClient, body: Any, status: int) -> None:
    answer = shared_client.post(URL, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_texts_are_capped_in_number_and_in_length(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, max_texts=3, max_text_bytes=10)
    client.headers.update(sqlite_place.headers("ada"))
    short = {"title": "robot"}
    for papers, status in [
        ([short] * 3, 200),
        ([short] * 4, 413),
        ([{"title": "x" * 10}], 200),
        ([{"title": "é" * 6}], 413),
        ([{"title": "x", "abstract": "x" * 10}], 413),
    ]:
        assert client.post(URL, json={"papers": papers}).status_code == status


def test_the_defaults_take_a_thousand_texts_and_no_more(shared_client: TestClient) -> None:
    assert shared_client.post(URL, json={"papers": [{"title": "robot"}] * 1000}).status_code == 200
    assert shared_client.post(URL, json={"papers": [{"title": "robot"}] * 1001}).status_code == 413


def test_a_body_above_a_mebibyte_is_413(shared_client: TestClient) -> None:
    body = {"papers": [{"title": "x" * 20_000} for _ in range(60)]}
    assert shared_client.post(URL, json=body).status_code == 413
