"""What the commands share on the terminal: one console, one progress bar, one way to fail."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from features.errors import BroadsheetError, InvalidValue
from features.settings import Settings

# A table that is piped or captured keeps its columns instead of folding at 80.
_WIDTH = None if os.isatty(1) else 160

out = Console(highlight=False, soft_wrap=False, width=_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def now() -> datetime:
    """The clock of the commands; everything below takes it as an argument."""
    return datetime.now(UTC)


def read_settings() -> Settings:
    """Settings from the environment, or one line saying which variable is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "BROADSHEET_" + "__".join(str(part).upper() for part in first["loc"])
        raise InvalidValue(name, first["input"], first["msg"]) from error


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn an error of ours into one line on stderr and exit code 1."""
    try:
        yield
    except BroadsheetError as error:
        err.print(f"error: {error}", style="red", markup=False)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        err.print("stopped", markup=False)
        raise typer.Exit(130) from None


@contextmanager
def progress_bar(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; call what is yielded with the number of things done so far."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=not err.is_terminal) as progress:
        task = progress.add_task(label, total=total)
        yield lambda so_far: progress.update(task, completed=so_far)


@contextmanager
def stages(label: str) -> Iterator[Callable[[str], None]]:
    """What is being done now, on stderr of a terminal; call what is yielded with the name of each stage."""
    with err.status(label) as status:
        yield lambda stage: status.update(f"{label}: {stage}")


def parse_day(value: str) -> date:
    """A day as ``2026-02-27``, or ``today``."""
    if value == "today":
        return now().date()
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidValue("day", value, "a day is written 2026-02-27, or 'today'") from None


def parse_instant(value: str) -> datetime:
    """An instant as ``2026-02-27T08:00:00Z``; a bare day is its first instant in UTC."""
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidValue("as-of", value, "an instant is written 2026-02-27T08:00:00Z, or a day 2026-02-27") from None
    if instant.tzinfo is None and len(value) == len("2026-02-27"):
        return instant.replace(tzinfo=UTC)
    if instant.tzinfo is None:
        raise InvalidValue("as-of", value, "an instant needs a time zone, as in 2026-02-27T08:00:00Z")
    return instant.astimezone(UTC)
