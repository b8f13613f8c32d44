"""What is served is logged once; what is shown is seen, on later days."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from features.domain import Cut, Exposure, Impression, Listing, Paper
from features.moment import user_moment
from features.settings import LabelSettings
from features.store import open_store

URL = "/v1/users/ada/recommendations"


def logged(place: Any, client: TestClient) -> list[Impression]:
    """All impressions of ada, once everything that waits is written."""
    client.app.state.services.served.flush()  # type: ignore[attr-defined]  # TestClient knows no more than ASGI
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        return list(tx.impressions.of_user("ada"))


def test_what_the_api_returned_is_logged_once_with_position_propensity_and_model(
    place: Any, client: TestClient
) -> None:
    answer = client.get(URL, params={"limit": 3}).json()
    client.get(URL, params={"limit": 3})
    rows = logged(place, client)
    assert [row.paper_id for row in rows] == [item["paper"]["id"] for item in answer["items"]]
    assert {(row.exposure, row.propensity, row.model_version) for row in rows} == {(Exposure.SERVED, 1.0, "1")}
    assert [row.position for row in rows] == [1, 2, 3]
    assert {row.slate_id for row in rows} == {answer["slate_id"]}


def test_a_later_page_adds_its_own_papers_only(sqlite_place: Any, sqlite_client: TestClient) -> None:
    first = sqlite_client.get(URL, params={"limit": 3}).json()
    sqlite_client.get(URL, params={"limit": 3, "cursor": first["next_cursor"]})
    assert [row.position for row in logged(sqlite_place, sqlite_client)] == [1, 2, 3, 4, 5, 6]


def test_the_log_is_written_at_shutdown(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, impression_flush_seconds=3600)
    client.get(URL, params={"limit": 3}, headers=sqlite_place.headers("ada"))
    client.__exit__(None, None, None)
    with open_store(sqlite_place.database_url) as store, store.transaction(readonly=True) as tx:
        assert len(tx.impressions.of_user("ada")) == 3
    client.__enter__()


def test_a_row_of_no_slate_is_rejected_and_the_others_are_accepted(place: Any, client: TestClient) -> None:
    slate = client.get(URL, params={"limit": 1}).json()
    shown = {"slate_id": slate["slate_id"], "paper_id": slate["items"][0]["paper"]["id"]}
    rows = [shown, {**shown, "slate_id": "0" * 32}, {**shown, "paper_id": "nowhere.1"}]
    answer = client.post("/v1/impressions", json={"impressions": rows})
    assert answer.status_code == 202
    assert [row["status"] for row in answer.json()["rows"]] == ["accepted", "unknown_slate", "not_in_slate"]
    assert sum(row.exposure is Exposure.SHOWN for row in logged(place, client)) == 1


def test_a_slate_of_somebody_else_is_403(place: Any, client: TestClient) -> None:
    slate = client.get(URL, params={"limit": 1}).json()
    rows = [{"slate_id": slate["slate_id"], "paper_id": slate["items"][0]["paper"]["id"]}]
    answer = client.post("/v1/impressions", json={"impressions": rows}, headers=place.headers("ben"))
    assert answer.status_code == 403


def test_a_paper_shown_today_stays_today_and_does_not_come_on_a_later_day(place: Any, client: TestClient) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    today = tomorrow - timedelta(days=1)
    with open_store(place.database_url) as store, store.transaction() as tx:
        papers = [Paper(f"new.{number}", f"video pixels {number}") for number in range(3)]
        tx.papers.record([Listing(paper, today) for paper in papers], recorded_at=datetime.now(UTC))
    slate = client.get(URL, params={"day": today.isoformat()}).json()
    shown = slate["items"][0]["paper"]["id"]
    client.post("/v1/impressions", json={"impressions": [{"slate_id": slate["slate_id"], "paper_id": shown}]})
    logged(place, client)
    assert client.get(URL, params={"day": today.isoformat()}).json() == slate
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        moment = user_moment(tx, tx.users.get("ada"), tomorrow, Cut(datetime.now(UTC)), LabelSettings(), None)
    assert moment.hidden == {shown}
