"""Lines of untrusted files, plain or gzipped, with every size capped while streaming.

Whether a file is gzipped is told by its first bytes, not by its name. A line that is too long, holds a NUL byte or is
not UTF-8 is rejected by its number (never repaired: a silently replaced character would be a different title), and the
lines after it are read. What was unpacked before a broken end is yielded before the error is raised.
"""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from features.errors import LimitExceeded, MalformedRow, UnreadableFile
from features.settings import IngestSettings

_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
# Small files of one repeated row compress better than any cap on a ratio would allow.
_RATIO_FREE_BYTES = 8 * 1024**2


class Line(NamedTuple):
    """One line with its number, counted from 1, without its end."""

    number: int
    text: str


def read_lines(path: Path, settings: IngestSettings) -> Iterator[Line | MalformedRow]:
    """Every line of ``path`` that is not blank; raises :class:`UnreadableFile` or :class:`LimitExceeded`."""
    try:
        with path.open("rb") as file:
            for number, raw in _numbered(_chunks(file, str(path), settings), settings.max_row_bytes):
                if raw is None:
                    reason = f"is longer than {settings.max_row_bytes} bytes (setting ingest.max_row_bytes)"
                    yield MalformedRow(str(path), number, reason)
                elif raw.strip():
                    yield _decoded(str(path), number, raw)
    except OSError as error:
        raise UnreadableFile(str(path), error.strerror or str(error)) from error


def _decoded(origin: str, number: int, raw: bytes) -> Line | MalformedRow:
    if b"\0" in raw:
        return MalformedRow(origin, number, "holds a NUL byte")
    try:
        return Line(number, (raw.removeprefix(_BOM) if number == 1 else raw).decode().rstrip("\r"))
    except UnicodeDecodeError as error:
        return MalformedRow(origin, number, f"is not UTF-8 at byte {error.start + 1}")


def _numbered(chunks: Iterator[bytes], max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers; None in place of one longer than ``max_bytes``, which is never held as a whole."""
    number = 1
    held = b""
    skipping = False
    for chunk in chunks:
        *complete, rest = chunk.split(b"\n")
        for piece in complete:
            line = held + piece
            yield number, None if skipping or len(line) > max_bytes else line
            number, held, skipping = number + 1, b"", False
        skipping = skipping or len(held) + len(rest) > max_bytes
        held = b"" if skipping else held + rest
    if skipping:
        yield number, None
    elif held:
        yield number, held


def _chunks(file: BinaryIO, origin: str, settings: IngestSettings) -> Iterator[bytes]:
    if file.read(2) != _GZIP:
        file.seek(0)
        return iter(lambda: file.read(_CHUNK), b"")
    file.seek(0)
    return _unpacked(file, origin, settings)


def _unpacked(file: BinaryIO, origin: str, settings: IngestSettings) -> Iterator[bytes]:
    """Decompressed pieces of at most 64 KiB of all members of a gzip file."""
    packed = unpacked = 0
    member = zlib.decompressobj(wbits=31)
    pending = b""
    while pending or (pending := file.read(_CHUNK)):
        if member.eof:
            if not pending.strip(b"\0"):
                pending = b""
                continue
            member = zlib.decompressobj(wbits=31)
        before = len(pending)
        spare = member.copy()
        try:
            piece = member.decompress(pending, _CHUNK)
        except zlib.error as error:
            yield _salvaged(spare, pending)
            raise UnreadableFile(origin, f"its gzip data is broken after {unpacked} bytes ({error})") from error
        pending = member.unused_data if member.eof else member.unconsumed_tail
        packed += before - len(pending)
        unpacked += len(piece)
        _check_sizes(origin, packed, unpacked, settings)
        yield piece
    if not member.eof:
        raise UnreadableFile(
            origin, f"its gzip data ends too early, after {unpacked} bytes; the rows before it are kept"
        )


def _salvaged(member: "zlib._Decompress", pending: bytes) -> bytes:
    """What ``pending`` unpacks to before its first wrong byte (a failing call gives back nothing of it)."""
    kept = []
    with suppress(zlib.error):
        for at in range(len(pending)):
            kept.append(member.decompress(pending[at : at + 1], _CHUNK))  # noqa: PERF401  each call may raise
    return b"".join(kept)


def _check_sizes(origin: str, packed: int, unpacked: int, settings: IngestSettings) -> None:
    if unpacked > settings.max_decompressed_bytes:
        what = f"the unpacked size of {origin}"
        raise LimitExceeded(what, unpacked, settings.max_decompressed_bytes, "ingest.max_decompressed_bytes")
    if unpacked > _RATIO_FREE_BYTES and unpacked > packed * settings.max_compression_ratio:
        what = f"the compression ratio of {origin}"
        ratio = round(unpacked / packed)
        raise LimitExceeded(what, ratio, settings.max_compression_ratio, "ingest.max_compression_ratio")
