"""The whole loop in one command: papers in, retrain, promote, serve, ask.

Everything it makes stands in ``demo/`` and, for MLflow, in an experiment and a registered model of its own, so that a
synthetic run never stands beside a real one.
"""

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from pathlib import Path

from rich.console import Console

from broadsheet.console import now, progress_bar
from broadsheet.demo_service import Answer, environment, free_port, running_service
from broadsheet.demo_table import slate_table, slate_title
from broadsheet.sample import SamplePaths, write_sample
from broadsheet.stopwatch import Stopwatch
from features.domain import Cut, Feed, Interaction, Listing
from features.errors import MalformedRow, UnreadableFile
from features.ingest import IngestReport, ingest_interactions, ingest_listings, ingest_users
from features.settings import Settings
from features.sources.events import Event, Fetched
from features.sources.interactions import read_interactions
from features.sources.jsonl import read_listings
from features.sources.picks import read_picks
from features.sources.users import read_users
from features.store import Store, open_store
from models.registry import Registry
from training.retrain import RetrainReport, retrain

FOLDER = Path("demo")
FAIR_NUMBER_OF_LABELS = 30
N_SHOWN = 10


@dataclass(frozen=True, slots=True)
class DemoInput:
    """Rows to ingest, and what to call them."""

    name: str
    papers: Iterable[Event]
    interactions: Iterable[Interaction | MalformedRow]
    users: Iterable[str | MalformedRow] = field(default_factory=tuple)


def run_demo(settings: Settings, *, data: Path | None, port: int, once: bool, console: Console) -> int:
    """Run all stages and serve until interrupted, or with ``once`` until the service has answered; the exit code.

    ``data`` is a folder with ``arxiv_cs.jsonl.gz``, ``hf_daily.jsonl.gz`` and ``picks.csv``; without it a synthetic
    sample is written. Running it again adds what is new and retrains. Port 0 takes a free one.
    """
    watch = Stopwatch()
    name = "synthetic" if data is None else "real"
    settings = demo_settings(settings, FOLDER / name, name, port or free_port())
    settings = with_short_evaluation(settings) if data is None else with_sentences(settings, data)
    with open_store(settings.database_url) as store:
        with watch.stage("read"):
            rows = real_input(data, settings) if data is not None else synthetic_input(settings)
            console.print(f"{rows.name} → {settings.database_url}", markup=False)
            ingest(store, rows, settings, console)
        with watch.stage("retrain"), console.status("retrain") as status:
            report = learn(store, settings, lambda stage: status.update(f"retrain: {stage}"))
        console.print(retrain_line(report), markup=False, soft_wrap=True)
        user_id = somebody(store)
    with watch.stage("start"), running_service(settings, FOLDER / name) as service:
        answer = service.recommendations(user_id, limit=N_SHOWN)
        watch.stop()
        console.print(f"\n{slate_title(answer.body, rows.name)}", markup=False)
        console.print(slate_table(answer.body))
        tell(console, settings, answer, watch)
        if not once:
            service.wait()
    return 0


def demo_settings(settings: Settings, folder: Path, name: str, port: int) -> Settings:
    """``settings`` with a store, vectors and models of the demo's own; ``folder``/env.sh says so to other commands."""
    here = {"host": "127.0.0.1", "port": port, "public_url": f"http://127.0.0.1:{port}"}
    serving = settings.serving.model_copy(update={"insecure_local": True, **here})
    mail = settings.mail.model_copy(update={"folder": folder / "outbox"})
    changed = {
        "database_url": f"sqlite:///{(folder / 'broadsheet.db').as_posix()}",
        "data_dir": folder,
        "experiment": f"broadsheet-demo-{name}",
        "registered_model": f"broadsheet-demo-{name}",
    }
    folder.mkdir(parents=True, exist_ok=True)
    chosen = settings.model_copy(update={**changed, "serving": serving, "mail": mail})
    exports = [f"export {key}={shlex.quote(value)}\n" for key, value in environment(chosen).items()]
    (folder / "env.sh").write_text("".join(exports))
    return chosen


def with_short_evaluation(settings: Settings) -> Settings:
    """``settings`` with a replay of ten days: nobody will quote a figure of the sample, and people wait for it."""
    return settings.model_copy(update={"training": settings.training.model_copy(update={"evaluation_days": 10})})


def with_sentences(settings: Settings, data: Path) -> Settings:
    """``settings`` with the marked abstracts of the folder, if it has them."""
    file = data / "abstract_sentences.csv.gz"
    if settings.training.sentences_file is not None or not file.exists():
        return settings
    return settings.model_copy(update={"training": settings.training.model_copy(update={"sentences_file": file})})


def synthetic_input(settings: Settings, *, n_days: int = 40, n_users: int = 200) -> DemoInput:
    """A freshly written sample, with the fetches of its days: one failed, one incomplete."""
    paths = write_sample(settings.data_dir / "sample", seed=settings.seed, n_days=n_days, n_users=n_users)
    return DemoInput(
        "synthetic sample",
        chain(read_listings(paths.papers, settings.ingest), fetches(paths)),
        read_interactions(paths.interactions, settings.ingest),
        read_users(paths.users, settings.ingest),
    )


def fetches(paths: SamplePaths) -> Iterator[Fetched]:
    """How fetching each day of the sample went."""
    for day, n_papers in paths.n_papers.items():
        failed = day == paths.failed_day
        error = "synthetic: this fetch failed on purpose" if failed else None
        yield Fetched(Feed.LOCAL, day, ok=not failed, n_papers=n_papers, error=error)


def real_input(data: Path, settings: Settings) -> DemoInput:
    """The arXiv stream, Hugging Face's votes and the readers' picks of ``data``."""
    names = ("arxiv_cs.jsonl.gz", "hf_daily.jsonl.gz", "picks.csv")
    missing = [name for name in names if not (data / name).is_file()]
    if missing:
        raise UnreadableFile(str(data), f"it holds no {', '.join(missing)}")
    arxiv, votes, picks = (data / name for name in names)
    papers: Iterator[Listing | MalformedRow] = chain(
        read_listings(arxiv, settings.ingest), read_listings(votes, settings.ingest)
    )
    return DemoInput(data.name, papers, read_picks(picks, settings.ingest))


def ingest(store: Store, rows: DemoInput, settings: Settings, console: Console) -> None:
    """Papers first, then users and what they did; a closing line each."""
    size = settings.ingest.batch_size

    def closing(what: str, report: IngestReport) -> None:
        if report.failure is not None:
            raise report.failure
        console.print(f"  {what}: {report.closing_line()}", markup=False)

    with progress_bar("papers") as so_far:
        papers = ingest_listings(store, rows.papers, now=now, batch_size=size, progress=so_far)
    closing("papers", papers)
    with progress_bar("users") as so_far:
        users = ingest_users(store, rows.users, now=now, batch_size=size, progress=so_far)
    if rows.users:
        closing("users", users)
    with progress_bar("interactions") as so_far:
        clicks = ingest_interactions(store, rows.interactions, now=now, batch_size=size, progress=so_far)
    closing("interactions", clicks)


def learn(store: Store, settings: Settings, progress: Callable[[str], None]) -> RetrainReport:
    """Retrain on all there is and promote, as ``broadsheet retrain --promote`` does; ``progress`` hears each stage."""
    return retrain(
        store,
        Registry(settings),
        settings,
        as_of=everything_known(store, now()),
        seed=settings.seed,
        promote=True,
        jobs=settings.jobs,
        progress=progress,
    )


def everything_known(store: Store, at: datetime) -> datetime:
    """``at``, or the end of the newest day where this machine's clock is behind the papers."""
    with store.transaction(readonly=True) as tx:
        newest = tx.days.newest(Cut(datetime.max.replace(tzinfo=UTC)))
    return max(at, datetime.combine(newest, time(), UTC) + timedelta(days=1))


def retrain_line(report: RetrainReport) -> str:
    """What the retrain left."""
    standing = "champion" if report.promoted else "challenger"
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.seconds.items())
    return f"  retrain: version {report.version} is {standing} ({report.reason}), run {report.run_id[:8]}\n    {stages}"


def somebody(store: Store) -> str:
    """The user whose number of interactions with known papers is nearest to a fair one; ties by id."""
    counts: dict[str, int] = {}
    with store.transaction(readonly=True) as tx:
        for known in tx.interactions.all(Cut(now())):
            counts[known.interaction.user_id] = counts.get(known.interaction.user_id, 0) + 1
    if not counts:
        raise UnreadableFile("the demo's input", "nobody in it did anything with its papers")
    return min(counts, key=lambda user_id: (abs(counts[user_id] - FAIR_NUMBER_OF_LABELS), user_id))


def tell(console: Console, settings: Settings, answer: Answer, watch: Stopwatch) -> None:
    """Where everything is now, and what it took."""
    base = f"http://{settings.serving.host}:{settings.serving.port}"
    lines = [
        answer.line,
        f"page       {base}/ (sign-in links go to {settings.mail.folder})",
        f"service    {base}/v1/users/{answer.body['user_id']}/recommendations",
        f"API docs   {base}/docs",
        f"MLflow UI  broadsheet ui, experiment {settings.experiment}",
        f"shell      . {settings.data_dir}/env.sh makes other commands work on this demo",
        watch.line(),
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
