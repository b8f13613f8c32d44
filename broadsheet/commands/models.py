"""``broadsheet runs``, ``promote``, ``rollback``: what retrains have left in MLflow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from broadsheet.console import one_line_errors, out, read_settings
from features.errors import InvalidValue

if TYPE_CHECKING:
    from models.registry import Registry
    from models.registry.summary import Comparison, RunSummary

SHOWN = ("ndcg_at_10", "recall_at_10", "auc", "brier_skill", "topics_macro_f1")


def open_registry() -> "Registry":
    """The registry of the settings."""
    from models.registry import Registry

    return Registry(read_settings())


def runs(
    compare: Annotated[
        list[str] | None, typer.Argument(help="Run ids, or their first letters, to compare side by side.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Runs to list.", min=1, max=1000)] = 20,
) -> None:
    """List retrains, newest first, or compare some of them."""
    with one_line_errors():
        registry = open_registry()
        if compare:
            known = [run.run_id for run in registry.runs(1000)]
            out.print(comparison_table(registry.compare([full_id(short, known) for short in compare])))
        else:
            out.print(runs_table(registry.runs(limit)))


def full_id(short: str, known: Sequence[str]) -> str:
    """The one run id that begins with ``short``."""
    matches = [run_id for run_id in known if run_id.startswith(short)]
    if len(matches) != 1:
        raise InvalidValue("run id", short, f"it begins {len(matches)} run ids; 'broadsheet runs' lists them")
    return matches[0]


def runs_table(rows: "Sequence[RunSummary]") -> Table:
    """One row a retrain."""
    shown = [name for name in SHOWN if any(name in run.metrics for run in rows)]
    run_id = Column("run", no_wrap=True, min_width=8)
    table = Table(run_id, "started", "status", "seconds", "version", "alias", *shown, box=None)
    for run in rows:
        table.add_row(
            run.run_id[:8],
            f"{run.started_at:%Y-%m-%d %H:%M}",
            run.status.lower(),
            "" if run.seconds is None else f"{run.seconds:.0f}",
            run.version or "",
            ", ".join(run.aliases),
            *(number(run.metrics.get(name)) for name in shown),
        )
    return table


def comparison_table(comparison: "Comparison") -> Table:
    """Metrics of the runs side by side, then the parameters that differ."""
    columns = [Column(run_id[:8], no_wrap=True, min_width=8) for run_id in comparison.run_ids]
    table = Table("", *columns, box=None)
    for name, values in comparison.metrics.items():
        table.add_row(name, *(number(value) for value in values))
    table.add_section()
    for name, texts in comparison.changed_params.items():
        table.add_row(name, *(text or "" for text in texts))
    return table


def number(value: float | None) -> str:
    """Four significant decimals, or nothing for what was not measured."""
    return "" if value is None else f"{value:.4g}"


def promote(
    version: Annotated[str, typer.Argument(help="Version number or alias.")] = "challenger",
    reason: Annotated[str, typer.Option(help="Why; kept with the version.")] = "promoted by hand",
    force: Annotated[
        str | None, typer.Option("--force", help="Do it whatever the gate said; the reason, kept with the version.")
    ] = None,
) -> None:
    """Make a version the champion if the gate passed it against the present one; servers swap without a restart."""
    with one_line_errors():
        from training.gate import force_reason

        force_reason(force, promote=True)
        champion = open_registry().promote_judged(version, reason, force)
        out.print(f"version {champion} is champion", markup=False)


def rollback() -> None:
    """Make the champion before this one the champion again."""
    with one_line_errors():
        champion = open_registry().rollback()
        out.print(f"version {champion} is champion again", markup=False)
