"""A cap on request bodies, kept while they stream in: a chunked body without a length is stopped as well."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import LimitExceeded
from serving.problems import problem_of, problem_response


class BodyLimit:
    """ASGI middleware answering 413 to bodies above ``max_body_bytes``.

    A declared length is refused before a byte is read; otherwise bytes are counted as the application reads them.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._limited(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._max_body_bytes:
            problem = problem_of(413, "LimitExceeded", self._detail(int(declared[:20])))
            await problem_response(problem, {"Connection": "close"})(scope, receive, send)
            return
        n_received = 0

        async def counted() -> Message:
            nonlocal n_received
            message = await receive()
            n_received += len(message.get("body", b""))
            if n_received > self._max_body_bytes:
                # FastAPI lets an HTTPException out of body parsing as it is; anything else would become a 400.
                raise HTTPException(413, self._detail(n_received), {"Connection": "close"})
            return message

        await self._app(scope, counted, send)

    def _detail(self, size: int) -> str:
        return str(LimitExceeded("the request body in bytes", size, self._max_body_bytes, "serving.max_body_bytes"))
