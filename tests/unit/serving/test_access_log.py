"""What the access log says of a request."""

import logging

import pytest

from serving.access_log import log_request


def logged(caplog, path, query=b"", **scope):
    with caplog.at_level(logging.INFO, "broadsheet.access"):
        log_request(
            {"method": "GET", "client": ("1.2.3.4", 5), "path": path, "query_string": query, **scope}, 200, 0.01234
        )
    return caplog.messages[-1]


@pytest.mark.parametrize(
    "path", ["/feeds/u/TOP-secret.atom", "/signin/TOP-secret", "/base/feeds/u/TOP-secret.rss", "/open/TOP-secret"]
)
def test_it_has_no_secret_of_an_address(caplog, path):
    line = logged(caplog, path, b"next=1")
    assert "secret" not in line
    assert "…" in line


def test_it_keeps_other_addresses(caplog):
    line = logged(caplog, "/feeds/daily.atom", b"day=2026-02-27")
    assert line == '1.2.3.4:5 "GET /feeds/daily.atom?day=2026-02-27" 200 12.3 ms'


def test_nobody_writes_lines_of_their_own_into_it(caplog):
    line = logged(caplog, "/papers\n1.1.1.1:1 forged", b"q=a\r\nforged", client=None)
    assert line.startswith('-:0 "GET /papers%0A1.1.1.1%3A1%20forged?q=a??forged" 200')


def test_a_path_that_is_no_text_is_a_line_all_the_same(caplog):
    assert '"GET /%3F"' in logged(caplog, "/\udc80")


def test_nothing_is_made_where_nobody_listens(caplog):
    with caplog.at_level(logging.WARNING, "broadsheet.access"):
        log_request({}, 200, 0.0)
    assert not caplog.messages
