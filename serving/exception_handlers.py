"""Which error is which HTTP status, decided here and nowhere else."""

import logging
import math
import uuid
from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from features import errors
from serving.problems import FieldError, Problem, problem_of, problem_response
from serving.web.error_pages import problem_page, wants_page

_log = logging.getLogger(__name__)

STATUSES: Mapping[type[errors.BroadsheetError], int] = {
    errors.BadInput: 422,
    errors.LimitExceeded: 413,
    errors.NotFound: 404,
    errors.UnknownDay: 404,
    errors.NotAuthenticated: 401,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.RateLimited: 429,
    errors.AlreadyExists: 409,
    errors.SourceFailed: 502,
    errors.StoreFailed: 503,
    errors.ModelFailed: 503,
    errors.NotReady: 503,
    errors.NothingToLearn: 422,
}
"""The nearest class in an error's ancestry decides; what is not below any of these is a 500."""

_HTTP_NAMES = {400: "UnreadableRequest", 404: "NoSuchRoute", 405: "MethodNotAllowed", 413: "LimitExceeded"}


def install(app: FastAPI) -> None:
    """Make every failure of ``app`` a problem+json answer."""
    app.add_exception_handler(errors.BroadsheetError, _broadsheet_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: errors.BroadsheetError) -> int:
    """HTTP status of ``error``: that of its nearest ancestor in :data:`STATUSES`, else 500."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)


def headers_of(error: errors.BroadsheetError) -> dict[str, str]:
    """What the HTTP standard wants beside some statuses."""
    if isinstance(error, errors.NotAuthenticated):
        return {"WWW-Authenticate": 'Bearer realm="broadsheet"'}
    if isinstance(error, errors.RateLimited):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    return {}


async def _broadsheet_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, errors.BroadsheetError) or status_of(error) == 500:
        return await _unexpected(request, error)
    if isinstance(error, errors.StoreFailed):
        _log.error("the store failed: %s", error)
        return _answer(request, problem_of(503, type(error).__name__, "the store cannot be used at the moment"))
    # A broken artifact's message says where the files are, which is nobody's business out there.
    detail = (
        f"the model's files are refused: {error.reason}" if isinstance(error, errors.BrokenArtifact) else str(error)
    )
    return _answer(request, problem_of(status_of(error), type(error).__name__, detail), headers_of(error))


async def _validation_error(request: Request, error: Exception) -> Response:
    """The values themselves are not repeated: they may be large, or secret."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    fields = [
        FieldError(where=".".join(str(part) for part in one["loc"]), message=one["msg"].removeprefix("Value error, "))
        for one in found[:100]
    ]
    detail = "; ".join(f"{field.where}: {field.message}" for field in fields[:3]) or "the request cannot be used"
    return _answer(request, problem_of(422, "InvalidValue", detail, errors=fields))


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = getattr(error, "headers", None)
    name = _HTTP_NAMES.get(status, "HttpError")
    details = {404: f"no route {request.url.path[:200]!r}; /docs lists them", 405: f"no {request.method} here"}
    detail = details.get(status) or str(getattr(error, "detail", "the request failed"))
    return _answer(request, problem_of(status, name, detail), headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    """The internals stay in the log, under the name the caller is given."""
    instance = f"urn:uuid:{uuid.uuid4()}"
    _log.error("%s: %s failed", instance, request.method, exc_info=error)
    detail = "the server failed; its log knows more under this answer's instance"
    return _answer(request, problem_of(500, "ServerFault", detail, instance=instance))


def _answer(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """``problem`` as whoever asked can read it."""
    if not wants_page(request):
        return problem_response(problem, headers)
    page = problem_page(request, problem)
    page.headers.update(headers or {})
    return page
