import logging
import time
from datetime import UTC, datetime
from pathlib import Path

from features.store import open_store
from serving.checkpoints import Checkpoints

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def add(store, user_id):
    with store.transaction() as tx:
        tx.users.add(user_id, created_at=AT)


def test_what_is_committed_is_moved_into_the_file_beside_a_reader(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/one.db") as store:
        add(store, "ada-in-the-log")
        assert b"ada-in-the-log" not in (tmp_path / "one.db").read_bytes()
        with store.transaction(readonly=True) as tx:
            tx.users.all()
            store.checkpoint()
        assert b"ada-in-the-log" in (tmp_path / "one.db").read_bytes()


def test_a_thread_does_it_again_and_again(tmp_path: Path, caplog) -> None:
    file = tmp_path / "one.db"
    store = open_store(f"sqlite:///{file}")
    checkpoints = Checkpoints(store, 0.01)
    checkpoints.start()
    with caplog.at_level(logging.WARNING):
        for user_id in ("first-reader", "second-reader"):
            add(store, user_id)
            deadline = time.monotonic() + 10
            while user_id.encode() not in file.read_bytes() and time.monotonic() < deadline:
                time.sleep(0.01)
            assert user_id.encode() in file.read_bytes()
    checkpoints.stop()
    assert not caplog.records
    store.dispose()


def test_a_shared_store_is_left_alone(postgres_url: str) -> None:
    with open_store(postgres_url) as store:
        store.checkpoint()
        checkpoints = Checkpoints(store, 0.01)
        checkpoints.start()
        checkpoints.stop()
