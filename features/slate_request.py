"""What a ranking is asked for, and the id of its slate: frozen, standard library only."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class SlateRequest:
    """All that a ranking is a function of, besides what the store held as of ``as_of``."""

    user_id: str
    day: date
    as_of: datetime
    model_version: str
    seed: int = 0
    topic: str | None = None

    @property
    def slate_id(self) -> str:
        """32 hex digits: a hash of exactly these fields."""
        fields = (
            self.user_id,
            self.day.isoformat(),
            self.as_of.astimezone(UTC).isoformat(timespec="microseconds"),
            self.model_version,
            str(self.seed),
            self.topic or "",
        )
        return hashlib.blake2b("\x1f".join(fields).encode(), digest_size=16).hexdigest()
