"""One polite way to ask outside services: paced, retried with backoff, obedient to Retry-After, capped in size."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Self, TypeVar

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from features.errors import LimitExceeded, SourceFailed
from features.settings import IngestSettings
from features.sources.timing import REAL_TIME, Timing

Value = TypeVar("Value")


class TryAgain(Exception):
    """What came is no answer yet; ``retry_after`` is the wait in seconds the service asked for, if it did."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with a status below 500, other than 429."""

    url: str
    status: int
    body: bytes


Read = Callable[[Answer], Value]
"""What is wanted out of an answer; raises :class:`TryAgain` when it should be asked for again."""


class PoliteClient:
    """Requests to one service, one at a time.

    Between the starts of two requests pass at least ``request_interval_seconds``. Statuses 429 and 5xx, time-outs and
    broken connections are tried ``request_attempts`` times; before try k + 1 it waits
    max(backoff_seconds · 2^(k−1), Retry-After) seconds. ``headers`` go with every request.
    """

    def __init__(
        self,
        service: str,
        settings: IngestSettings,
        timing: Timing = REAL_TIME,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.service = service
        self._settings = settings
        self._timing = timing
        self._last_start: float | None = None
        self._http = httpx2.Client(
            headers={"User-Agent": settings.user_agent, "Accept-Encoding": "gzip", **headers},
            timeout=settings.request_timeout_seconds,
            follow_redirects=True,
            max_redirects=3,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, url: str, parameters: Mapping[str, str], read: Read[Value]) -> Value:
        """What ``read`` makes of the answer to a GET.

        Raises
        ------
        SourceFailed
            after the last try, or at once when the service asks to wait longer than ``max_retry_after_seconds``.
        LimitExceeded
            when the answer is larger than ``max_response_bytes``.
        """
        retrying = Retrying(
            sleep=self._timing.sleep,
            stop=stop_after_attempt(self._settings.request_attempts),
            wait=self._wait,
            retry=retry_if_exception_type(TryAgain),
            reraise=True,
        )
        try:
            value: Value = retrying(self._once, url, parameters, read)
        except TryAgain as error:
            raise SourceFailed(self.service, f"{error} (after {self._settings.request_attempts} tries)") from error
        return value

    def _once(self, url: str, parameters: Mapping[str, str], read: Read[Value]) -> Value:
        self._pace()
        try:
            with self._http.stream("GET", url, params=dict(parameters)) as response:
                self._refuse_unready(response)
                answer = Answer(str(response.url), response.status_code, self._body(response))
        except httpx2.TimeoutException as error:
            raise TryAgain(f"no answer within {self._settings.request_timeout_seconds:g} s") from error
        except httpx2.TransportError as error:
            raise TryAgain(f"the connection broke: {error}") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SourceFailed(self.service, f"cannot be asked: {error}") from error
        return read(answer)

    def _pace(self) -> None:
        if self._last_start is not None:
            wait = self._last_start + self._settings.request_interval_seconds - self._timing.monotonic()
            if wait > 0:
                self._timing.sleep(wait)
        self._last_start = self._timing.monotonic()

    def _refuse_unready(self, response: httpx2.Response) -> None:
        if response.status_code != 429 and response.status_code < 500:
            return
        asked = retry_after(response.headers.get("Retry-After"), self._timing.now())
        longest = self._settings.max_retry_after_seconds
        if asked is not None and asked > longest:
            reason = f"asks to wait {asked:.0f} s, more than {longest:g} s (setting ingest.max_retry_after_seconds)"
            raise SourceFailed(self.service, f"{reason}; run the same command again later, it continues")
        raise TryAgain(f"answers HTTP {response.status_code}", asked)

    def _body(self, response: httpx2.Response) -> bytes:
        """The body, given up when it grows too large or drips for longer than the time-out."""
        limit = self._settings.max_response_bytes
        deadline = self._timing.monotonic() + self._settings.request_timeout_seconds
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > limit:
                raise LimitExceeded(f"an answer of {self.service}", len(body), limit, "ingest.max_response_bytes")
            if self._timing.monotonic() > deadline:
                raise TryAgain(f"no complete answer within {self._settings.request_timeout_seconds:g} s")
        return bytes(body)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TryAgain) else None
        backoff: float = self._settings.backoff_seconds * 2 ** (state.attempt_number - 1)
        return max(backoff, asked or 0.0)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from ``now`` that a Retry-After header asks for, in seconds or as a date; None where it says neither."""
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}\s*", value, re.ASCII):
        return float(value)
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
