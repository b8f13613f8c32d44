"""``broadsheet ingest SOURCE …``: papers and clicks into the store."""

from collections.abc import Callable, Iterable
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.console import err, now, one_line_errors, out, parse_day, progress_bar, read_settings
from features.errors import InvalidValue
from features.ingest import IngestReport, ingest_interactions, ingest_listings, ingest_users
from features.settings import Settings
from features.sources import arxiv_api, arxiv_feed, arxiv_oai, huggingface
from features.sources.interactions import read_interactions
from features.sources.jsonl import read_listings
from features.sources.oai_records import MetadataPrefix
from features.sources.picks import read_picks
from features.sources.users import read_users
from features.store import open_store

MOST_SHOWN_REJECTIONS = 20

app = typer.Typer(no_args_is_help=True, help="Bring papers and clicks into the store.")

Files = Annotated[list[Path], typer.Argument(help="Files to read; .gz too.", show_default=False)]
Categories = Annotated[str, typer.Option(help="arXiv categories, as in cs.LG,cs.CL.")]
First = Annotated[str, typer.Option("--from", help="First day, as in 2026-02-27, or 'today'.")]
Last = Annotated[str, typer.Option("--to", help="Last day, included.")]


def run(take: Callable[..., IngestReport], rows: Callable[[Settings], Iterable[object]], label: str) -> None:
    """Take what ``rows`` yields into the store, print the closing line, exit 1 where anything was rejected."""
    with one_line_errors():
        settings = read_settings()
        with open_store(settings.database_url) as store, progress_bar(label) as so_far:
            source = rows(settings)
            report = take(store, source, now=now, batch_size=settings.ingest.batch_size, progress=so_far)
        close(report)


def close(report: IngestReport) -> None:
    """Rejected rows on stderr, the closing line on stdout, exit code 1 unless all is well."""
    for row in report.rejected[:MOST_SHOWN_REJECTIONS]:
        err.print(f"rejected: {row}", markup=False)
    if report.n_rejected > MOST_SHOWN_REJECTIONS:
        err.print(f"rejected: {report.n_rejected - MOST_SHOWN_REJECTIONS:,} more", markup=False)
    out.print(report.closing_line(), markup=False)
    if report.failure is not None:
        err.print(f"error: {report.failure}", style="red", markup=False)
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def jsonl(files: Files) -> None:
    """Papers from JSON Lines: the arXiv stream, Hugging Face daily papers, or our own format (docs/formats.md)."""
    run(
        ingest_listings,
        lambda settings: chain.from_iterable(read_listings(f, settings.ingest) for f in files),
        "papers",
    )


@app.command()
def picks(files: Files) -> None:
    """Which reader picked which paper, as CSV: reader, paper, picked_on, stream_day."""
    run(
        ingest_interactions,
        lambda settings: chain.from_iterable(read_picks(f, settings.ingest) for f in files),
        "picks",
    )


@app.command()
def interactions(files: Files) -> None:
    """Imported opens, saves, dismissals, ratings and labels, as JSON Lines or CSV."""
    run(
        ingest_interactions,
        lambda settings: chain.from_iterable(read_interactions(f, settings.ingest) for f in files),
        "interactions",
    )


@app.command()
def users(files: Files) -> None:
    """Readers by id, as JSON Lines or CSV."""
    run(ingest_users, lambda settings: chain.from_iterable(read_users(f, settings.ingest) for f in files), "users")


@app.command()
def arxiv(categories: Categories, first: First = "today", last: Last = "today") -> None:
    """Papers from the arXiv API, day by day; started again, it goes on where it stopped."""

    def rows(settings: Settings) -> Iterable[object]:
        span = arxiv_api.Span(named(categories), parse_day(first), parse_day(last))
        return arxiv_api.fetch(span, settings)

    run(ingest_listings, rows, "arXiv")


@app.command("arxiv-feed")
def arxiv_daily_feed(
    categories: Categories,
    form: Annotated[
        arxiv_feed.Format, typer.Option("--format", help="Which of the two feeds.")
    ] = arxiv_feed.Format.RSS,
) -> None:
    """Today's arXiv listing from its daily feed: new, cross-listed and replaced papers."""
    run(ingest_listings, lambda settings: arxiv_feed.fetch(named(categories), settings, form=form), "arXiv feed")


@app.command("arxiv-oai")
def arxiv_harvest(
    first: First,
    last: Last = "today",
    set_spec: Annotated[str | None, typer.Option("--set", help="OAI-PMH set, as in cs; all without it.")] = None,
    prefix: Annotated[
        MetadataPrefix, typer.Option("--metadata", help="Metadata format to ask for.")
    ] = MetadataPrefix.RAW,
) -> None:
    """Papers changed in a span of days, from arXiv's OAI-PMH interface; resumes by its tokens."""

    def rows(settings: Settings) -> Iterable[object]:
        harvest = arxiv_oai.Harvest(parse_day(first), parse_day(last), set_spec, prefix)
        return arxiv_oai.fetch(harvest, settings)

    run(ingest_listings, rows, "arXiv OAI")


@app.command("huggingface")
def huggingface_daily(
    day: Annotated[str | None, typer.Option(help="A day, as in 2026-02-27, or 'today'.")] = None,
    week: Annotated[str | None, typer.Option(help="A week, as in 2026-W09.")] = None,
    month: Annotated[str | None, typer.Option(help="A month, as in 2026-02.")] = None,
) -> None:
    """Hugging Face daily papers with their votes and keywords: a day, a week or a month."""
    run(ingest_listings, lambda settings: huggingface.fetch(asked_days(day, week, month), settings), "Hugging Face")


def asked_days(day: str | None, week: str | None, month: str | None) -> tuple[date, ...]:
    """The days of exactly one of the three; today when none is given."""
    if sum(value is not None for value in (day, week, month)) > 1:
        raise InvalidValue("--day, --week, --month", [day, week, month], "give one of them")
    if week is not None:
        return huggingface.days_of_week(week)
    if month is not None:
        return huggingface.days_of_month(month)
    return (parse_day(day or "today"),)


def named(categories: str) -> tuple[str, ...]:
    """Categories of a comma-separated list."""
    return tuple(name.strip() for name in categories.split(",") if name.strip())
