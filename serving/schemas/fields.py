"""Types of single values in paths, queries and bodies; what they refuse is a 422 naming the rule."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from features.domain import valid_client_id, valid_paper_id, valid_topic, valid_user_id
from features.errors import InvalidValue

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def rule_of_domain(check: Callable[[str], str]) -> AfterValidator:
    """A rule of the domain as a rule of pydantic, whose own errors are ValueErrors."""

    def checked(value: str) -> str:
        try:
            return check(value)
        except InvalidValue as error:
            raise ValueError(str(error)) from error

    return AfterValidator(checked)


def _day(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day is written as 2026-02-27")
    return value


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("an instant is written as 2026-02-27T08:00:00Z (in a query, + is written %2B)") from None
    if found.tzinfo is None:
        raise ValueError("an instant needs a time zone, as in 2026-02-27T08:00:00Z")
    if not 1970 <= found.year < 9000:
        raise ValueError("an instant lies between the years 1970 and 9000")
    return found.astimezone(UTC)


UserId = Annotated[str, rule_of_domain(valid_user_id), Field(description="The user's id.", examples=["ada"])]
PaperId = Annotated[str, rule_of_domain(valid_paper_id), Field(description="The paper's id.", examples=["2602.01234"])]
TopicName = Annotated[str, rule_of_domain(valid_topic), Field(description="The topic's name.", examples=["cs.LG"])]
ClientId = Annotated[
    str,
    rule_of_domain(valid_client_id),
    Field(description="Chosen by the client, unique per user.", examples=["click-1"]),
]
SlateId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{32}$", description="Names a slate.", examples=["9f86d081884c7d659a2feaa0c55ad015"]),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date"}),
    Field(description="A day, UTC.", examples=["2026-02-27"]),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
    Field(description="An instant with its time zone.", examples=["2026-02-27T08:00:00Z"]),
]
ModelVersion = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9:._-]{1,64}$",
        description="A registered model version, or baseline:popularity, baseline:recency.",
        examples=["3"],
    ),
]
