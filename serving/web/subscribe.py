"""The digest by mail: asked for on a page, confirmed by a mailed link (double opt-in), ended by one click.

The link's page has the button that confirms, so that programs which open every link in a mail subscribe nobody. Nothing
is kept of an address that does not confirm, besides the link itself for two days.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from features.addresses import valid_address
from features.errors import InvalidValue
from features.subscription import Schedule, Wish
from serving.dependencies import Reading, Services, ServicesDep, Writing
from serving.mail.letters import Letter
from serving.web.mailed import RequesterDep, delivery, new_link
from serving.web.pages import rendered
from serving.web.visit import PostedDep, VisitDep

router = APIRouter(include_in_schema=False)

_PURPOSE = "subscribe"
_LIFETIME = timedelta(days=1)
_USUAL = "30"
SCHEDULES = {
    Schedule.DAILY: "every day with new papers",
    Schedule.WEEKDAYS: "from Monday to Friday",
    Schedule.WEEKLY: "once a week, on Friday",
    Schedule.THRESHOLD: "only when a paper is probable enough",
}
"""What a form calls them."""


@router.get("/subscribe")
def ask(services: ServicesDep, tx: Reading, visit: VisitDep) -> Response:
    """Show the form."""
    known = tx.accounts.address_of(visit.user.id) if visit.user else None
    return _form(services, visit, known or "")


@router.post("/subscribe")
def send(services: ServicesDep, tx: Writing, posted: PostedDep, requester: RequesterDep) -> Response:
    """Mail a link. The answer is the same for every address, and comes before the mail goes out."""
    try:
        address = valid_address(posted["address"])
        wish = wish_of(posted["schedule"], posted["percent"])
    except InvalidValue as error:
        return _form(services, posted.visit, posted["address"], f"That cannot be used: {error.rule}.", 422)
    token = new_link(services, tx, _PURPOSE, address, requester, _LIFETIME)
    response = rendered(services, posted.visit, "subscribe_sent.html", address=address)
    response.background = delivery(services, None if token is None else _letter(services, address, wish, token))
    return response


@router.get("/subscribe/{token}")
def confirm(
    token: str, services: ServicesDep, tx: Reading, visit: VisitDep, schedule: str = "daily", percent: str = _USUAL
) -> Response:
    """Show the button that a link leads to, with what was wished for."""
    address = tx.mailed_links.good(token, _PURPOSE, at=services.clock())
    shown = {"address": address, "token": token, "done": False}
    return rendered(
        services, visit, "subscribe_confirm.html", 200 if address else 410, **shown, **_wished(schedule, percent)
    )


@router.post("/subscribe/{token}")
def begin(token: str, services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Begin the subscription, or change it."""
    now = services.clock()
    wish = wish_of(posted["schedule"], posted["percent"])
    address = tx.mailed_links.use(token, _PURPOSE, at=now)
    if address is not None:
        tx.subscriptions.confirm(address, wish, at=now)
    shown = {"address": address, "token": token, "done": True}
    said = _wished(posted["schedule"], posted["percent"])
    return rendered(services, posted.visit, "subscribe_confirm.html", 200 if address else 410, **shown, **said)


@router.get("/unsubscribe/{token}")
def leave(token: str, services: ServicesDep, visit: VisitDep) -> Response:
    """Show the button that ends the mail."""
    address = services.unsubscribe_links.read(token)
    shown = {"address": address, "token": token, "done": False}
    return rendered(services, visit, "unsubscribe.html", 200 if address else 404, **shown)


@router.post("/unsubscribe/{token}")
def end(token: str, services: ServicesDep, tx: Writing, visit: VisitDep) -> Response:
    """End the mail. No form token is asked for: RFC 8058 has mail programs post here, and the link says enough."""
    address = services.unsubscribe_links.read(token)
    if address is not None:
        tx.subscriptions.end(address, at=services.clock())
    shown = {"address": address, "token": token, "done": True}
    return rendered(services, visit, "unsubscribe.html", 200 if address else 404, **shown)


def wish_of(schedule: str, percent: str) -> Wish:
    """What a form asked for; InvalidValue. A percentage counts with the threshold alone."""
    if schedule not in set(Schedule):
        raise InvalidValue("schedule", schedule, f"one of {', '.join(Schedule)}")
    if schedule != Schedule.THRESHOLD:
        return Wish(Schedule(schedule))
    if not (percent.isascii() and percent.isdecimal() and 1 <= int(percent[:4]) <= 99 and len(percent) < 4):
        raise InvalidValue("percent", percent, "a whole number from 1 to 99")
    return Wish(Schedule.THRESHOLD, int(percent) / 100)


def _form(services: Services, visit: VisitDep, address: str, problem: str = "", status: int = 200) -> Response:
    shown = {"address": address, "problem": problem}
    return rendered(services, visit, "subscribe.html", status, **shown, **_wished("daily", _USUAL))


def _wished(schedule: str, percent: str) -> dict[str, Any]:
    return {"schedules": SCHEDULES, "schedule": schedule, "percent": percent}


def _letter(services: Services, address: str, wish: Wish, token: str) -> Letter:
    said = {"schedule": wish.schedule.value}
    if wish.threshold is not None:
        said["percent"] = str(round(100 * wish.threshold))
    text = (
        "Somebody, most likely you, wants Broadsheet's new papers sent to this address\n"
        f"({SCHEDULES[wish.schedule]}). Confirm it here:\n\n"
        f"{services.settings.serving.public_url.rstrip('/')}/subscribe/{token}?{urlencode(said)}\n\n"
        "The link works once, within a day. If it was not you, do nothing: then nothing is sent.\n"
    )
    return Letter(to=address, subject="Confirm: new papers by mail", text=text, name=f"subscribe {token}")
