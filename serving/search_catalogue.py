"""The index of all papers, kept between requests and renewed beside them."""

import logging
from threading import Lock, Thread

from features.domain import Cut
from features.errors import BroadsheetError
from features.store import Store, Transaction
from models.search import SearchIndex
from serving.search_build import stamp_of
from serving.search_folder import IndexKey, KeptIndex, NotBuilt, SearchFolder
from serving.shelf import LoadedModel

_log = logging.getLogger(__name__)
_FEW_PAPERS = 5000
"""So many are indexed in the time that a process takes to start."""
_PATIENCE_AT_SHUTDOWN = 5.0


class SearchCatalogue:
    """The index of all papers.

    It is looked for in ``folder``, and built, when first asked for. When papers have come or another model serves,
    questions are answered from the old one until the new one is there: a search may lag a fetch by the seconds that
    takes. A process beside this one builds it, so that pages are not held up; where that fails, and of a ``few``
    papers, a thread does.
    """

    def __init__(self, store: Store, folder: SearchFolder, few: int = _FEW_PAPERS) -> None:
        self._store = store
        self._folder = folder
        self._few = few
        self._kept: KeptIndex | None = None
        self._building = Lock()
        self._thread: Thread | None = None

    def of(self, tx: Transaction, champion: LoadedModel | None, cut: Cut) -> SearchIndex:
        """The index to ask; ``cut`` lies after all that is recorded."""
        key = _key(tx, champion)
        kept = self._seen_to(key, champion, cut)
        if kept is None:
            with self._building:
                kept = self._kept or self._built(tx, key, champion, cut)
        return kept.asked_by(key.encoder_id)

    def at_hand(self, tx: Transaction, champion: LoadedModel | None, cut: Cut) -> SearchIndex | None:
        """The index if one is there; where none is, or an old one, a thread begins to see to a new one."""
        kept = self._seen_to(_key(tx, champion), champion, cut)
        return kept.index if kept else None

    def _seen_to(self, key: IndexKey, champion: LoadedModel | None, cut: Cut) -> KeptIndex | None:
        if self._kept is None:
            self._kept = self._folder.newest(key.encoder_id)
        kept = self._kept
        if (kept is None or kept.name != key.name) and self._building.acquire(blocking=False):
            self._thread = Thread(target=self._renew, args=(champion, cut), name="search-index", daemon=True)
            self._thread.start()
        return kept

    def close(self) -> None:
        """End what is under way; it leaves nothing behind."""
        self._folder.close()
        if self._thread is not None:
            self._thread.join(_PATIENCE_AT_SHUTDOWN)

    def _renew(self, champion: LoadedModel | None, cut: Cut) -> None:
        try:
            with self._store.transaction(readonly=True) as tx:
                key = _key(tx, champion)
                few = tx.papers.count() <= self._few
            if not few and (kept := self._from_folder(key, champion)):
                self._kept = kept
            elif not self._folder.closed:
                with self._store.transaction(readonly=True) as tx:
                    self._built(tx, _key(tx, champion), champion, cut)
        except BroadsheetError as error:
            _log.warning("the search index is not renewed: %s", error)
        finally:
            self._building.release()

    def _from_folder(self, key: IndexKey, champion: LoadedModel | None) -> KeptIndex | None:
        try:
            return self._folder.renewed(key, self._store, champion)
        except (NotBuilt, OSError) as error:
            if not self._folder.closed:
                _log.warning(
                    "the search index is built in the server itself, whose pages are slow meanwhile: %s", error
                )
            return None

    def _built(self, tx: Transaction, key: IndexKey, champion: LoadedModel | None, cut: Cut) -> KeptIndex:
        papers = tx.papers.history(cut).papers
        index = SearchIndex.of(papers, champion.vectors.of(papers) if champion and papers else None)
        self._kept = kept = KeptIndex(key.name, index)
        return kept


def _key(tx: Transaction, champion: LoadedModel | None) -> IndexKey:
    return IndexKey(stamp_of(tx.days.last_fetched_at()), champion.model.encoder.id if champion else "")
