"""What the service takes a reader to be interested in, and what the reader says to that."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from features.errors import InvalidValue
from features.interest_changes import ChangeKind
from serving.dependencies import Reading, ServicesDep
from serving.interests import change_of, forget, standing_interests, unmute
from serving.observed import EVERYTHING
from serving.schemas.interests import InterestPatch
from serving.web.pages import rendered, see_other
from serving.web.visit import Posted, PostedDep, VisitDep

router = APIRouter(include_in_schema=False)

_PAGE = "/interests"
_SHOWN = 4


@router.get(_PAGE)
def interests_page(services: ServicesDep, tx: Reading, visit: VisitDep) -> Response:
    """Show the interests with their shares and newest papers, and what was changed in them."""
    reader = visit.reader
    found = standing_interests(services, tx, reader) if services.published.of(tx, EVERYTHING).any else []
    newest = {one.name: one.paper_ids[: -_SHOWN - 1 : -1] for one in found}
    papers = tx.papers.get_many((paper_id for ids in newest.values() for paper_id in ids), EVERYTHING)
    changes = tx.interest_changes.of_user(reader.id, EVERYTHING)
    return rendered(
        services,
        visit,
        "interests.html",
        interests=[
            (one, quote(one.name, safe=""), [papers[each] for each in newest[one.name] if each in papers])
            for one in found
        ],
        muted=[known for known in changes if known.change.kind is ChangeKind.MUTE],
        changes=[known for known in changes if known.change.kind is not ChangeKind.MUTE],
    )


@router.post(_PAGE)
def change(services: ServicesDep, tx: Reading, posted: PostedDep) -> Response:
    """Rename, merge, mute, unmute or forget an interest."""
    reader, name, act = posted.visit.reader, posted["interest"], posted["act"]
    if act == "unmute":
        unmute(services, tx, reader, name)
    elif act == "forget":
        forget(services, tx, reader, name)
    else:
        changed = change_of(services, tx, reader, name, _patch(act, posted))
        with services.store.transaction() as writing:
            writing.interest_changes.add(reader.id, changed, recorded_at=services.clock())
    return see_other(_PAGE)


_PATCHES: Mapping[str, Callable[[Posted], InterestPatch]] = {
    "rename": lambda posted: InterestPatch(name=posted["name"]),
    "merge": lambda posted: InterestPatch(merge_into=posted["into"]),
    "mute": lambda _: InterestPatch(muted=True),
}


def _patch(act: str, posted: Posted) -> InterestPatch:
    if act not in _PATCHES:
        raise InvalidValue("act", act, f"one of forget, unmute, {', '.join(_PATCHES)}")
    try:
        return _PATCHES[act](posted)
    except ValueError as error:
        raise InvalidValue("interest", posted["name"] or posted["into"], "1 to 60 characters, no slash") from error
