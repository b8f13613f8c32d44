"""Errors as the caller sees them: RFC 9457 problem details, one shape for every failure."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

PROBLEM_JSON = "application/problem+json"


class FieldError(BaseModel):
    """One value of a request that cannot be used."""

    where: str = Field(description="Path to the value, as in query.limit or body.interactions.3.kind.")
    message: str = Field(description="Which rule it breaks.")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:broadsheet:unknown-user",
                    "title": "Unknown user",
                    "status": 404,
                    "detail": "no user 'ada'; 'broadsheet user add' makes one",
                    "instance": None,
                    "errors": [],
                }
            ]
        }
    )

    type: str = Field(description="Stable name of the kind of problem.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="HTTP status of this answer.")
    detail: str = Field(description="What happened this time and what to do about it.")
    instance: str | None = Field(None, description="Names this occurrence in the server's log, for status 500.")
    errors: list[FieldError] = Field(default_factory=list, description="Each value that failed, for status 422.")


def problem_of(status: int, name: str, detail: str, **members: Any) -> Problem:
    """The problem called ``name`` (in CamelCase, as error classes are); ``members`` fill the optional fields."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return Problem(
        type=f"urn:broadsheet:{words.replace(' ', '-')}",
        title=words.capitalize(),
        status=status,
        detail=detail,
        **members,
    )


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """``problem`` as an HTTP answer of its own status."""
    return JSONResponse(
        problem.model_dump(mode="json"), status_code=problem.status, headers=headers, media_type=PROBLEM_JSON
    )


_MEANINGS = {
    401: "No token, or one nobody issued.",
    403: "A good token, but for somebody else's data.",
    404: "Something named in the request does not exist.",
    409: "The thing to be made exists already.",
    413: "Larger than a cap in the settings.",
    422: "A value that cannot be used.",
    429: "Too many requests with one token; Retry-After says when to come back.",
    500: "A fault of the server; `instance` names it in the log.",
    502: "An outside service did not answer as documented.",
    503: "No usable model, store or feed at the moment.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route: ``statuses`` besides the 422 and 500 that every route can give."""
    return {status: {"model": Problem, "description": _MEANINGS[status]} for status in sorted({*statuses, 422, 500})}


def with_problem_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI ``document`` with every error said to be ``application/problem+json``; changed in place."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status.isdigit() and int(status) >= 400 and "application/json" in response.get("content", {}):
                    response["content"] = {PROBLEM_JSON: response["content"]["application/json"]}
    return document


def example(status: int, value: Any, description: str) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` entry of a good answer, with an example."""
    return {status: {"description": description, "content": {"application/json": {"example": value}}}}
