"""What Prometheus reads: counters of this server alone, labelled by route template, never by path or user."""

import time
from collections.abc import MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access_log import log_request

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """Every metric of one application, in a registry of its own so that two applications in a process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "broadsheet_requests", "Answered requests.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "broadsheet_request_seconds",
            "Time from a request's head to the end of its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.model = Gauge(
            "broadsheet_model_info", "1 for the version that serves.", ["version"], registry=self.registry
        )
        self.refused = Gauge(
            "broadsheet_model_refused",
            "1 while the champion alias points at a refused version.",
            registry=self.registry,
        )
        self.swaps = Counter("broadsheet_model_swaps", "Times another champion took over.", registry=self.registry)
        self.refusals = Counter("broadsheet_model_refusals", "Failed attempts at a champion.", registry=self.registry)
        self.slates = Counter(
            "broadsheet_slates", "Slates ranked (not those found in the store).", ["scorer"], registry=self.registry
        )
        self.interactions = Counter("broadsheet_interactions", "Rows by status.", ["status"], registry=self.registry)
        self.impressions = Counter(
            "broadsheet_impressions", "Impressions written to the store.", registry=self.registry
        )
        self.lost_impressions = Counter(
            "broadsheet_impressions_lost", "Impressions the store would not take.", registry=self.registry
        )

    def serve_model(self, version: str) -> None:
        """Note that ``version`` serves from now on, and no other."""
        self.model.clear()
        self.model.labels(version).set(1)


class RequestMetrics:
    """ASGI middleware that counts and times requests under their route template, and logs them."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._watched(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - started
            method, route = _method(scope), _route(scope)
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(method, route).observe(seconds)
            log_request(scope, status, seconds)


def _route(scope: MutableMapping[str, Any]) -> str:
    """The template, as in /v1/papers/{paper_id}; paths nobody serves share one label, or they would fill memory."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _method(scope: MutableMapping[str, Any]) -> str:
    method = str(scope["method"])
    return method if method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH") else "OTHER"
