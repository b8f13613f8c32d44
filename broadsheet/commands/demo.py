"""``broadsheet demo``: the whole loop once, on the synthetic sample or on real papers."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.console import one_line_errors, out, read_settings


def demo(
    data: Annotated[
        Path | None, typer.Option(help="Folder of real input; the built-in synthetic sample without it.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the service; 0 takes a free one.", min=0, max=65535)] = 8000,
    once: Annotated[bool, typer.Option("--once", help="End after the service has answered.")] = False,
) -> None:
    """Write or take papers, ingest, retrain, promote, print a slate with reasons, and serve it."""
    with one_line_errors():
        from broadsheet.demo import run_demo

        raise typer.Exit(run_demo(read_settings(), data=data, port=port, once=once, console=out))
