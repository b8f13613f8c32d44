"""Links mailed to prove an address: a few an hour, and mailed after the answer, which is the same for every address."""

import logging
from datetime import timedelta
from typing import Annotated

from fastapi import Depends
from starlette.background import BackgroundTask
from starlette.requests import Request

from features.errors import BroadsheetError
from features.store import Transaction
from serving.dependencies import Services, ServicesDep
from serving.mail.letters import Letter, composed
from serving.mail.outbox import outbox_of
from serving.network import network_address

_log = logging.getLogger(__name__)
_WINDOW = timedelta(hours=1)
_KEPT = timedelta(days=2)


async def _requester(request: Request, services: ServicesDep) -> str:
    return services.csrf.requester(network_address(request, services.settings.serving.proxies))


RequesterDep = Annotated[str, Depends(_requester)]
"""A name for the network address that asks."""


def new_link(
    services: Services, tx: Transaction, purpose: str, address: str, requester: str, lifetime: timedelta
) -> str | None:
    """A new link's secret; None beyond the hourly limits, which links of all purposes share."""
    now = services.clock()
    tx.mailed_links.forget(before=now - _KEPT)
    asked = (
        tx.mailed_links.n_asked(since=now - _WINDOW, address=address),
        tx.mailed_links.n_asked(since=now - _WINDOW, requester=requester),
    )
    if max(asked) >= services.settings.serving.links_per_hour:
        return None
    return tx.mailed_links.make(purpose, address, requester, at=now, lifetime=lifetime)


def delivery(services: Services, letter: Letter | None) -> BackgroundTask | None:
    """Send the letter, if there is one, once the answer is out."""
    return None if letter is None else BackgroundTask(_deliver, services, letter)


def _deliver(services: Services, letter: Letter) -> None:
    """The reader is told nothing of a failure, which would tell strangers who has an account; the log is."""
    try:
        settings = services.settings
        outbox_of(settings).send(composed(letter, settings.mail, services.clock()))
    except BroadsheetError as error:
        _log.error("a mailed link did not go out: %s", error)
