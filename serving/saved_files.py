"""What a reader has saved, as a file for a reference manager or a spreadsheet."""

from typing import Literal

from starlette.responses import Response

from features.domain import User
from features.library import WRITERS, LibraryFormat, saved_papers
from features.store import Transaction

MEDIA_TYPES = {
    LibraryFormat.BIBTEX: "application/x-bibtex",
    LibraryFormat.RIS: "application/x-research-info-systems",
    LibraryFormat.CSV: "text/csv",
    LibraryFormat.TEXT: "text/plain",
    LibraryFormat.JSON: "application/json",
}
SavedFormat = Literal[LibraryFormat.BIBTEX, LibraryFormat.RIS, LibraryFormat.CSV]
_EXTENSIONS = {LibraryFormat.BIBTEX: "bib", LibraryFormat.RIS: "ris", LibraryFormat.CSV: "csv"}


def saved_file(tx: Transaction, user: User, form: SavedFormat) -> Response:
    """All that ``user`` has saved, ascending by paper id, as a download."""
    written = WRITERS[form](saved_papers(tx, user))
    headers = {"Content-Disposition": f'attachment; filename="saved.{_EXTENSIONS[form]}"', "Cache-Control": "no-store"}
    return Response(written, media_type=f"{MEDIA_TYPES[form]}; charset=utf-8", headers=headers)
