"""From a click to a ranking that knows it, while papers and impressions are written into the same SQLite file."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import cycle

from benchmarks.speeds.load import at_rate, get
from benchmarks.speeds.rows import Row, SpeedOptions, quantile
from benchmarks.speeds.score_day import peer_rate
from benchmarks.speeds.server import Server, environment_of, serving
from benchmarks.speeds.world import World, world

_CLICKS = 150
_FIRST = 60_000
_OTHERS = 10.0
"""Requests a second of others, whose answers keep the log of impressions busy."""

_N_OTHERS = 50
SETTLED = 6.0
"""Seconds after a start in which a server still imports what it did not need to be ready."""


def run(options: SpeedOptions) -> list[Row]:
    """Milliseconds of the click and the next ranking together."""
    with world(options) as place, serving(place.settings, options.scratch / "click.log") as server:
        time.sleep(SETTLED)
        quiet = _clicks(place, server, 0)
        with _ingesting(place, options), _others(place, server):
            busy = _clicks(place, server, 1)
        peer = 1e3 / peer_rate(place, options.seed)
    name = "an SVM fitted anew (arxiv-sanity-lite)"
    return [
        Row("click and next ranking, p50", quantile(quiet, 0.5), "ms", name, peer),
        Row("click and next ranking, p99", quantile(quiet, 0.99), "ms", name, peer, must="<= 25 ms"),
        Row("  beside an ingest and the log, p50", quantile(busy, 0.5), "ms", name, peer),
        Row("  beside an ingest and the log, p99", quantile(busy, 0.99), "ms", name, peer, must="<= 25 ms"),
    ]


def _clicks(place: World, server: Server, part: int) -> list[float]:
    """One after the other, by readers who were asked before; a ranking that does not know the click is an error."""
    connection, stamp, found = HTTPConnection("127.0.0.1", server.port), time.time_ns(), []
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    for number in range(_CLICKS):
        user_id = place.user_id((_FIRST + part * _CLICKS + number) % place.n_users)
        path = f"/v1/users/{user_id}/recommendations?limit=20"
        best = json.loads(asked(connection, "GET", path, headers))["items"][0]["paper"]["id"]
        row = {"client_id": f"{stamp}-{number}", "user_id": user_id, "paper_id": best, "kind": "save"}
        body = json.dumps({"interactions": [row]})
        start = time.perf_counter()
        asked(connection, "POST", "/v1/interactions", headers, body)
        answer = asked(connection, "GET", path, headers)
        found.append(1e3 * (time.perf_counter() - start))
        if best in [item["paper"]["id"] for item in json.loads(answer)["items"]]:
            raise RuntimeError("a saved paper came again: the ranking does not know the click")
    connection.close()
    return found


def asked(
    connection: HTTPConnection, method: str, path: str, headers: dict[str, str], body: str | None = None
) -> bytes:
    """The body of an answer; RuntimeError for any status but 200."""
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path} gave {answer.status}")
    return content


@contextmanager
def _others(place: World, server: Server) -> Iterator[None]:
    """Other readers look at their pages again, whose impressions are logged."""
    numbers = range(_FIRST - _N_OTHERS, _FIRST)
    requests = [
        get(f"/v1/users/{place.user_id(n % place.n_users)}/recommendations?limit=200", server.token) for n in numbers
    ]
    load = threading.Thread(target=at_rate, args=(server.port, cycle(requests), _OTHERS, 20.0), daemon=True)
    load.start()
    yield
    load.join()


@contextmanager
def _ingesting(place: World, options: SpeedOptions) -> Iterator[None]:
    """Another process reads older papers in again: what is known is looked up and some batches are written."""
    file = options.scratch / "more.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for number in range(20_000):
            paper = {
                "id": f"other.{number:05d}",
                "title": f"A paper {number}",
                "abstract": "Some words.",
                "authors": [],
            }
            lines.write(json.dumps({**paper, "categories": ["cs.XX"], "day": "2020-01-06"}) + "\n")
    process = subprocess.Popen(
        [sys.executable, "-c", "from broadsheet.cli import main; main()", "ingest", "jsonl", str(file)],
        env={**os.environ, **environment_of(place.settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
