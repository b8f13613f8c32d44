"""``broadsheet digest``: the day's paper by mail."""

from pathlib import Path
from time import monotonic, sleep
from typing import Annotated

import typer

from broadsheet.console import err, one_line_errors, out, parse_day, progress_bar, read_settings
from features.errors import InvalidValue


def digest(
    day: Annotated[str, typer.Option(help="A day, as in 2026-02-27, or 'today'.")] = "today",
    send: Annotated[bool, typer.Option("--send", help="Hand the letters over, each once.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Only write the letters here, as .eml files; nothing is remembered.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="With --send: also what may have been sent; somebody may get it twice.")
    ] = False,
) -> None:
    """Mail a day's digest to everybody who is due; run again, it sends what is missing and nothing twice."""
    with one_line_errors():
        from serving.app import utc_now
        from serving.digest.sending import Pace, Sender
        from serving.lifecycle import Service
        from serving.mail.outbox import FolderOutbox, outbox_of
        from serving.metrics import Metrics

        if send == (folder is not None):
            raise InvalidValue("--send, --out", [send, folder], "give one of them")
        settings, told = read_settings(), parse_day(day)
        outbox = outbox_of(settings) if folder is None else FolderOutbox(folder)
        per_minute = settings.mail.per_minute if send else 10**6
        with Service(settings, Metrics(), utc_now) as running, progress_bar("digest") as so_far:
            sender = Sender(running.services, outbox, Pace(per_minute, monotonic, sleep), remember=send, again=again)
            report = sender.send(told, so_far)
        for reason, n_times in report.failures.items():
            err.print(f"error: {reason} ({n_times} times)", style="red", markup=False)
        out.print(report.closing_line(), markup=False)
        if not report.ok:
            raise typer.Exit(1)
