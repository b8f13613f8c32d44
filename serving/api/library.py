"""A user's library: what they saved elsewhere comes in, and what they saved here goes out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.requests import Request

from features.library import (
    WRITERS,
    LibraryFormat,
    ZoteroLibrary,
    read_library,
    take_library,
)
from serving.dependencies import Reading, ServicesDep, Writing
from serving.problems import example, problems
from serving.saved_files import MEDIA_TYPES, SavedFormat, saved_file
from serving.schemas.library import (
    BIBTEX_EXAMPLE,
    CSV_EXAMPLE,
    JSON_EXAMPLE,
    LIBRARY_EXAMPLE,
    RIS_EXAMPLE,
    TEXT_EXAMPLE,
    LibraryResult,
    ZoteroRequest,
)
from serving.security import OwnUser
from serving.zotero import bring_zotero

router = APIRouter(prefix="/v1/users/{user_id}", tags=["library"])

_EXAMPLES = {
    LibraryFormat.BIBTEX: BIBTEX_EXAMPLE,
    LibraryFormat.RIS: RIS_EXAMPLE,
    LibraryFormat.CSV: CSV_EXAMPLE,
    LibraryFormat.TEXT: TEXT_EXAMPLE,
    LibraryFormat.JSON: JSON_EXAMPLE,
}
_TEXT = {"type": "string"}


def _contents(*forms: LibraryFormat) -> dict[str, dict[str, object]]:
    return {MEDIA_TYPES[form]: {"schema": _TEXT, "example": _EXAMPLES[form]} for form in forms}


async def _body(request: Request) -> bytes:
    return await request.body()


async def _format(
    request: Request,
    given: Annotated[
        LibraryFormat | None, Query(alias="format", description="What the body is; default: what Content-Type says.")
    ] = None,
) -> LibraryFormat:
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return given or next((form for form, kind in MEDIA_TYPES.items() if kind == said), LibraryFormat.TEXT)


@router.post(
    "/library",
    operation_id="import_library",
    summary="Save the papers of a library",
    response_model=LibraryResult,
    responses={
        **example(200, LIBRARY_EXAMPLE, "What became of each paper; all of it is durable."),
        **problems(401, 403, 404, 413, 429, 503),
    },
    openapi_extra={"requestBody": {"required": True, "content": _contents(*LibraryFormat)}},
)
def import_library(
    user_id: OwnUser,
    services: ServicesDep,
    form: Annotated[LibraryFormat, Depends(_format)],
    body: Annotated[bytes, Depends(_body)],
    tx: Writing,
) -> LibraryResult:
    """Save the papers of BibTeX, RIS or CSV, of Broadsheet's own export, or of pasted ids, addresses and titles.

    A paper is found by its arXiv id, else by its title. One that is not in the catalogue and has an abstract is kept as
    the user's own: it counts for their ranking and is shown to nobody. A broken entry is named and costs no other. The
    same library again changes nothing.
    """
    user = tx.users.get(user_id)
    library = read_library(body, form, services.settings.ingest)
    return LibraryResult.of(take_library(tx, user, library, origin=form.value, recorded_at=services.clock()))


@router.post(
    "/library/zotero",
    operation_id="import_zotero",
    summary="Save the papers of a Zotero library",
    response_model=LibraryResult,
    responses={
        **example(200, LIBRARY_EXAMPLE, "What became of each paper; all of it is durable."),
        **problems(401, 403, 404, 413, 429, 502, 503),
    },
)
def import_zotero(user_id: OwnUser, body: ZoteroRequest, services: ServicesDep, tx: Reading) -> LibraryResult:
    """Save the papers of a user's or a group's library, asked for while this request waits."""
    user = tx.users.get(user_id)
    return LibraryResult.of(bring_zotero(services, user, ZoteroLibrary(body.kind, body.id, body.key)))


@router.get(
    "/saved",
    operation_id="list_saved",
    summary="What a user has saved",
    response_class=Response,
    responses={
        200: {
            "description": "All of it, ascending by paper id.",
            "content": _contents(*WRITERS),
        },
        **problems(401, 403, 404, 429, 503),
    },
)
def list_saved(
    user_id: OwnUser,
    tx: Reading,
    form: Annotated[
        SavedFormat,
        Query(alias="format", description="What it is written in."),
    ] = LibraryFormat.BIBTEX,
) -> Response:
    """Give what a user has saved as a file for a reference manager or a spreadsheet.

    Brought back through `POST …/library` it gives the same saves. No cell of the CSV is a formula.
    """
    return saved_file(tx, tx.users.get(user_id), form)
