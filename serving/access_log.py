"""One line a request, written once its answer is sent, so that nobody waits for it."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

_LOG = logging.getLogger("broadsheet.access")
_SECRET = re.compile(r"(/(?:feeds/u|signin|open|subscribe|unsubscribe)/)[^/?\s]+")
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


def log_request(scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
    """Who asked for what, the status of the answer, and how long it took."""
    if _LOG.isEnabledFor(logging.INFO):
        host, port = scope.get("client") or ("-", 0)
        _LOG.info('%s:%d "%s %s" %d %.1f ms', host, port, scope["method"], asked_for(scope), status, 1e3 * seconds)


def asked_for(scope: MutableMapping[str, Any]) -> str:
    """Path and query without what opens something for whoever reads the log: the secret part of an address."""
    path, query = _SECRET.sub(r"\1…", quote(scope["path"], errors="replace")), scope["query_string"].decode("latin-1")
    return f"{path}?{_UNPRINTABLE.sub('?', query)}" if query else path
