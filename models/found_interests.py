"""All interests of a user as they are kept for the next question."""

from dataclasses import dataclass

from models.interests import Interest

_BYTES_EACH = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """All interests of a user, as they were found."""

    interests: tuple[Interest, ...]

    @property
    def n_bytes(self) -> int:
        """What they take in memory, about."""
        return sum(
            _BYTES_EACH + each.rows.nbytes + each.named.n_bytes // len(self.interests) for each in self.interests
        )
