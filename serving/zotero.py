"""A Zotero library brought in while somebody waits."""

from threading import BoundedSemaphore

from features.domain import User
from features.errors import RateLimited
from features.library import LibraryReport, ZoteroLibrary, fetch_zotero, take_library
from features.settings import IngestSettings
from serving.dependencies import Services

_AT_ONCE = BoundedSemaphore(4)  # each holds a connection of the store while it waits for Zotero
_TRY_AGAIN_SECONDS = 10.0


def bring_zotero(services: Services, user: User, library: ZoteroLibrary) -> LibraryReport:
    """Save the papers of ``library`` for ``user``; its key is used and forgotten.

    Raises RateLimited where others wait for theirs already, and what :func:`features.library.fetch_zotero` raises.
    """
    if not _AT_ONCE.acquire(blocking=False):
        raise RateLimited(_TRY_AGAIN_SECONDS)
    try:
        papers = fetch_zotero(library, _impatient(services.settings.ingest))
        # a transaction of its own: one that had waited for Zotero would have kept everybody else from writing
        with services.store.transaction() as tx:
            return take_library(tx, user, papers, origin="Zotero", recorded_at=services.clock())
    finally:
        _AT_ONCE.release()


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
