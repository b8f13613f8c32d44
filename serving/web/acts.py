"""What readers do on a page: save, put aside, rate, label, take back; and what they were shown."""

import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from features.domain import Exposure, Interaction, InteractionKind
from features.errors import InvalidValue, UnknownPaper
from features.store import RowStatus
from serving.dependencies import Reading, ServicesDep, Writing
from serving.served_log import impression_of
from serving.web.pages import see_other
from serving.web.visit import Posted, PostedDep

router = APIRouter(include_in_schema=False)

_KINDS = {"save", "dismiss", "rate_up", "rate_down", "label"}
_MOST_SHOWN = 200


@router.post("/acts")
def act(services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Record one act of the reader, or take one back, and lead back to the page it was done on."""
    user, now = posted.visit.reader, services.clock()
    if posted["undo"]:
        tx.interactions.retract(user.id, posted["undo"], recorded_at=now)
        return see_other(_with_done(posted.back, None))
    interaction = _interaction(user.id, posted)
    (status,) = tx.interactions.record([interaction], recorded_at=now)
    if status is RowStatus.UNKNOWN_PAPER:
        raise UnknownPaper(interaction.paper_id)
    services.metrics.interactions.labels(str(status)).inc()
    return see_other(_with_done(posted.back, interaction.client_id))


@router.post("/shown", status_code=204)
def shown(services: ServicesDep, tx: Reading, posted: PostedDep) -> Response:
    """Note which papers of a slate came into the reader's sight, as the page's script saw it."""
    user = posted.visit.reader
    slate = services.slates.get(tx, posted["slate"], answered=True)
    if slate is not None and slate.request.user_id == user.id:
        seen = set(posted["papers"].split(" ")[:_MOST_SHOWN])
        at = services.clock()
        services.served.add(
            impression_of(slate.request, item, Exposure.SHOWN, at) for item in slate.items if item.paper_id in seen
        )
    return Response(status_code=204)


def _interaction(user_id: str, posted: Posted) -> Interaction:
    kind, position = posted["kind"], posted["position"]
    if kind not in _KINDS:
        raise InvalidValue("kind", kind, f"one of {', '.join(sorted(_KINDS))}")
    return Interaction(
        client_id=f"page-{secrets.token_urlsafe(12)}",
        user_id=user_id,
        paper_id=posted["paper"],
        kind=InteractionKind(kind),
        occurred_at=None,
        topic=posted["topic"] if kind == InteractionKind.LABEL else None,
        slate_id=posted["slate"] or None,
        position=int(position) if position.isdecimal() and position.isascii() and len(position) < 7 else None,
    )


def _with_done(path: str, client_id: str | None) -> str:
    """``path`` with the act that the page is to name, instead of the one it named before."""
    parts = urlsplit(path)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "done"]
    query += [("done", client_id)] if client_id else []
    return parts._replace(query=urlencode(query), fragment="").geturl()
