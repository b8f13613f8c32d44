"""A server on this machine that plays an outside service."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from fastapi.testclient import TestClient

from features.settings import IngestSettings
from serving.app import create_app

ZOTERO_LIBRARY = json.dumps([{"data": {"itemType": "preprint", "title": "T", "archiveID": "arXiv:2601.00001"}}])


@contextmanager
def played(body: str) -> Iterator[Any]:
    """Something with a ``url``; ``answer`` is (status, body), ``paths`` and ``keys`` what it was asked, and with."""

    class Played(BaseHTTPRequestHandler):
        answer = (200, body)
        paths: ClassVar[list[str]] = []
        keys: ClassVar[list[str | None]] = []
        url = ""

        def do_GET(self) -> None:
            type(self).paths.append(self.path)
            type(self).keys.append(self.headers["Authorization"])
            status, text = type(self).answer
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Played)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    Played.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield Played
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def client_of(place: Any, who: str = "", **ingest: str) -> Iterator[TestClient]:
    """A client of ``who`` at a service of ``place`` that asks the services at the addresses of ``ingest``."""
    served = place.settings(fetch_submissions=True)
    settings = served.model_copy(update={"ingest": IngestSettings(backoff_seconds=0.01, **ingest)})
    with TestClient(create_app(settings), raise_server_exceptions=False, client=("127.0.0.1", 1)) as client:
        if who:
            client.headers.update(place.headers(who))
        yield client
