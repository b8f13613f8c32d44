"""Fixtures that several suites share: a fresh store on SQLite and on PostgreSQL, and the real data where it is."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from features.store import Store, open_store

POSTGRES = os.environ.get("BROADSHEET_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real data; what needs it is skipped where it is absent."""
    folder = Path(os.environ.get("BROADSHEET_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set BROADSHEET_DATA")
    return folder


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[tuple[Engine, str]]:
    """The server's engine and the name of a migrated, empty database to copy; one for each worker."""
    server = create_engine(
        make_url(POSTGRES).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 5},
    )
    name = _unique("template")
    try:
        _execute(server, f"CREATE DATABASE {name}")
    except OperationalError as error:
        server.dispose()
        reason = f"no PostgreSQL answers at {make_url(POSTGRES).render_as_string()}: {str(error.orig).splitlines()[0]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    open_store(_url(name)).dispose()
    yield server, name
    _drop(server, name)
    server.dispose()


@pytest.fixture
def postgres_url(postgres_template: tuple[Engine, str]) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database, dropped afterwards."""
    server, template = postgres_template
    name = _unique("test")
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _url(name)
    _drop(server, name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'broadsheet.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database, once on each of the two."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A fresh, empty store, once on SQLite and once on PostgreSQL."""
    with open_store(store_url) as opened:
        yield opened


def _unique(kind: str) -> str:
    return f"broadsheet_{kind}_{uuid.uuid4().hex}"


def _url(database: str) -> str:
    return make_url(POSTGRES).set(database=database).render_as_string(hide_password=False)


def _execute(server: Engine, statement: str) -> None:
    with server.connect() as connection:
        connection.execute(text(statement))


def _drop(server: Engine, name: str) -> None:
    _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
