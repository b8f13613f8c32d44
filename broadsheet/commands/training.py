"""``broadsheet retrain`` and ``broadsheet evaluate``: learning, and proving it."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from broadsheet.console import now, one_line_errors, out, parse_instant, read_settings
from features.store import open_store

if TYPE_CHECKING:
    from training.retrain import RetrainReport


def retrain(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Learn only from what was known then; a day or an instant.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.", min=0)] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Make it champion if it is not worse.")] = False,
    jobs: Annotated[int | None, typer.Option(help="Processes to use.", min=1)] = None,
    refit_encoder: Annotated[
        bool, typer.Option("--refit-encoder", help="Fit a new encoder even where a recent one exists.")
    ] = False,
) -> None:
    """Fit all classifiers, evaluate them by replay, and register the model version as challenger."""
    with one_line_errors():
        from models.registry import Registry
        from training.retrain import retrain as run_retrain

        settings = read_settings()
        moment = parse_instant(as_of) if as_of else now()
        with open_store(settings.database_url) as store:
            report = run_retrain(
                store,
                Registry(settings),
                settings,
                as_of=moment,
                seed=settings.seed if seed is None else seed,
                promote=promote,
                jobs=jobs or settings.jobs,
                refit_encoder=refit_encoder,
            )
        out.print(metrics_table(report))
        standing = "champion" if report.promoted else "challenger"
        out.print(f"version {report.version} is {standing}: {report.reason}", markup=False)
        out.print(f"run {report.run_id}, {sum(report.seconds.values()):.0f} s", markup=False)


def metrics_table(report: "RetrainReport") -> Table:
    """The run's own metrics, one a line."""
    table = Table("metric", "value", box=None)
    for name, value in sorted(report.metrics.items()):
        table.add_row(name, f"{value:.4g}")
    return table
