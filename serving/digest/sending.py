"""Sending the digests of a day: each once, at a measured pace, and going on where an earlier run was stopped."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from email.message import EmailMessage
from enum import StrEnum

from features.domain import Exposure
from features.errors import BadInput, MailFailed, NotReady
from features.store import Transaction
from features.subscription import MailingState, Subscription
from serving.dependencies import Services
from serving.digest.editions import Edition, edition_for
from serving.digest.letters import LetterWriter
from serving.mail.letters import composed
from serving.mail.outbox import Outbox
from serving.served_log import impression_of

_log = logging.getLogger(__name__)

PATIENCE = 3
"""After so many failures in a row the server is down, and who is left waits for the next run."""


class Outcome(StrEnum):
    """What became of one subscription."""

    SENT = "sent"
    NOTHING = "without anything to tell"
    BEFORE = "sent before"
    DOUBTFUL = "in doubt"
    FAILED = "failed"
    REFUSED = "refused"
    LEFT = "left for the next run"


_ENDS = {
    Outcome.SENT: MailingState.SENT,
    Outcome.FAILED: MailingState.FAILED,
    Outcome.REFUSED: MailingState.REFUSED,
    Outcome.DOUBTFUL: MailingState.DOUBTFUL,
}
_WELL = frozenset({Outcome.SENT, Outcome.NOTHING, Outcome.BEFORE})


@dataclass(frozen=True, slots=True)
class DigestReport:
    """How many subscriptions had which outcome; ``failures`` says why, once each, and names nobody."""

    day: date
    counts: Counter[Outcome] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether everybody has what they should have."""
        return all(outcome in _WELL for outcome in self.counts)

    def closing_line(self) -> str:
        """The counts in a line."""
        told = [f"{self.counts[outcome]:,} {outcome}" for outcome in Outcome if self.counts[outcome]]
        return f"digest of {self.day}: {', '.join(told) or 'nobody has subscribed'}"


class Pace:
    """Waits so that no more than ``per_minute`` letters are handed over.

    Parameters
    ----------
    monotonic : a clock in seconds that never goes back.
    sleep : waits for that many seconds.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._seconds = 60.0 / per_minute
        self._monotonic, self._sleep = monotonic, sleep
        self._next = monotonic()

    def wait(self) -> None:
        """Return when the next letter may go."""
        left = self._next - self._monotonic()
        if left > 0:
            self._sleep(left)

    def handed_over(self) -> None:
        """Count a letter that has gone."""
        self._next = self._monotonic() + self._seconds


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends or shows the digests of one day.

    Parameters
    ----------
    remember : whether the store learns of it; a run that only shows letters leaves nothing behind but slates.
    again : also send what may have been sent before, because nobody knows; a reader may get it twice.
    """

    services: Services
    outbox: Outbox
    pace: Pace
    remember: bool = True
    again: bool = False

    def send(self, day: date, progress: Callable[[int], None] = lambda _: None) -> DigestReport:
        """Send to everybody who is due. NotReady where the champion cannot serve: a worse ranking is not mailed."""
        refusal = self.services.shelf.standing.refusal
        if refusal is not None:
            raise NotReady(f"model version {refusal.version} is refused: {refusal.reason}")
        with self.services.store.transaction(readonly=True) as tx:
            subscriptions = tx.subscriptions.running()
        writer = writer_of(self.services)
        report, in_a_row = DigestReport(day), 0
        for number, subscription in enumerate(subscriptions, start=1):
            outcome = Outcome.LEFT if in_a_row >= PATIENCE else self._one(writer, subscription, day, report)
            in_a_row = in_a_row + 1 if outcome is Outcome.FAILED else 0 if outcome is Outcome.SENT else in_a_row
            report.counts[outcome] += 1
            progress(number)
        return report

    def _one(self, writer: LetterWriter, subscription: Subscription, day: date, report: DigestReport) -> Outcome:
        self.pace.wait()
        with self.services.store.transaction(readonly=True) as tx:
            before = self._before(tx, subscription, day)
            if before is not None:
                return before
            edition = edition_for(self.services, tx, subscription, day)
        if edition is None:
            return Outcome.NOTHING
        try:
            letter = writer.write(edition, subscription)
            message = composed(letter, self.services.settings.mail, edition.made_at)
        except BadInput as error:
            report.failures[str(error)] += 1
            return Outcome.FAILED
        if self.remember and not self._begun(subscription, edition):
            return Outcome.BEFORE
        outcome = self._hand_over(message, report)
        if self.remember:
            self._end(subscription, edition, outcome)
        return outcome

    def _before(self, tx: Transaction, subscription: Subscription, day: date) -> Outcome | None:
        known = tx.mailings.get(subscription.address, day) if self.remember else None
        if known is None or known.state in (MailingState.PREPARED, MailingState.FAILED):
            return None
        if known.state in (MailingState.SENDING, MailingState.DOUBTFUL):
            return None if self.again else Outcome.DOUBTFUL
        return Outcome.BEFORE

    def _begun(self, subscription: Subscription, edition: Edition) -> bool:
        papers = [entry.paper.id for entry in edition.entries]
        with self.services.store.transaction() as tx:
            return tx.mailings.begin(subscription, edition.day, papers, at=self.services.clock(), again=self.again)

    def _hand_over(self, message: EmailMessage, report: DigestReport) -> Outcome:
        try:
            self.outbox.send(message)
        except MailFailed as error:
            _log.warning("a digest did not go out: %s", error)
            report.failures[str(error)] += 1
            if error.doubtful:
                return Outcome.DOUBTFUL
            return Outcome.REFUSED if error.permanent else Outcome.FAILED
        finally:
            self.pace.handed_over()
        return Outcome.SENT

    def _end(self, subscription: Subscription, edition: Edition, outcome: Outcome) -> None:
        now = self.services.clock()
        with self.services.store.transaction() as tx:
            tx.mailings.end(subscription.address, edition.day, _ENDS[outcome], at=now)
            if outcome is Outcome.SENT:
                self._log_served(tx, edition)

    def _log_served(self, tx: Transaction, edition: Edition) -> None:
        """Mailed is served, like a page that the API answered; whether it was seen nobody knows."""
        now = self.services.clock()
        for slate_id in sorted({entry.slate_id for entry in edition.entries if entry.slate_id}):
            slate = self.services.slates.get(tx, slate_id)
            if slate is not None:
                items = [entry.item for entry in edition.entries if entry.slate_id == slate_id and entry.item]
                tx.impressions.record(
                    [impression_of(slate.request, item, Exposure.SERVED, now) for item in items], recorded_at=now
                )


def writer_of(services: Services) -> LetterWriter:
    """The writer of this store's letters."""
    return LetterWriter(services.settings.serving.public_url, services.open_links, services.unsubscribe_links)
