"""A large installation on one machine: a real store, a registered blend, 100,000 readers, 1,000 papers today.

The papers are the stream's, the readers' labels synthetic: each has one to three categories and chose papers of them.
The model is what ``retrain`` registers on the stream's own readers (with a short evaluation), with everybody's
classifiers in its warm cache. Made once and kept, as making it takes minutes; a suite works on a copy of the store.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks.options import MissingData
from benchmarks.speeds.rows import SpeedOptions
from features.domain import AnnounceType, Cut, Feed, Interaction, InteractionKind, Listing, Paper
from features.encoders import EncodedPapers, VectorStore
from features.ingest import ingest_interactions, ingest_listings
from features.moment import VectorExamples, user_moment
from features.settings import Settings
from features.sources.jsonl import read_listings
from features.sources.picks import read_picks
from features.store import Store, open_store
from models.artifact import FORMAT, write_model
from models.model import Model
from models.personal import WarmCache, fit_warm
from models.pyfunc import COLUMNS, TableScorer
from models.registry import CHAMPION, Registry
from training.retrain import retrain

PAPERS = ("arxiv_cs.jsonl.gz", "hf_daily.jsonl.gz")
PICKS = "picks.csv"
PAPERS_TODAY = 1_000
_MEAN_LABELS, _LEAST, _MOST = 10, 3, 200
_SHARD = 2_500


@dataclass(frozen=True, slots=True)
class World:
    """Where it is, the day that has PAPERS_TODAY papers, and how many readers there are."""

    settings: Settings
    day: date
    n_users: int

    def user_id(self, number: int) -> str:
        """The reader of a number from 0 to ``n_users`` − 1."""
        return f"reader-{number:06d}"


def settings_in(folder: Path) -> Settings:
    """Settings of an installation that lies in one folder."""
    return Settings(
        database_url=f"sqlite:///{folder}/broadsheet.db",
        data_dir=folder,
        tracking_uri=f"sqlite:///{folder}/mlflow.db",
        artifact_root=str(folder / "artifacts"),
    )


@contextmanager
def world(options: SpeedOptions) -> Iterator[World]:
    """The installation of these options, with a copy of the kept store; MissingData without the stream."""
    if options.data is None:
        raise MissingData(Path(PAPERS[0]))
    for name in (*PAPERS, PICKS):
        if not (options.data / name).exists():
            raise MissingData(options.data / name)
    kept = options.kept / f"world-{options.n_users}-format-{FORMAT}"
    if not (kept / "complete").exists():
        shutil.rmtree(kept, ignore_errors=True)
        make_world(settings_in(kept), options)
        (kept / "complete").touch()
    settings = settings_in(kept)
    with open_store(settings.database_url) as store, store.transaction(readonly=True) as tx:
        day = tx.days.newest(Cut(datetime.now(UTC)))
    with TemporaryDirectory(dir=options.scratch) as copied:
        shutil.copy(kept / "broadsheet.db", copied)
        yield World(
            settings.model_copy(update={"database_url": f"sqlite:///{copied}/broadsheet.db"}), day, options.n_users
        )


def make_world(settings: Settings, options: SpeedOptions, papers: Sequence[str] = PAPERS) -> None:
    """Fill the installation of these settings from the files ``papers`` of the data, the picks and chance."""
    assert options.data is not None
    with open_store(settings.database_url) as store:
        _say("world: papers")
        listings = chain.from_iterable(read_listings(options.data / name, settings.ingest) for name in papers)
        ingest_listings(store, listings, now=_now, batch_size=settings.ingest.batch_size)
        picks = read_picks(options.data / PICKS, settings.ingest)
        ingest_interactions(store, picks, now=_now, batch_size=settings.ingest.batch_size)
        _say("world: model")
        short = settings.training.model_copy(update={"evaluation_days": 3})
        registry = Registry(settings)
        retrain(
            store,
            registry,
            settings.model_copy(update={"training": short}),
            as_of=_now(),
            seed=options.seed,
            promote=True,
            jobs=options.jobs,
        )
        _add_day(store, options.seed)
        _say("world: readers")
        _add_users(store, options)
        _say("world: warm cache")
        model = registry.load(CHAMPION)
        warm = _warm_cache(settings, model, options)
        _register(registry, replace(model, warm=warm))
    _say("world: done")


def _add_day(store: Store, seed: int) -> None:
    """PAPERS_TODAY new papers on the day after the newest: the texts of older ones, their sentences in other order."""
    cut, rng = Cut(_now()), np.random.default_rng(seed)
    with store.transaction(readonly=True) as tx:
        newest = tx.days.newest(cut)
        known = tx.papers.history(cut).papers
    day, listed = newest + timedelta(days=1), []
    for number, place in enumerate(rng.choice(len(known), PAPERS_TODAY, replace=False).tolist()):
        paper = known[place]
        sentences = paper.abstract.split(". ")
        abstract = ". ".join(sentences[turn] for turn in rng.permutation(len(sentences)))
        new = replace(paper, id=f"today.{number:05d}", abstract=abstract, version=1)
        listed.append(Listing(new, day, Feed.ARXIV, AnnounceType.NEW))
    with store.transaction() as tx:
        tx.papers.record(listed, recorded_at=_now())


def _add_users(store: Store, options: SpeedOptions) -> None:
    rng = np.random.default_rng(options.seed)
    with store.transaction(readonly=True) as tx:
        papers = [paper for paper in tx.papers.history(Cut(_now())).papers if not paper.id.startswith("today.")]
    fields = _by_category(papers) or [[paper.id for paper in papers]]
    for start in range(0, options.n_users, _SHARD):
        rows: list[Interaction] = []
        for number in range(start, min(start + _SHARD, options.n_users)):
            rows += _labels(f"reader-{number:06d}", fields, papers, rng)
        with store.transaction() as tx:
            tx.interactions.record_imported(rows, recorded_at=_now())


def _by_category(papers: Sequence[Paper]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for paper in papers:
        for category in paper.categories[:1]:
            found.setdefault(category, []).append(paper.id)
    return [ids for _, ids in sorted(found.items()) if len(ids) >= _MOST]


def _labels(
    user_id: str, fields: Sequence[Sequence[str]], papers: Sequence[Paper], rng: np.random.Generator
) -> Iterator[Interaction]:
    size = int(np.clip(rng.geometric(1.0 / _MEAN_LABELS), _LEAST, _MOST))
    own = [fields[place] for place in rng.integers(0, len(fields), rng.integers(1, 4)).tolist()]
    chosen = {own[turn % len(own)][rng.integers(len(own[turn % len(own)]))] for turn in range(size)}
    refused = {papers[place].id for place in rng.integers(0, len(papers), size // 10).tolist()} - chosen
    kinds = dict.fromkeys(sorted(chosen), InteractionKind.SAVE) | dict.fromkeys(
        sorted(refused), InteractionKind.DISMISS
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number, (paper_id, kind) in enumerate(kinds.items()):
        yield Interaction(
            client_id=f"{user_id}-{number}",
            user_id=user_id,
            paper_id=paper_id,
            kind=kind,
            occurred_at=at + timedelta(hours=number),
        )


def _warm_cache(settings: Settings, model: Model, options: SpeedOptions) -> WarmCache:
    shards = range(0, options.n_users, _SHARD)
    parts = Parallel(n_jobs=options.jobs)(
        delayed(_warm_shard)(settings, model, start, min(start + _SHARD, options.n_users)) for start in shards
    )
    order = sorted((key, part, row) for part, one in enumerate(parts) for row, key in enumerate(one.keys))
    places = [(part, row) for _, part, row in order]
    return WarmCache(
        tuple(key for key, _, _ in order),
        tuple(parts[part].digests[row] for part, row in places),
        tuple(parts[part].n_labels[row] for part, row in places),
        tuple(parts[part].n_positives[row] for part, row in places),
        np.stack([parts[part].coef[row] for part, row in places]),
        np.array([parts[part].intercept[row] for part, row in places]),
    )


def _warm_shard(settings: Settings, model: Model, start: int, stop: int) -> WarmCache:
    examples: dict[str, VectorExamples] = {}
    stored = VectorStore(settings.data_dir / "vectors" / model.encoder.id, model.encoder.dimensions)
    vectors = EncodedPapers(model.encoder, stored)
    with open_store(settings.database_url) as store, store.transaction(readonly=True) as tx:
        cut = Cut(_now())
        for number in range(start, stop):
            user = tx.users.get(f"reader-{number:06d}")
            moment = user_moment(tx, user, date.max, cut, model.config.labels, vectors)
            examples[user.key] = moment.relevance
    return fit_warm(model.background, model.crowd, examples)


def _register(registry: Registry, model: Model) -> None:
    inputs = pd.DataFrame([("nobody", "a title", "an abstract")], columns=list(COLUMNS))
    with (
        registry.run("everybody's classifiers", {"broadsheet.kind": "retrain"}) as run,
        TemporaryDirectory() as scratch,
    ):
        folder = Path(scratch) / "model"
        sha256 = write_model(model, folder)
        version = registry.register(run, folder, sha256, inputs, TableScorer(model).predict(inputs))
    registry.promote(version, "made for a benchmark")


def _now() -> datetime:
    return datetime.now(UTC)


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)
