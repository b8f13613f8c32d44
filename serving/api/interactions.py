"""What users did, durable before the answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from fastapi import APIRouter

from features.domain import Interaction
from features.errors import InvalidValue, LimitExceeded
from features.store import Transaction
from serving.dependencies import Services, ServicesDep
from serving.known_users import exists
from serving.one_thread import writing
from serving.problems import example, problems
from serving.schemas.interactions import (
    INTERACTION_RESULT_EXAMPLE,
    InteractionBatch,
    InteractionIn,
    InteractionResult,
    InteractionStatus,
    RetractionIn,
)
from serving.security import Caller, CallerDep

router = APIRouter(prefix="/v1/interactions", tags=["interactions"])

_Row = tuple[str, InteractionIn | RetractionIn]
_CLOCK_SKEW = timedelta(days=1)


@router.post(
    "",
    operation_id="record_interactions",
    summary="Record or take back what users did",
    response_model=InteractionResult,
    responses={
        **example(200, INTERACTION_RESULT_EXAMPLE, "One status per row; what was done is durable."),
        **problems(401, 403, 413, 429, 503),
    },
)
async def record_interactions(batch: InteractionBatch, caller: CallerDep, services: ServicesDep) -> InteractionResult:
    """Record a batch in one transaction, idempotent by user and client_id.

    A row on an unknown paper is rejected and the others stand. The next ranking, on any server, knows what a 200 has
    confirmed.
    """
    most = services.settings.serving.max_interactions
    if len(batch.interactions) > most:
        raise LimitExceeded("the number of interactions", len(batch.interactions), most, "serving.max_interactions")
    now = services.clock()
    rows = [(_user_of(row, batch, caller), row) for row in batch.interactions]
    with services.precedence.ahead():
        statuses = await writing(services, lambda tx: list(_recorded(tx, rows, now)))
    _count(services, statuses)
    return InteractionResult(recorded_at=now, rows=statuses)


def _user_of(row: InteractionIn | RetractionIn, batch: InteractionBatch, caller: Caller) -> str:
    user_id = row.user_id or batch.user_id or caller.user_id
    if user_id is None:
        raise InvalidValue("user_id", None, "an administrator's batch says whose it is")
    caller.must_own(user_id)
    return user_id


def _recorded(tx: Transaction, rows: Sequence[_Row], now: datetime) -> Iterator[InteractionStatus]:
    """Statuses in the order of the rows; neighbours of one kind go to the store together."""
    known = {user_id for user_id in {user_id for user_id, _ in rows} if exists(tx, user_id)}
    for (is_known, is_retraction), run in groupby(
        rows, lambda row: (row[0] in known, isinstance(row[1], RetractionIn))
    ):
        same = list(run)
        if not is_known:
            statuses = ["unknown_user"] * len(same)
        elif is_retraction:
            statuses = [
                str(tx.interactions.retract(user_id, _client_id(row), recorded_at=now)) for user_id, row in same
            ]
        else:
            statuses = [str(status) for status in tx.interactions.record(_interactions(same, now), recorded_at=now)]
        for (_, row), status in zip(same, statuses, strict=True):
            yield InteractionStatus.model_validate({"client_id": _client_id(row), "status": status})


def _client_id(row: InteractionIn | RetractionIn) -> str:
    return row.retract if isinstance(row, RetractionIn) else row.client_id


def _interactions(rows: Sequence[_Row], now: datetime) -> list[Interaction]:
    return [_interaction(user_id, row, now) for user_id, row in rows if isinstance(row, InteractionIn)]


def _interaction(user_id: str, row: InteractionIn, now: datetime) -> Interaction:
    if row.occurred_at is not None and row.occurred_at > now + _CLOCK_SKEW:
        raise InvalidValue("occurred_at", row.occurred_at.isoformat(), "that has not happened yet")
    return Interaction(
        client_id=row.client_id,
        user_id=user_id,
        paper_id=row.paper_id,
        kind=row.kind,
        occurred_at=row.occurred_at,  # None: the store dates it, and the same row sent again is the same
        topic=row.topic,
        slate_id=row.slate_id,
        position=row.position,
    )


def _count(services: Services, statuses: Sequence[InteractionStatus]) -> None:
    for row in statuses:
        services.metrics.interactions.labels(row.status).inc()
