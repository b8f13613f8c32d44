"""A dask cluster, of the extra ``cluster``: joblib's backend within it, and what its workers are given to keep.

What all shards of a run read is a plugin of the workers: the scheduler hands it to each of them once, and to whoever
joins while the run lasts, before anything is run there. A worker that dies takes no more than its own copy.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from distributed import Client, Worker, WorkerPlugin, get_worker
from distributed.security import Security
from joblib import parallel_config

from features.errors import NotReady
from features.settings import ClusterSettings

_HERE: dict[str, object] = {}
"""What this process has given to workers, by name."""

_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds after each attempt to hand something round."""


@contextmanager
def connected(cluster: ClusterSettings) -> Iterator[Client]:
    """Joblib's default backend is the cluster's within it; NotReady where it cannot be reached."""
    try:
        client = Client(cluster.address, security=_security(cluster), timeout=cluster.timeout_seconds)
    except (OSError, TimeoutError) as error:
        raise NotReady(f"no scheduler answers at {cluster.address}") from error
    with client, parallel_config(backend="dask", wait_for_workers_timeout=cluster.timeout_seconds):
        yield client


@contextmanager
def given(client: Client, value: object) -> Iterator[str]:
    """The name under which every worker has ``value`` within it."""
    name = f"broadsheet-{uuid4().hex}"
    _hand_round(client, _Given(value), name)
    _HERE[name] = value
    try:
        yield name
    finally:
        del _HERE[name]
        _take_back(client, name)


def _hand_round(client: Client, plugin: "_Given", name: str) -> None:
    """To all workers; anew where one died meanwhile, NotReady where that goes on."""
    for pause in _PAUSES:
        try:
            client.register_plugin(plugin, name=name)
        except OSError:
            time.sleep(pause)  # the scheduler forgets the dead
        else:
            return
    raise NotReady(f"the cluster's workers die as they are handed their work: {len(_PAUSES)} times in a row")


def _take_back(client: Client, name: str) -> None:
    """From all workers. Of one that died unnoticed the scheduler complains, though it has let go itself."""
    try:
        client.unregister_worker_plugin(name)
    except OSError:
        client.run(_let_go, name, on_error="ignore")


async def _let_go(name: str, dask_worker: Worker) -> None:
    """On a worker, which dask names."""
    await dask_worker.plugin_remove(name=name)


@dataclass(frozen=True, slots=True)
class OfGiven:
    """``function`` of what the worker was given under a ``name`` and of a shard."""

    function: Callable[[Any, Any], Any]
    name: str

    def __call__(self, shard: object) -> Any:
        """On a worker; or in this process, where joblib runs the shards if the cluster has a single thread."""
        if self.name in _HERE:
            return self.function(_HERE[self.name], shard)
        plugin = cast(_Given, get_worker().plugins[self.name])
        return self.function(plugin.value, shard)


class _Given(WorkerPlugin):
    def __init__(self, value: object) -> None:
        self.value = value


def _security(cluster: ClusterSettings) -> Security | None:
    """Both sides show a certificate of the same authority; None for loopback."""
    if cluster.ca_file is None:
        return None
    return Security(
        require_encryption=True,
        tls_ca_file=str(cluster.ca_file),
        tls_client_cert=str(cluster.cert_file),
        tls_client_key=str(cluster.key_file),
    )
