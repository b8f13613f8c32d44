"""What a reader settles once: rules for every list, and whether others may read with them."""

from fastapi import APIRouter
from starlette.responses import Response

from features.errors import AlreadyExists, InvalidValue
from features.rules import MAX_VALUE, Rule, RuleField, RuleKind
from features.store import Transaction
from serving.dependencies import Reading, Services, ServicesDep, Writing
from serving.observed import EVERYTHING
from serving.web.pages import rendered, see_other
from serving.web.visit import Posted, PostedDep, Visit, VisitDep

router = APIRouter(include_in_schema=False)

_PAGE = "/settings"


@router.get(_PAGE)
def settings_page(services: ServicesDep, tx: Reading, visit: VisitDep) -> Response:
    """Show the rules that stand, and the public list."""
    return _shown(services, tx, visit)


@router.post("/settings/rules")
def change_rules(services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Add a rule, or take one back; what cannot be one is said above the form."""
    user, now = posted.visit.reader, services.clock()
    if posted["withdraw"]:
        tx.rules.withdraw(user.id, _number(posted["withdraw"]), recorded_at=now)
        return see_other(posted.back)
    try:
        tx.rules.add(user.id, _rule(posted), recorded_at=now)
    except InvalidValue as error:
        return _shown(services, tx, posted.visit, problem=f"That is no rule: {error.rule}.")
    return see_other(_PAGE)


@router.post("/settings/list")
def change_list(services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Open the reader's saved papers to all under a name, or close them."""
    user = posted.visit.reader
    if posted["close"]:
        tx.lists.close(user.id)
        return see_other(_PAGE)
    try:
        tx.lists.open(user.id, posted["name"], at=services.clock())
    except InvalidValue as error:
        return _shown(services, tx, posted.visit, list_problem=f"That is no name for a list: {error.rule}.")
    except AlreadyExists:
        return _shown(services, tx, posted.visit, list_problem="That name is taken.")
    return see_other(_PAGE)


def _shown(services: Services, tx: Transaction, visit: Visit, *, problem: str = "", list_problem: str = "") -> Response:
    reader = visit.reader
    return rendered(
        services,
        visit,
        "settings.html",
        422 if problem or list_problem else 200,
        rules=tx.rules.of_user(reader.id, EVERYTHING),
        longest=MAX_VALUE,
        own_list=tx.lists.name_of(reader.id),
        problem=problem,
        list_problem=list_problem,
    )


def _rule(posted: Posted) -> Rule:
    kind, field = posted["kind"], posted["field"]
    if kind not in set(RuleKind) or field not in set(RuleField):
        raise InvalidValue("rule", kind, "choose what it is about and what it does")
    return Rule(RuleKind(kind), RuleField(field), posted["value"])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidValue("rule", text, "a rule is named by its number")
    return int(text)
