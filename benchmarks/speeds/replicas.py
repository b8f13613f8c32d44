"""From a click that one replica takes to a ranking of another that knows it; they share PostgreSQL and the artifacts.

A small installation (the community's papers, 200 readers, 1,000 papers today) in a database made for it, on the server
that BROADSHEET_BENCHMARK_POSTGRES names; without one the suite is skipped. Beside it, in turns: click and ranking at
one and the same replica.
"""

import json
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.options import MissingData
from benchmarks.speeds.click import SETTLED, asked
from benchmarks.speeds.postgres import empty_database, server_named
from benchmarks.speeds.rows import Row, SpeedOptions, quantile
from benchmarks.speeds.server import Server, serving
from benchmarks.speeds.world import PICKS, World, make_world, settings_in
from features.domain import Cut
from features.settings import Settings
from features.store import open_store

_PAPERS = "hf_daily.jsonl.gz"
_READERS, _ROUNDS = 200, 100


def run(options: SpeedOptions) -> list[Row]:
    """Milliseconds of the click and the next ranking together, at two replicas and at one."""
    server = server_named()
    if options.data is None or server is None:
        raise MissingData(Path(_PAPERS if options.data is None else "BROADSHEET_BENCHMARK_POSTGRES"))
    for name in (_PAPERS, PICKS):
        if not (options.data / name).exists():
            raise MissingData(options.data / name)
    with empty_database(server) as url:
        settings = settings_in(options.scratch).model_copy(update={"database_url": url})
        make_world(settings, replace(options, n_users=_READERS), [_PAPERS])
        place = World(settings, _newest_day(settings), _READERS)
        log = options.scratch / "replicas.log"
        with serving(settings, log) as first, serving(settings, log) as second:
            time.sleep(SETTLED)
            apart, together = _clicks(place, first, second)
    name = "the same replica"
    return [
        Row(f"click at one replica, the other's ranking knows it, p{q}", quantile(apart, q / 100), "ms", name, beside)
        for q, beside in ((q, quantile(together, q / 100)) for q in (50, 99))
    ]


def _newest_day(settings: Settings) -> date:
    with open_store(settings.database_url) as store, store.transaction(readonly=True) as tx:
        return tx.days.newest(Cut(datetime.now(UTC)))


def _clicks(place: World, first: Server, second: Server) -> tuple[list[float], list[float]]:
    """Milliseconds of clicks whose ranking is asked of the other replica, and of those asked of the same, in turns."""
    apart, together = list[float](), list[float]()
    with (
        closing(HTTPConnection("127.0.0.1", first.port)) as here,
        closing(HTTPConnection("127.0.0.1", second.port)) as there,
    ):
        for number in range(_ROUNDS):
            for turn, (found, other) in enumerate(((apart, there), (together, here))):
                user_id = place.user_id((2 * number + turn) % place.n_users)
                found.append(_click(here, other, user_id, first.token))
    return apart, together


def _click(here: HTTPConnection, other: HTTPConnection, user_id: str, token: str) -> float:
    """Milliseconds; both have ranked for the reader before. A ranking that does not know the click is an error."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    path = f"/v1/users/{user_id}/recommendations?limit=20"
    best = json.loads(asked(here, "GET", path, headers))["items"][0]["paper"]["id"]
    asked(other, "GET", path, headers)
    row = {"client_id": str(time.time_ns()), "user_id": user_id, "paper_id": best, "kind": "save"}
    start = time.perf_counter()
    asked(here, "POST", "/v1/interactions", headers, json.dumps({"interactions": [row]}))
    answer = asked(other, "GET", path, headers)
    taken = 1e3 * (time.perf_counter() - start)
    if best in [item["paper"]["id"] for item in json.loads(answer)["items"]]:
        raise RuntimeError("a saved paper came again: the other replica's ranking does not know the click")
    return taken
