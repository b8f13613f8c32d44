"""A real HTTP server on loopback that plays outside services, a clock that only sleeping moves, and the recordings."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from features.settings import IngestSettings, Settings
from features.sources.timing import Timing


@dataclass(frozen=True)
class Reply:
    """One answer; ``promised`` is a wrong Content-Length, ``delay`` seconds pass before it, ``pieces`` cut it up."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
    delay: float = 0.0
    pieces: int = 1

    @property
    def raw(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Service:
    """What the server answers: ``replies`` one after the other (the last again and again), or ``answer`` if set."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    answer: Callable[[Asked], Reply] | None = None
    asked: list[Asked] = field(default_factory=list)

    def reply_to(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.answer is not None:
            return self.answer(asked)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class Handler(BaseHTTPRequestHandler):
    service: Service

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        reply = self.service.reply_to(Asked(address.path, query, dict(self.headers)))
        time.sleep(reply.delay)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(reply.promised or len(reply.raw)))
        self.end_headers()
        step = max(1, len(reply.raw) // reply.pieces)
        for at in range(0, len(reply.raw), step):
            self.wfile.write(reply.raw[at : at + step])
            self.wfile.flush()
            if reply.pieces > 1:
                time.sleep(0.002)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the client gave up, as some tests want it to
            super().handle()


@pytest.fixture
def service() -> Iterator[Service]:
    played = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Played", (Handler,), {"service": played}))
    played.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield played
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class FakeTime:
    """Time that passes only by sleeping, and by ``tick`` seconds at every look at the clock."""

    start: datetime = datetime(2026, 2, 27, 12, tzinfo=UTC)
    tick: float = 0.0
    elapsed: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        self.elapsed += self.tick
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)

    @property
    def timing(self) -> Timing:
        return Timing(self.now, self.monotonic, self.sleep)


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def settings(service: Service, tmp_path: Path) -> Settings:
    """Settings whose services all are the played one."""
    urls = dict.fromkeys(
        ("arxiv_api_url", "arxiv_feed_url", "arxiv_oai_url", "huggingface_url", "zotero_url"), service.url
    )
    return Settings(
        database_url=f"sqlite:///{tmp_path / 'papers.db'}", data_dir=tmp_path / "data", ingest=IngestSettings(**urls)
    )


@pytest.fixture
def recordings(data_dir: Path) -> Path:
    return data_dir / "recordings"


@pytest.fixture
def recorded(recordings: Path) -> Callable[[str], list[Reply]]:
    """The replies in one recorded file, by its path below ``recordings``."""

    def replies(name: str) -> list[Reply]:
        kept = json.loads((recordings / name).read_bytes())
        if isinstance(kept, dict):
            return [Reply(kept["body"], kept["status_code"])]
        return [Reply(each["response"], each["status"], _retry_after(each["rawHeaders"])) for each in kept]

    return replies


def _retry_after(raw: list[str]) -> dict[str, str]:
    named = dict(zip(raw[::2], raw[1::2], strict=True))
    return {name: value for name, value in named.items() if name == "Retry-After"}
