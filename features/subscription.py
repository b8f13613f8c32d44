"""What somebody who gets a digest has asked for: frozen, standard library only."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from features.errors import InvalidValue


class Schedule(StrEnum):
    """When a digest is wanted."""

    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    THRESHOLD = "threshold"
    """On days with a paper that is probable enough, and with those papers alone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A schedule; ``threshold``, a probability in (0, 1), goes with :attr:`Schedule.THRESHOLD` and only with it."""

    schedule: Schedule = Schedule.DAILY
    threshold: float | None = None

    def __post_init__(self) -> None:
        if (self.schedule is Schedule.THRESHOLD) != (self.threshold is not None):
            raise InvalidValue("threshold", self.threshold, "it goes with the schedule 'threshold', and only with it")
        if self.threshold is not None and not (math.isfinite(self.threshold) and 0.0 < self.threshold < 1.0):
            raise InvalidValue("threshold", self.threshold, "a probability between 0 and 1, as in 0.3")


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that has confirmed it. ``user_id`` is whose ranking it gets; None is a visitor's, by trend."""

    address: str
    user_id: str | None
    wish: Wish
    confirmed_at: datetime
    ended_at: datetime | None = None


class MailingState(StrEnum):
    """How far the digest of a day to an address has come."""

    PREPARED = "prepared"
    SENDING = "sending"
    """Handed over or not: after a kill nobody knows."""
    SENT = "sent"
    FAILED = "failed"
    """Not taken; a later run tries again."""
    REFUSED = "refused"
    """Not taken, for good."""
    DOUBTFUL = "doubtful"
    """The connection broke before the server had answered."""

    @property
    def may_be_there(self) -> bool:
        """Whether the reader may have it."""
        return self in (MailingState.SENDING, MailingState.SENT, MailingState.DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Mailing:
    """The digest of ``day`` to ``address``."""

    address: str
    day: date
    state: MailingState
    attempts: int
