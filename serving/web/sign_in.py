"""Signing in by a mailed link: one use, soon out of date, and the same answer whoever is asked for.

Following a link changes nothing: the page behind it has a button, so that programs which open every link in a mail
sign nobody in.
"""

import secrets
from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from features.addresses import valid_address
from features.errors import InvalidValue
from features.store import Transaction
from serving.dependencies import Reading, Services, ServicesDep, Writing
from serving.mail.letters import Letter
from serving.web.cookies import SESSION, give_session, readable, take_session
from serving.web.mailed import RequesterDep, delivery, new_link
from serving.web.pages import rendered, see_other
from serving.web.visit import PostedDep, VisitDep

router = APIRouter(include_in_schema=False)

_PURPOSE = "signin"


@router.get("/signin")
def ask(services: ServicesDep, visit: VisitDep) -> Response:
    """Show the form."""
    return rendered(services, visit, "sign_in.html", address="", problem="")


@router.post("/signin")
def send(services: ServicesDep, tx: Writing, posted: PostedDep, requester: RequesterDep) -> Response:
    """Mail a link. The answer is the same for known and unknown addresses, and comes before the mail goes out."""
    try:
        address = valid_address(posted["address"])
    except InvalidValue as error:
        problem = f"This is no mail address: {error.rule}."
        return rendered(services, posted.visit, "sign_in.html", 422, address=posted["address"], problem=problem)
    letter = _letter(services, tx, address, requester)
    response = rendered(services, posted.visit, "sign_in_sent.html", address=address)
    response.background = delivery(services, letter)
    return response


@router.get("/signin/{token}")
def confirm(token: str, services: ServicesDep, tx: Reading, visit: VisitDep) -> Response:
    """Show the button that a link leads to."""
    address = tx.mailed_links.good(token, _PURPOSE, at=services.clock())
    return rendered(services, visit, "sign_in_confirm.html", 200 if address else 410, address=address, token=token)


@router.post("/signin/{token}")
def enter(token: str, services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Open a session, and an account where the address has none."""
    now = services.clock()
    address = tx.mailed_links.use(token, _PURPOSE, at=now)
    if address is None:
        return rendered(services, posted.visit, "sign_in_confirm.html", 410, address=None, token=token)
    user_id, path = tx.accounts.user_of(address), "/"
    if user_id is None:
        user_id, path = f"reader-{secrets.token_hex(8)}", "/welcome"
        tx.users.add(user_id, created_at=now)
        tx.accounts.add(user_id, address, created_at=now)
    lifetime = timedelta(days=services.settings.serving.session_days)
    response = see_other(path)
    give_session(response, tx.sessions.open(user_id, at=now, lifetime=lifetime), services.settings.serving)
    return response


@router.post("/signout")
def leave(request: Request, tx: Writing, _posted: PostedDep) -> Response:
    """End the session."""
    session = readable(request.cookies.get(SESSION))
    if session is not None:
        tx.sessions.close(session)
    response = see_other("/")
    take_session(response)
    return response


def _letter(services: Services, tx: Transaction, address: str, requester: str) -> Letter | None:
    """The letter with a new link; None beyond the hourly limits, and where strangers get no account."""
    serving = services.settings.serving
    token = new_link(services, tx, _PURPOSE, address, requester, timedelta(minutes=serving.link_minutes))
    if token is None:
        return None
    if tx.accounts.user_of(address) is None and not serving.open_registration:
        return None
    text = (
        f"Sign in to Broadsheet:\n\n{serving.public_url}/signin/{token}\n\n"
        f"The link works once, within {serving.link_minutes} minutes. If you did not ask for it, somebody typed your\n"
        "address by mistake; nothing happens unless you follow the link.\n"
    )
    return Letter(to=address, subject="Your way in to Broadsheet", text=text, name=f"signin {token}")
