"""Who is on the other end: this machine alone, or anybody."""

import ipaddress

from starlette.requests import Request

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or an address, is this machine and nothing else."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def is_local(request: Request) -> bool:
    """Whether a request comes from this machine, over loopback, under a loopback name.

    A proxy on this machine would make the world look local, so a forwarded request is not. The name is checked since
    a page of another site can make a browser here send requests to an address it pretends is its own.
    """
    peer = request.client.host if request.client else ""
    server = (request.scope.get("server") or ("", None))[0]
    forwarded = any(name in request.headers for name in _FORWARDED)
    return is_loopback(peer) and is_loopback(server) and is_loopback(_host_name(request)) and not forwarded


def _host_name(request: Request) -> str:
    """The Host header without its port."""
    host = request.headers.get("host", "")
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def network_address(request: Request, proxies: int) -> str:
    """Who asks, by network address: the peer, or what the nearest of ``proxies`` trusted proxies heard from.

    Each proxy appends whom it heard from to X-Forwarded-For, so the address counts from the right; what a caller
    wrote further left is not believed.
    """
    peer = request.client.host if request.client else ""
    heard = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if part.strip()]
    return heard[-min(proxies, len(heard))] if proxies and heard else peer
