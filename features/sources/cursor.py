"""Where a stopped fetch continues: one small JSON file per source and arguments, replaced atomically."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from features.errors import StoreFailed

State: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class CursorFile:
    """The position of one fetch, kept between runs of the program."""

    path: Path

    @classmethod
    def of(cls, data_dir: Path, source: str, arguments: Mapping[str, str]) -> "CursorFile":
        """The file of ``source`` asked with ``arguments``; other arguments have another file."""
        named = json.dumps([source, sorted(arguments.items())]).encode()
        digest = hashlib.blake2b(named, digest_size=8).hexdigest()
        return cls(data_dir / "cursors" / f"{source}-{digest}.json")

    def load(self) -> State:
        """The kept state; empty where there is none or where it cannot be read, so that the fetch starts over."""
        try:
            state = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def save(self, state: State) -> None:
        """Replace the kept state; a kill at any moment leaves the old one or the new one.

        Raises :class:`~features.errors.StoreFailed` where the folder cannot be written.
        """
        fresh = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                file.write(json.dumps(state).encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError as error:
            raise StoreFailed(f"the place of a fetch cannot be kept in {self.path}: {error.strerror}") from error

    def remove(self) -> None:
        """Forget the state; nothing happens where there is none."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreFailed(f"the place of a fetch cannot be removed from {self.path}: {error.strerror}") from error
