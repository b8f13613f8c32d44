import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import LimitExceeded, MalformedRow, UnreadableFile
from features.settings import IngestSettings
from features.sources.files import Line, read_lines

SETTINGS = IngestSettings()
SMALL = IngestSettings(max_row_bytes=10)


def written(folder: Path, content: bytes, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_lines_are_numbered_and_blank_ones_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbfone\r\n\n  \ntwo")
    assert list(read_lines(path, SETTINGS)) == [Line(1, "one"), Line(4, "two")]


def test_a_gzip_file_is_known_by_its_first_bytes_and_may_have_members(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"one\ntw") + gzip.compress(b"o\n") + b"\0" * 20)
    assert list(read_lines(path, SETTINGS)) == [Line(1, "one"), Line(2, "two")]


def test_a_long_row_is_rejected_by_number_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = written(tmp_path, b"one\n" + b"x" * 300_000 + b"\ntwo\n" + b"y" * 11)
    first, second, third, fourth = read_lines(path, SMALL)
    assert (first, third) == (Line(1, "one"), Line(3, "two"))
    assert isinstance(second, MalformedRow)
    assert second.line == 2
    assert isinstance(fourth, MalformedRow)
    assert "ingest.max_row_bytes" in str(fourth)


@pytest.mark.parametrize(("row", "reason"), [(b"a\0b", "NUL"), (b"caf\xe9", "not UTF-8 at byte 4")])
def test_nul_bytes_and_bad_utf8_reject_their_row_only(tmp_path: Path, row: bytes, reason: str) -> None:
    bad, good = read_lines(written(tmp_path, row + b"\ngood"), SETTINGS)
    assert isinstance(bad, MalformedRow)
    assert reason in bad.reason
    assert good == Line(2, "good")


def rows_before_the_error(path: Path) -> tuple[list[Line | MalformedRow], str]:
    kept: list[Line | MalformedRow] = []
    with pytest.raises(UnreadableFile) as caught:
        kept.extend(read_lines(path, SETTINGS))
    return kept, str(caught.value)


def test_a_truncated_gzip_gives_its_good_rows_first(tmp_path: Path) -> None:
    content = b"".join(b'{"n": %d, "h": "%s"}\n' % (n, str(hash(n * 7919)).encode()) for n in range(20_000))
    packed = gzip.compress(content)
    kept, message = rows_before_the_error(written(tmp_path, packed[: len(packed) // 2]))
    assert len(kept) > 5_000
    assert "ends too early" in message
    assert all(isinstance(line, Line) and line.text.endswith("}") for line in kept)


def test_a_gzip_with_a_wrong_byte_is_unreadable(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"one\n" * 50))
    packed[-6] ^= 1
    kept, message = rows_before_the_error(written(tmp_path, bytes(packed)))
    assert len(kept) == 50
    assert "broken" in message


def test_rubbish_after_a_gzip_member_is_unreadable(tmp_path: Path) -> None:
    kept, _ = rows_before_the_error(written(tmp_path, gzip.compress(b"one\n") + b"rubbish"))
    assert kept == [Line(1, "one")]


def test_a_zip_bomb_is_refused_after_a_few_megabytes(tmp_path: Path) -> None:
    row = b"x" * 999 + b"\n"
    path = written(tmp_path, gzip.compress(row * 100_000))
    read: list[Line | MalformedRow] = []
    with pytest.raises(LimitExceeded, match=r"ratio .* \(setting ingest.max_compression_ratio\)"):
        read.extend(read_lines(path, SETTINGS))
    assert len(read) < 10_000


def test_the_unpacked_size_is_capped(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"row\n" * 1000))
    with pytest.raises(LimitExceeded, match=r"ingest.max_decompressed_bytes"):
        list(read_lines(path, IngestSettings(max_decompressed_bytes=3999)))
    assert len(list(read_lines(path, IngestSettings(max_decompressed_bytes=4000)))) == 1000


def test_a_file_that_cannot_be_opened_is_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UnreadableFile, match=str(path)):
            list(read_lines(path, SETTINGS))


@given(rows=st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1)))
def test_gzip_and_plain_files_read_the_same(tmp_path_factory: pytest.TempPathFactory, rows: list[str]) -> None:
    folder = tmp_path_factory.getbasetemp()
    content = "\n".join(rows).encode()
    plain = list(read_lines(written(folder, content), SETTINGS))
    assert plain == list(read_lines(written(folder, gzip.compress(content)), SETTINGS))
    assert len(plain) == sum(bool(row.encode().strip()) for row in rows)
