"""Work cut into shards: pure functions of one shard, run by joblib on this machine's processes or a cluster's.

A shard's result depends on the shard alone, so neither the backend nor the number of workers changes anything, and
what a killed worker had begun is begun again elsewhere (docs/decisions/0017-dask-for-clusters.md).
"""

import ipaddress
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from features.errors import InvalidValue, NotReady
from features.settings import ClusterSettings, Settings

G = TypeVar("G")
S = TypeVar("S")
T = TypeVar("T")

BACKENDS = ("loky", "dask")


@dataclass(frozen=True, slots=True)
class Shards:
    """Where shards run: ``jobs`` processes of this machine, or the cluster's workers where ``backend`` is ``dask``."""

    jobs: int = 1
    backend: str = "loky"
    cluster: ClusterSettings | None = None

    @classmethod
    def of(cls, settings: Settings, jobs: int | None = None, backend: str | None = None) -> "Shards":
        """As the settings say, but for what is given; InvalidValue for a backend that is not supported."""
        found = cls(jobs or settings.jobs, backend or settings.backend, settings.cluster)
        if found.backend not in BACKENDS:
            raise InvalidValue("backend", found.backend, f"shards run on {' or '.join(BACKENDS)}")
        if found.backend == "dask":
            check_address(settings.cluster)
        return found

    @property
    def at_once(self) -> bool:
        """Whether shards run one after the other in this very process."""
        return self.backend == "loky" and self.jobs == 1

    def run(
        self,
        function: Callable[[S], T],
        shards: Iterable[S],
        *,
        waiting: int | None = None,
        without: Sequence[str] = (),
    ) -> Iterator[T]:
        """``function`` of each shard, in their order, as they become ready; few are waiting at any time.

        ``waiting`` says how many: by default as many as there are workers, fewer where a shard is large. To processes
        of this machine the packages ``without`` are as if not installed: what imports them if it can does not.
        """
        if self.at_once:
            yield from map(function, shards)
        elif self.backend == "loky":
            yield from self._parallel(waiting, without)(delayed(function)(shard) for shard in shards)
        else:
            with self._cluster().connected(self._reached):
                yield from self._parallel(waiting)(delayed(function)(shard) for shard in shards)

    def run_given(self, value: G, function: Callable[[G, S], T], shards: Iterable[S]) -> Iterator[T]:
        """:meth:`run` of ``function(value, shard)``, for a large value that all shards read.

        Processes of this machine map its arrays from files; each of a cluster's workers is handed it once.
        """
        if self.at_once:
            yield from map(partial(function, value), shards)
        elif self.backend == "loky":
            yield from self._parallel()(delayed(function)(value, shard) for shard in shards)
        else:
            cluster = self._cluster()
            with cluster.connected(self._reached) as client, cluster.given(client, value) as name:
                yield from self._parallel()(delayed(cluster.OfGiven(function, name))(shard) for shard in shards)

    def close(self) -> None:
        """End this machine's processes, if any: their memory is free at once, and how much it was is known."""
        if self.backend == "loky" and not self.at_once:
            get_reusable_executor().shutdown(wait=True)

    def _parallel(self, waiting: int | None = None, without: Sequence[str] = ()) -> Any:
        ahead = "2*n_jobs" if waiting is None else f"n_jobs+{waiting}"
        n_jobs = -1 if self.backend == "dask" else self.jobs
        first = {"initializer": _leave_out, "initargs": (tuple(without),)} if without else {}
        return Parallel(n_jobs=n_jobs, return_as="generator", pre_dispatch=ahead, **first)

    @property
    def _reached(self) -> ClusterSettings:
        """The cluster's settings, checked."""
        cluster = self.cluster or ClusterSettings()
        check_address(cluster)
        return cluster

    @staticmethod
    def _cluster() -> Any:
        """:mod:`models.cluster`; NotReady without its extra."""
        if find_spec("distributed") is None:
            raise NotReady("the backend dask needs the extra 'cluster': pip install 'broadsheet[cluster]'")
        return import_module("models.cluster")


SERIAL = Shards()


class _LeftOut(MetaPathFinder):
    """Says of some packages that they are not installed."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  # importlib's signature
        target: ModuleType | None = None,  # noqa: ARG002  # the same
    ) -> ModuleSpec | None:
        """Nothing found here, or the end of the search."""
        if fullname in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def _leave_out(packages: Collection[str]) -> None:
    """Let imports of these packages fail in this process from now on."""
    sys.meta_path.insert(0, _LeftOut(packages))


def cut(rows: Sequence[S], size: int) -> list[Sequence[S]]:
    """Runs of ``size`` neighbours, the last one shorter."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def check_address(cluster: ClusterSettings) -> None:
    """Refuse a scheduler that others could reach in the clear: whoever speaks to it runs code on its workers."""
    if cluster.address is None:
        raise InvalidValue("cluster.address", None, "name the scheduler, as in tcp://127.0.0.1:8786")
    parts = urlsplit(cluster.address)
    if parts.scheme == "tls":
        if None in (cluster.ca_file, cluster.cert_file, cluster.key_file):
            raise InvalidValue("cluster.address", cluster.address, "TLS needs cluster.ca_file, cert_file and key_file")
    elif parts.scheme != "tcp" or not _is_loopback(parts.hostname or ""):
        raise InvalidValue("cluster.address", cluster.address, "off this machine a scheduler is reached by tls:// only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
