"""GET /v1/trending: counted votes first, then what the champion predicts, and said which is which."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
from fastapi.testclient import TestClient

from features.domain import Cut, Feed, Listing
from features.encoders import EncodedPapers
from features.store import open_store
from models.artifact import write_model
from models.model import Model
from models.trending import PageRecord, TrendHistory, TrendModel, TrendRows

TODAY = date(2026, 2, 27)
BEFORE = {"as_of": "2026-02-27T12:00:00Z"}


def trend_of(model: Model, place: Any) -> TrendModel:
    """Learnt from four copies of the store's papers: those about vision came on the page."""
    with open_store(place.database_url) as store, store.transaction(readonly=True) as tx:
        known = tx.papers.history(Cut(datetime.now(UTC))).papers
    papers = [replace(paper, id=f"{paper.id}.{copy}") for copy in range(4) for paper in known]
    days = np.datetime64("2025-12-01") + np.arange(len(papers)) // 10
    vectors = EncodedPapers(model.encoder)
    rows = TrendRows(papers, days, vectors.of(papers), vectors.terms(papers))
    liked = np.array([paper.categories == ("cs.CV",) for paper in papers])
    pages = [PageRecord(papers[row], days[row].item(), 1.0) for row in np.flatnonzero(liked).tolist()]
    return TrendModel.fit(rows, liked, TrendHistory.of(pages, rows.vectors[liked], papers, days), 0)


def champion_with_trend(place: Any) -> None:
    """Register version 1 with a trend model of its own and promote it."""
    model, registry = place.registry.load("1"), place.registry
    sha256 = write_model(replace(model, trend=trend_of(model, place)), place.folder / "trend")
    inputs = pd.DataFrame({"user_id": ["ada"], "title": ["t"], "abstract": ["a"]})
    with registry.run("trend", {}) as run:
        version = registry.register(run, place.folder / "trend", sha256, inputs, pd.DataFrame({"score": [0.5]}))
    registry.promote(version, reason="it predicts")


def ask(client: TestClient, **params: Any) -> dict[str, Any]:
    answer = client.get("/v1/trending", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def client_of(place: Any, open_client: Any) -> TestClient:
    client: TestClient = open_client(place)
    client.headers.update(place.headers("ada"))
    return client


def test_papers_without_votes_come_by_predicted_trend_and_are_said_to_be(sqlite_place: Any, open_client: Any) -> None:
    champion_with_trend(sqlite_place)
    found = ask(client_of(sqlite_place, open_client), **BEFORE, limit=24)
    assert (found["day"], found["model_version"], len(found["papers"])) == ("2026-02-27", "4", 24)
    places = [(-item["probability"], item["paper"]["id"]) for item in found["papers"]]
    assert places == sorted(places)
    assert all(item["predicted"] and item["votes"] is None for item in found["papers"])
    assert {item["paper"]["categories"][0] for item in found["papers"][:8]} == {"cs.CV"}


def test_a_paper_with_votes_comes_first_and_is_not_predicted(sqlite_place: Any, open_client: Any) -> None:
    champion_with_trend(sqlite_place)
    client = client_of(sqlite_place, open_client)
    last = ask(client, limit=24, **BEFORE)["papers"][-1]["paper"]["id"]
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        paper = tx.papers.get(last, Cut(datetime.now(UTC)))
        noon = datetime(2026, 2, 27, 12, tzinfo=UTC)
        tx.papers.record([Listing(paper, TODAY, Feed.HUGGINGFACE, votes=3)], recorded_at=noon)
    first = ask(client, **BEFORE)["papers"][0]
    assert (first["paper"]["id"], first["votes"], first["probability"], first["predicted"]) == (last, 3, None, False)


def test_a_champion_that_knows_no_pages_predicts_nothing(shared_client: TestClient) -> None:
    found = ask(shared_client, limit=5, **BEFORE)
    ids = [item["paper"]["id"] for item in found["papers"]]
    assert (found["model_version"], ids, len(ids)) == (None, sorted(ids), 5)
    assert not any(item["predicted"] for item in found["papers"])


def test_the_future_is_refused_and_an_empty_day_is_an_empty_list(shared_client: TestClient) -> None:
    assert shared_client.get("/v1/trending", params={"as_of": "2999-01-01T00:00:00Z"}).status_code == 422
    assert ask(shared_client, day="2026-01-01")["papers"] == []
