"""GET /v1/users/{user_id}/recommendations: what is in the answer, and that the same question has the same bytes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, text

from features.domain import Cut, Feed, Listing, Paper
from features.store import open_store
from serving.schemas.recommendations import Recommendations

URL = "/v1/users/ada/recommendations"
FIELDS = {
    "user_id", "day", "as_of", "model_version", "seed", "topic", "slate_id", "scorer", "notice", "feed", "items",
    "next_cursor",
    "expected_useful", "min_probability",
}  # fmt: skip
ITEM_FIELDS = {"paper", "position", "rank", "score", "probability", "topics", "reasons"}


def ask(client: TestClient, **params: Any) -> dict[str, Any]:
    answer = client.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["paper"]["id"] for item in answer["items"]]


def do(client: TestClient, *rows: dict[str, Any]) -> list[str]:
    answer = client.post("/v1/interactions", json={"interactions": list(rows)})
    assert answer.status_code == 200, answer.text
    return [row["status"] for row in answer.json()["rows"]]


def saves(*paper_ids: str) -> list[dict[str, Any]]:
    return [{"client_id": f"save-{paper_id}", "paper_id": paper_id, "kind": "save"} for paper_id in paper_ids]


# Papers of an earlier day about robots: numbers 2, 5, 8, … of the corpus.
ROBOTS = ["260224.02", "260224.05", "260224.08"]


def test_a_page_says_all_it_depended_on(client: TestClient) -> None:
    answer = ask(client, limit=5)
    assert answer.keys() == FIELDS
    assert all(item.keys() == ITEM_FIELDS for item in answer["items"])
    assert (answer["day"], answer["model_version"], answer["user_id"]) == ("2026-02-27", "1", "ada")
    assert answer["feed"]["n_papers"] == 24
    assert [item["position"] for item in answer["items"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("limit", [1, 20])
def test_the_bytes_are_those_of_the_published_schema(client: TestClient, limit: int) -> None:
    do(client, *saves(*ids(ask(client))[:3]))
    body = client.get(URL, params={"limit": limit}).content
    said = Recommendations.model_validate_json(body)
    assert len(said.items) == limit
    assert said.model_dump_json().encode() == body


def test_a_user_without_labels_is_told_that_the_slate_is_everybodys(client: TestClient) -> None:
    answer = ask(client)
    assert (answer["scorer"], "not yours" in answer["notice"]) == ("crowd", True)
    assert answer["items"][0]["paper"]["categories"] == ["cs.CV"]  # what the crowd likes


def test_a_click_changes_the_next_ranking_and_is_then_personal(client: TestClient) -> None:
    before = ask(client)
    do(client, *saves(*ROBOTS))
    after = ask(client)
    assert (after["scorer"], after["notice"]) == ("relevance", None)
    assert after["slate_id"] != before["slate_id"]
    assert [item["paper"]["categories"] for item in after["items"][:3]] == [["cs.RO"]] * 3


def test_the_expected_number_of_useful_papers_is_that_of_the_whole_slate_on_every_page(client: TestClient) -> None:
    do(client, *saves("260224.02", "260224.05"))
    whole = ask(client, limit=100)
    total = sum(item["probability"] for item in whole["items"])
    assert whole["expected_useful"] == pytest.approx(total, abs=1e-6)
    assert ask(client, limit=2)["expected_useful"] == whole["expected_useful"]
    assert ask(client, model_version="baseline:recency")["expected_useful"] is None


def test_papers_less_probable_than_asked_are_left_out_and_still_expected(client: TestClient) -> None:
    do(client, *saves(*ROBOTS))
    whole = ask(client, limit=100)
    least = sorted(item["probability"] for item in whole["items"])[-5]
    part = ask(client, limit=100, min_probability=least)
    wanted = {item["paper"]["id"] for item in whole["items"] if item["probability"] >= least}
    assert {item["paper"]["id"] for item in part["items"]} == wanted
    assert part["expected_useful"] == pytest.approx(whole["expected_useful"], abs=1e-5)
    assert part == ask(client, limit=100, min_probability=least)


def test_a_slate_that_is_empty_because_nothing_is_probable_enough_says_so(client: TestClient) -> None:
    do(client, *saves(*ROBOTS))
    answer = ask(client, min_probability=1)
    assert (answer["items"], answer["next_cursor"]) == ([], None)
    assert "as probable as 100%" in answer["notice"]


def test_a_ranking_without_probabilities_refuses_to_cut_by_them(client: TestClient) -> None:
    params = {"model_version": "baseline:recency", "min_probability": 0.1}
    answer = client.get("/v1/users/ada/recommendations", params=params)
    assert (answer.status_code, "no probabilities" in answer.json()["detail"]) == (422, True)


def test_taking_the_clicks_back_gives_the_earlier_ranking_back(client: TestClient) -> None:
    before = client.get(URL, params={"limit": 24})
    do(client, *saves(*ROBOTS), {"client_id": "no", "paper_id": "260227.00", "kind": "dismiss"})
    assert ids(ask(client, limit=24)) != ids(before.json())
    do(client, *({"retract": row["client_id"]} for row in saves(*ROBOTS)), {"retract": "no"})
    after = client.get(URL, params={"limit": 24})
    assert after.content.partition(b'"items"')[2] == before.content.partition(b'"items"')[2]


def test_what_was_saved_or_dismissed_does_not_come_again(client: TestClient) -> None:
    first, second, third = ids(ask(client))[:3]
    do(
        client,
        {"client_id": "1", "paper_id": first, "kind": "save"},
        {"client_id": "2", "paper_id": second, "kind": "dismiss"},
        {"client_id": "3", "paper_id": third, "kind": "open"},
    )
    found = ids(ask(client, limit=24))
    assert {first, second}.isdisjoint(found)
    assert third in found  # opened today: it stays on its own day


def test_asking_twice_changes_nothing(client: TestClient) -> None:
    assert client.get(URL).content == client.get(URL).content


def test_pages_continue_one_slate_without_gaps(client: TestClient) -> None:
    page = ask(client, limit=10)
    found = ids(page)
    while page["next_cursor"]:
        page = ask(client, limit=10, cursor=page["next_cursor"])
        found += ids(page)
    assert found == ids(ask(client, limit=24))
    assert len(found) == 24


def test_a_cursor_goes_on_in_its_slate_after_a_click(client: TestClient) -> None:
    first = ask(client, limit=10)
    whole = ids(ask(client, limit=24))
    do(client, *saves(*ROBOTS))
    assert ids(ask(client, limit=10, cursor=first["next_cursor"])) == whole[10:20]


@pytest.mark.parametrize(
    "other",
    [{"day": "2026-02-26"}, {"seed": 1}, {"topic": "cs.CV"}, {"model_version": "2"}, {"as_of": "2026-03-01T00:00:00Z"}],
)
def test_a_cursor_of_another_slate_is_422(shared_client: TestClient, other: dict[str, Any]) -> None:
    cursor = ask(shared_client, limit=10)["next_cursor"]
    assert shared_client.get(URL, params={"cursor": cursor, **other}).status_code == 422


def test_a_cursor_of_another_user_is_422(shared_place: Any, shared_client: TestClient) -> None:
    cursor = ask(shared_client, limit=10)["next_cursor"]
    answer = shared_client.get(
        "/v1/users/ben/recommendations", params={"cursor": cursor}, headers=shared_place.headers("ben")
    )
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("day", "2026-02-30"), ("day", "yesterday"), ("limit", "0"), ("limit", "1000000"), ("limit", "-1"),
        ("as_of", "2026-02-27T08:00:00"), ("as_of", "9000-01-01T00:00:00Z"), ("as_of", "2999-01-01T00:00:00Z"),
        ("cursor", "nonsense"), ("seed", "-1"), ("topic", "a/b"), ("model_version", "a b"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_422_and_named(shared_client: TestClient, name: str, value: str) -> None:
    answer = shared_client.get(URL, params={name: value})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert name in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("topic", "no such topic", "unknown-topic"),
        ("model_version", "77", "unknown-model-version"),
        ("model_version", "baseline:nonsense", "unknown-model-version"),
    ],
)
def test_what_is_not_there_is_404_and_named(shared_client: TestClient, name: str, value: str, kind: str) -> None:
    answer = shared_client.get(URL, params={name: value})
    assert (answer.status_code, answer.json()["type"]) == (404, f"urn:broadsheet:{kind}")


def test_a_topic_of_the_model_narrows_the_slate(client: TestClient) -> None:
    answer = ask(client, topic="cs.RO")
    assert {tuple(item["paper"]["categories"]) for item in answer["items"]} == {("cs.RO",)}


def test_a_topic_of_ones_own_ranks_by_what_was_put_into_it(client: TestClient) -> None:
    for paper_id in ROBOTS:
        assert client.put(f"/v1/users/ada/topics/my robots/papers/{paper_id}").status_code == 204
    answer = ask(client, topic="my robots", limit=24)
    assert (answer["scorer"], len(answer["items"])) == ("topic", 24)
    assert answer["items"][0]["paper"]["categories"] == ["cs.RO"]


def test_a_day_without_papers_says_why(client: TestClient) -> None:
    answer = ask(client, day="2026-02-28")
    assert (answer["items"], answer["feed"]["reason"]) == ([], "weekend")


def test_a_page_past_the_caps_is_refused_and_at_the_cap_is_not(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, max_limit=7)
    client.headers.update(sqlite_place.headers("ada"))
    assert client.get(URL, params={"limit": 8}).status_code == 422
    assert len(ask(client, limit=7)["items"]) == 7


def forget_slates(url: str) -> None:
    engine = create_engine(
        make_url(url).set(drivername=url.partition(":")[0].replace("postgresql", "postgresql+psycopg"))
    )
    with engine.begin() as connection:
        assert connection.execute(text("DELETE FROM slates")).rowcount > 0
    engine.dispose()


def test_a_ranking_recomputed_after_everything_has_moved_has_the_same_bytes(
    place: Any, watching_client: TestClient
) -> None:
    client = watching_client
    do(client, *saves(*ROBOTS))
    first = client.get(URL, params={"limit": 24})
    known = {name: first.json()[name] for name in ("day", "as_of", "model_version", "seed")}

    do(client, {"client_id": "late", "paper_id": "260224.01", "kind": "save", "occurred_at": "2026-02-24T01:00:00Z"})
    do(client, {"retract": f"save-{ROBOTS[0]}"})
    with open_store(place.database_url) as store, store.transaction() as tx:
        now = datetime.now(UTC)
        for item in first.json()["items"][:3]:
            day, listed = date(2026, 2, 27), tx.papers.get(item["paper"]["id"], Cut(now))
            revised = Paper(listed.id, "Another title entirely", "robot robot", (), ("cs.RO",), version=2)
            tx.papers.record([Listing(revised, day + timedelta(days=1))], recorded_at=now)
            tx.papers.record([Listing(listed, day, Feed.HUGGINGFACE, votes=99)], recorded_at=now)
    move_champion(place, client, "2")

    assert ask(client)["model_version"] == "2"
    assert client.get(URL, params={"limit": 24, **known}).content == first.content
    client.app.state.services.slates.flush()
    forget_slates(place.database_url)
    assert client.get(URL, params={"limit": 24, **known}).content == first.content


def move_champion(place: Any, client: TestClient, version: str) -> None:
    place.registry.promote(version, reason="a test")
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while client.get("/v1/model").json()["model_version"] != version:
        assert datetime.now(UTC) < deadline
