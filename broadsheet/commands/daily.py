"""``broadsheet daily``: what has to be done once a day, each step by itself and safe to repeat."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.commands.ingest import named
from broadsheet.console import err, now, one_line_errors, out, parse_day, read_settings
from features.errors import BroadsheetError, NotReady
from features.ingest import ingest_listings
from features.settings import Settings
from features.sources import arxiv_api, huggingface
from features.sources.events import Event
from features.store import open_store

if TYPE_CHECKING:
    from models.registry.summary import RunSummary

Step = Callable[[Settings, date], str]


def daily(
    day: Annotated[str, typer.Option(help="A day, as in 2026-02-27, or 'today'.")] = "today",
) -> None:
    """Ingest, retrain if due, promote through the gate, rank for everybody, mail the digest; again: what is missing."""
    with one_line_errors():
        settings, told = read_settings(), parse_day(day)
        steps: dict[str, Step] = {"ingest": ingest, "retrain": retrain, "score": score, "digest": digest}
        failed = [name for name, step in steps.items() if not done(name, step, settings, told)]
        if failed:
            err.print(f"not done: {', '.join(failed)}; run it again", markup=False)
            raise typer.Exit(1)


def done(name: str, step: Step, settings: Settings, day: date) -> bool:
    """Do one step and say so in a line; a failure is told and does not stop the steps after it."""
    began = perf_counter()
    try:
        said = step(settings, day)
    except BroadsheetError as error:
        err.print(f"{name}: failed: {error}", style="red", markup=False)
        return False
    out.print(f"{name}: {said} ({perf_counter() - began:.0f} s)", markup=False)
    return True


def ingest(settings: Settings, day: date) -> str:
    """The newest days of the catalogues that the settings name; what is there already changes nothing."""
    sources = list(_sources(settings, day))
    if not sources:
        return "no source is named"
    with open_store(settings.database_url) as store:
        report = ingest_listings(
            store, chain.from_iterable(sources), now=now, batch_size=settings.ingest.batch_size, progress=lambda _: None
        )
    if report.failure is not None:
        raise NotReady(f"{report.failure}; {report.closing_line()}")
    return report.closing_line()


def retrain(settings: Settings, _day: date) -> str:
    """A retrain if the last good one is old enough; the gate decides whether it serves."""
    from models.registry import Registry
    from training.retrain import retrain as run_retrain

    registry = Registry(settings)
    if not is_due(registry.runs(), now(), settings.daily.retrain_days):
        return "not due"
    with open_store(settings.database_url) as store:
        report = run_retrain(
            store, registry, settings, as_of=now(), seed=settings.seed, promote=True, jobs=settings.jobs
        )
    return f"version {report.version} is {'champion' if report.promoted else 'challenger'}: {report.reason}"


def score(settings: Settings, day: date) -> str:
    """Everybody's slates of the day, where it has papers and a model serves."""
    from models.registry import CHAMPION, Registry
    from models.shards import Shards
    from serving.scoring import has_papers, score_day

    if Registry(settings).alias(CHAMPION) is None:
        return "no champion yet"
    if not has_papers(settings, day):
        return f"no papers are new on {day}"
    return score_day(settings, day, Shards.of(settings), so_far=lambda _: None).closing_line()


def digest(settings: Settings, day: date) -> str:
    """The digests of the day that have not gone out."""
    from serving.app import utc_now
    from serving.digest.sending import Pace, Sender
    from serving.lifecycle import Service
    from serving.mail.outbox import outbox_of
    from serving.metrics import Metrics

    with Service(settings, Metrics(), utc_now) as running:
        pace = Pace(settings.mail.per_minute, monotonic, sleep)
        report = Sender(running.services, outbox_of(settings), pace).send(day)
    if not report.ok:
        raise NotReady("; ".join([report.closing_line(), *report.failures]))
    return report.closing_line()


def is_due(runs: "Sequence[RunSummary]", at: datetime, retrain_days: int) -> bool:
    """Whether no retrain has ended well within ``retrain_days``, less six hours for a timer that is not punctual."""
    young = at - timedelta(days=retrain_days) + timedelta(hours=6)
    return not any(run.status == "FINISHED" and run.started_at > young for run in runs)


def _sources(settings: Settings, day: date) -> Iterator[Iterator[Event]]:
    first = day - timedelta(days=settings.daily.fetch_days - 1)
    categories = named(settings.daily.categories)
    if categories:
        yield arxiv_api.fetch(arxiv_api.Span(categories, first, day), settings)
    if settings.daily.huggingface:
        days = tuple(first + timedelta(days=number) for number in range(settings.daily.fetch_days))
        yield huggingface.fetch(days, settings)
