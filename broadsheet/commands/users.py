"""``broadsheet user …``: readers and their tokens."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from broadsheet.commands.ingest import MOST_SHOWN_REJECTIONS
from broadsheet.console import err, now, one_line_errors, out, read_settings
from features.errors import InvalidValue, LimitExceeded, UnreadableFile
from features.library import Examples, LibraryFormat, ZoteroLibrary, fetch_zotero, read_library, take_library
from features.settings import Settings
from features.store import open_store

app = typer.Typer(no_args_is_help=True, help="Readers and their tokens.")

_ENDINGS = {
    ".bib": LibraryFormat.BIBTEX,
    ".bibtex": LibraryFormat.BIBTEX,
    ".ris": LibraryFormat.RIS,
    ".csv": LibraryFormat.CSV,
    ".txt": LibraryFormat.TEXT,
    ".json": LibraryFormat.JSON,
}

UserId = Annotated[str, typer.Argument(help="The reader's id: letters, digits and ._@+-.")]


@app.command()
def add(
    user_id: UserId,
    admin: Annotated[bool, typer.Option("--admin", help="Issue an admin's token: it opens everybody's data.")] = False,
) -> None:
    """Add a reader, unless there already, and print a new token for the API; the store keeps only its hash."""
    with one_line_errors():
        store = open_store(read_settings().database_url)
        with store.transaction() as tx:
            tx.users.add(user_id, created_at=now())
            token = tx.tokens.issue(user_id, admin=admin, created_at=now())
        out.print(token, markup=False)


@app.command()
def export(user_id: UserId) -> None:
    """Print everything the store knows of a reader, as JSON."""
    with one_line_errors():
        store = open_store(read_settings().database_url)
        with store.transaction(readonly=True) as tx:
            everything = tx.users.export(user_id)
        typer.echo(json.dumps(everything, indent=2, sort_keys=True, ensure_ascii=False))


@app.command("import-library")
def import_library(
    user_id: UserId,
    file: Annotated[Path | None, typer.Argument(help="The library; a .bib, .ris, .csv, .txt or .json file.")] = None,
    form: Annotated[
        LibraryFormat | None, typer.Option("--format", help="What the file is; told by its ending otherwise.")
    ] = None,
    zotero: Annotated[
        str | None, typer.Option(help="A Zotero library instead: user/475425 or group/169947; the key is asked for.")
    ] = None,
) -> None:
    """Save the papers of a reader's library: BibTeX, RIS, CSV, pasted lines, an export, or Zotero's."""
    with one_line_errors():
        settings = read_settings()
        if (file is None) == (zotero is None):
            raise InvalidValue("library", str(file), "name a file or a Zotero library, one of them")
        library = _from_zotero(zotero, settings) if zotero else _from_file(file or Path(), form, settings)
        with open_store(settings.database_url) as store, store.transaction() as tx:
            origin = "Zotero" if zotero else str(file)
            report = take_library(tx, tx.users.get(user_id), library, origin=origin, recorded_at=now())
        for row in report.problems[:MOST_SHOWN_REJECTIONS]:
            err.print(f"not used: {row}", markup=False)
        if len(report.problems) > MOST_SHOWN_REJECTIONS:
            err.print(f"not used: {len(report.problems) - MOST_SHOWN_REJECTIONS:,} more", markup=False)
        out.print(report.closing_line(), markup=False)


def _from_file(file: Path, form: LibraryFormat | None, settings: Settings) -> Examples:
    found = form or _ENDINGS.get(file.suffix.lower())
    if found is None:
        raise InvalidValue("file", str(file), f"say what it is with --format {' | '.join(LibraryFormat)}")
    limit = settings.ingest.max_response_bytes
    try:
        if (size := file.stat().st_size) > limit:
            raise LimitExceeded(str(file), size, limit, "ingest.max_response_bytes")
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(str(file), error.strerror or str(error)) from error
    return read_library(data, found, settings.ingest)


def _from_zotero(named: str, settings: Settings) -> Examples:
    kind, _, number = named.partition("/")
    if kind not in ("user", "group") or not number.isdecimal():
        raise InvalidValue("--zotero", named, "a library is named user/475425 or group/169947")
    key = typer.prompt("Zotero key (empty for a public library)", default="", hide_input=True, show_default=False)
    return fetch_zotero(
        ZoteroLibrary("user" if kind == "user" else "group", int(number), SecretStr(key) if key else None),
        settings.ingest,
    )


@app.command("list")
def list_users() -> None:
    """Print the readers, one a line."""
    with one_line_errors():
        store = open_store(read_settings().database_url)
        with store.transaction() as tx:
            users = tx.users.all()
        for user in users:
            out.print(user.id, markup=False)


@app.command()
def delete(
    user_id: UserId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a reader and everything known of her, at once and for good."""
    with one_line_errors():
        store = open_store(read_settings().database_url)
        with store.transaction() as tx:
            tx.users.get(user_id)
        if not yes:
            typer.confirm(f"Delete {user_id} and all of their interactions?", abort=True)
        with store.transaction() as tx:
            tx.users.delete(user_id)
        out.print(f"{user_id} is deleted", markup=False)
