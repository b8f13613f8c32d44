from pathlib import Path

import pytest

from features.errors import StoreFailed
from features.sources.cursor import CursorFile
from features.sources.events import Checkpoint


def test_a_cursor_is_found_again_by_source_and_arguments_only(tmp_path: Path) -> None:
    CursorFile.of(tmp_path, "oai", {"from": "a", "set": "cs"}).save({"token": "t"})
    assert CursorFile.of(tmp_path, "oai", {"set": "cs", "from": "a"}).load() == {"token": "t"}
    assert CursorFile.of(tmp_path, "oai", {"set": "math", "from": "a"}).load() == {}
    assert CursorFile.of(tmp_path, "api", {"set": "cs", "from": "a"}).load() == {}


def test_an_unreadable_cursor_starts_the_fetch_over(tmp_path: Path) -> None:
    cursor = CursorFile(tmp_path / "c.json")
    for content in ("", "{", "[1]"):
        cursor.path.write_text(content)
        assert cursor.load() == {}


def test_keeping_the_last_checkpoint_removes_the_file(tmp_path: Path) -> None:
    cursor = CursorFile.of(tmp_path, "api", {})
    Checkpoint(cursor, {"start": 200}).keep()
    assert [path.name for path in cursor.path.parent.iterdir()] == [cursor.path.name]
    Checkpoint(cursor, None).keep()
    Checkpoint(cursor, None).keep()
    assert list(cursor.path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cursors").write_text("a file in the way")
    with pytest.raises(StoreFailed, match="cannot be kept in"):
        CursorFile.of(tmp_path, "api", {}).save({})
