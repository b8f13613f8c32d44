"""Several servers behind one socket, forked by one parent: real processes, really killed."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from features.store import open_store
from tests.integration.serving.server_process import ServerProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="which process holds a socket is read from /proc")

RECOMMENDATIONS = "/v1/users/ada/recommendations"
SAVES = {
    "interactions": [
        {"client_id": f"save-{one}", "paper_id": one, "kind": "save"} for one in ("260224.02", "260224.05")
    ]
}


class Workers:
    """A server of two workers, and connections whose other end is known."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.url = server.url()
        until(self._answers)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/livez").status_code == 200
        except httpx.TransportError:
            return False

    def pids(self) -> set[int]:
        """The processes that listen."""
        return {pid for pid in children_of(self.server.process.pid) if listens(pid, int(self.url.rpartition(":")[2]))}

    def clients(self, n: int = 2) -> dict[int, httpx.Client]:
        """A connection to each of ``n`` workers."""
        found: dict[int, httpx.Client] = {}
        for _ in range(500):
            client = self.server.client()
            answer = client.get("/livez")
            port = answer.extensions["network_stream"].get_extra_info("client_addr")[1]
            found.setdefault(holder_of(port, self.pids()), client)
            if len(found) == n:
                return found
        raise AssertionError(f"{len(found)} of {n} workers took a connection")


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def sockets_of(pid: int) -> set[str]:
    """What the process has open; nothing where it is gone."""
    found = set()
    with suppress(FileNotFoundError, ProcessLookupError):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                found.add(str(fd.readlink()))
    return found


def rows_of_tcp() -> list[list[str]]:
    return [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]


def listens(pid: int, port: int) -> bool:
    """Whether the process holds a listening socket of the port, and a loop that waits for what comes."""
    inodes = {f"socket:[{row[9]}]" for row in rows_of_tcp() if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    held = sockets_of(pid)
    return bool(inodes & held) and any("eventpoll" in one for one in held)


def holder_of(client_port: int, pids: set[int]) -> int:
    """The process at the other end of a client's connection."""
    inodes = {f"socket:[{row[9]}]" for row in rows_of_tcp() if row[2].endswith(f":{client_port:04X}")}
    return next(pid for pid in pids if inodes & sockets_of(pid))


def until(true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def start_workers(start_service: Any) -> Callable[[Any], Workers]:
    return lambda place: Workers(start_service(place, BROADSHEET_SERVING__WORKERS="2"))


def test_a_click_one_worker_took_counts_at_once_in_another_and_survives_the_first_ones_death(
    place: Any, start_workers: Any
) -> None:
    workers = start_workers(place)
    (one_pid, one), (_, other) = workers.clients().items()
    before = other.get(RECOMMENDATIONS).json()
    assert one.get(RECOMMENDATIONS).json() == before

    answer = one.post("/v1/interactions", json=SAVES)
    os.kill(one_pid, signal.SIGKILL)
    assert [row["status"] for row in answer.json()["rows"]] == ["recorded"] * 2
    after = other.get(RECOMMENDATIONS).json()
    assert (before["scorer"], after["scorer"]) == ("crowd", "relevance")

    until(lambda: len(workers.pids() - {one_pid}) == 2)
    assert {client.get(RECOMMENDATIONS).json()["slate_id"] for client in workers.clients().values()} == {
        after["slate_id"]
    }


def test_all_workers_follow_the_champion_and_refuse_a_broken_one(sqlite_place: Any, start_workers: Any) -> None:
    workers = start_workers(sqlite_place)
    clients = workers.clients()
    for version in ("2", "3"):
        sqlite_place.registry.promote(version, reason="a test")
        for client in clients.values():
            until(lambda client=client, version=version: version in standing(client))
    assert {standing(client) for client in clients.values()} == {("2", "3")}

    os.kill(min(clients), signal.SIGKILL)  # the one that takes its place was loaded before the swap
    until(lambda: len(workers.pids() - {min(clients)}) == 2)
    answers = [client.get(RECOMMENDATIONS).json() for client in workers.clients().values()]
    assert {answer["model_version"] for answer in answers} == {"2"}


def standing(client: httpx.Client) -> tuple[str, str | None]:
    model = client.get("/v1/model").json()
    return model["model_version"], (model["refused"] or {}).get("version")


def test_workers_that_are_stopped_have_written_their_logs(sqlite_place: Any, start_workers: Any) -> None:
    workers = start_workers(sqlite_place)
    clients, pids = workers.clients(), workers.pids()
    for number, client in enumerate(clients.values()):
        assert client.get(RECOMMENDATIONS, params={"limit": 3, "seed": number}).status_code == 200
    workers.server.stop()
    assert workers.server.process.returncode == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with open_store(sqlite_place.database_url) as store, store.transaction(readonly=True) as tx:
        assert len(tx.impressions.of_user("ada")) == 6
    log = workers.server.log.read_text()
    assert "Traceback" not in log
    assert sqlite_place.tokens["ada"] not in log


def test_workers_end_with_a_parent_that_is_killed(sqlite_place: Any, start_workers: Any) -> None:
    workers = start_workers(sqlite_place)
    pids = children_of(workers.server.process.pid)
    assert len(pids) == 3  # and the one that asks MLflow
    workers.server.kill()
    until(lambda: not any(Path(f"/proc/{pid}/fd").exists() and sockets_of(pid) for pid in pids), 30)
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", int(workers.url.rpartition(":")[2])))


def test_a_worker_that_is_killed_is_begun_anew_and_no_other_notices(sqlite_place: Any, start_workers: Any) -> None:
    workers = start_workers(sqlite_place)
    clients = workers.clients()
    killed, kept = sorted(clients)
    os.kill(killed, signal.SIGKILL)
    for seed in range(20):
        assert clients[kept].get(RECOMMENDATIONS, params={"seed": seed}).status_code == 200
    until(lambda: len(workers.pids() - {killed}) == 2)
    assert kept in workers.pids()
