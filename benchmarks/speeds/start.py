"""From nothing to /readyz with everybody's classifiers at hand, and what more server processes add."""

import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from urllib.parse import quote
from urllib.request import Request, urlopen

from benchmarks.speeds.rows import Row, SpeedOptions
from benchmarks.speeds.server import Server, serving
from benchmarks.speeds.world import World, world

WORKERS = 8
N_READERS, N_ASKS, N_ASKING = 400, 2_400, 16


def run(options: SpeedOptions) -> list[Row]:
    """Seconds and megabytes of a first and a second process, and of forked ones."""
    log = options.scratch / "start.log"
    with world(options) as place:
        with serving(place.settings, log) as first, serving(place.settings, log) as second:
            users = f"{options.n_users:,} users"
            rows = [
                Row(f"cold start to /readyz, {users}", first.seconds, "s", must="<= 4 s"),
                Row("a second start", second.seconds, "s", "the first", first.seconds),
                Row("processor time of the second until then", second.cpu_seconds(), "s"),
                Row("resident memory of the first process", first.resident_mb(), "MB", must="<= 1229 MB"),
            ]
            apart = second.own_mb()
        with serving(place.settings, log, BROADSHEET_SERVING__WORKERS=str(WORKERS)) as parent:
            return rows + _of_workers(parent, place, apart)


def _of_workers(parent: Server, place: World, apart: float) -> list[Row]:
    """What each forked process has of its own, right after the start and after it has served."""
    workers = parent.workers(WORKERS)
    fresh = [worker.own_mb() for worker in workers]
    before = [worker.cpu_seconds() for worker in workers]
    with ThreadPoolExecutor(N_ASKING) as pool:
        list(pool.map(lambda number: _ask(parent, place.user_id(number % N_READERS)), range(N_ASKS)))
    served = [worker.own_mb() for worker in workers]
    spent = [worker.cpu_seconds() - since for worker, since in zip(workers, before, strict=True)]
    print(f"processor seconds of each worker: {', '.join(f'{one:.1f}' for one in spent)}", file=sys.stderr)
    alone = "a second server started by itself, before it serves"
    return [
        Row(f"start of {WORKERS} workers to /readyz", parent.seconds, "s"),
        Row("memory of a worker that it shares with nobody, median", median(fresh), "MB", alone, apart),
        Row(f"the same after {N_ASKS:,} requests to all", median(served), "MB", alone, apart, must="<= 200 MB"),
        Row("the largest of them", max(served), "MB", alone, apart, must="<= 200 MB"),
    ]


def _ask(server: Server, user_id: str) -> None:
    """Over a connection of its own, so that any worker may take it."""
    url = f"http://127.0.0.1:{server.port}/v1/users/{quote(user_id)}/recommendations"
    with urlopen(Request(url, headers={"Authorization": f"Bearer {server.token}"}), timeout=120) as answer:
        answer.read()
