"""Public lists: what readers keep, opened by their own wish, and followed by others."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from features.store import Transaction
from serving.api.votes import Voter
from serving.dependencies import Reading, ServicesDep, Writing
from serving.problems import example, problems
from serving.public_lists import kept_by
from serving.schemas.community import (
    FOLLOWED_EXAMPLE,
    LIST_EXAMPLE,
    LIST_PAGE_EXAMPLE,
    LISTS_EXAMPLE,
    Followed,
    ListIn,
    ListName,
    ListOut,
    ListPage,
    Lists,
    SavedPaper,
)
from serving.schemas.papers import PaperOut
from serving.security import ANYONE_KNOWN, OwnUser

router = APIRouter(prefix="/v1", tags=["community"])

_NEWEST = 5


@router.get(
    "/lists",
    operation_id="list_lists",
    summary="Public lists",
    response_model=Lists,
    responses={**example(200, LISTS_EXAMPLE, "One of them."), **problems(401, 404, 429, 503)},
    dependencies=ANYONE_KNOWN,
)
def list_lists(tx: Reading) -> Lists:
    """Name the lists that readers opened, the most followed first."""
    return Lists(lists=[ListOut(name=one.name, n_followers=one.n_followers) for one in tx.lists.all()])


@router.get(
    "/lists/{name}",
    operation_id="get_list",
    summary="A public list",
    response_model=ListPage,
    responses={**example(200, LIST_PAGE_EXAMPLE, "Its papers."), **problems(401, 404, 429, 503)},
    dependencies=ANYONE_KNOWN,
)
def get_list(
    name: ListName,
    tx: Reading,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many papers.")] = 20,
    offset: Annotated[int, Query(ge=0, le=100_000, description="After so many.")] = 0,
) -> ListPage:
    """Give what a reader keeps on their public list, the newest first. Their user id is shown to nobody."""
    return _page(tx, name, limit, offset)


@router.put(
    "/lists/{name}/followers/me",
    status_code=204,
    operation_id="follow_list",
    summary="Follow a public list",
    responses={204: {"description": "The token's user follows it."}, **problems(401, 403, 404, 429, 503)},
)
def follow_list(name: ListName, reader: Voter, services: ServicesDep, tx: Writing) -> Response:
    """Follow a list; again changes nothing. What is followed is shown beside the reader's own ranking, not in it."""
    tx.lists.follow(reader, name, recorded_at=services.clock())
    return Response(status_code=204)


@router.delete(
    "/lists/{name}/followers/me",
    status_code=204,
    operation_id="unfollow_list",
    summary="Stop following a public list",
    responses={204: {"description": "The token's user does not follow it."}, **problems(401, 403, 404, 429, 503)},
)
def unfollow_list(name: ListName, reader: Voter, tx: Writing) -> Response:
    """Stop following a list; again changes nothing."""
    tx.lists.unfollow(reader, name)
    return Response(status_code=204)


@router.get(
    "/users/{user_id}/lists",
    operation_id="list_followed",
    summary="The lists a user follows, and their own",
    response_model=Followed,
    responses={**example(200, FOLLOWED_EXAMPLE, "One followed list."), **problems(401, 403, 404, 429, 503)},
)
def list_followed(user_id: OwnUser, tx: Reading) -> Followed:
    """Give the newest papers of every list that a user follows, and the name of the user's own list."""
    user = tx.users.get(user_id)
    return Followed(
        user_id=user.id,
        own_list=tx.lists.name_of(user.id),
        lists=[_page(tx, one.name, _NEWEST, 0) for one in tx.lists.followed_by(user.id)],
    )


@router.put(
    "/users/{user_id}/list",
    operation_id="open_list",
    summary="Open one's saved papers to all",
    response_model=ListOut,
    responses={**example(200, LIST_EXAMPLE, "The list as others see it."), **problems(401, 403, 404, 409, 429, 503)},
)
def open_list(user_id: OwnUser, wanted: ListIn, services: ServicesDep, tx: Writing) -> ListOut:
    """Make all of a user's saved papers public under a name; another name replaces the one before, followers stay."""
    user = tx.users.get(user_id)
    name = tx.lists.open(user.id, wanted.name, at=services.clock())
    return next(ListOut(name=one.name, n_followers=one.n_followers) for one in tx.lists.all() if one.name == name)


@router.delete(
    "/users/{user_id}/list",
    status_code=204,
    operation_id="close_list",
    summary="Make one's saved papers private again",
    responses={204: {"description": "Nothing of the user's is public."}, **problems(401, 403, 404, 429, 503)},
)
def close_list(user_id: OwnUser, tx: Writing) -> Response:
    """Close a user's public list; its followers are gone with it."""
    tx.lists.close(tx.users.get(user_id).id)
    return Response(status_code=204)


def _page(tx: Transaction, name: str, limit: int, offset: int) -> ListPage:
    curator = tx.lists.curator_of(name)
    found = next(one for one in tx.lists.all() if one.name == name)
    n_papers, kept = kept_by(tx, curator, limit=limit, offset=offset)
    return ListPage(
        name=found.name,
        n_followers=found.n_followers,
        n_papers=n_papers,
        papers=[SavedPaper(paper=PaperOut.of(one.paper), saved_at=one.saved_at) for one in kept],
    )
