"""One server process, everybody's classifiers loaded, 1,000 papers today; this process is its load.

- readers not asked before: ranked while they wait, and with ``score-day`` done beforehand, as it is every night;
- readers asked before, of whom nothing has happened since: at 1,500 requests a second;
- 200 requests and 50 interactions a second while the champion changes ten times.

The peer is arxiv-sanity-lite's recipe, which fits a support vector machine in every request.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle, islice

from benchmarks.speeds.load import Outcome, as_fast_as_it_goes, at_rate, get, post
from benchmarks.speeds.rows import Row, SpeedOptions
from benchmarks.speeds.score_day import peer_rate
from benchmarks.speeds.server import Server, serving
from benchmarks.speeds.world import World, world
from features.store import open_store
from models.registry import CHAMPION, Registry
from models.shards import Shards
from serving.scoring import UserShard, slates_of

_SECONDS = 8.0
_LIVE, _SCORED, _AGAIN = 0, 20_000, 40_000
"""Numbers of the first reader of each part, so that none is asked in two."""
_N_SCORED, _N_AGAIN, _N_CLICKING = 2_000, 300, 200
_SWAPS = 10


def run(options: SpeedOptions) -> list[Row]:
    """Rates, and p99 at fixed rates."""
    with world(options) as place:
        base = ("an SVM in every request (arxiv-sanity-lite)", peer_rate(place, options.seed))
        _score(place, range(_SCORED, _SCORED + _N_SCORED), options.jobs)
        with serving(place.settings, options.scratch / "serve.log") as server:
            asking = _Asking(place, server)
            return [
                *_live(asking, base),
                *_scored(asking, base),
                *_again(asking, base),
                *_swapping(asking, base),
            ]


@dataclass(frozen=True, slots=True)
class _Asking:
    place: World
    server: Server

    def of(self, number: int) -> bytes:
        user_id = self.place.user_id(number % self.place.n_users)
        return get(f"/v1/users/{user_id}/recommendations?limit=20", self.server.token)

    def of_each(self, first: int, n: int | None = None) -> Iterator[bytes]:
        return (self.of(number) for number in (count(first) if n is None else range(first, first + n)))


Base = tuple[str, float]


def _live(asking: _Asking, base: Base) -> list[Row]:
    as_fast_as_it_goes(asking.server.port, asking.of_each(_LIVE, 20), 5.0)
    found = as_fast_as_it_goes(asking.server.port, asking.of_each(_LIVE + 100), _SECONDS)
    return [
        Row("not asked before, ranked on demand", found.rate, "requests/s", *base, must=">= 250/s"),
        Row("  p99 at that rate, 4 connections", found.milliseconds(0.99), "ms", must="<= 20 ms"),
    ]


def _scored(asking: _Asking, base: Base) -> list[Row]:
    found = at_rate(asking.server.port, asking.of_each(_SCORED, _N_SCORED), 250.0, _SECONDS)
    return [
        Row("not asked before, after score-day, at 250/s", found.rate, "requests/s", *base, must=">= 250/s"),
        *_latencies(found, "<= 20 ms"),
    ]


def _again(asking: _Asking, base: Base) -> list[Row]:
    readers = list(asking.of_each(_AGAIN, _N_AGAIN))
    as_fast_as_it_goes(asking.server.port, readers, 120.0)
    most = as_fast_as_it_goes(asking.server.port, cycle(readers), _SECONDS / 2, connections=8)
    found = at_rate(asking.server.port, cycle(readers), 1500.0, _SECONDS)
    return [
        Row("asked again, as fast as it goes", most.rate, "requests/s", *base),
        Row("asked again, at 1,500/s", found.rate, "requests/s", *base, must=">= 1500/s"),
        *_latencies(found, "<= 5 ms"),
    ]


def _swapping(asking: _Asking, base: Base) -> list[Row]:
    """Readers ask and click while versions take turns as champion."""
    registry, stop = Registry(asking.place.settings), threading.Event()
    champion = registry.alias(CHAMPION) or "1"
    turns = [other for other in ("1", champion) if other] * _SWAPS

    def swap() -> None:
        for version in islice(turns, _SWAPS):
            if stop.wait(_SECONDS * 2 / _SWAPS):
                break
            registry.promote(version, "a benchmark swaps models")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        found = at_rate(asking.server.port, _mixed(asking), 250.0, _SECONDS * 2)
    finally:
        stop.set()
        swapping.join()
        registry.promote(champion, "a benchmark has ended")
    return [
        Row("200 asks + 50 clicks a second, ten swaps", found.rate, "requests/s", *base, must=">= 250/s"),
        Row("  failed requests", float(found.n_failed), "requests", must="0"),
        *_latencies(found, ""),
    ]


def _mixed(asking: _Asking) -> Iterator[bytes]:
    """Four of five requests ask, the fifth clicks."""
    stamp = time.time_ns()
    papers = [f"today.{number:05d}" for number in range(1000)]
    for turn in count():
        reader = _AGAIN + turn % _N_CLICKING
        if turn % 5:
            yield asking.of(_AGAIN + turn % _N_AGAIN)
        else:
            row = {
                "client_id": f"{stamp}-{turn}",
                "user_id": asking.place.user_id(reader % asking.place.n_users),
                "paper_id": papers[turn % 1000],
                "kind": "open",
            }
            yield post("/v1/interactions", asking.server.token, json.dumps({"interactions": [row]}).encode())


def _latencies(found: Outcome, must: str) -> list[Row]:
    return [
        Row("  p50", found.milliseconds(0.5), "ms"),
        Row("  p99", found.milliseconds(0.99), "ms", must=must),
    ]


def _score(place: World, numbers: range, jobs: int) -> None:
    """What ``score-day`` does, for some of the readers."""
    version = Registry(place.settings).alias(CHAMPION) or ""
    ids = [place.user_id(number % place.n_users) for number in numbers]
    shards = [
        UserShard(place.settings, version, place.day, tuple(ids[at : at + 100])) for at in range(0, len(ids), 100)
    ]
    with open_store(place.settings.database_url) as store:
        for found in Shards(jobs).run(slates_of, shards):
            with store.transaction() as tx:
                tx.slates.put_many(found)
