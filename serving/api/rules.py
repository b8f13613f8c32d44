"""A user's rules: what always stands first, and what is never shown."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from serving.dependencies import Reading, ServicesDep, Writing
from serving.observed import EVERYTHING
from serving.problems import example, problems
from serving.schemas.rules import RULE_EXAMPLE, RULES_EXAMPLE, RuleIn, RuleOut, Rules
from serving.security import OwnUser

router = APIRouter(prefix="/v1/users/{user_id}/rules", tags=["rules"])

RuleId = Annotated[int, Path(ge=1, lt=2**31, description="The rule's number.", examples=[7])]


@router.get(
    "",
    operation_id="list_rules",
    summary="A user's standing rules",
    response_model=Rules,
    responses={**example(200, RULES_EXAMPLE, "One rule."), **problems(401, 403, 404, 429, 503)},
)
def list_rules(user_id: OwnUser, tx: Reading) -> Rules:
    """List what the user always or never wants to see."""
    user = tx.users.get(user_id)
    return Rules(user_id=user.id, rules=[RuleOut.of(known) for known in tx.rules.of_user(user.id, EVERYTHING)])


@router.post(
    "",
    status_code=201,
    operation_id="add_rule",
    summary="Say what must, or must never, be shown",
    response_model=RuleOut,
    responses={**example(201, RULE_EXAMPLE, "The rule as it stands."), **problems(401, 403, 404, 429, 503)},
)
def add_rule(user_id: OwnUser, wanted: RuleIn, services: ServicesDep, tx: Writing) -> RuleOut:
    """Add a rule; the next ranking keeps it, and earlier ones stay as they are.

    A paper that a `never` speaks of is left out, and `notice` says how many were. One that a `must` speaks of stands
    first with a reason of the kind `rule`, however improbable it is. `never` wins. Saying a rule again changes nothing.
    """
    return RuleOut.of(tx.rules.add(user_id, wanted.rule(), recorded_at=services.clock()))


@router.delete(
    "/{rule_id}",
    status_code=204,
    operation_id="withdraw_rule",
    summary="Take a rule back",
    responses={204: {"description": "The rule does not stand."}, **problems(401, 403, 404, 429, 503)},
)
def withdraw_rule(user_id: OwnUser, rule_id: RuleId, services: ServicesDep, tx: Writing) -> Response:
    """Take a rule back; rankings asked for as of an earlier instant keep it."""
    tx.rules.withdraw(user_id, rule_id, recorded_at=services.clock())
    return Response(status_code=204)
