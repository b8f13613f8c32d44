"""A reader's own data over their session: everything as JSON, saved papers as files, the private feed, and the end."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from features.library import LibraryFormat
from serving.accounts import delete_account, export_of, renewed_feed
from serving.dependencies import Reading, ServicesDep, Writing
from serving.saved_files import SavedFormat, saved_file
from serving.web.cookies import take_session
from serving.web.pages import rendered, see_other
from serving.web.visit import PostedDep, VisitDep

router = APIRouter(include_in_schema=False)

_CONFIRMED = "delete"


@router.get("/settings/export")
def export(services: ServicesDep, visit: VisitDep) -> Response:
    """Give everything that is stored about the reader, as JSON."""
    told = export_of(services, visit.reader.id).model_dump_json(indent=1)
    headers = {"Content-Disposition": 'attachment; filename="broadsheet.json"', "Cache-Control": "no-store"}
    return Response(told, media_type="application/json", headers=headers)


@router.get("/saved/export")
def export_saved(
    tx: Reading, visit: VisitDep, form: Annotated[SavedFormat, Query(alias="format")] = LibraryFormat.BIBTEX
) -> Response:
    """Give what the reader has saved as BibTeX, RIS or CSV."""
    return saved_file(tx, visit.reader, form)


@router.post("/settings/feed")
def renew_feed(services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Make a new secret address for the private feed, and show it this once."""
    feed = renewed_feed(services, tx, posted.visit.reader)
    return rendered(services, posted.visit, "private_feed.html", feed=feed)


@router.post("/settings/delete")
def delete(services: ServicesDep, tx: Writing, posted: PostedDep) -> Response:
    """Delete the reader and everything about them, where they typed the word."""
    reader = posted.visit.reader
    if posted["confirm"].lower() != _CONFIRMED:
        return see_other("/settings#end")
    delete_account(services, tx, reader)
    response = see_other("/")
    take_session(response)
    return response
