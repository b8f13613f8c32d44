"""``retrain`` on the whole stream, evaluation included, and a second one that keeps the encoder."""

from datetime import UTC, datetime
from itertools import chain

from benchmarks.options import MissingData
from benchmarks.speeds.rows import Row, SpeedOptions
from benchmarks.speeds.world import PAPERS, PICKS, settings_in
from features.ingest import ingest_interactions, ingest_listings
from features.sources.jsonl import read_listings
from features.sources.picks import read_picks
from features.store import open_store
from models.registry import Registry
from training.retrain import RetrainReport, retrain

_MLFLOW = ("log", "register", "promote")
_ENCODING = ("encoder", "vectors")


def run(options: SpeedOptions) -> list[Row]:
    """Seconds of each, and megabytes."""
    if options.data is None:
        raise MissingData(options.scratch / PAPERS[0])
    for name in (*PAPERS, PICKS):
        if not (options.data / name).exists():
            raise MissingData(options.data / name)
    settings, data = settings_in(options.scratch / "retrain"), options.data
    with open_store(settings.database_url) as store:
        listings = chain.from_iterable(read_listings(data / name, settings.ingest) for name in PAPERS)
        ingest_listings(store, listings, now=_now, batch_size=settings.ingest.batch_size)
        picks = read_picks(data / PICKS, settings.ingest)
        ingest_interactions(store, picks, now=_now, batch_size=settings.ingest.batch_size)
        registry = Registry(settings)
        first, second = (
            retrain(store, registry, settings, as_of=_now(), seed=options.seed, promote=True, jobs=options.jobs)
            for _ in range(2)
        )
    base = ("the first retrain", _total(first))
    encoding = _part(first, _ENCODING), _part(second, _ENCODING)
    return [
        Row("retrain, evaluation included", _total(first), "s", must="<= 240 s"),
        Row("  of that MLflow's own", _part(first, _MLFLOW), "s", "the whole", _total(first), must="<= 15 s"),
        Row("peak memory, an upper bound", max(first.peak_memory_mb, second.peak_memory_mb), "MB", must="<= 3072 MB"),
        Row("a second retrain, beside a champion", _total(second), "s", *base),
        Row("  of that encoding", encoding[1], "s", "encoding in the first", encoding[0]),
    ]


def _total(report: RetrainReport) -> float:
    return sum(report.seconds.values())


def _part(report: RetrainReport, stages: tuple[str, ...]) -> float:
    return sum(report.seconds.get(stage, 0.0) for stage in stages)


def _now() -> datetime:
    return datetime.now(UTC)
