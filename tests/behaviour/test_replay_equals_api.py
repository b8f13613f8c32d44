"""What a replay measured is what a reader would have been served: the same bytes, over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from time import sleep

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from features.domain import Interaction, InteractionKind, Listing, Paper, midnight
from features.settings import EncoderSettings, RelevanceSettings, ServingSettings, Settings, TrainingSettings
from features.store import Store, open_store
from models.artifact import write_model
from models.recommend import encode_slate
from models.registry import Registry
from models.slate import Slate
from serving.app import create_app
from training.evaluation import fit_contender
from training.fit import FitSettings, encoded_papers, encoder_for
from training.history import read_history
from training.ranked import Extent
from training.replay import replay
from training.split import split_last

FIRST_DAY = date(2026, 1, 5)
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(10)]
WORDS = {"cs.CL": "grammar token dialogue speech corpus", "cs.CV": "pixel camera depth video texture"}
READERS = {"ada": "cs.CL", "ben": "cs.CV"}
SEED = 3


def papers_of(day: date) -> list[Paper]:
    return [
        Paper(f"{day:%m%d}.{category[3:]}{n}", f"{words.split()[n]} study", f"{words} number {n}", (), (category,))
        for category, words in WORDS.items()
        for n in range(5)
    ]


def live(store: Store) -> None:
    """Each day's papers come at its first instant, and each reader's pick of them is known a day later."""
    for number, day in enumerate(DAYS):
        with store.transaction() as tx:
            tx.papers.record([Listing(paper, day) for paper in papers_of(day)], recorded_at=midnight(day))
        picks = [
            Interaction(f"{user}-{day}", user, f"{day:%m%d}.{category[3:]}{number % 5}", InteractionKind.PICK, None)
            for user, category in READERS.items()
        ]
        dated = [replace(pick, occurred_at=midnight(day)) for pick in picks]
        with store.transaction() as tx:
            tx.interactions.record_imported(dated, recorded_at=midnight(day + timedelta(days=1)))


@dataclass(frozen=True)
class Place:
    """A store as it was lived through, the slates a replay made of it, and the service with the replay's model."""

    slates: tuple[Slate, ...]
    store: Store
    client: TestClient


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'broadsheet.db'}",
        data_dir=folder / "data",
        tracking_uri=f"sqlite:///{folder / 'mlflow.db'}",
        artifact_root=str(folder / "artifacts"),
        encoder=EncoderSettings(min_df=1, max_df=1.0, dimensions=6),
        relevance=RelevanceSettings(background_size=40),
        training=TrainingSettings(topic_min_papers=5),
        serving=ServingSettings(insecure_local=True),
    )
    with open_store(settings.database_url) as store:
        live(store)
        as_of = datetime(2026, 2, 1, tzinfo=UTC)
        history = read_history(store, as_of, lambda feeds: split_last(feeds[: len(DAYS)], 4, 1), 3)
        (day,) = history.split.fits
        encoder, _ = encoder_for(history.fits[day], settings, cut=midnight(day), seed=SEED, refit=False)
        vectors = encoded_papers(encoder, settings.data_dir)
        contender = fit_contender(history, {day: vectors}, FitSettings.of(settings, SEED), lambda _: None)
        registry = Registry(settings)
        with registry.run("replay", {}) as run:
            sha256 = write_model(contender.models[day], folder / "model")
            table = pd.DataFrame({"user_id": ["ada"], "title": ["t"], "abstract": ["a"]})
            version = registry.register(run, folder / "model", sha256, table, pd.DataFrame({"score": [0.5]}))
        registry.promote(version, reason="the replay's")
        named = replace(contender, models={day: contender.models[day].with_version(version)})
        slates = replay(history, [named], settings.labels, seed=SEED, extent=Extent(keep_slates=True)).slates
        local = ("127.0.0.1", 50000)
        with TestClient(create_app(settings), base_url="http://127.0.0.1:8000", client=local) as client:
            yield Place(slates, store, client)


def asked(place: Place, slate: Slate) -> dict[str, object]:
    request = slate.request
    answer = place.client.get(
        f"/v1/users/{request.user_id}/recommendations",
        params={
            "day": request.day.isoformat(),
            "as_of": request.as_of.isoformat(),
            "model_version": request.model_version,
            "seed": request.seed,
            "limit": 100,
        },
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def stored(store: Store, slate_id: str) -> bytes | None:
    """A server alone with its store writes a slate beside the answer: in a moment."""
    for _ in range(200):
        with store.transaction(readonly=True) as tx:
            found = tx.slates.get(slate_id)
        if found is not None:
            return found.body
        sleep(0.05)
    return None


def test_every_slate_of_a_replay_is_the_slate_that_the_api_stores_and_serves(place: Place) -> None:
    assert len(place.slates) == len(READERS) * 4
    for slate in place.slates:
        served = asked(place, slate)
        assert served["slate_id"] == slate.slate_id
        assert stored(place.store, slate.slate_id) == encode_slate(slate)


def test_what_the_api_answers_has_the_replays_order_scores_and_reasons(place: Place) -> None:
    slate = place.slates[-1]
    items = asked(place, slate)["items"]
    assert isinstance(items, list)
    assert [item["paper"]["id"] for item in items] == [item.paper_id for item in slate.items]
    assert [item["score"] for item in items] == [item.score for item in slate.items]
    assert [len(item["reasons"]) for item in items] == [len(item.reasons) for item in slate.items]
