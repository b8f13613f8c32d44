"""Impressions on their way to the store: kept in memory for up to a second, written together.

A log, not an answer's promise (ARCHITECTURE, decision 7): a killed server loses its last second of impressions, and
never an interaction.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Event, Lock, Thread

from features.domain import Exposure, Impression
from features.errors import BroadsheetError
from features.slate_request import SlateRequest
from features.store import Store
from models.slate_columns import SlateItem
from serving.metrics import Metrics

_log = logging.getLogger(__name__)
_REMEMBERED = 20_000
_MOST_WAITING = 100_000
_AT_ONCE = 250

_Key = tuple[str, str, Exposure]


class ServedLog:
    """A buffer in front of ``tx.impressions`` with a thread that empties it.

    ``stand_back`` waits for those who are in a hurry. The store itself ignores an impression it has; the last keys are
    remembered here only to spare it the question.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        metrics: Metrics,
        flush_seconds: float,
        stand_back: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._flush_seconds = flush_seconds
        self._stand_back = stand_back
        self._waiting: list[Impression] = []
        self._known: OrderedDict[_Key, None] = OrderedDict()
        self._lock = Lock()
        self._writing = Lock()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="served-log", daemon=True)

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits and end the thread."""
        self._stopping.set()
        self._thread.join()
        self.flush()

    def served(self, request: SlateRequest, items: Iterable[SlateItem]) -> None:
        """Note that the API returned ``items`` of the slate; the same item of the same slate counts once."""
        self.add(impression_of(request, item, Exposure.SERVED, self._clock()) for item in items)

    def add(self, impressions: Iterable[Impression]) -> None:
        """Put impressions into the buffer; beyond its bound they are counted as lost."""
        with self._lock:
            for impression in impressions:
                key = (impression.slate_id, impression.paper_id, impression.exposure)
                if key in self._known:
                    continue
                if len(self._waiting) >= _MOST_WAITING:
                    self._metrics.lost_impressions.inc()
                    continue
                self._known[key] = None
                self._waiting.append(impression)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def forget(self, user_id: str) -> None:
        """Drop what waits of a user who is being deleted; the store itself drops what is being written."""
        with self._lock:
            self._waiting = [one for one in self._waiting if one.user_id != user_id]

    def flush(self) -> None:
        """Write all that waits, a few hundred rows a transaction, so that a click waits for a few milliseconds at most.

        Where one fails it is tried again user by user, so that the rest lose nothing.
        """
        with self._writing:
            with self._lock:
                batch, self._waiting = self._waiting, []
            for start in range(0, len(batch), _AT_ONCE):
                self._stand_back()
                self._write_surely(batch[start : start + _AT_ONCE])

    def _write_surely(self, batch: list[Impression]) -> None:
        if self._write(batch):
            return
        for user_id in sorted({one.user_id for one in batch}):
            rows = [one for one in batch if one.user_id == user_id]
            if not self._write(rows):
                self._metrics.lost_impressions.inc(len(rows))

    def _write(self, batch: list[Impression]) -> bool:
        try:
            with self._store.transaction(readonly=True) as tx:
                prepared = tx.impressions.prepare(batch, recorded_at=self._clock())
            with self._store.transaction(bulk=True) as tx:
                n_written = tx.impressions.record_prepared(prepared)
        except BroadsheetError as error:
            _log.warning("%d impressions are not written: %s", len(batch), error)
            return False
        self._metrics.impressions.inc(n_written)
        return True

    def _run(self) -> None:
        while not self._stopping.wait(self._flush_seconds):
            self.flush()


def impression_of(request: SlateRequest, item: SlateItem, exposure: Exposure, at: datetime) -> Impression:
    """One place of a slate as an impression, with the propensity of the policy that put it there."""
    return Impression(
        user_id=request.user_id,
        slate_id=request.slate_id,
        paper_id=item.paper_id,
        position=item.position,
        exposure=exposure,
        occurred_at=at,
        propensity=item.propensity,
        model_version=request.model_version,
    )
