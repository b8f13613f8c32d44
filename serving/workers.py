"""Several servers on one machine: what a model needs is loaded once, then shared by fork behind one socket.

The parent loads, warms and closes its connections; it serves nothing and has no threads. Each server opens connections,
threads and log of its own (:class:`serving.lifecycle.Service`). One more child asks MLflow for all of them.
"""

import gc
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn

from features.arenas import limit_arenas
from features.settings import Settings
from models.registry import Registry
from models.registry.told_champion import ChampionTeller, FollowingRegistry, ToldChampion
from serving.app import create_app, utc_now
from serving.forked import Family
from serving.lifecycle import Service
from serving.metrics import Metrics

_PATIENCE_WITH_MLFLOW = 120.0
_ARENAS = 2
"""Of a server's heap: each of its dozen threads would else keep some ten megabytes of its own."""


def serve_forked(settings: Settings, config: Mapping[str, Any]) -> None:
    """Serve with ``serving.workers`` processes until interrupted; ``config`` is what Uvicorn is told."""
    limit_arenas(_ARENAS)
    family = Family()
    with TemporaryDirectory(prefix="broadsheet-") as folder:
        registry = FollowingRegistry(settings, Path(folder), utc_now)
        service = Service(settings, Metrics(), utc_now, registry)
        resumed = service.resume()
        service.close_connections()
        if not resumed:
            family.begin(*_follower(settings, registry.told))
            _wait_for(registry.told, family)
            service.poll()
        server = uvicorn.Config(create_app(settings, service=service), **config)
        listener = server.bind_socket()
        server.load()
        service.close_connections()
        gc.collect()
        gc.freeze()  # else the first search for garbage would write to all that is shared
        for number in range(settings.serving.workers):
            family.begin(f"server {number}", partial(_serve, server, listener))
        if resumed:
            family.begin(*_follower(settings, registry.told))
        family.watch()


def _serve(config: uvicorn.Config, listener: socket) -> None:
    uvicorn.Server(config).run(sockets=[listener])


def _follower(settings: Settings, told: ToldChampion) -> tuple[str, Callable[[], None]]:
    return "the follower of the champion", partial(_follow, settings, told)


def _follow(settings: Settings, told: ToldChampion) -> None:
    teller = ChampionTeller(Registry(settings, utc_now), told, utc_now)
    while True:
        teller.look()
        time.sleep(settings.serving.alias_poll_seconds)


def _wait_for(told: ToldChampion, family: Family) -> None:
    """Until it is known whether there is a champion; a server may start without one."""
    deadline = time.monotonic() + _PATIENCE_WITH_MLFLOW
    while not told.said and not family.ending and time.monotonic() < deadline:
        time.sleep(0.05)
