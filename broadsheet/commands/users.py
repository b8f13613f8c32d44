"""``broadsheet user …``: readers and their tokens."""

import json
from typing import Annotated

import typer

from broadsheet.console import now, one_line_errors, out, read_settings
from features.store import open_store

app = typer.Typer(no_args_is_help=True, help="Readers and their tokens.")

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
