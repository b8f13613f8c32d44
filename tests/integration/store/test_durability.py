import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from features.domain import Cut, Listing, Paper
from features.store import open_store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVER = Cut(datetime(9999, 1, 1, tzinfo=UTC))


def prepare(url):
    with open_store(url) as store, store.transaction() as tx:
        tx.papers.record([Listing(Paper("1", "Owls"), date(2026, 2, 27))], recorded_at=NOW)
        tx.users.add("ada", created_at=NOW)


def start_writer(url, client_id):
    script = Path(__file__).with_name("writer.py")
    return subprocess.Popen([sys.executable, script, url, client_id], stdout=subprocess.PIPE, text=True)


def clicks(url):
    with open_store(url) as store, store.transaction(readonly=True) as tx:
        return [row.interaction.client_id for row in tx.interactions.of_user("ada", EVER)]


def test_a_writer_killed_right_after_it_reported_a_commit_has_lost_nothing(store_url):
    prepare(store_url)
    for client_id in ("c1", "c2"):
        with start_writer(store_url, client_id) as writer:
            assert writer.stdout.readline() == "recorded\n"
            writer.kill()
    assert clicks(store_url) == ["c1", "c2"]


def test_processes_that_write_at_once_all_succeed(store_url):
    prepare(store_url)
    writers = [start_writer(store_url, f"c{number}") for number in range(4)]
    answers = [writer.stdout.readline() for writer in writers]
    for writer in writers:
        writer.kill()
        writer.communicate()
    assert answers == ["recorded\n"] * 4
    assert clicks(store_url) == ["c0", "c1", "c2", "c3"]


def test_a_deleted_users_words_are_not_left_in_the_file(sqlite_url):
    prepare(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with open_store(sqlite_url) as store:
        with store.transaction() as tx:
            tx.users.add("reader-to-forget", created_at=NOW)
        with store.transaction() as tx:
            tx.users.delete("reader-to-forget")
    assert b"reader-to-forget" not in path.read_bytes()
