"""Users' classifiers on one worker and on two: threads, which `retrain` uses on one machine, processes, and a cluster.

Processes and the cluster's workers are sent the same shards; the baseline of each is one worker of its kind: the shards
one after the other in this process, where joblib runs those of a cluster of a single thread, too.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.speeds.fit import problem_of
from benchmarks.speeds.labels import labels_of
from benchmarks.speeds.rows import Row, SpeedOptions, in_turns
from features.settings import ClusterSettings
from models.hard_negatives import solve, solve_shards
from models.shards import Shards

_USERS = 100_000
_MUST = ">= 1.7 times"


def run(options: SpeedOptions) -> list[Row]:
    """Users a second on two workers, each beside one worker of its kind."""
    labels = labels_of(_USERS, options.seed)
    shared, users, hard = problem_of(labels)

    def rates(one: Shards, two: Shards) -> tuple[float, float]:
        for shards in (one, two):
            list(shards.run(abs, range(4)))  # the workers are up
        taken = in_turns(
            [
                lambda: solve_shards(shared, labels.vectors, users, hard, one),
                lambda: solve_shards(shared, labels.vectors, users, hard, two),
            ],
            min(options.rounds, 3),
        )
        return _USERS / taken[0], _USERS / taken[1]

    taken = in_turns(
        [partial(solve, shared, labels.vectors, users, hard, threads) for threads in (1, 2)], min(options.rounds, 3)
    )
    rows = [Row("two threads", _USERS / taken[1], "users/s", "one thread", _USERS / taken[0], must=_MUST)]
    one, two = rates(Shards(1), Shards(2))
    rows.append(Row("two processes (loky)", two, "users/s", "one process", one, must=_MUST))
    if find_spec("distributed") is not None:
        with cluster(options.scratch / "one", 1) as first, cluster(options.scratch / "two", 2) as second:
            one, two = rates(*(Shards(1, "dask", ClusterSettings(address=address)) for address in (first, second)))
        rows.append(Row("two workers (dask)", two, "users/s", "one worker", one, must=_MUST))
    return rows


@contextmanager
def cluster(folder: Path, n_workers: int) -> Iterator[str]:
    """The address of a scheduler with so many workers of one thread."""
    folder.mkdir(parents=True)
    told, started = folder / "scheduler.json", list[subprocess.Popen[bytes]]()

    def start(program: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments, "--host", "127.0.0.1"]
        with (folder / "log").open("ab") as log:
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            started.append(subprocess.Popen([*command, "--no-dashboard"], cwd=folder, stderr=log, env=environment))

    try:
        start("dask_scheduler", "--port", "0", "--scheduler-file", str(told))
        while not told.exists():
            time.sleep(0.05)
        time.sleep(0.5)
        address = str(json.loads(told.read_text(encoding="utf-8"))["address"])
        for number in range(n_workers):
            start("dask_worker", address, "--nthreads", "1", "--no-nanny", "--local-directory", f"worker-{number}")
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=30)
