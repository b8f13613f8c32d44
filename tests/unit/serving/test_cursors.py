"""Cursors are readable by whoever signed them, for whom they were signed, and by nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidValue
from serving.cursors import CursorSigner

SIGNER = CursorSigner(b"secret")
SLATE = "0" * 32


@given(st.text("abc0:|", min_size=1), st.integers(0, 10**9))
def test_a_cursor_says_what_was_signed(list_id: str, offset: int) -> None:
    assert SIGNER.read("ada", SIGNER.sign("ada", list_id, offset)) == (list_id, offset)


def test_a_cursor_of_another_user_is_refused() -> None:
    with pytest.raises(InvalidValue, match="not a cursor of this list"):
        SIGNER.read("ben", SIGNER.sign("ada", SLATE, 20))


def test_a_cursor_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(InvalidValue):
        SIGNER.read("ada", CursorSigner(b"other").sign("ada", SLATE, 20))


def test_a_cursor_with_any_one_character_changed_is_refused() -> None:
    cursor = SIGNER.sign("ada", SLATE, 20)
    for place, found in enumerate(cursor):
        changed = cursor[:place] + ("A" if found != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(InvalidValue):
            SIGNER.read("ada", changed)


@given(st.text())
def test_no_text_at_all_makes_reading_fail_in_another_way(text: str) -> None:
    with pytest.raises(InvalidValue):
        SIGNER.read("ada", text)
