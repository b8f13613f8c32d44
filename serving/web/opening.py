"""Opening a paper: by way of a redirect that records who opened it, from which place of which slate."""

import hashlib

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from features.domain import Interaction, InteractionKind, User
from features.errors import UnknownPage
from features.store import Store
from serving.dependencies import Services, ServicesDep
from serving.known_users import exists
from serving.open_links import OpenLink
from serving.web.paper_views import paper_url

router = APIRouter(include_in_schema=False)


def opening_url(
    services: Services, user: User, paper_id: str, slate_id: str | None = None, position: int | None = None
) -> str:
    """The address behind a title on a page of the reader's, with its place in a slate where it has one."""
    link = OpenLink(user.id, paper_id, "page", services.clock(), slate_id, position)
    return f"/open/{services.open_links.token(link)}"


@router.api_route("/open/{token}", methods=["GET", "HEAD"])
def follow(token: str, request: Request, services: ServicesDep) -> Response:
    """Lead to the paper, and record the open unless a machine follows the link or it is too old."""
    link, now = services.open_links.read(token), services.clock()
    if link is None:
        raise UnknownPage
    looked_ahead = link.prefetched(now) or _is_prefetch(request)
    if request.method == "GET" and not looked_ahead and not link.expired(now):
        _record(services.store, link, services)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(paper_url(link.paper_id), status_code=303, headers=headers)


def _is_prefetch(request: Request) -> bool:
    """Whether a browser says that it only looks ahead."""
    purposes = (request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
    return any("prefetch" in purpose.lower() for purpose in purposes)


def _record(store: Store, link: OpenLink, services: Services) -> None:
    """Record the open once for each link: following it again says nothing new."""
    opened = Interaction(
        client_id=f"open-{_name_of(link)}",
        user_id=link.user_id,
        paper_id=link.paper_id,
        kind=InteractionKind.OPEN,
        occurred_at=None,
        slate_id=link.slate_id,
        position=link.position,
    )
    with store.transaction() as tx:
        if not exists(tx, link.user_id):
            return  # deleted since: the link leads on and records nothing
        (status,) = tx.interactions.record([opened], recorded_at=services.clock())
    services.metrics.interactions.labels(str(status)).inc()


def _name_of(link: OpenLink) -> str:
    """One name for a reader, paper and slate, so that reloading a page makes no second open of the same place."""
    said = "\x1f".join((link.user_id, link.paper_id, link.surface, link.slate_id or "", str(link.position)))
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
