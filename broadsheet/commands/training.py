"""``broadsheet retrain``, ``evaluate`` and ``tune``: learning, proving it, and searching how."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from broadsheet.console import err, now, one_line_errors, out, parse_instant, read_settings, stages
from features.store import open_store

if TYPE_CHECKING:
    from training.retrain import RetrainReport


Backend = Annotated[
    str | None, typer.Option(help="Where shards run: loky, processes of this machine, or dask, a cluster.")
]


def retrain(  # noqa: PLR0913, PLR0917  # a parameter is an option of the command
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Learn only from what was known then; a day or an instant.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.", min=0)] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Make it champion if the gate passes it.")] = False,
    force: Annotated[
        str | None, typer.Option("--force", help="With --promote: do it whatever the gate says; the reason, kept.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes to use.", min=1)] = None,
    backend: Backend = None,
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
        with open_store(settings.database_url) as store, stages("retrain") as stage:
            report = run_retrain(
                store,
                Registry(settings),
                settings,
                as_of=moment,
                seed=settings.seed if seed is None else seed,
                promote=promote,
                jobs=jobs or settings.jobs,
                backend=backend,
                refit_encoder=refit_encoder,
                force=force,
                progress=stage,
            )
        out.print(metrics_table(report))
        standing = "champion" if report.promoted else "challenger"
        out.print(f"version {report.version} is {standing}: {report.reason}", markup=False)
        out.print(f"run {report.run_id}, {sum(report.seconds.values()):.0f} s", markup=False)


class Population(StrEnum):
    """Who the users of an evaluation are."""

    READERS = "readers"
    AUTHORS = "authors"


def evaluate(
    full: Annotated[
        bool, typer.Option("--full", help="Every complete day after the first 60 %, with four encoder cuts.")
    ] = False,
    population: Annotated[
        Population, typer.Option(help="The store's readers, or authors whose own papers are what they chose.")
    ] = Population.READERS,
    n_users: Annotated[int | None, typer.Option("--users", help="Authors to draw; all without it.", min=1)] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Read only what was known then; a day or an instant.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.", min=0)] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes to use.", min=1)] = None,
) -> None:
    """Replay past days with what was known then, the product beside every baseline; registers nothing."""
    with one_line_errors():
        from training.evaluate import evaluate as run_evaluation

        settings = read_settings()
        with open_store(settings.database_url) as store, stages("evaluate") as stage:
            report = run_evaluation(
                store,
                settings,
                as_of=parse_instant(as_of) if as_of else now(),
                seed=settings.seed if seed is None else seed,
                full=full,
                population=population.value,
                n_users=n_users,
                jobs=jobs or settings.jobs,
                progress=stage,
            )
        for line in report.lines():
            typer.echo(line)


def tune(
    trials: Annotated[int, typer.Option("--trials", help="Trials in all; those of a killed search count.", min=1)] = 50,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The moment of the retrain that is tuned for; a day or an instant.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.", min=0)] = None,
) -> None:
    """Search settings on the days before those a retrain evaluates on; prints the best as variables."""
    with one_line_errors():
        from models.registry import Registry
        from training.tune import tune as run_search

        settings = read_settings()
        with open_store(settings.database_url) as store, stages("tune") as stage:
            report = run_search(
                store,
                Registry(settings),
                settings,
                as_of=parse_instant(as_of) if as_of else now(),
                seed=settings.seed if seed is None else seed,
                n_trials=trials,
                progress=stage,
            )
        for line in report.lines():
            typer.echo(line)
        span = f"{report.n_users} users, {report.days[0]} to {report.days[-1]}"
        err.print(f"nDCG@10 {report.value:.4f}, {report.value_before:.4f} before; {report.n_trials} trials, {span}")


def metrics_table(report: "RetrainReport") -> Table:
    """The run's own metrics, one a line."""
    table = Table("metric", "value", box=None)
    for name, value in sorted(report.metrics.items()):
        table.add_row(name, f"{value:.4g}")
    return table
