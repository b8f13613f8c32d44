"""A load generator for one server on loopback: many connections of one thread, bounded in number and time.

At a fixed rate the latency of an answer counts from the instant at which its request was due, so that a server that
stalls is charged for all who would have come meanwhile (coordinated omission).
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.speeds.rows import quantile

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer: seconds from when its request was due, and the status; 0 where none came."""

    seconds: float
    status: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back in ``seconds``."""

    samples: Sequence[Sample]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.samples) / self.seconds

    @property
    def n_failed(self) -> int:
        """Requests without an answer, or with another than 200 or 304."""
        return sum(sample.status not in (200, 304) for sample in self.samples)

    def milliseconds(self, q: float) -> float:
        """A quantile of the latencies."""
        return 1e3 * quantile([sample.seconds for sample in self.samples], q)


def as_fast_as_it_goes(port: int, requests: Iterable[bytes], seconds: float, connections: int = 4) -> Outcome:
    """Each connection asks again when it has its answer."""
    return asyncio.run(_closed(port, requests, seconds, connections))


def at_rate(port: int, requests: Iterable[bytes], rate: float, seconds: float, connections: int = 32) -> Outcome:
    """``rate`` requests a second, evenly, whatever becomes of those before."""
    return asyncio.run(_open(port, requests, rate, seconds, connections))


def get(path: str, token: str) -> bytes:
    """A request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, token: str, body: bytes) -> bytes:
    """A request with a JSON body."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Connection:
    """One kept-alive connection; opened again where the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def status_of(self, request: bytes) -> int:
        """Send, and read the whole answer."""
        try:
            return await asyncio.wait_for(self._asked(request), _PATIENCE)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            self.close()
            return 0

    async def _asked(self, request: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), None)
        if length is not None:
            await reader.readexactly(int(length.partition(b":")[2]))
        if b"connection: close" in head.lower():
            self.close()
        return status

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _closed(port: int, requests: Iterable[bytes], seconds: float, connections: int) -> Outcome:
    waiting, samples = iter(requests), list[Sample]()
    began = time.perf_counter()

    async def ask() -> None:
        connection = Connection(port)
        for request in waiting:
            start = time.perf_counter()
            if start - began > seconds:
                break
            status = await connection.status_of(request)
            samples.append(Sample(time.perf_counter() - start, status))
        connection.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    return Outcome(samples, time.perf_counter() - began)


async def _open(port: int, requests: Iterable[bytes], rate: float, seconds: float, connections: int) -> Outcome:
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    samples: list[Sample] = []

    async def ask() -> None:
        connection = Connection(port)
        while (turn := await due.get()) is not None:
            status = await connection.status_of(turn[1])
            samples.append(Sample(time.perf_counter() - turn[0], status))
        connection.close()

    workers = [asyncio.create_task(ask()) for _ in range(connections)]
    began = time.perf_counter()
    for number, request in enumerate(requests):
        at = began + number / rate
        if at - began > seconds:
            break
        await _until(at)
        due.put_nowait((at, request))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return Outcome(samples, time.perf_counter() - began)


async def _until(at: float, now: Callable[[], float] = time.perf_counter) -> None:
    wait = at - now()
    await asyncio.sleep(max(0.0, wait))
