"""What of the catalogue is the same for everybody until something is recorded, kept between requests.

One small query says whether anything was (:class:`features.store.CatalogueMark`); then all of this is asked anew.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from threading import Lock

from features.domain import Cut, DayFeed, Paper
from features.store import CatalogueMark, Transaction

EVERYTHING = Cut(datetime(9000, 1, 1, tzinfo=UTC))
"""All that is recorded: another server's clock may be ahead of ours, and what it recorded counts all the same."""


_FEEDS_KEPT = 1000


class Observed:
    """What is known of days and papers under one mark. Every method reads the store once, then remembers.

    ``tx`` must see the state of the store that the mark was read in. A cut at which all that matters had been recorded
    sees what every later one sees, so those share an answer; cuts between two instants at which something was recorded
    share theirs, too.
    """

    def __init__(self, n_papers: int) -> None:
        self._n_papers = n_papers
        self._newest: date | None = None
        self._last_recorded: datetime | None = None
        self._observed: dict[date, datetime | None] = {}
        self._feeds: dict[tuple[date, datetime | None], DayFeed] = {}
        self._papers: OrderedDict[str, tuple[Paper, datetime]] = OrderedDict()
        self._lock = Lock()

    def newest(self, tx: Transaction) -> date:
        """The newest day with papers; UnknownDay."""
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
        if last is not None and cut.at < last:
            last = tx.days.last_recorded_at(cut)
        key = (day, last)
        if key not in self._feeds:
            if len(self._feeds) >= _FEEDS_KEPT:
                self._feeds.clear()
            self._feeds[key] = tx.days.feed(day, cut)
        return self._feeds[key]

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
        papers, observed = tx.papers.get_many(ids, EVERYTHING), tx.papers.observed_at(ids)
        read = {paper_id: (paper, observed[paper_id]) for paper_id, paper in papers.items()}
        with self._lock:
            self._papers.update(read)
            while len(self._papers) > self._n_papers:
                self._papers.popitem(last=False)
        return read


class ObservedCache:
    """The catalogue as last observed; one of ``n_papers`` papers at most is kept."""

    def __init__(self, n_papers: int) -> None:
        self._n_papers = n_papers
        self._kept: tuple[CatalogueMark, Observed] | None = None

    def of(self, tx: Transaction) -> Observed:
        """What is known under the mark that ``tx`` sees."""
        mark = tx.marks.catalogue()
        kept = self._kept
        if kept is None or kept[0] != mark:
            kept = self._kept = (mark, Observed(self._n_papers))
        return kept[1]
