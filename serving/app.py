"""The application: built by a function, never at import, from settings that an entry point has read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.concurrency import contextmanager_in_threadpool

from features.settings import Settings
from serving import api_docs, exception_handlers
from serving.answers import AnswerMiddleware
from serving.api import (
    asking,
    explanations,
    health,
    impressions,
    interactions,
    interests,
    library,
    lists,
    model,
    papers,
    recommendations,
    rules,
    score,
    search,
    topics,
    trending,
    users,
    votes,
)
from serving.body_limit import BodyLimit
from serving.feeds import routes as feeds
from serving.lifecycle import Service
from serving.metrics import Metrics, RequestMetrics
from serving.problems import with_problem_media_type
from serving.web import acts, browsing, community, front, opening, own_data, sign_in, static_files, subscribe, welcome
from serving.web import interests as interests_page
from serving.web import papers as paper_pages
from serving.web import settings as settings_page

_RESOURCES = (
    recommendations,
    explanations,
    interactions,
    impressions,
    score,
    users,
    asking,
    interests,
    library,
    rules,
    topics,
    search,
    papers,
    trending,
    votes,
    lists,
    model,
    health,
)
_PAGES = (
    front,
    browsing,
    paper_pages,
    acts,
    opening,
    sign_in,
    subscribe,
    settings_page,
    own_data,
    interests_page,
    community,
    welcome,
    static_files,
    feeds,
)
_TAGS = {
    "recommendations": "A user's ranked papers.",
    "interactions": "What users did and what they were shown.",
    "score": "Stateless scoring of any texts.",
    "users": "Users and all that is known of them.",
    "library": "What users saved elsewhere and here.",
    "rules": "What a user always or never wants to see.",
    "topics": "Everybody's topics and a user's own.",
    "papers": "Papers and days.",
    "community": "What readers say in public: votes, submissions, lists.",
    "model": "The model that ranks.",
    "health": "For whoever runs the service.",
}


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def create_app(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, service: Service | None = None
) -> FastAPI:
    """The service of ``settings``; store and champion are opened when it starts and closed when it ends.

    ``clock`` gives the instants that are recorded, aware UTC. A ``service`` that has been made already is started and
    ended instead, once.
    """
    metrics = Metrics() if service is None else service.services.metrics

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextmanager_in_threadpool(service or Service(settings, metrics, clock)) as running:
            app.state.services = running.services
            yield

    app = _Application(
        title="Broadsheet",
        version=version("broadsheet"),
        summary="A daily front page of new research papers for each reader, learned from clicks.",
        openapi_tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    for part in (*_RESOURCES, api_docs, *_PAGES):
        # the routes as they are: an included router makes each of its own anew, 80 ms before the first answer
        app.router.routes.extend(part.router.routes)
    exception_handlers.install(app)
    app.add_middleware(AnswerMiddleware)
    app.add_middleware(BodyLimit, max_body_bytes=settings.serving.max_body_bytes)
    app.add_middleware(RequestMetrics, metrics=metrics)
    return app


class _Application(FastAPI):
    """FastAPI whose OpenAPI document says what errors are sent as."""

    def openapi(self) -> dict[str, object]:
        """The document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = with_problem_media_type(super().openapi())
        return self.openapi_schema
