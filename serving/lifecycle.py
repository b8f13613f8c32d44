"""What starts and ends with the application: store, champion, watcher, served log."""

import gc
import sys
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Self

from features.domain import Cut
from features.errors import UnknownDay
from features.settings import Settings
from features.store import open_store
from models.registry import Registry
from serving.checkpoints import Checkpoints
from serving.cursors import CursorSigner
from serving.dependencies import MARKS_CONNECTIONS, Services
from serving.kept_answers import Answers
from serving.metrics import Metrics
from serving.moments import DayCache
from serving.nobody import slate_of_nobody
from serving.observed import EVERYTHING, ObservedCache
from serving.open_links import OpenLinks
from serving.precedence import Precedence
from serving.published_days import PublishedDaysCache
from serving.rate_limit import RateLimiter
from serving.search_catalogue import SearchCatalogue
from serving.search_folder import SearchFolder
from serving.served_log import ServedLog
from serving.shelf import LoadedModel, Shelf
from serving.slates import SlateShelf
from serving.unsubscribe_links import UnsubscribeLinks
from serving.watcher import AliasWatcher
from serving.web.csrf import CsrfTokens

_GARBAGE = (5_000, 20, 100)
"""Objects, and searches of the next younger ones, between two searches for garbage.

What rankings keep lives for long and is no garbage. By Python's own numbers all of it was looked through every few
seconds, in the middle of somebody's request: twenty milliseconds.
"""

_LONGEST_TURN = 0.0005
"""Seconds for which a thread keeps the interpreter from one that waits for it.

An answer lets it go at each read of a socket and each step of SQLite's. By Python's own five milliseconds it waits as
long each time while anything else computes, such as a look at the champion, which takes 30.
"""


class Service:
    """A running service; use it as a context.

    What :meth:`resume`, :meth:`poll` and :meth:`close_connections` do before it is entered has no threads and leaves no
    connections, so that a fork may follow.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        clock: Callable[[], datetime],
        registry: Registry | None = None,
    ) -> None:
        self.services = services_of_settings(settings, metrics, clock, registry)
        self._checkpoints = Checkpoints(self.services.store, settings.serving.impression_flush_seconds)
        self._watcher = AliasWatcher(self.services.shelf.registry, self.services.shelf, self._warm, metrics, clock)

    def __enter__(self) -> Self:
        self._watcher.start(self.services.settings.serving.alias_poll_seconds)
        self.services.served.start()
        self.services.slates.start()
        self._checkpoints.start()
        sys.setswitchinterval(_LONGEST_TURN)
        gc.set_threshold(*_GARBAGE)
        gc.enable()  # whoever starts a server may have put it off until here
        return self

    def __exit__(self, *_: object) -> None:
        self._watcher.stop()
        self.services.catalogue.close()
        self.services.slates.stop()
        self.services.served.stop()
        self._checkpoints.stop()
        self.close_connections()

    def resume(self) -> bool:
        """Whether the champion last seen is at hand, loaded and warm."""
        return self._watcher.resume()

    def poll(self) -> None:
        """Load the champion if there is one."""
        self._watcher.poll()

    def close_connections(self) -> None:
        """Close all there are; who needs one later opens another."""
        self.services.marks.dispose()
        self.services.store.dispose()

    def _warm(self, loaded: LoadedModel) -> None:
        """Rank the newest day for nobody: encodes its papers, fills the caches, and proves that the model can rank.

        What is the day's alone is made here and not for its first reader: by a parent of servers, for all of them.
        """
        with self.services.store.transaction(readonly=True) as tx:
            try:
                day = tx.days.newest(EVERYTHING)
            except UnknownDay:
                return  # an empty store: there is nothing to warm with, and nothing to rank
            moment = self.services.days.of(tx, day, Cut(self.services.clock()), loaded)
        slate_of_nobody(moment, loaded.model, loaded.model.version)
        loaded.model.view(moment).make_ready()


def services_of_settings(
    settings: Settings, metrics: Metrics, clock: Callable[[], datetime], registry: Registry | None = None
) -> Services:
    """The services of these settings; nothing is watched and nothing logged until a :class:`Service` is entered."""
    serving = settings.serving
    store = open_store(settings.database_url)
    with store.transaction() as tx:
        cursors = CursorSigner(tx.secrets.get_or_create("cursors"))
        csrf = CsrfTokens(tx.secrets.get_or_create("csrf"))
        open_links = OpenLinks(tx.secrets.get_or_create("open-links"))
        unsubscribe_links = UnsubscribeLinks(tx.secrets.get_or_create("unsubscribe"))
        own_name = tx.secrets.get_or_create("search-index").hex()  # several stores may share one data_dir
    registry = registry or Registry(settings, clock)
    observed, precedence = ObservedCache(serving.cached_papers), Precedence()
    return Services(
        settings=settings,
        store=store,
        marks=open_store(settings.database_url, migrate=False, connections=MARKS_CONNECTIONS),
        shelf=Shelf(registry, settings, clock),
        days=DayCache(serving.cached_days, observed),
        observed=observed,
        served=ServedLog(store, clock, metrics, serving.impression_flush_seconds, precedence.stand_back),
        slates=SlateShelf(store, clock, precedence.stand_back, beside=serving.workers == 1),
        limiter=RateLimiter(serving.requests_per_minute, monotonic),
        cursors=cursors,
        csrf=csrf,
        open_links=open_links,
        unsubscribe_links=unsubscribe_links,
        published=PublishedDaysCache(),
        catalogue=SearchCatalogue(
            store,
            SearchFolder(settings.data_dir / "search" / own_name, settings.database_url, settings.data_dir / "vectors"),
        ),
        answers=Answers(serving.cached_answers_mb * 2**20),
        precedence=precedence,
        metrics=metrics,
        clock=clock,
    )
