"""Local means loopback at both ends, under a loopback name, and not through a proxy."""

import pytest
from starlette.requests import Request

from serving.network import is_local, is_loopback


def request(peer: str, server: str, host: str, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": host, **headers}.items()]
    return Request({"type": "http", "client": (peer, 1), "server": (server, 8000), "headers": raw})


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST.", "::ffff:127.0.0.1"]
)
def test_a_name_of_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org", "", "127.1"])
def test_anything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_a_request_over_loopback_is_local() -> None:
    assert is_local(request("127.0.0.1", "127.0.0.1", "localhost:8000"))
    assert is_local(request("::1", "::1", "[::1]:8000"))


@pytest.mark.parametrize(
    "other",
    [
        request("10.0.0.7", "127.0.0.1", "localhost"),
        request("127.0.0.1", "10.0.0.1", "localhost"),
        request("127.0.0.1", "127.0.0.1", "evil.example.org"),
        request("127.0.0.1", "127.0.0.1", "localhost", x_forwarded_for="8.8.8.8"),
    ],
    ids=["peer", "bind", "rebound name", "proxy"],
)
def test_a_request_that_is_foreign_in_any_way_is_not_local(other: Request) -> None:
    assert not is_local(other)
