"""A link behind a title names one reader, one paper and one place, and nobody else can make one."""

from datetime import UTC, datetime, timedelta

import pytest

from serving.open_links import OpenLink, OpenLinks

NOON = datetime(2026, 2, 27, 12, tzinfo=UTC)
LINK = OpenLink("ada", "2602.00001", "mail", NOON, "slate", 3)
LINKS = OpenLinks(b"k" * 32)


def test_what_was_signed_is_read():
    assert LINKS.read(LINKS.token(LINK)) == LINK
    bare = OpenLink("ada", "math/0309136", "page", NOON)
    assert LINKS.read(LINKS.token(bare)) == bare


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "A" + t[1:], lambda _: "", lambda _: "é", lambda t: t * 2]
)
def test_nothing_else_is_read(change):
    assert LINKS.read(change(LINKS.token(LINK))) is None
    assert OpenLinks(b"x" * 32).read(LINKS.token(LINK)) is None


def test_a_link_expires_after_thirty_days():
    assert not LINK.expired(NOON + timedelta(days=30))
    assert LINK.expired(NOON + timedelta(days=30, seconds=1))
    assert LINK.expired(NOON - timedelta(days=1))


def test_mail_that_is_followed_at_once_was_followed_by_a_machine():
    assert LINK.prefetched(NOON + timedelta(seconds=9))
    assert not LINK.prefetched(NOON + timedelta(seconds=10))
    assert not OpenLink("ada", "2602.00001", "page", NOON).prefetched(NOON)
