import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from features.domain import Cut
from features.errors import SchemaMismatch, StoreFailed
from features.store import open_store
from features.store.engine import make_engine
from features.store.schema import HEAD, REVISIONS, alembic_config, ensure_schema
from features.store.tables import metadata

DAY = date(2026, 2, 27)
T1 = datetime(2026, 3, 1, 8, 0, 0, 1, tzinfo=UTC)


@pytest.fixture
def engine(store, store_url):
    """A second engine on the store's database."""
    engine = make_engine(store_url)
    yield engine
    engine.dispose()


def set_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_every_pooled_sqlite_connection_is_durable_and_checks_foreign_keys(sqlite_url):
    with open_store(sqlite_url) as store:
        engine = store._engine
        held = [engine.connect() for _ in range(3)]
        for connection in held:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
            }
            assert pragmas == {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "busy_timeout": 30_000,
                "secure_delete": 1,
            }
            connection.rollback()
        for connection in held:
            connection.close()


def test_postgresql_commits_to_the_disk_and_speaks_utc(postgres_url):
    with open_store(postgres_url) as store, store._engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"


def test_the_migrations_make_exactly_the_tables(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_can_be_undone(engine):
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() is None


def test_papers_of_a_store_from_before_citations_cite_nothing(store, engine, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY)], recorded_at=T1)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0001")
    ensure_schema(engine, migrate=True)
    with store.transaction() as tx:
        assert tx.papers.get("1", Cut(T1)) == listing("1", DAY).paper


def test_the_program_knows_its_revisions_in_order(engine):
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
        assert [each.revision for each in script.walk_revisions()][::-1] == list(REVISIONS)
        assert script.get_current_head() == HEAD


def test_the_migrations_are_shipped_with_the_package():
    folder = Path(__import__("features.store.migrations", fromlist=["_"]).__file__).parent
    assert {"__init__.py", "env.py", "script.py.mako"} <= {path.name for path in folder.iterdir()}
    assert (folder / "versions" / "__init__.py").exists()


def test_a_database_of_a_newer_schema_is_refused(engine, store_url):
    set_revision(engine, "9999")
    with pytest.raises(SchemaMismatch, match=f"schema 9999, this program needs {HEAD}"):
        open_store(store_url)


def test_without_migrate_an_empty_database_is_refused(new_sqlite_url):
    with pytest.raises(SchemaMismatch, match="schema none"):
        open_store(new_sqlite_url, migrate=False)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://nobody@127.0.0.1:1/none", "does not answer"),
        ("sqlite:////proc/none/broadsheet.db", "folder"),
        ("sqlite://", "needs a file"),
        ("mysql://127.0.0.1/x", "not supported"),
        ("oops", "URL"),
        ("postgresql+nodriver://127.0.0.1/x", "not supported"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_line(url, message):
    with pytest.raises(StoreFailed, match=message) as failure:
        open_store(url)
    assert "\n" not in str(failure.value)


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path):
    (tmp_path / "x.db").write_text("no database " * 100)
    with pytest.raises(StoreFailed, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'x.db'}")


def test_a_password_is_not_in_the_error():
    with pytest.raises(StoreFailed) as failure:
        open_store("postgresql://nobody:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(failure.value)


def test_an_error_rolls_everything_back(store, listing):
    def fail() -> None:
        with store.transaction() as tx:
            tx.papers.record([listing("1", DAY)], recorded_at=T1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.transaction(readonly=True) as tx:
        assert tx.papers.exists(["1"]) == set()


def test_a_readonly_transaction_sees_one_snapshot_and_refuses_to_write(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY)], recorded_at=T1)
    with store.transaction(readonly=True) as reading:
        assert reading.papers.exists(["1", "2"]) == {"1"}
        with store.transaction() as writing:
            writing.papers.record([listing("2", DAY)], recorded_at=T1)
        assert reading.papers.exists(["1", "2"]) == {"1"}
    with pytest.raises(StoreFailed), store.transaction(readonly=True) as tx:
        tx.users.add("ada", created_at=T1)
    with store.transaction() as tx:
        assert tx.users.add("ada", created_at=T1).id == "ada"


def test_instants_come_back_exact_in_utc_whatever_their_zone(store, listing):
    elsewhere = T1.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY, published_at=elsewhere)], recorded_at=elsewhere)
        observed = tx.papers.last_observed_at(DAY, Cut(T1))
        assert observed == T1
        assert observed.tzinfo is UTC
        assert tx.papers.get("1", Cut(T1)).published_at == T1
        assert tx.papers.get_many(["1"], Cut(T1 - timedelta(microseconds=1))) == {}


def test_sqlite_keeps_instants_as_text_that_sorts_like_time(sqlite_url, listing):
    with open_store(sqlite_url) as store, store.transaction() as tx:
        tx.papers.record([listing("1", DAY)], recorded_at=T1)
    path = sqlite_url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT recorded_at FROM papers").fetchall() == [("2026-03-01 08:00:00.000001",)]
    connection.close()


def test_an_instant_without_a_zone_is_refused(store, listing):
    with pytest.raises((StoreFailed, ValueError), match="aware"), store.transaction() as tx:
        tx.papers.record([listing("1", DAY)], recorded_at=datetime(2026, 3, 1))  # noqa: DTZ001  it is the point


def test_a_url_with_a_folder_that_is_not_there_makes_it(tmp_path):
    open_store(f"sqlite:///{tmp_path / 'a' / 'b.db'}").dispose()
    assert (tmp_path / "a" / "b.db").exists()


def test_many_open_a_fresh_database_at_once_and_one_migrates(new_sqlite_url):
    with ThreadPoolExecutor(6) as pool:
        for store in pool.map(lambda _: open_store(new_sqlite_url), range(6)):
            store.dispose()


def test_many_threads_write_at_once_and_none_is_turned_away(store, listing, saved):
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY)], recorded_at=T1)
        tx.users.add("ada", created_at=T1)

    def click(number: int) -> str:
        with store.transaction() as tx:
            return tx.interactions.record([saved(f"c{number % 20}", "ada", "1")], recorded_at=T1)[0]

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(click, range(40)))
    assert sorted(statuses) == ["duplicate"] * 20 + ["recorded"] * 20
    with store.transaction(readonly=True) as tx:
        assert tx.interactions.label_counter("ada") == 20
        rows = tx.interactions.of_user("ada", Cut(T1 + timedelta(seconds=1)))
        assert len({row.recorded_at for row in rows}) == 20


def test_what_can_be_made_again_waits_for_no_disk_and_the_rest_does(store_url: str) -> None:
    shown = "PRAGMA synchronous" if store_url.startswith("sqlite") else "SHOW synchronous_commit"
    found = []
    with open_store(store_url) as store:
        for derived in (False, True, False):
            with store.transaction(derived=derived) as tx:
                found.append(tx.users._connection.exec_driver_sql(shown).scalar())
    assert found == ([2, 1, 2] if store_url.startswith("sqlite") else ["on", "off", "on"])
