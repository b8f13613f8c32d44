"""Answers given again: a ranking that nothing has changed since is sent from memory, or not at all (ETag, 304).

An answer is kept under its question with all that it depends on: the user's mark, the catalogue's (or what of it is
about the newest day, :attr:`serving.observed.Observed.newest_mark`), and the version that serves. These are read anew
for every request, in one query, so that a click another server has taken counts at once (ARCHITECTURE, decision 8).
They are read before the answer is made: what changes meanwhile makes it stale, never wrong.
"""

import hashlib
import re
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.domain import User
from features.errors import BroadsheetError, StoreFailed
from features.store import Marks
from serving.api.recommendations import stored_answer
from serving.dependencies import Services
from serving.kept_answers import Answer, State
from serving.one_thread import read_small
from serving.paging import DEFAULT_LIMIT
from serving.ranking import serving_version
from serving.security import bucket_of

_PERSONAL = re.compile(r"/v1/users/([^/]+)/recommendations")
_COMMON = re.compile(r"/v1/(papers|trending|days|topics)(/[^/]+)?")
_ROUTE = SimpleNamespace(path="/v1/users/{user_id}/recommendations")
_BEARER = "bearer "
_PLAIN = re.compile(rb"(?:limit=([1-9][0-9]{0,5}))?")
"""Queries of the question that leaves everything open, but perhaps how many papers."""


class AnswerMiddleware:
    """ASGI middleware in front of the routes of rankings and papers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
        elif (found := _PERSONAL.fullmatch(scope["path"])) is not None:
            await self._personal(unquote(found[1]), (scope, receive, send))
        elif _COMMON.fullmatch(scope["path"]) is not None:
            await self._tagged(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _personal(self, user_id: str, call: tuple[Scope, Receive, Send]) -> None:
        scope, _, send = call
        services: Services = scope["app"].state.services
        token = _token_in(Headers(scope=scope).get("authorization", ""))
        marks = None if token is None else await _marks(services, token, user_id)
        if token is None or marks is None or not _may_read(marks, user_id):
            await self._tagged(*call)
            return
        catalogue = await _mark_of_catalogue(services, marks, scope["query_string"])
        state = (marks.user, catalogue, serving_version(services))
        kept = services.answers.find(user_id, scope["query_string"], state)
        clicked = kept is None and _has_clicked(services, user_id, scope, state)
        if kept is None and marks.user is not None and not (clicked and services.slates.is_alone):
            kept = await _from_store(services, marks.user.user, scope["query_string"])
            if kept is not None:
                services.answers.keep(user_id, scope["query_string"], replace(kept, state=state))
        if kept is None:
            with services.precedence.ahead() if clicked else nullcontext():
                made = await self._tagged(*call)
            if made is not None:
                services.answers.keep(user_id, scope["query_string"], Answer(made.body, made.etag, state))
            return
        try:
            services.limiter.take(bucket_of(token))
        except BroadsheetError:
            await self._app(*call)  # says so as for every other request
            return
        scope["route"] = _ROUTE
        await _send(kept, Headers(scope=scope), send)

    async def _tagged(self, scope: Scope, receive: Receive, send: Send) -> Answer | None:
        """Pass the request on; a 200 of JSON gets an ETag, and is given back."""
        start: Message | None = None
        parts: list[bytes] = []
        made: Answer | None = None

        async def gathered(message: Message) -> None:
            nonlocal start, made
            if message["type"] == "http.response.start":
                start = message
                if not _is_json(message):
                    await send(message)
            elif start is None or not _is_json(start):
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    body = b"".join(parts)
                    made = Answer(body, _etag_of(body))
                    await _send(made, Headers(scope=scope), send)

        await self._app(scope, receive, gathered)
        return made


async def _marks(services: Services, token: str, user_id: str) -> Marks | None:
    """What was recorded last; None where the store fails, which the route itself will say."""
    try:
        return await read_small(services, partial(services.marks.marks_of, token, user_id))
    except StoreFailed:
        return None


async def _mark_of_catalogue(services: Services, marks: Marks, query: bytes) -> object:
    """What stays the same while nothing is recorded that matters to the answer.

    The question that leaves the day open is about the newest, which papers of other days that come in leave as it is.
    """
    if _PLAIN.fullmatch(query) is None:
        return marks.catalogue
    kept = services.observed.newest_mark(marks.catalogue)
    if kept is not None:
        return kept
    try:
        return await read_small(services, partial(services.observed.read_newest_mark, services.marks))
    except BroadsheetError:
        return marks.catalogue  # the route says what is wrong


def _has_clicked(services: Services, user_id: str, scope: Scope, state: State) -> bool:
    """Whether nothing but the user's own doing is new since this server answered last.

    Then no slate of it can be stored, where this server is alone with its store.
    """
    before = services.answers.state_of(user_id, scope["query_string"])
    return before is not None and before[1:] == state[1:]


async def _from_store(services: Services, user: User, query: bytes) -> Answer | None:
    """The answer where the question can be about a slate that is stored: it needs none of a route's work."""
    plain = _PLAIN.fullmatch(query)
    limit = DEFAULT_LIMIT if plain is None or plain[1] is None else int(plain[1])
    if plain is None or limit > services.settings.serving.max_limit:
        return None

    def read() -> bytes | None:
        try:
            return stored_answer(services, user, limit)
        except BroadsheetError:
            return None  # the route says what is wrong

    body = await read_small(services, read)
    return None if body is None else Answer(body, _etag_of(body))


def _may_read(marks: Marks, user_id: str) -> bool:
    caller = marks.caller
    return marks.user is not None and caller is not None and (caller.admin or caller.user_id == user_id)


def _token_in(authorization: str) -> str | None:
    return authorization[len(_BEARER) :] if authorization.lower().startswith(_BEARER) else None


def _is_json(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type", "") == "application/json"


def _etag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_known(etag: str, if_none_match: str) -> bool:
    """Whether whoever asked has the body of this ETag already (RFC 9110, compared weakly)."""
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return etag in given or "*" in given


async def _send(answer: Answer, asked: Headers, send: Send) -> None:
    headers = MutableHeaders({"ETag": answer.etag, "Cache-Control": "private, no-cache"})
    if is_known(answer.etag, asked.get("if-none-match", "")):
        await send({"type": "http.response.start", "status": 304, "headers": headers.raw})
        await send({"type": "http.response.body", "body": b""})
        return
    headers["Content-Type"] = "application/json"
    headers["Content-Length"] = str(len(answer.body))
    await send({"type": "http.response.start", "status": 200, "headers": headers.raw})
    await send({"type": "http.response.body", "body": answer.body})
