"""A click does not wait behind a whole ingest: who writes batch after batch stands back for who waits."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from features.errors import StoreFailed
from features.store import open_store
from features.store.turns import take_turn

HOG = """
import sys, time
from datetime import UTC, datetime
from features.store import open_store
with open_store(sys.argv[1]) as store:
    print("begins", flush=True)
    for _ in range(40):
        with store.transaction(bulk=True) as tx:
            tx.users.add("hog", created_at=datetime.now(UTC))
            time.sleep(0.05)
"""


def test_a_short_write_comes_between_the_batches_of_a_long_one(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store:
        hog = subprocess.Popen([sys.executable, "-c", HOG, sqlite_url], stdout=subprocess.PIPE)
        assert hog.stdout is not None
        hog.stdout.readline()
        n_done = 0
        while hog.poll() is None:
            with store.transaction() as tx:
                tx.secrets.get_or_create(f"secret {n_done}")
            n_done += 1
            time.sleep(0.01)
        hog.stdout.close()
    assert hog.returncode == 0
    assert n_done >= 20  # one for most of its 40 batches; behind the whole of them it would be one or two


def test_a_lock_that_is_never_let_go_is_an_error_in_the_end(tmp_path: Path) -> None:
    file = tmp_path / "one.db"
    with sqlite3.connect(file, isolation_level=None) as holder, sqlite3.connect(file, isolation_level=None) as other:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            take_turn(other, 0.05)
        holder.execute("ROLLBACK")
        take_turn(other, 0.05)
        assert other.in_transaction
    holder.close()
    other.close()


def test_a_store_says_that_it_failed(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.store.engine.LOCK_WAIT_SECONDS", 0.05)
    with open_store(sqlite_url) as store:
        pass
    with (
        open_store(sqlite_url) as store,
        store.transaction(),
        pytest.raises(StoreFailed, match="locked"),
        store.transaction(),
    ):
        pass
