"""Shards on processes of this machine and on a real cluster of it, one of whose workers is killed: the same bits."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from features.errors import InvalidValue, NotReady
from features.settings import ClusterSettings, Settings
from models import hard_negatives
from models.cluster import connected, given
from models.hard_negatives import HardNegatives, solve, solve_shards
from models.ridge import Floats, SharedGram, UserRows
from models.shards import Shards, check_address, cut

HARD = HardNegatives(60, 1.5)


@pytest.fixture(scope="module")
def problem() -> tuple[SharedGram, np.ndarray, list[UserRows]]:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((3000, 64)).astype(np.float32)
    shared = SharedGram.from_background(X[:1500], 10.0, 0.5)
    users = []
    for size in rng.integers(3, 60, 4000):
        rows = np.sort(rng.choice(3000, size, replace=False))
        weights = np.full(size, 1 / size)
        users.append(UserRows(rows, weights, weights * rng.choice([-1.0, 1.0], size), -1.0, rows[rows < 1500]))
    return shared, X, users


@pytest.fixture(scope="module")
def expected(problem: tuple[SharedGram, np.ndarray, list[UserRows]]) -> tuple[Floats, Floats]:
    return solve(*problem, HARD)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hard_negatives, "_SHARD", 150)


def _slow_sum(until: Path) -> Callable[[Floats, int], float]:
    """One that is sent by value: this module is not on a worker's path. It is slow as long as ``until`` is missing."""

    def slow_sum(values: Floats, shard: int) -> float:
        time.sleep(0 if until.exists() else 0.2)
        return float(values.sum()) + shard

    return slow_sum


class Cluster:
    """A scheduler and its workers, none of which is a child of another."""

    def __init__(self, folder: Path, n_workers: int = 2) -> None:
        self._folder = folder
        self._env = {**os.environ, "OMP_NUM_THREADS": "1"}
        told = folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--scheduler-file", str(told))
        deadline = time.monotonic() + 60
        while not _address_in(told) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.address = _address_in(told)
        self.workers: list[subprocess.Popen[bytes]] = []
        for _ in range(n_workers):
            self.join()

    def join(self) -> None:
        """One more worker."""
        folder = f"w{len(self.workers)}"
        options = ("--nthreads", "1", "--no-nanny", "--local-directory", folder)
        self.workers.append(self._start("dask_worker", self.address, *options))

    def wait_for(self, n_workers: int) -> None:
        """Until so many have been registered since the start."""
        log = self._folder / "dask_worker.log"
        deadline = time.monotonic() + 60
        while log.read_text().count("Registered to:") < n_workers and time.monotonic() < deadline:
            time.sleep(0.05)

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments, "--host", "127.0.0.1"]
        with (self._folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen([*command, "--no-dashboard"], cwd=self._folder, env=self._env, stderr=log)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def _address_in(file: Path) -> str:
    """What the scheduler has written so far; empty before it has."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError):
        return ""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    running = Cluster(tmp_path)
    yield running
    running.stop()


def test_two_processes_give_the_bits_of_one(
    problem: tuple[SharedGram, np.ndarray, list[UserRows]], expected: tuple[Floats, Floats], small_shards: None
) -> None:
    found = solve_shards(*problem, HARD, Shards(jobs=2))
    assert [part.tobytes() for part in found] == [part.tobytes() for part in expected]


@pytest.mark.parametrize("killed", [False, True])
def test_a_cluster_gives_the_bits_of_one_process_though_a_worker_dies(
    problem: tuple[SharedGram, np.ndarray, list[UserRows]],
    expected: tuple[Floats, Floats],
    small_shards: None,
    cluster: Cluster,
    killed: bool,
) -> None:
    settings = Settings(backend="dask", cluster=ClusterSettings(address=cluster.address))
    shards = Shards.of(settings)
    list(shards.run(abs, [-1, -2]))  # the workers are there
    if killed:
        killer = threading.Timer(0.5, cluster.workers[0].send_signal, [signal.SIGKILL])
        killer.start()
    found = solve_shards(*problem, HARD, shards)
    assert [part.tobytes() for part in found] == [part.tobytes() for part in expected]
    if killed:
        killer.join()
        assert cluster.workers[0].wait(timeout=10) == -signal.SIGKILL


def test_a_worker_that_joins_while_shards_run_is_given_what_they_read(cluster: Cluster, tmp_path: Path) -> None:
    shards = Shards.of(Settings(backend="dask", cluster=ClusterSettings(address=cluster.address)))
    list(shards.run(abs, [-1, -2]))  # the first two are there
    killed = tmp_path / "killed"
    found = shards.run_given(np.arange(100_000.0), _slow_sum(killed), range(60))
    first = next(found)
    cluster.join()
    cluster.wait_for(3)
    for worker in cluster.workers[:2]:
        worker.send_signal(signal.SIGKILL)
    killed.touch()
    assert [first, *found] == [np.arange(100_000.0).sum() + shard for shard in range(60)]


def test_what_was_given_is_taken_back_though_a_worker_dies_meanwhile(cluster: Cluster) -> None:
    cluster.wait_for(2)
    dying = cluster.workers[0]
    with connected(ClusterSettings(address=cluster.address)) as client:
        client.wait_for_workers(2)
        with given(client, np.arange(3.0)) as name:
            names = list(client.run(lambda dask_worker: name in dask_worker.plugins).values())
            assert names == [True, True]
            dying.send_signal(signal.SIGSTOP)  # it is asked and does not answer, and then it is gone
            killer = threading.Timer(1.0, dying.send_signal, [signal.SIGKILL])
            killer.start()
        killer.join()
        kept = client.run(lambda dask_worker: name in dask_worker.plugins, on_error="ignore")
        assert list(kept.values()) == [False]


def test_a_cluster_of_one_worker_is_enough(
    problem: tuple[SharedGram, np.ndarray, list[UserRows]],
    expected: tuple[Floats, Floats],
    small_shards: None,
    tmp_path: Path,
) -> None:
    alone = Cluster(tmp_path, n_workers=1)
    try:
        shards = Shards.of(Settings(backend="dask", cluster=ClusterSettings(address=alone.address)))
        found = solve_shards(*problem, HARD, shards)
    finally:
        alone.stop()
    assert [part.tobytes() for part in found] == [part.tobytes() for part in expected]


def test_shards_with_something_given_are_those_without_on_one_machine(tmp_path: Path) -> None:
    for shards in (Shards(), Shards(jobs=2)):
        assert list(shards.run_given(np.arange(3.0), _slow_sum(tmp_path), [1, 2])) == [4.0, 5.0]


def test_an_unknown_backend_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidValue, match="loky or dask"):
        Shards.of(Settings(), backend="ray")


@pytest.mark.parametrize("address", [None, "tcp://10.0.0.7:8786", "http://127.0.0.1:1", "tls://10.0.0.7:8786"])
def test_a_scheduler_that_others_could_reach_in_the_clear_is_refused(address: str | None) -> None:
    with pytest.raises(InvalidValue, match="address"):
        check_address(ClusterSettings(address=address))


def test_a_scheduler_that_is_not_there_is_said_to_be_so() -> None:
    settings = Settings(cluster=ClusterSettings(address="tcp://127.0.0.1:9", timeout_seconds=1))
    with pytest.raises(NotReady, match="no scheduler answers"):
        list(Shards.of(settings, backend="dask").run(abs, [1]))


def test_shards_are_runs_of_neighbours() -> None:
    assert cut(range(5), 2) == [range(2), range(2, 4), range(4, 5)]
    assert cut([], 2) == []


def test_processes_that_are_closed_are_ended_and_come_again() -> None:
    shards = Shards(2)
    before = {*shards.run(_pid, range(4))}
    shards.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in before)
    assert not before & {*shards.run(_pid, range(4))}


def test_processes_may_be_spared_packages_that_nothing_in_them_needs() -> None:
    def of_pandas(_: int) -> tuple[bool, bool]:
        from sklearn.utils import fixes  # noqa: PLC0415  # in the process that is looked at

        return fixes.pd is None, "pandas" in sys.modules

    shards = Shards(2)
    assert {*shards.run(of_pandas, range(2), without=("pandas",))} == {(True, False)}
    shards.close()
    assert {*shards.run(of_pandas, range(2))} == {(False, True)}
    shards.close()


def _pid(_: int) -> int:
    return os.getpid()
