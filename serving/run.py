"""Start the service: ``serve(settings)`` is what ``broadsheet serve`` calls."""

import logging
from typing import Any

import uvicorn

from features.errors import InvalidValue
from features.settings import ServingSettings, Settings
from serving.app import create_app
from serving.network import is_loopback
from serving.workers import serve_forked

_LIFETIME_OF_IDLE_CONNECTIONS = 5
_PATIENCE_AT_SHUTDOWN = 10


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    InvalidValue when the settings would open the service to whom they should not, or replicas would not see each other.
    """
    check_exposure(settings.serving)
    check_replicas(settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    config: dict[str, Any] = {
        "host": settings.serving.host,
        "port": settings.serving.port,
        "log_config": None,
        "access_log": False,  # serving.access_log writes it after the answer, and without secrets
        "server_header": False,
        # The peer's address decides what a request without a token may do, so nobody is believed about it.
        "proxy_headers": False,
        "timeout_keep_alive": _LIFETIME_OF_IDLE_CONNECTIONS,
        "timeout_graceful_shutdown": _PATIENCE_AT_SHUTDOWN,
    }
    if settings.serving.workers > 1:
        serve_forked(settings, config)
    else:
        uvicorn.run(create_app(settings), **config)


def check_exposure(serving: ServingSettings) -> None:
    """Refuse ``insecure_local`` on an address that other machines reach."""
    if serving.insecure_local and not is_loopback(serving.host):
        raise InvalidValue("serving.host", serving.host, "insecure_local asks for no tokens and binds to loopback only")


def check_replicas(settings: Settings) -> None:
    """Refuse SQLite, a file of one machine, where several machines serve."""
    if settings.serving.replicas == 1:
        return
    for name, url in (("database_url", settings.database_url), ("tracking_uri", settings.tracking_uri)):
        if url.startswith("sqlite"):
            raise InvalidValue(name, url, f"{settings.serving.replicas} replicas share PostgreSQL, not a file")
