"""What endpoints are given: the services of the application and one transaction of the store.

A transaction ends before the answer is sent (scope "function"): what a 200 says is durable, and a failed commit is
still an error. The number at work at once stays below the store's pool, so that no request holds a thread while it
waits for a connection that another, waiting for a thread, holds. What asks neither the store nor a file is ``async``:
anything else is handed to a thread, which under load waits for the interpreter before and after.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from features.settings import Settings
from features.store import Store, Transaction
from serving.cursors import CursorSigner
from serving.kept_answers import Answers
from serving.metrics import Metrics
from serving.moments import DayCache
from serving.observed import ObservedCache
from serving.open_links import OpenLinks
from serving.precedence import Precedence
from serving.published_days import PublishedDaysCache
from serving.rate_limit import RateLimiter
from serving.search_catalogue import SearchCatalogue
from serving.served_log import ServedLog
from serving.shelf import Shelf
from serving.slates import SlateShelf
from serving.unsubscribe_links import UnsubscribeLinks
from serving.web.csrf import CsrfTokens

MOST_READERS = 8
MOST_AHEAD = 4
MOST_WRITERS = 2
"""At once by these dependencies, and as many by :mod:`serving.one_thread`: together they stay below the pool.

There half of the readers go ahead of the others (:mod:`serving.precedence`), who hold none of their connections."""

MARKS_CONNECTIONS = 4


@dataclass(frozen=True, eq=False)
class Services:
    """Everything an endpoint may use, made once per application by ``serving.app``.

    ``marks`` is the store by connections of its own: what is read before a request is given a thread must not wait
    for connections that other requests hold until they are given a turn again.
    """

    settings: Settings
    store: Store
    marks: Store
    shelf: Shelf
    days: DayCache
    observed: ObservedCache
    served: ServedLog
    slates: SlateShelf
    limiter: RateLimiter
    cursors: CursorSigner
    csrf: CsrfTokens
    open_links: OpenLinks
    unsubscribe_links: UnsubscribeLinks
    published: PublishedDaysCache
    catalogue: SearchCatalogue
    answers: Answers
    precedence: Precedence
    metrics: Metrics
    clock: Callable[[], datetime]


async def services_of(request: Request) -> Services:
    """The services of the application that answers ``request``."""
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services_of)]


def _reading(services: ServicesDep) -> Iterator[Transaction]:
    with services.store.transaction(readonly=True) as tx:
        yield tx


def _writing(services: ServicesDep) -> Iterator[Transaction]:
    with services.store.transaction() as tx:
        yield tx


Reading = Annotated[Transaction, Depends(_reading, scope="function", max_concurrency=MOST_READERS)]
"""One snapshot of the store; nothing can be written."""

Writing = Annotated[Transaction, Depends(_writing, scope="function", max_concurrency=MOST_WRITERS)]
"""One transaction, committed before the answer is sent and rolled back by any error."""
