"""Users: made, shown, exported and deleted for good."""

from collections import Counter

from fastapi import APIRouter, Response

from features.domain import KnownInteraction
from features.errors import AlreadyExists
from serving.accounts import delete_account, export_of, renewed_feed
from serving.dependencies import Reading, ServicesDep, Writing
from serving.known_users import exists
from serving.observed import EVERYTHING
from serving.problems import example, problems
from serving.schemas.fields import UserId
from serving.schemas.users import (
    EXPORT_EXAMPLE,
    NEW_USER_EXAMPLE,
    PRIVATE_FEED_EXAMPLE,
    USER_EXAMPLE,
    NewUser,
    PrivateFeed,
    UserExport,
    UserOut,
)
from serving.security import CallerDep, OwnUser
from serving.topics import own_topics

router = APIRouter(prefix="/v1/users/{user_id}", tags=["users"])


@router.post(
    "",
    status_code=201,
    operation_id="create_user",
    summary="Make a user",
    response_model=NewUser,
    responses={
        **example(201, NEW_USER_EXAMPLE, "The user and the token, shown this once."),
        **problems(401, 403, 409, 429, 503),
    },
)
def create_user(user_id: UserId, caller: CallerDep, services: ServicesDep, tx: Writing) -> NewUser:
    """Make a user and a token that opens their data. For administrators."""
    caller.must_be_admin("the making of users")
    if exists(tx, user_id):
        raise AlreadyExists(f"user {user_id!r}")
    user = tx.users.add(user_id, created_at=services.clock())
    token = tx.tokens.issue(user.id, admin=False, created_at=user.created_at)
    return NewUser(user_id=user.id, created_at=user.created_at, token=token)


@router.get(
    "",
    operation_id="get_user",
    summary="What is known of a user, in numbers",
    response_model=UserOut,
    responses={**example(200, USER_EXAMPLE, "The user."), **problems(401, 403, 404, 429, 503)},
)
def get_user(user_id: OwnUser, tx: Reading) -> UserOut:
    """Count a user's standing interactions by kind and their own topics by papers."""
    user = tx.users.get(user_id)
    said = tx.interactions.of_user(user.id, EVERYTHING)
    return UserOut(user_id=user.id, created_at=user.created_at, interactions=_counts(said), topics=own_topics(said))


@router.delete(
    "",
    status_code=204,
    operation_id="delete_user",
    summary="Delete a user and everything about them",
    responses={204: {"description": "Nothing is left."}, **problems(401, 403, 404, 429, 503)},
)
def delete_user(user_id: OwnUser, services: ServicesDep, tx: Writing) -> Response:
    """Destroy a user's interactions, slates, impressions, tokens and key in one transaction.

    The key was the only way to the user's rows in older model versions; they are nobody's from now on.
    """
    delete_account(services, tx, tx.users.get(user_id))
    return Response(status_code=204)


@router.get(
    "/export",
    operation_id="export_user",
    summary="Everything stored about a user",
    response_model=UserExport,
    responses={**example(200, EXPORT_EXAMPLE, "All of it."), **problems(401, 403, 404, 429, 503)},
)
def export_user(user_id: OwnUser, services: ServicesDep) -> UserExport:
    """Give everything the store holds about a user."""
    return export_of(services, user_id)


@router.post(
    "/feed-secret",
    operation_id="renew_feed_secret",
    summary="A new address for the private feed",
    response_model=PrivateFeed,
    responses={
        **example(200, PRIVATE_FEED_EXAMPLE, "Where the feed is from now on, shown this once."),
        **problems(401, 403, 404, 429, 503),
    },
)
def renew_feed_secret(user_id: OwnUser, services: ServicesDep, tx: Writing) -> PrivateFeed:
    """Make a new secret for the user's private feed; the address before it opens nothing from now on.

    Whoever has the address can read the feed. The store keeps only the secret's SHA-256.
    """
    return renewed_feed(services, tx, tx.users.get(user_id))


def _counts(said: list[KnownInteraction]) -> dict[str, int]:
    counts = Counter(str(known.interaction.kind) for known in said)
    return dict(sorted(counts.items()))
