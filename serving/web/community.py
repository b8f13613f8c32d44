"""What readers want others to see: votes, submissions, and lists that can be followed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from features.community import MAX_WHY, Submission
from features.domain import User
from features.errors import InvalidValue, RateLimited, SourceFailed, UnknownPaper
from features.store import Transaction
from serving.dependencies import Reading, Services, ServicesDep, Writing
from serving.observed import EVERYTHING
from serving.public_lists import kept_by
from serving.submitting import submit
from serving.web.pages import rendered, see_other
from serving.web.paper_views import PaperView
from serving.web.ranked import views_of
from serving.web.visit import PostedDep, Visit, VisitDep

router = APIRouter(include_in_schema=False)

_N_SUBMITTED = 20
_N_LISTED = 20
_N_NEWEST = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """What readers say of one paper: how many voted, whether the one who looks did, and the words why."""

    n_votes: int
    voted: bool
    submissions: list[Submission]
    longest_why: int = MAX_WHY


def tally_of(tx: Transaction, user: User | None, paper_id: str) -> Tally:
    """All that readers said of a paper and have not taken back."""
    cast_at = tx.votes.cast_at([paper_id], EVERYTHING).get(paper_id, ())
    voted = user is not None and paper_id in tx.votes.of_user(user.id, EVERYTHING)
    submissions = tx.votes.submissions(EVERYTHING, limit=_N_SUBMITTED, paper_id=paper_id)
    return Tally(len(cast_at), voted, submissions)


@router.get("/community")
def community_page(services: ServicesDep, tx: Reading, visit: VisitDep) -> Response:
    """Show what was submitted, the lists there are, and those the reader follows."""
    return _shown(services, tx, visit)


@router.post("/votes")
def vote(services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Vote for a paper, or take the vote back."""
    reader, paper_id, now = posted.visit.reader, posted["paper"], services.clock()
    if posted["act"] == "withdraw":
        tx.votes.withdraw(reader.id, paper_id, recorded_at=now)
    else:
        tx.votes.cast(reader.id, paper_id, recorded_at=now)
    return see_other(posted.back)


@router.post("/submissions")
def submit_paper(services: ServicesDep, tx: Reading, posted: PostedDep) -> Response:
    """Submit a paper with a word why; what cannot be submitted is said above the form."""
    reader = posted.visit.reader
    try:
        submit(services, reader.id, posted["paper"], posted["why"])
    except InvalidValue as error:
        return _shown(services, tx, posted.visit, problem=f"That cannot be submitted: {error.rule}.")
    except UnknownPaper:
        unknown = "No such paper is known, neither here nor to arXiv. Check its id or address."
        return _shown(services, tx, posted.visit, problem=unknown)
    except (SourceFailed, RateLimited):
        silent = "This paper is not here yet, and arXiv cannot be asked for it now. Submit it again in a minute."
        return _shown(services, tx, posted.visit, problem=silent)
    return see_other(posted.back if posted["back"] else "/community")


@router.get("/lists/{name}")
def list_page(
    name: str, services: ServicesDep, tx: Reading, visit: VisitDep, page: Annotated[int, Query(ge=1, le=1000)] = 1
) -> Response:
    """Show what a reader keeps on their public list, the newest first."""
    curator = tx.lists.curator_of(name)
    found = next(one for one in tx.lists.all() if one.name == name.strip().lower())
    n_papers, kept = kept_by(tx, curator, limit=_N_LISTED, offset=(page - 1) * _N_LISTED)
    user = visit.user
    return rendered(
        services,
        visit,
        "public_list.html",
        found=found,
        own=user is not None and user.id == curator,
        followed=user is not None and name.strip().lower() in _names_followed(tx, user),
        n_papers=n_papers,
        views=views_of(services, tx, user, (one.paper for one in kept)),
        page=page,
        n_pages=max(1, -(-n_papers // _N_LISTED)),
    )


@router.post("/lists/{name}")
def follow(name: str, services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Follow a list, or stop."""
    reader = posted.visit.reader
    if posted["act"] == "unfollow":
        tx.lists.unfollow(reader.id, name)
    else:
        tx.lists.follow(reader.id, name, recorded_at=services.clock())
    return see_other(posted.back)


def _shown(services: Services, tx: Transaction, visit: Visit, *, problem: str = "") -> Response:
    submissions = tx.votes.submissions(EVERYTHING, limit=_N_SUBMITTED)
    ids = [one.paper_id for one in submissions]
    views = _views(services, tx, visit.user, ids)
    cast_at = tx.votes.cast_at(ids, EVERYTHING)
    followed = tx.lists.followed_by(visit.user.id) if visit.user else []
    return rendered(
        services,
        visit.at("/community"),
        "community.html",
        422 if problem else 200,
        problem=problem,
        longest_why=MAX_WHY,
        submissions=[(one, views[one.paper_id], len(cast_at[one.paper_id])) for one in submissions],
        followed=[(one, _newest(services, tx, visit.user, one.name)) for one in followed],
        lists=tx.lists.all(),
    )


def _views(services: Services, tx: Transaction, user: User | None, ids: Iterable[str]) -> dict[str, PaperView]:
    papers = tx.papers.get_many(ids, EVERYTHING)
    return {view.paper.id: view for view in views_of(services, tx, user, papers.values())}


def _newest(services: Services, tx: Transaction, user: User | None, name: str) -> list[PaperView]:
    _, kept = kept_by(tx, tx.lists.curator_of(name), limit=_N_NEWEST)
    return views_of(services, tx, user, (one.paper for one in kept))


def _names_followed(tx: Transaction, user: User) -> set[str]:
    return {one.name for one in tx.lists.followed_by(user.id)}
