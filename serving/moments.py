"""Today as arrays, kept between requests: a day's papers and vectors are the same for all its users."""

from collections import OrderedDict
from dataclasses import replace
from datetime import date, datetime
from threading import Lock

from features.domain import Cut, DayFeed
from features.moment import DayMoment, day_moment
from features.store import Transaction
from serving.observed import ObservedCache
from serving.shelf import LoadedModel

_Key = tuple[str, date, datetime | None]


class DayCache:
    """The last ``size`` days asked for, found by all that their papers depend on.

    Between two observations of a day's papers every cut sees the same papers and votes; the state of the feed depends
    on more (:class:`serving.observed.Observed`).
    """

    def __init__(self, size: int, observed: ObservedCache) -> None:
        self._size = size
        self._observed = observed
        self._days: OrderedDict[_Key, DayMoment] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._days)

    def of(self, tx: Transaction, day: date, cut: Cut, loaded: LoadedModel | None) -> DayMoment:
        """The day as of the cut, with the vectors of the model's encoder, or without any for a baseline."""
        encoder_id = loaded.model.encoder.id if loaded else ""
        observed = self._observed.of(tx)
        key = (encoder_id, day, observed.papers_observed_at(tx, day, cut))
        with self._lock:
            kept = self._days.get(key)
            if kept is not None:
                self._days.move_to_end(key)
        if kept is not None:
            return replace(kept, cut=cut, feed=observed.feed(tx, day, cut))
        moment = day_moment(tx, day, cut, loaded.vectors if loaded else None)
        with self._lock:
            self._days[key] = moment
            while len(self._days) > self._size:
                self._days.popitem(last=False)
        return moment

    def feed(self, tx: Transaction, day: date, cut: Cut) -> DayFeed:
        """The state of the day's feed as of the cut, which has to lie in the past."""
        return self._observed.of(tx).feed(tx, day, cut)
