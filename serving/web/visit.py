"""Who looks at a page: a reader who is signed in, or a visitor; and what they post."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request

from features.domain import User
from features.errors import InvalidValue, NotSignedIn
from serving.dependencies import Reading, ServicesDep
from serving.network import network_address
from serving.web.cookies import SESSION, VISITOR, new_visitor, readable

TOKEN_FIELD = "csrf"  # noqa: S105  a form field's name
TOKEN_HEADER = "x-csrf-token"  # noqa: S105  a header's name


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page.

    ``user`` is None for a visitor. ``csrf`` is the token that this browser's forms carry; ``new_visitor`` the cookie
    it is tied to where the browser has to be given one. ``path`` is what was asked for, to come back to.
    """

    user: User | None
    csrf: str
    path: str
    new_visitor: str | None = None

    @property
    def reader(self) -> User:
        """The user, or NotSignedIn."""
        if self.user is None:
            raise NotSignedIn
        return self.user

    def at(self, path: str) -> "Visit":
        """The same on the page of ``path``: an answer to a form has an address that nobody can come back to."""
        return replace(self, path=path)


def _visit(request: Request, services: ServicesDep, tx: Reading) -> Visit:
    services.limiter.take(f"page {network_address(request, services.settings.serving.proxies)}")
    session = readable(request.cookies.get(SESSION))
    user_id = None if session is None else tx.sessions.user_of(session, at=services.clock())
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if session is not None and user_id is not None:
        return Visit(tx.users.get(user_id), services.csrf.of(session), path)
    visitor = readable(request.cookies.get(VISITOR))
    name = visitor or new_visitor()
    return Visit(None, services.csrf.of(name), path, None if visitor else name)


VisitDep = Annotated[Visit, Depends(_visit)]
"""The visit of a request; an old or foreign session is a visitor's."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Form:
    fields: Mapping[str, str]
    upload: Upload | None


async def _form(request: Request) -> _Form:
    """The fields of a form, each once, and its one file if there is any."""
    async with request.form(max_files=1, max_fields=100) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [value for value in form.values() if isinstance(value, UploadFile) and value.filename]
        upload = Upload(str(files[0].filename), await files[0].read()) if files else None
    return _Form(fields, upload)


async def _checked(request: Request, visit: VisitDep, form: Annotated[_Form, Depends(_form)]) -> "Posted":
    token = request.headers.get(TOKEN_HEADER) or form.fields.get(TOKEN_FIELD, "")
    cookie = readable(request.cookies.get(SESSION)) if visit.user else readable(request.cookies.get(VISITOR))
    services = request.app.state.services
    if cookie is None or not services.csrf.matches(cookie, token):
        raise InvalidValue("form", "", "it was made for another visit; load the page again and repeat")
    return Posted(visit, form.fields, form.upload)


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that our own page sent."""

    visit: Visit
    fields: Mapping[str, str]
    upload: Upload | None = None

    def __getitem__(self, name: str) -> str:
        """The field ``name`` without outer blanks, or nothing."""
        return self.fields.get(name, "").strip()

    @property
    def back(self) -> str:
        """Where the reader came from: a path of ours, never an address elsewhere."""
        return local_path(self["back"])


PostedDep = Annotated[Posted, Depends(_checked)]
"""A form whose token has been checked."""


def local_path(wanted: str) -> str:
    """``wanted`` if it is a path on this site, else the front page."""
    plain = wanted.isprintable() and not any(char in wanted for char in "\\ \t")
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"
