"""What of the catalogue is the same for everybody until something is recorded, kept between requests.

One small query says whether anything was (:class:`features.store.CatalogueMark`); then only what that touched is asked
anew, for while papers come in something is recorded several times a second.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from threading import Lock
from weakref import WeakKeyDictionary

from features.domain import Cut, DayFeed, Paper
from features.store import CatalogueMark, DayCounts, Moved, Store, Transaction

EVERYTHING = Cut(datetime(9000, 1, 1, tzinfo=UTC))
"""All that is recorded: another server's clock may be ahead of ours, and what it recorded counts all the same."""


_FEEDS_KEPT = 1000
_STATES_KEPT = 8


class Observed:
    """What is known of days and papers under one mark. Every method reads the store once, then remembers.

    ``tx`` must see the state of the store that the mark was read in. A cut at which all that matters had been recorded
    sees what every later one sees, so those share an answer; cuts between two instants at which something was recorded
    share theirs, too.

    Attributes
    ----------
    newest_mark : the same object in two states between which nothing was recorded of the newest day and its papers, and
        no fetch; of other papers much may have been.
    """

    def __init__(self, n_papers: int) -> None:
        self.newest_mark: object = object()
        self._n_papers = n_papers
        self._newest: date | None = None
        self._last_recorded: datetime | None = None
        self._counts: DayCounts | None = None
        self._n_candidates: dict[date, int] = {}
        self._observed: dict[date, datetime | None] = {}
        self._feeds: dict[tuple[date, datetime | None], DayFeed] = {}
        self._papers: OrderedDict[str, tuple[Paper, datetime]] = OrderedDict()
        self._lock = Lock()
        self._asking = Lock()  # what takes long is asked once, however many want to know

    def after(self, tx: Transaction, moved: Moved) -> "Observed":
        """What of this is still known once ``moved`` has been recorded; ``tx`` sees it."""
        later = Observed(self._n_papers)
        newest = self._newest
        if newest is not None and max(moved.days, default=date.min) < newest and tx.days.is_of_catalogue(newest):
            later._newest = newest
            if not moved.n_fetches:
                later.newest_mark = self.newest_mark
        counts = self._counts
        later._counts = None if counts is None else counts.with_more(moved.announced)
        later._n_candidates = {day: n for day, n in tuple(self._n_candidates.items()) if day not in moved.days}
        later._observed = {day: at for day, at in tuple(self._observed.items()) if day not in moved.days}
        with self._lock:
            later._papers = self._papers.copy()
        for paper_id in moved.paper_ids:
            later._papers.pop(paper_id, None)
        return later

    def newest(self, tx: Transaction) -> date:
        """The newest day with papers; UnknownDay."""
        with self._asking:
            if self._newest is None:
                self._newest = tx.days.newest(EVERYTHING)
            return self._newest

    def observed_at(self, tx: Transaction, day: date) -> datetime | None:
        """When the day's papers were last observed, or the day last fetched where it has none; None for never."""
        return self._last_observed(tx, day) or tx.days.last_fetch_of(day, EVERYTHING)

    def papers_observed_at(self, tx: Transaction, day: date, cut: Cut) -> datetime | None:
        """When the day's papers were last observed up to the cut; None for a day without any."""
        last = self._last_observed(tx, day)
        return last if last is None or last <= cut.at else tx.papers.last_observed_at(day, cut)

    def _last_observed(self, tx: Transaction, day: date) -> datetime | None:
        with self._asking:
            if day not in self._observed:
                self._observed[day] = tx.papers.last_observed_at(day, EVERYTHING)
            return self._observed[day]

    def last_recorded_at(self, tx: Transaction) -> datetime | None:
        """When anything of papers and days was last recorded, but for votes; None in an empty store."""
        if self._last_recorded is None:
            self._last_recorded = tx.days.last_recorded_at(EVERYTHING)
        return self._last_recorded

    def feed(self, tx: Transaction, day: date, cut: Cut) -> DayFeed:
        """The state of the day's feed as of the cut."""
        last = self.last_recorded_at(tx)
        is_past = last is not None and cut.at < last
        if is_past:
            last = tx.days.last_recorded_at(cut)
        key = (day, last)
        with self._asking:
            if key not in self._feeds:
                if len(self._feeds) >= _FEEDS_KEPT:
                    self._feeds.clear()
                self._feeds[key] = self._feed_of(tx, day, cut) if is_past else self._feed_now(tx, day)
            return self._feeds[key]

    def _feed_now(self, tx: Transaction, day: date) -> DayFeed:
        return tx.days.counted_feed(day, EVERYTHING, self._n_now(tx, day), self._counts_now(tx))

    def _feed_of(self, tx: Transaction, day: date, cut: Cut) -> DayFeed:
        """As of a cut in the past, mostly a moment ago: what was announced since is taken from what is known now."""
        observed_at = self._observed.get(day, cut.at)
        moved = observed_at is None or observed_at >= cut.at
        n_papers = tx.days.n_candidates(day, cut) if moved else self._n_now(tx, day)
        return tx.days.counted_feed(day, cut, n_papers, self._counts_now(tx).without(tx.days.announced_after(cut)))

    def _counts_now(self, tx: Transaction) -> DayCounts:
        if self._counts is None:
            self._counts = tx.days.counts(EVERYTHING)
        return self._counts

    def _n_now(self, tx: Transaction, day: date) -> int:
        if day not in self._n_candidates:
            self._n_candidates[day] = tx.days.n_candidates(day, EVERYTHING)
        return self._n_candidates[day]

    def papers(self, tx: Transaction, ids: Iterable[str], cut: Cut) -> Mapping[str, Paper]:
        """Those of ``ids`` known at the cut, ascending by id."""
        wanted = sorted(set(ids))
        with self._lock:
            kept = {paper_id: self._papers[paper_id] for paper_id in wanted if paper_id in self._papers}
        missing = [paper_id for paper_id in wanted if paper_id not in kept]
        if missing:
            kept |= self._read(tx, missing)
        late = [paper_id for paper_id, (_, observed_at) in kept.items() if observed_at > cut.at]
        found = {paper_id: paper for paper_id, (paper, observed_at) in kept.items() if observed_at <= cut.at}
        if late:
            found |= tx.papers.get_many(late, cut)
        return {paper_id: found[paper_id] for paper_id in wanted if paper_id in found}

    def _read(self, tx: Transaction, ids: list[str]) -> dict[str, tuple[Paper, datetime]]:
        read = tx.papers.observed(ids, EVERYTHING)
        with self._lock:
            self._papers.update(read)
            while len(self._papers) > self._n_papers:
                self._papers.popitem(last=False)
        return read


class ObservedCache:
    """The catalogue as last observed, and as those see it who began a little earlier.

    Of one state ``n_papers`` papers at most are kept.
    """

    def __init__(self, n_papers: int) -> None:
        self._n_papers = n_papers
        self._kept: OrderedDict[CatalogueMark, Observed] = OrderedDict()
        self._of_snapshot: WeakKeyDictionary[Transaction, Observed] = WeakKeyDictionary()
        self._lock = Lock()

    def of(self, tx: Transaction) -> Observed:
        """What is known under the mark that ``tx`` sees; a snapshot's to its end, however many there were since."""
        with self._lock:
            found = self._of_snapshot.get(tx)
            if found is None:
                mark = tx.marks.catalogue()
                if mark not in self._kept:
                    self._keep(tx, mark)
                found = self._kept[mark]
                if tx.marks.is_snapshot:
                    self._of_snapshot[tx] = found
            return found

    def newest_mark(self, mark: CatalogueMark) -> object | None:
        """:attr:`Observed.newest_mark` of the state that has the mark; None where that has to be read."""
        kept = self._kept.get(mark)
        return None if kept is None else kept.newest_mark

    def read_newest_mark(self, store: Store) -> object:
        """That of the present state. Raises UnknownDay, StoreFailed."""
        with store.transaction(readonly=True) as tx:
            present = self.of(tx)
            present.newest(tx)  # a state that does not know its newest day cannot tell what leaves it as it is
            return present.newest_mark

    def _keep(self, tx: Transaction, mark: CatalogueMark) -> None:
        """Remember the state that ``tx`` sees, before those that it cannot be told from: they are newer."""
        newer: list[CatalogueMark] = []
        state = Observed(self._n_papers)
        for before, known in reversed(self._kept.items()):
            moved = tx.marks.moved_since(before)
            if moved is not None:
                state = known.after(tx, moved)
                break
            newer.append(before)
        if len(self._kept) >= _STATES_KEPT:
            self._kept.popitem(last=False)
        self._kept[mark] = state
        for later in reversed(newer):
            if later in self._kept:
                self._kept.move_to_end(later)
