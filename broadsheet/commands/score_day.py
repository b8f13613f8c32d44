"""``broadsheet score-day``: everybody's slates of a day at once."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.commands.training import Backend
from broadsheet.console import one_line_errors, out, parse_day, progress_bar, read_settings


def score_day(
    day: Annotated[str, typer.Argument(help="A day, as in 2026-02-27, or 'today'.")],
    parquet: Annotated[Path | None, typer.Option("--out", help="Write all slates to this Parquet file too.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes to use.", min=1)] = None,
    backend: Backend = None,
) -> None:
    """Rank a day for everybody and store the slates, for the page, the digest and the API; goes on where it stopped."""
    with one_line_errors():
        from models.shards import Shards
        from serving.scoring import score_day as run_scoring

        settings, told = read_settings(), parse_day(day)
        with progress_bar("score-day") as so_far:
            report = run_scoring(settings, told, Shards.of(settings, jobs, backend), parquet=parquet, so_far=so_far)
        out.print(report.closing_line(), markup=False)
