"""Outside services that are asked while somebody waits: few at once, and not for long."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from features.errors import RateLimited
from features.settings import IngestSettings

_TRY_AGAIN_SECONDS = 10.0


class OutsideService:
    """One service, asked for at most ``at_once`` readers of this process at a time."""

    def __init__(self, at_once: int) -> None:
        self._free = BoundedSemaphore(at_once)

    @contextmanager
    def asked(self, settings: IngestSettings) -> Iterator[IngestSettings]:
        """The manners of a client that somebody waits for; RateLimited where all places are taken."""
        if not self._free.acquire(blocking=False):
            raise RateLimited(_TRY_AGAIN_SECONDS)
        try:
            yield _impatient(settings)
        finally:
            self._free.release()


def _impatient(settings: IngestSettings) -> IngestSettings:
    """The manners of a client that somebody waits for."""
    return settings.model_copy(
        update={
            "request_interval_seconds": min(settings.request_interval_seconds, 0.5),
            "request_timeout_seconds": min(settings.request_timeout_seconds, 20.0),
            "request_attempts": min(settings.request_attempts, 2),
            "backoff_seconds": min(settings.backoff_seconds, 1.0),
            "max_retry_after_seconds": min(settings.max_retry_after_seconds, 5.0),
        }
    )
