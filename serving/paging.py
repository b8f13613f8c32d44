"""Pages: how many at once, and where to go on."""

from typing import Annotated

from fastapi import Depends, Query

from features.errors import InvalidValue
from serving.dependencies import ServicesDep

DEFAULT_LIMIT = 20


async def _limit(
    services: ServicesDep,
    limit: Annotated[
        int, Query(description="Items of one page, from 1 to the setting serving.max_limit.")
    ] = DEFAULT_LIMIT,
) -> int:
    largest = services.settings.serving.max_limit
    if not 1 <= limit <= largest:
        raise InvalidValue("limit", limit, f"a page holds 1 to {largest} items")
    return limit


Limit = Annotated[int, Depends(_limit)]

CursorQuery = Annotated[
    str | None,
    Query(max_length=400, description="next_cursor of the page before; the other parameters may be left out."),
]
