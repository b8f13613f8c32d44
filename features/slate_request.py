"""What a ranking is asked for, and the id of its slate: frozen, standard library only."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class SlateRequest:
    """All that a ranking is a function of, besides what the store held as of ``as_of``.

    With ``min_probability``, papers less probable than that are not candidates; None asks for all.
    """

    user_id: str
    day: date
    as_of: datetime
    model_version: str
    seed: int = 0
    topic: str | None = None
    min_probability: float | None = None

    @property
    def slate_id(self) -> str:
        """32 hex digits: a hash of exactly these fields; one that is None leaves no trace in it."""
        fields = [
            self.user_id,
            self.day.isoformat(),
            self.as_of.astimezone(UTC).isoformat(timespec="microseconds"),
            self.model_version,
            str(self.seed),
            self.topic or "",
        ]
        if self.min_probability is not None:
            fields.append(repr(self.min_probability))
        return hashlib.blake2b("\x1f".join(fields).encode(), digest_size=16).hexdigest()
