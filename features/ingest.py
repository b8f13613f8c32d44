"""From readers and clients into the store: in batches, one transaction each, good rows never lost to bad ones."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from features.domain import AnnounceType, Clock, Cut, Feed, Interaction, Listing, Paper, midnight
from features.errors import BadInput, BroadsheetError, MalformedRow, SourceFailed
from features.sources.events import Checkpoint, Event, Fetched
from features.store import CatalogueMark, RecordCounts, Store, Transaction

Row = TypeVar("Row")

MOST_KEPT_REJECTIONS = 1000
"""Rejected rows beyond these are counted but no longer kept one by one."""

_WEEKEND = timedelta(days=4)


@dataclass(slots=True)
class IngestReport:
    """What became of the rows of one ingest.

    ``new``, ``revised`` and ``unchanged`` count papers (or interactions, or users); ``attached`` interactions that had
    waited for a paper of this ingest, ``pending`` those of this ingest that wait for theirs; ``conflicting`` those
    whose client id came before with other content (the first stands). ``failure`` is what ended the source early;
    everything before it is in the store.
    """

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    attached: int = 0
    pending: int = 0
    conflicting: int = 0
    n_rejected: int = 0
    rejected: list[MalformedRow] = field(default_factory=list)
    failure: BroadsheetError | None = None

    def add(self, counts: RecordCounts) -> None:
        """Count papers that were recorded."""
        self.new += counts.new
        self.revised += counts.revised
        self.unchanged += counts.unchanged
        self.attached += counts.attached

    @property
    def ok(self) -> bool:
        """Whether nothing was rejected and the source came to its end."""
        return self.n_rejected == 0 and self.failure is None

    def closing_line(self) -> str:
        """One line for a person: ``12 new, 0 revised, 3 unchanged, 1 rejected, 4 pending``."""
        counts = [(self.new, "new"), (self.revised, "revised"), (self.unchanged, "unchanged")]
        counts.append((self.n_rejected, "rejected"))
        rare = [(self.attached, "attached"), (self.pending, "pending"), (self.conflicting, "conflicting")]
        return ", ".join(f"{count:,} {what}" for count, what in counts + [each for each in rare if each[0]])


Progress = Callable[[int], None]
"""Called after each batch with the number of rows read so far."""


def ignore_progress(_: int) -> None:
    """Tell nobody."""


def ingest_listings(
    store: Store,
    events: Iterable[Event],
    *,
    now: Callable[[], datetime],
    batch_size: int = 1000,
    progress: Progress = ignore_progress,
) -> IngestReport:
    """Record the listings and outcomes of ``events``; a checkpoint is kept once all before it is committed."""
    report = IngestReport()

    def write(batch: Sequence[Listing | Fetched]) -> None:
        recorded_at = now()
        with store.transaction(readonly=True) as tx:
            listings = _with_known_texts(tx, [event for event in batch if isinstance(event, Listing)])
            parts = tx.papers.prepare(listings, recorded_at=recorded_at, n_papers=store.papers_at_once)
        mark: CatalogueMark | None = None
        for part in parts:
            with store.transaction(bulk=True) as tx:
                counts, mark = tx.papers.record_prepared(part, mark)
            report.add(counts)
        fetched = [event for event in batch if isinstance(event, Fetched)]
        if fetched:
            with store.transaction(bulk=True) as tx:
                for event in fetched:
                    _record_fetch(tx, event, recorded_at)

    intake: _Intake[Listing | Fetched] = _Intake(report, batch_size, progress, write)
    for event in _until_failure(events, report):
        if isinstance(event, Checkpoint):
            intake.flush()
            event.keep()
        else:
            intake.take(event)
    intake.flush()
    return report


def ingest_interactions(
    store: Store,
    rows: Iterable[Interaction | MalformedRow],
    *,
    now: Callable[[], datetime],
    batch_size: int = 1000,
    progress: Progress = ignore_progress,
) -> IngestReport:
    """Record imported interactions; those on papers the store does not have wait as ``pending``."""
    report = IngestReport()

    def write(batch: Sequence[Interaction]) -> None:
        with store.transaction(bulk=True) as tx:
            counts = tx.interactions.record_imported(batch, recorded_at=now())
        report.new += counts.recorded
        report.unchanged += counts.duplicate
        report.pending += counts.pending
        report.conflicting += counts.conflict

    _take_all(rows, _Intake(report, batch_size, progress, write))
    return report


def ingest_users(
    store: Store,
    rows: Iterable[str | MalformedRow],
    *,
    now: Callable[[], datetime],
    batch_size: int = 1000,
    progress: Progress = ignore_progress,
) -> IngestReport:
    """Add users by id; one who is there already is unchanged."""
    report = IngestReport()

    def write(batch: Sequence[str]) -> None:
        with store.transaction(bulk=True) as tx:
            fresh = set(batch) - tx.users.keys().keys()
            for user_id in sorted(fresh):
                tx.users.add(user_id, created_at=now())
        report.new += len(fresh)
        report.unchanged += len(batch) - len(fresh)

    _take_all(rows, _Intake(report, batch_size, progress, write))
    return report


@dataclass(slots=True)
class _Intake(Generic[Row]):
    """Rows on their way into the store."""

    report: IngestReport
    batch_size: int
    progress: Progress
    write: Callable[[Sequence[Row]], None]
    n_read: int = 0
    batch: list[Row] = field(default_factory=list)

    def take(self, row: Row | MalformedRow) -> None:
        self.n_read += not isinstance(row, Fetched)
        if isinstance(row, MalformedRow):
            self.report.n_rejected += 1
            if len(self.report.rejected) < MOST_KEPT_REJECTIONS:
                self.report.rejected.append(row)
            return
        self.batch.append(row)
        if len(self.batch) >= self.batch_size:
            self.flush()

    def flush(self) -> None:
        if self.batch:
            self.write(self.batch)
            self.batch = []
        self.progress(self.n_read)


def _take_all(rows: Iterable[Row | MalformedRow], intake: _Intake[Row]) -> None:
    for row in _until_failure(rows, intake.report):
        intake.take(row)
    intake.flush()


def _until_failure(rows: Iterable[Row], report: IngestReport) -> Iterator[Row]:
    """``rows`` until their source fails; what the store raises meanwhile is not caught here."""
    iterator = iter(rows)
    while True:
        try:
            row = next(iterator)
        except StopIteration:
            return
        except (BadInput, SourceFailed) as error:
            report.failure = error
            return
        yield row


def _record_fetch(tx: Transaction, event: Fetched, fetched_at: datetime) -> None:
    tx.days.record_fetch(event.feed, event.day, fetched_at, event.ok, event.n_papers, event.error)


def _with_known_texts(tx: Transaction, listings: Sequence[Listing]) -> list[Listing]:
    """``listings``, those that stand in for a first version with the text the store had on that day, if it had one.

    arXiv's archives give the newest text only. Recorded as of the first day, a later text would be seen before it was
    written; where a daily feed has brought the first one, it stays. Feeds may date a listing some days later than the
    timetable does, so what they had a weekend later counts.
    """
    stand_ins: dict[date, list[str]] = defaultdict(list)
    for listing in listings:
        if _stands_in(listing):
            stand_ins[listing.day].append(listing.paper.id)
    known = {
        day: tx.papers.get_many(ids, Cut(midnight(day + _WEEKEND), Clock.OCCURRED))
        for day, ids in sorted(stand_ins.items())
    }
    return [
        replace(listing, paper=_with_text_of(listing.paper, held))
        if _stands_in(listing) and (held := known[listing.day].get(listing.paper.id))
        else listing
        for listing in listings
    ]


def _stands_in(listing: Listing) -> bool:
    is_new = listing.announce_type is AnnounceType.NEW and listing.feed is Feed.ARXIV
    return is_new and listing.paper.version > 1


def _with_text_of(paper: Paper, held: Paper) -> Paper:
    if not held.categories:  # known from a community page only: its text is good, the catalogue's fields are better
        return replace(paper, title=held.title, abstract=held.abstract, version=held.version)
    return replace(held, keywords=paper.keywords, published_at=paper.published_at)
