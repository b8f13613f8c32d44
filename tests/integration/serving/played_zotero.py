"""A server on this machine that plays Zotero."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@contextmanager
def played_zotero() -> Iterator[Any]:
    """Something with a ``url``; ``answer`` is (status, body), ``keys`` the headers it was asked with."""

    class Played(BaseHTTPRequestHandler):
        answer = (200, json.dumps([{"data": {"itemType": "preprint", "title": "T", "archiveID": "arXiv:2601.00001"}}]))
        keys: ClassVar[list[str | None]] = []
        url = ""

        def do_GET(self) -> None:
            type(self).keys.append(self.headers["Authorization"])
            status, body = type(self).answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

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
