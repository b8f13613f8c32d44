"""The schema's version: migrate to this program's, refuse a newer one."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from features.errors import SchemaMismatch
from features.store.engine import reading

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0004"
"""The revision this program reads and writes: the last of ``migrations/versions``, oldest first."""
REVISIONS = ("0001", "0002", "0003", HEAD)

_MIGRATION_LOCK = 0x42726F61  # PostgreSQL advisory lock: one process migrates at a time


def ensure_schema(engine: Engine, *, migrate: bool) -> None:
    """Bring the database to :data:`HEAD`, or raise :class:`SchemaMismatch`."""
    with reading(engine) as connection, connection.begin():
        found = _revision(connection)
    if found == HEAD:
        return
    if not migrate or found not in (None, *REVISIONS):
        raise SchemaMismatch(found or "none", HEAD)
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if _revision(connection) != HEAD:  # another process may have been first
            from alembic import command  # noqa: PLC0415  # needed once in the life of a database

            command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> "Config":
    """Alembic's configuration, working inside the transaction of ``connection``."""
    from alembic.config import Config  # noqa: PLC0415  # needed once in the life of a database

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
