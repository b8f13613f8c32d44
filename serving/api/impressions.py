"""What pages have shown: returned by the API is not yet seen."""

from collections.abc import Mapping

from fastapi import APIRouter

from features.domain import Exposure, Impression
from features.errors import LimitExceeded, NotAllowed
from features.slate_request import SlateRequest
from features.store import Transaction
from models.slate_columns import SlateItem
from serving.dependencies import Reading, Services, ServicesDep
from serving.problems import example, problems
from serving.schemas.interactions import (
    IMPRESSION_RESULT_EXAMPLE,
    ImpressionBatch,
    ImpressionResult,
    ImpressionStatus,
)
from serving.security import Caller, CallerDep
from serving.served_log import impression_of

router = APIRouter(prefix="/v1/impressions", tags=["interactions"])

_Slate = tuple[SlateRequest, Mapping[str, SlateItem]]


@router.post(
    "",
    status_code=202,
    operation_id="record_impressions",
    summary="Say what was shown",
    response_model=ImpressionResult,
    responses={
        **example(202, IMPRESSION_RESULT_EXAMPLE, "One status per row."),
        **problems(401, 403, 413, 429, 503),
    },
)
def record_impressions(
    batch: ImpressionBatch, caller: CallerDep, services: ServicesDep, tx: Reading
) -> ImpressionResult:
    """Log which papers of a slate a page has shown; on later days they do not come again.

    Position, propensity and model version are those of the slate. The same paper of the same slate counts once.
    """
    most = services.settings.serving.max_interactions
    if len(batch.impressions) > most:
        raise LimitExceeded("the number of impressions", len(batch.impressions), most, "serving.max_interactions")
    now = services.clock()
    slates = {
        slate_id: _slate(services, tx, slate_id, caller) for slate_id in {row.slate_id for row in batch.impressions}
    }
    accepted: list[Impression] = []
    rows: list[ImpressionStatus] = []
    for row in batch.impressions:
        slate, status = slates[row.slate_id], "accepted"
        if slate is None:
            status = "unknown_slate"
        elif row.paper_id not in slate[1]:
            status = "not_in_slate"
        else:
            at = min(row.occurred_at or now, now)
            accepted.append(impression_of(slate[0], slate[1][row.paper_id], Exposure.SHOWN, at))
        rows.append(
            ImpressionStatus.model_validate({"slate_id": row.slate_id, "paper_id": row.paper_id, "status": status})
        )
    services.served.add(accepted)
    return ImpressionResult(rows=rows)


def _slate(services: Services, tx: Transaction, slate_id: str, caller: Caller) -> _Slate | None:
    """Request and items by paper of a slate the caller may open, None if nobody was ever given it."""
    slate = services.slates.get(tx, slate_id, answered=True)
    if slate is None:
        return None
    if not caller.admin and slate.request.user_id != caller.user_id:
        raise NotAllowed(f"slate {slate_id}")
    return slate.request, {item.paper_id: item for item in slate.items}
