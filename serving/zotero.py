"""A Zotero library brought in while somebody waits."""

from features.domain import User
from features.library import LibraryReport, ZoteroLibrary, fetch_zotero, take_library
from serving.dependencies import Services
from serving.outside import OutsideService

_ZOTERO = OutsideService(at_once=4)  # each holds a connection of the store while it waits


def bring_zotero(services: Services, user: User, library: ZoteroLibrary) -> LibraryReport:
    """Save the papers of ``library`` for ``user``; its key is used and forgotten.

    Raises RateLimited where others wait for theirs already, and what :func:`features.library.fetch_zotero` raises.
    """
    with _ZOTERO.asked(services.settings.ingest) as settings:
        papers = fetch_zotero(library, settings)
        # a transaction of its own: one that had waited for Zotero would have kept everybody else from writing
        with services.store.transaction() as tx:
            return take_library(tx, user, papers, origin="Zotero", recorded_at=services.clock())
