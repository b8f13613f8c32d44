"""Who is calling, and what that opens: a user's token their own data, an administrator's everything."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from features.errors import NotAllowed, NotAuthenticated
from serving.dependencies import ServicesDep
from serving.network import is_local
from serving.one_thread import read_small
from serving.schemas.fields import UserId

_bearer = HTTPBearer(auto_error=False, description="A token printed by 'broadsheet user add'.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent the request; ``user_id`` is None for an administrator who is no user."""

    user_id: str | None
    admin: bool

    def must_own(self, user_id: str) -> None:
        """Raise NotAllowed unless the data of ``user_id`` are open to the caller."""
        if not self.admin and self.user_id != user_id:
            raise NotAllowed(f"the data of user {user_id!r}")

    def must_be_admin(self, what: str) -> None:
        """Raise NotAllowed, naming ``what``, unless the caller is an administrator."""
        if not self.admin:
            raise NotAllowed(what)


def bucket_of(token: str) -> str:
    """Whose requests are counted together: a token's, which is not kept itself."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def authenticate(request: Request, services: ServicesDep, credentials: _Credentials) -> Caller:
    """The caller by bearer token; with ``insecure_local``, whoever comes over loopback without one is administrator.

    Good tokens have a bucket each; bad ones share one per address, so that guessing is slow.
    """
    if credentials is None:
        if services.settings.serving.insecure_local and is_local(request):
            return Caller(None, admin=True)
        raise NotAuthenticated
    token = credentials.credentials
    principal = await read_small(services, partial(services.marks.principal_of, token))
    if principal is None:
        services.limiter.take(f"address {request.client.host if request.client else ''}")
        raise NotAuthenticated
    services.limiter.take(bucket_of(token))
    return Caller(principal.user_id, principal.admin)


CallerDep = Annotated[Caller, Depends(authenticate)]
ANYONE_KNOWN = [Depends(authenticate)]
"""For routes that want a good token and nothing more."""


async def _own(user_id: UserId, caller: CallerDep) -> str:
    caller.must_own(user_id)
    return user_id


OwnUser = Annotated[str, Depends(_own)]
"""The path's ``user_id``, which the caller may open."""
