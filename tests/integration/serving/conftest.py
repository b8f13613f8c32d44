"""A small corpus, three model versions of it (two good, one broken), and the service on top of them.

The versions are registered once per session; a test gets a copy of the registry's database, so that it may move the
champion, and reads the artifacts where they are.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from features.domain import Listing, midnight
from features.settings import MailSettings, ServingSettings, Settings
from features.store import Store, open_store
from models.artifact import write_model
from models.registry import Registry
from models.registry.last_champion import LastChampion
from serving.app import create_app
from tests.integration.serving.played import ZOTERO_LIBRARY, played
from tests.integration.serving.server_process import ServerProcess
from tests.integration.serving.small_corpus import DAYS, PAPERS, fitted_model

SELDOM, OFTEN = 1.0, 0.05
"""How many seconds lie between two looks at the alias: a look costs 30 ms, so only who moves it looks often."""


def settings_in(folder: Path, database_url: str, **serving: Any) -> Settings:
    return Settings(
        database_url=database_url,
        data_dir=folder / "data",
        tracking_uri=f"sqlite:///{folder / 'mlflow.db'}",
        artifact_root=str(folder / "artifacts"),
        serving=ServingSettings(**{"fetch_submissions": False, **serving}),
        mail=MailSettings(folder=folder / "outbox"),
    )


@pytest.fixture(scope="session")
def registry_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``mlflow.db``: versions 1 and 2 are good, a byte of version 3 is changed; 1 is champion."""
    folder = tmp_path_factory.mktemp("registry")
    registry = Registry(settings_in(folder, "sqlite:///unused.db"))
    inputs = pd.DataFrame({"user_id": ["ada"], "title": ["t"], "abstract": ["a"]})
    with registry.run("test", {}) as run:
        for number, regularization in enumerate((1.0, 0.05, 1.0), start=1):
            model_folder = folder / f"model{number}"
            sha256 = write_model(fitted_model(regularization), model_folder)
            registry.register(run, model_folder, sha256, inputs, pd.DataFrame({"score": [0.5]}))
    newest = max((folder / "artifacts").rglob("model.json"), key=lambda path: path.stat().st_mtime_ns)
    spoil(max(newest.parent.rglob("*.npy")))
    registry.promote("1", reason="the first")
    return folder


def registry_copied(template: Path, folder: Path, database_url: str) -> None:
    """A registry in ``folder`` whose champion has been seen before: a server there starts without asking MLflow."""
    shutil.copy(template / "mlflow.db", folder / "mlflow.db")
    seen, champion = (
        LastChampion(Path(settings.data_dir, "models", "champion.json"), settings)
        for settings in (settings_in(template, "sqlite:///unused.db"), settings_in(folder, database_url))
    )
    where = seen.where()
    assert where is not None
    champion.write(*where)


def spoil(path: Path) -> None:
    """Change one byte."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@dataclass(frozen=True)
class Place:
    """A folder with a database of papers and users, and a registry of its own."""

    folder: Path
    database_url: str
    tokens: dict[str, str]

    def settings(self, **serving: Any) -> Settings:
        return settings_in(self.folder, self.database_url, **{"alias_poll_seconds": SELDOM, **serving})

    @property
    def registry(self) -> Registry:
        return Registry(self.settings())

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}


@pytest.fixture
def place(tmp_path: Path, store_url: str, registry_template: Path) -> Iterator[Place]:
    """Papers of four days, users ada and ben and an administrator; once on SQLite and once on PostgreSQL."""
    registry_copied(registry_template, tmp_path, store_url)
    with open_store(store_url) as store:
        yield Place(tmp_path, store_url, filled(store))


@pytest.fixture
def sqlite_place(tmp_path: Path, sqlite_url: str, registry_template: Path) -> Place:
    """The same on SQLite only, for what does not depend on the database."""
    registry_copied(registry_template, tmp_path, sqlite_url)
    with open_store(sqlite_url) as store:
        return Place(tmp_path, sqlite_url, filled(store))


def filled(store: Store) -> dict[str, str]:
    now = datetime.now(UTC)
    with store.transaction() as tx:
        for day in DAYS:
            batch = [Listing(paper, day) for listed, paper in PAPERS if listed == day]
            tx.papers.record(batch, recorded_at=min(midnight(day) + timedelta(hours=1), now))
        tokens = {}
        for user_id in ("ada", "ben"):
            user = tx.users.add(user_id, created_at=now)
            tokens[user_id] = tx.tokens.issue(user.id, admin=False, created_at=now)
        tokens["admin"] = tx.tokens.issue(None, admin=True, created_at=now)
    return tokens


Open = Callable[..., TestClient]


@pytest.fixture
def open_client() -> Iterator[Callable[[Place], TestClient]]:
    """Starts the application of a place in this process; ``**serving`` changes its settings."""
    opened: list[TestClient] = []

    def start(place: Place, **serving: Any) -> TestClient:
        app = create_app(place.settings(**serving))
        client = TestClient(app, raise_server_exceptions=False, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
        opened.append(client.__enter__())
        return client

    yield start
    for client in reversed(opened):
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def shared_place(tmp_path_factory: pytest.TempPathFactory, registry_template: Path) -> Place:
    """A place for questions that leave nothing behind."""
    folder = tmp_path_factory.mktemp("shared")
    url = f"sqlite:///{folder / 'broadsheet.db'}"
    registry_copied(registry_template, folder, url)
    with open_store(url) as store:
        return Place(folder, url, filled(store))


@pytest.fixture(scope="session")
def shared_client(shared_place: Place) -> Iterator[TestClient]:
    """The application of ``shared_place``, called as ada; started once."""
    app = create_app(shared_place.settings())
    with TestClient(app, raise_server_exceptions=False, client=("127.0.0.1", 1), base_url="http://127.0.0.1") as client:
        client.headers.update(shared_place.headers("ada"))
        yield client


@pytest.fixture
def client(place: Place, open_client: Open) -> TestClient:
    """The application of ``place``, called as ada."""
    started = open_client(place)
    started.headers.update(place.headers("ada"))
    return started


@pytest.fixture
def watching_client(place: Place, open_client: Open) -> TestClient:
    """The application of ``place``, called as ada, which soon sees that the champion has moved."""
    started = open_client(place, alias_poll_seconds=OFTEN)
    started.headers.update(place.headers("ada"))
    return started


@pytest.fixture
def sqlite_client(sqlite_place: Place, open_client: Open) -> TestClient:
    """The application of ``sqlite_place``, called as ada."""
    started = open_client(sqlite_place)
    started.headers.update(sqlite_place.headers("ada"))
    return started


SESSION_DAYS = timedelta(days=1)


def signed_in(client: TestClient, place: Place, user_id: str = "ada") -> TestClient:
    """``client`` as the browser of a reader who has signed in."""
    now = datetime.now(UTC)
    with open_store(place.database_url) as store, store.transaction() as tx:
        client.cookies.set("broadsheet_session", tx.sessions.open(user_id, at=now, lifetime=SESSION_DAYS))
    client.headers["accept"] = "text/html"
    client.headers.pop("authorization", None)
    return client


@pytest.fixture
def visitor(sqlite_place: Place, open_client: Open) -> TestClient:
    """A browser that nobody is signed in with."""
    client = open_client(sqlite_place)
    client.headers["accept"] = "text/html"
    return client


@pytest.fixture
def reader(sqlite_place: Place, visitor: TestClient) -> TestClient:
    """The browser of ada, signed in."""
    return signed_in(visitor, sqlite_place)


@pytest.fixture
def zotero() -> Iterator[Any]:
    """A server that plays Zotero."""
    with played(ZOTERO_LIBRARY) as service:
        yield service


@pytest.fixture
def start_service() -> Iterator[Callable[..., ServerProcess]]:
    """Starts servers that do not outlive the test."""
    started: list[ServerProcess] = []

    def start(place: Any, **more: str) -> ServerProcess:
        started.append(ServerProcess(place, f"server{len(started)}", **more))
        return started[-1]

    yield start
    for server in started:
        server.close()
