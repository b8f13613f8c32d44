"""score-day: the API's own bytes for everybody, once, whatever runs the shards, and in Parquet."""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from features.errors import InvalidValue, NoChampion
from features.store import open_store
from models.shards import SERIAL, Shards
from serving.scoring import score_day

TODAY = date(2026, 2, 27)
URL = "/v1/users/{}/recommendations"


def clicked(client: TestClient) -> None:
    rows = [{"client_id": str(n), "paper_id": f"260224.{n:02d}", "kind": "save"} for n in (2, 5, 8)]
    assert client.post("/v1/interactions", json={"interactions": rows}).status_code == 200


def bodies(place: Any, slate_ids: list[str]) -> list[bytes | None]:
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        return [None if (slate := tx.slates.get(slate_id)) is None else slate.body for slate_id in slate_ids]


@pytest.mark.parametrize("shards", [SERIAL, Shards(jobs=2)], ids=["here", "processes"])
def test_it_stores_what_the_api_would_have_and_writes_it_as_parquet(
    place: Any, open_client: Callable[..., TestClient], tmp_path: Path, shards: Shards
) -> None:
    client = open_client(place)
    client.headers.update(place.headers("ada"))
    clicked(client)
    done: list[int] = []
    file = tmp_path / "out" / "slates.parquet"
    report = score_day(place.settings(), TODAY, shards, parquet=file, so_far=done.append)
    assert (report.n_users, report.n_ranked, done[-1]) == (2, 2, 2)
    table = pq.read_table(file).to_pydict()
    assert table["user_id"] == ["ada", "ben"]
    assert table["body"] == bodies(place, table["slate_id"])
    before = client.get("/metrics", headers=place.headers("admin")).text.count("broadsheet_slates_total{")
    answers = [client.get(URL.format(who), headers=place.headers("admin")).json() for who in ("ada", "ben")]
    assert [answer["slate_id"] for answer in answers] == table["slate_id"]
    after = client.get("/metrics", headers=place.headers("admin")).text.count("broadsheet_slates_total{")
    assert before == after == 0  # neither was ranked again


def test_the_bytes_are_those_of_a_ranking_asked_for_before(
    sqlite_place: Any, open_client: Callable[..., TestClient], tmp_path: Path
) -> None:
    client = open_client(sqlite_place)
    client.headers.update(sqlite_place.headers("ada"))
    clicked(client)
    slate_id = client.get(URL.format("ada")).json()["slate_id"]
    client.app.state.services.slates.flush()
    (kept,) = bodies(sqlite_place, [slate_id])
    with sqlite3.connect(make_url(sqlite_place.database_url).database or "") as database:
        assert database.execute("DELETE FROM slates").rowcount == 1
    score_day(sqlite_place.settings(), TODAY, SERIAL, so_far=lambda _: None)
    assert bodies(sqlite_place, [slate_id]) == [kept]


def test_a_second_run_ranks_nobody_and_a_click_makes_one_slate_more(
    sqlite_place: Any, open_client: Callable[..., TestClient]
) -> None:
    settings = sqlite_place.settings()
    ranked = [score_day(settings, TODAY, SERIAL, so_far=lambda _: None).n_ranked for _ in range(2)]
    client = open_client(sqlite_place)
    client.headers.update(sqlite_place.headers("ada"))
    clicked(client)
    ranked.append(score_day(settings, TODAY, SERIAL, so_far=lambda _: None).n_ranked)
    assert ranked == [2, 0, 1]


def test_a_day_without_papers_and_a_registry_without_champion_are_said_to_be_so(
    sqlite_place: Any, tmp_path: Path
) -> None:
    with pytest.raises(InvalidValue, match="no papers are new"):
        score_day(sqlite_place.settings(), date(2020, 1, 1), SERIAL, so_far=lambda _: None)
    empty = sqlite_place.settings().model_copy(update={"tracking_uri": f"sqlite:///{tmp_path / 'other.db'}"})
    with pytest.raises(NoChampion):
        score_day(empty, TODAY, SERIAL, so_far=lambda _: None)
