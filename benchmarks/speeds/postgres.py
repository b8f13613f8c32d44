"""A database made for a benchmark on the PostgreSQL server that BROADSHEET_BENCHMARK_POSTGRES names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text


def server_named() -> str | None:
    """The URL of the server, None where none is named."""
    return os.environ.get("BROADSHEET_BENCHMARK_POSTGRES") or None


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of an empty database on the server, dropped afterwards."""
    name, url = f"broadsheet_speed_{os.getpid()}", make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
