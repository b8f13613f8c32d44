"""The two cookies: a reader's session, and a visitor's random name that forms are tied to."""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.responses import Response

from features.settings import ServingSettings

SESSION = "broadsheet_session"
VISITOR = "broadsheet_visitor"
_LONGEST = 128


def new_visitor() -> str:
    """A random name for a browser that has none."""
    return secrets.token_urlsafe(18)


def readable(value: str | None) -> str | None:
    """A cookie's value if it can be one of ours."""
    return value if value and len(value) <= _LONGEST and value.isascii() else None


def give_session(response: Response, plain: str, settings: ServingSettings) -> None:
    """Keep the reader signed in."""
    _set(response, SESSION, plain, settings, timedelta(days=settings.session_days))


def give_visitor(response: Response, name: str, settings: ServingSettings) -> None:
    """Keep the visitor's name until the browser is closed."""
    _set(response, VISITOR, name, settings, None)


def take_session(response: Response) -> None:
    """Sign the browser out."""
    response.delete_cookie(SESSION, path="/", httponly=True, samesite="lax")


def is_https(settings: ServingSettings) -> bool:
    """Whether readers come over an encrypted connection."""
    return urlsplit(settings.public_url).scheme == "https"


def _set(response: Response, name: str, value: str, settings: ServingSettings, lifetime: timedelta | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=None if lifetime is None else int(lifetime.total_seconds()),
        path="/",
        secure=is_https(settings),
        httponly=True,
        samesite="lax",  # strict would sign readers out of every page they reach from their mail
    )
