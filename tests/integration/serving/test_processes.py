"""Real server processes: what survives a kill, what a neighbour sees, what a swap costs."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx2 as httpx

from features.store import open_store

RECOMMENDATIONS = "/v1/users/ada/recommendations"


def saves(*paper_ids: str) -> dict[str, Any]:
    rows = [{"client_id": f"save-{paper_id}", "paper_id": paper_id, "kind": "save"} for paper_id in paper_ids]
    return {"interactions": rows}


def test_a_click_is_known_to_the_neighbour_and_survives_a_kill_right_after_the_answer(
    place: Any, start_service: Any
) -> None:
    servers = [start_service(place), start_service(place)]
    one, other = (server.client() for server in servers)
    before = other.get(RECOMMENDATIONS).json()
    assert one.get(RECOMMENDATIONS).json() == before

    answer = one.post("/v1/interactions", json=saves("260224.02", "260224.05"))
    servers[0].kill()
    assert [row["status"] for row in answer.json()["rows"]] == ["recorded"] * 2
    after = other.get(RECOMMENDATIONS).json()
    assert (before["scorer"], after["scorer"]) == ("crowd", "relevance")
    assert after["items"][0]["paper"]["categories"] == ["cs.RO"]

    other.post(
        "/v1/interactions", json={"interactions": [{"retract": "save-260224.02"}, {"retract": "save-260224.05"}]}
    )
    assert other.get(RECOMMENDATIONS).json()["items"] == before["items"]
    servers[1].kill()
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        assert len(tx.users.export("ada")["retractions"]) == 2


def test_the_champion_is_swapped_under_load_without_one_failed_request(sqlite_place: Any, start_service: Any) -> None:
    server = start_service(sqlite_place)
    stopping = Event()

    def keep_asking(seed: int) -> list[tuple[int, str]]:
        found = []
        client = server.client()
        while not stopping.is_set():
            seed += 10  # another seed is another slate, which has to be ranked
            answer = client.get(RECOMMENDATIONS, params={"seed": seed})
            found.append((answer.status_code, answer.json().get("model_version")))
        return found

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(keep_asking, seed) for seed in range(3)]
        try:
            client = server.client()
            for version in ("2", "3", "1"):
                sqlite_place.registry.promote(version, reason="a test")
                wait_for(client, version)
        finally:
            stopping.set()
    answers = [answer for future in asking for answer in future.result()]
    assert {status for status, _ in answers} == {200}
    assert {version for _, version in answers} == {"1", "2"}  # 3 is broken and never serves


def wait_for(client: httpx.Client, version: str) -> None:
    """Until ``version`` serves, or has been refused."""
    for _ in range(3000):
        model = client.get("/v1/model").json()
        refused = (model["refused"] or {}).get("version")
        if version in {model["model_version"], refused}:
            return
    raise AssertionError(model)


def test_a_stopped_server_has_written_its_log_and_named_no_token(sqlite_place: Any, start_service: Any) -> None:
    server = start_service(sqlite_place)
    client = server.client()
    assert client.get(RECOMMENDATIONS, params={"limit": 3}).status_code == 200
    assert client.get("/v1/model", headers={"Authorization": "Bearer guessed-token"}).status_code == 401
    server.stop()
    with open_store(sqlite_place.database_url) as store, store.transaction(readonly=True) as tx:
        assert len(tx.impressions.of_user("ada")) == 3
    log = server.log.read_text()
    assert f"GET {RECOMMENDATIONS}" in log
    assert "guessed-token" not in log
    assert sqlite_place.tokens["ada"] not in log
    assert "Traceback" not in log
