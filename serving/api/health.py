"""Alive, ready, and the numbers for whoever watches. No token is needed and no user is named."""

from datetime import timedelta

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from features.errors import NotAllowed, NotReady
from features.store import Transaction
from serving.dependencies import Reading, Services, ServicesDep
from serving.network import is_local
from serving.observed import EVERYTHING
from serving.problems import example, problems
from serving.schemas.model import ALIVE_EXAMPLE, READY_EXAMPLE, Alive, Ready

router = APIRouter(tags=["health"])

_HOUR = timedelta(hours=1)


@router.get(
    "/livez",
    operation_id="live",
    summary="The process answers",
    response_model=Alive,
    responses={**example(200, ALIVE_EXAMPLE, "It does."), **problems()},
)
async def live() -> Alive:
    """Answer."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="ready",
    summary="The service can rank fresh papers",
    response_model=Ready,
    responses={**example(200, READY_EXAMPLE, "It can."), **problems(503)},
)
def ready(services: ServicesDep, tx: Reading) -> Ready:
    """Say how old the model and the feed are, or with 503 why the service should not be asked."""
    champion = services.shelf.champion
    if champion is None:
        refusal = services.shelf.standing.refusal
        why = f"; version {refusal.version} is refused: {refusal.reason}" if refusal else ""
        raise NotReady(f"no champion serves{why}")
    now = services.clock()
    return Ready(
        model_version=champion.model.version,
        model_age_hours=round((now - champion.model.cut) / _HOUR, 3),
        newest_day=tx.days.newest(EVERYTHING),
        feed_age_hours=_feed_age(services, tx),
    )


def _feed_age(services: Services, tx: Transaction) -> float:
    fetched_at = tx.days.last_fetched_at()
    if fetched_at is None:
        raise NotReady("no feed was ever fetched")
    hours = (services.clock() - fetched_at) / _HOUR
    longest = services.settings.serving.max_feed_age_hours
    if hours > longest:
        raise NotReady(f"the feed was last fetched {hours:.1f} hours ago, more than {longest:g}")
    return round(hours, 3)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format.",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": "broadsheet_model_refused 0.0\n"}},
        },
        **problems(403),
    },
)
async def metrics(request: Request, services: ServicesDep) -> Response:
    """Give this server's metrics; to other machines only if the setting serving.metrics_public says so."""
    if not (services.settings.serving.metrics_public or is_local(request)):
        raise NotAllowed("/metrics from another machine; the setting serving.metrics_public would")
    return Response(generate_latest(services.metrics.registry), media_type=CONTENT_TYPE_LATEST)
