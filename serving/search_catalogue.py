"""The index of all papers, kept between requests and renewed behind them."""

import logging
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread

from features.domain import Cut
from features.errors import BroadsheetError
from features.store import Store, Transaction
from models.search import SearchIndex
from serving.shelf import LoadedModel

_log = logging.getLogger(__name__)
_Key = tuple[datetime | None, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    key: _Key
    index: SearchIndex


class SearchCatalogue:
    """The index of all papers.

    It is built when first asked for. When papers have come or another model serves, questions are answered from the
    old one until a thread has built the new one: a search may lag a fetch by the seconds that takes.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: _Kept | None = None
        self._building = Lock()

    def of(self, tx: Transaction, champion: LoadedModel | None, cut: Cut) -> SearchIndex:
        """The index to ask; ``cut`` lies after all that is recorded."""
        kept = self.at_hand(tx, champion, cut)
        if kept is not None:
            return kept
        with self._building:
            return (self._kept or self._built(tx, _key(tx, champion), champion, cut)).index

    def at_hand(self, tx: Transaction, champion: LoadedModel | None, cut: Cut) -> SearchIndex | None:
        """The index if one has been built; where none has, or an old one, a thread begins to build."""
        key, kept = _key(tx, champion), self._kept
        if (kept is None or kept.key != key) and self._building.acquire(blocking=False):
            Thread(target=self._renew, args=(key, champion, cut), name="search-index", daemon=True).start()
        return kept.index if kept else None

    def _renew(self, key: _Key, champion: LoadedModel | None, cut: Cut) -> None:
        try:
            with self._store.transaction(readonly=True) as tx:
                self._built(tx, key, champion, cut)
        except BroadsheetError as error:
            _log.warning("the search index is not renewed: %s", error)
        finally:
            self._building.release()

    def _built(self, tx: Transaction, key: _Key, champion: LoadedModel | None, cut: Cut) -> _Kept:
        papers = tx.papers.history(cut).papers
        index = SearchIndex.of(papers, champion.vectors.of(papers) if champion and papers else None)
        self._kept = kept = _Kept(key, index)
        return kept


def _key(tx: Transaction, champion: LoadedModel | None) -> _Key:
    return tx.days.last_fetched_at(), champion.model.encoder.id if champion else ""
