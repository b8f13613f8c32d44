"""Fixtures that several suites share: a fresh store on SQLite and on PostgreSQL, and the real data where it is."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from features.store import Store, open_store
from features.store.schema import HEAD
from features.store.tables import metadata

# how long an example takes says how busy the machine is, and nothing about the code
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

IN_MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM:
    # where tests' folders lie: a commit is flushed to the disk, and hundreds of tests make thousands of them
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

POSTGRES = os.environ.get("BROADSHEET_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real data; what needs it is skipped where it is absent."""
    folder = Path(os.environ.get("BROADSHEET_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set BROADSHEET_DATA")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator["Databases"]:
    """The test server's databases, for one worker."""
    databases = Databases()
    try:
        databases.check()
    except OperationalError as error:
        databases.close()
        reason = f"no PostgreSQL answers at {make_url(POSTGRES).render_as_string()}: {str(error.orig).splitlines()[0]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    yield databases
    databases.close()


@pytest.fixture
def postgres_url(postgres: "Databases") -> Iterator[str]:
    """The URL of a migrated, empty PostgreSQL database of the test's own."""
    name = postgres.take()
    yield _url(name)
    postgres.give_back(name)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store, made by every migration once; tests get copies."""
    path = tmp_path_factory.mktemp("migrated") / "broadsheet.db"
    open_store(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def new_sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'new.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated: Path) -> str:
    """The URL of a migrated, empty SQLite file of the test's own."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'broadsheet.db')}"


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


class Databases:
    """Databases with names nobody else has; one that a test left whole is emptied and used again."""

    def __init__(self) -> None:
        self._made: list[str] = []
        self._spare: list[str] = []
        self._server = create_engine(
            make_url(POSTGRES).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": 5},
        )

    def check(self) -> None:
        """Raise OperationalError where no server answers."""
        self._execute("SELECT 1")

    def take(self) -> str:
        """The name of a migrated, empty database."""
        if self._spare:
            return self._spare.pop()
        name = f"broadsheet_test_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}")
        self._made.append(name)
        open_store(_url(name)).dispose()
        return name

    def give_back(self, name: str) -> None:
        """Empty the database for the next test; leave it to be dropped where the test held on to it or changed it."""
        engine = create_engine(make_url(_url(name)).set(drivername="postgresql+psycopg"), poolclass=NullPool)
        try:
            with engine.begin() as connection:
                connection.execute(text("SET LOCAL lock_timeout = '1s'"))
                connection.execute(text("SET LOCAL synchronous_commit = off"))
                for table in reversed(metadata.sorted_tables):
                    connection.execute(table.delete())
                revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        except SQLAlchemyError:
            return
        if revision == [HEAD]:
            self._spare.append(name)

    def close(self) -> None:
        """Drop what was made."""
        for name in self._made:
            self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._server.dispose()

    def _execute(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


def _url(database: str) -> str:
    return make_url(POSTGRES).set(database=database).render_as_string(hide_password=False)
