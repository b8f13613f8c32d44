"""Retrain: the whole pipeline from the store to a registered model version, one MLflow run.

A kill is harmless: files and version come first, then the alias ``challenger``, ``champion`` last and in one statement.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NotRequired, TypedDict, Unpack

import pandas as pd

from features.domain import DayFeed, aware_utc, midnight
from features.encoders import EncodedPapers
from features.errors import BrokenArtifact
from features.settings import Settings
from features.store import Store
from models.artifact import write_model
from models.model import Model
from models.pyfunc import COLUMNS, TableScorer
from models.registry import CHAMPION, Registry
from models.registry.tracking import DataSet, RunLog
from models.shards import Shards
from training.drift import Drift, Scores, measure_drift
from training.evaluation import Evaluation, evaluate_replay, fit_contender, forecasts_of
from training.fit import NO_TOPICS, FitSettings, encoded_papers, encoder_for, fit_model
from training.gate import Decision, Evidence, decide, first_or_broken, force_reason
from training.history import History, read_history
from training.memory import give_back
from training.periods import Contender
from training.report import headline, log_evaluation, log_nobody
from training.rhetoric import rhetoric_of
from training.split import Split, split_last
from training.trending import trend_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What one retrain was asked for."""

    as_of: datetime
    seed: int
    promote: bool
    jobs: int = 1
    backend: str | None = None
    refit_encoder: bool = False
    force: str | None = None
    progress: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_of", aware_utc(self.as_of, "as_of"))
        force_reason(self.force, promote=self.promote)


@dataclass(frozen=True, slots=True)
class RetrainReport:
    """What a retrain left; ``seconds`` are its stages in order, ``manifest_sha256`` names the model's every byte.

    ``peak_memory_mb`` is an upper bound (:mod:`training.memory`).
    """

    run_id: str
    version: str
    metrics: Mapping[str, float]
    seconds: Mapping[str, float]
    promoted: bool
    reason: str
    manifest_sha256: str
    peak_memory_mb: float


@dataclass(slots=True)
class Stages:
    """Seconds of each stage; one that comes again adds up."""

    tell: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)
    _name: str | None = None
    _since: float = 0.0

    def begin(self, name: str | None) -> None:
        """End the stage before, if any, and begin ``name``."""
        now = time.perf_counter()
        if self._name is not None:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        give_back()  # before the next stage takes more
        self._name, self._since = name, now
        if name is not None:
            self.tell(name)


class Options(TypedDict):
    """The keyword arguments of :func:`retrain`, which are those of the command."""

    as_of: datetime
    seed: int
    promote: bool
    jobs: NotRequired[int]
    backend: NotRequired[str | None]
    refit_encoder: NotRequired[bool]
    force: NotRequired[str | None]
    progress: NotRequired[Callable[[str], None]]


def retrain(store: Store, registry: Registry, settings: Settings, **options: Unpack[Options]) -> RetrainReport:
    """Fit everything as of a moment, evaluate it, register it, and promote it if asked to and not worse.

    Parameters
    ----------
    as_of : datetime
        Nothing known later is read.
    seed : int
        Of everything random: the same store, moment and seed give the same model, byte for byte.
    promote : bool
        Whether ``champion`` moves if the gate passes the new version.
    jobs, backend : int, str, optional
        How many processes, and where they run (the settings say it otherwise); the result does not depend on it.
    refit_encoder : bool
        Fit an encoder even where a young one exists.
    force : str, optional
        Why to promote even against the gate or on a stream that has drifted; kept with the version.
    progress : callable
        Told the name of each stage as it begins.

    Raises NothingToLearn where there are no papers or no usable words; without users, or without days to rank, topics
    and crowd are fitted and the run says that nobody was evaluated.
    """
    plan = Plan(**options)
    shards = Shards.of(settings, plan.jobs, plan.backend)
    stages = Stages(plan.progress)
    stages.begin("read")
    registry.close_dead_runs()
    window = settings.training.window_days
    history = read_history(store, plan.as_of, lambda feeds: _split(feeds, settings), window)
    store.dispose()  # a connection keeps up to 64 MB of the file in memory, which nobody asks for again
    with registry.run(f"retrain {plan.as_of:%Y-%m-%d %H:%M} seed {plan.seed}", {"broadsheet.kind": "retrain"}) as run:
        return _Retrain(registry, settings, plan, shards, stages, history, run).report()


def _split(feeds: Sequence[DayFeed], settings: Settings) -> Split:
    return split_last(feeds, settings.training.evaluation_days, settings.training.refit_days)


@dataclass(slots=True)
class _Retrain:
    """One retrain under way."""

    registry: Registry
    settings: Settings
    plan: Plan
    shards: Shards
    stages: Stages
    history: History
    run: RunLog

    def report(self) -> RetrainReport:
        fit = FitSettings.of(self.settings, self.plan.seed, self.shards)
        self._log_inputs(fit)
        vectors = self._vectors()
        evaluation, refused = self._evaluated(fit, vectors)
        model = self._fitted(fit, vectors)
        model = replace(model, calibrator=evaluation.calibration.shipped)
        metrics = headline(evaluation, self.settings.training.min_labels, self.plan.seed)
        self._log_outcome(evaluation, metrics)
        self.stages.begin("register")
        version, sha256 = self._registered(model)
        self.stages.begin("promote")
        decision = self._decided(evaluation, refused)
        promoted = self.plan.promote and decision.passed
        self.registry.record_gate(version, decision.document())
        if promoted:
            self.registry.promote(version, decision.reason)
        self.stages.begin(None)
        seconds, peak = dict(self.stages.seconds), evaluation.replay.peaks.bound_mb(self.plan.jobs)
        self._log_costs(peak)
        return RetrainReport(self.run.id, version, metrics, seconds, promoted, decision.reason, sha256, peak)

    def _log_inputs(self, fit: FitSettings) -> None:
        digest, profile = self.history.digest(), self.history.profile()
        dialect = self.settings.database_url.partition(":")[0]
        self.run.dataset(DataSet("store", digest, dialect, profile))
        self.run.params(
            {"as_of": self.plan.as_of.isoformat(), "seed": self.plan.seed, "data_digest": digest[:36]}
            | {f"data/{name}": value for name, value in profile.items() if name != "as_of"}
            | _flat("labels", fit.config.labels.model_dump())
            | _flat("relevance", fit.config.relevance.model_dump())
            | _flat("encoder", self.settings.encoder.model_dump())
            | _flat("training", self.settings.training.model_dump())
        )

    def _vectors(self) -> EncodedPapers:
        """The encoder, fitted before the split where there is one, and vectors of all papers."""
        split = self.history.split
        known = self.history.fits[split.fits[0]] if split.fits else self.history.catalogue
        cut = midnight(split.fits[0]) if split.fits else self.plan.as_of
        self.stages.begin("encoder")
        encoder, fitted = encoder_for(known, self.settings, cut=cut, seed=self.plan.seed, refit=self.plan.refit_encoder)
        self.run.params({"encoder_id": encoder.id, "encoder_cut": encoder.cut.isoformat(), "encoder_fitted": fitted})
        self.stages.begin("vectors")
        vectors = encoded_papers(encoder, self.settings.data_dir)
        vectors.backfill(self.history.catalogue.papers)
        return vectors

    def _evaluated(self, fit: FitSettings, vectors: EncodedPapers) -> tuple[Evaluation, str | None]:
        """The evaluation, and why the champion could not take part, if there is one and it could not."""
        by_fit = dict.fromkeys(self.history.split.fits, vectors)
        contenders = [fit_contender(self.history, by_fit, fit, lambda name: self.stages.begin(f"replayed {name}"))]
        refused = None
        if self.registry.alias(CHAMPION) is not None:
            try:
                contenders.append(self._champion(vectors, contenders[0]))
            except BrokenArtifact as error:
                refused = str(error)
        return evaluate_replay(self.history, contenders, fit, self.shards, self.stages.begin), refused

    def _champion(self, vectors: EncodedPapers, product: Contender) -> Contender:
        """The champion's recipe as of the split: its settings, seed and encoder.

        Its own arrays have mostly seen the days that are ranked, and would be compared with arrays that have not.
        Raises BrokenArtifact where it cannot be loaded.
        """
        champion = self.registry.load(CHAMPION)
        if champion.encoder.id != vectors.encoder.id:
            vectors = encoded_papers(champion.encoder, self.settings.data_dir)
        recipe = FitSettings(champion.config, NO_TOPICS)
        by_fit = dict.fromkeys(self.history.split.fits, vectors)
        del champion  # its files stay mapped no longer than it takes to read a recipe
        self.stages.begin("replayed champion")
        return replace(fit_contender(self.history, by_fit, recipe, lambda _: None, product), name=CHAMPION)

    def _fitted(self, fit: FitSettings, vectors: EncodedPapers) -> Model:
        """The model that ships: everything known as of the moment."""
        self.stages.begin("users")
        model = fit_model(self.history.known(None), vectors, fit, self.stages.begin)
        self.stages.begin("trend")
        trend = trend_of(self.history, vectors, self.run, self.plan.seed, self.plan.jobs)
        return replace(model, trend=trend, rhetoric=rhetoric_of(self.settings, self.run, self.plan.seed))

    def _log_outcome(self, evaluation: Evaluation, metrics: Mapping[str, float]) -> None:
        self.stages.begin("log")
        log_evaluation(self.run, evaluation, metrics, self.settings.training.min_labels)
        if not metrics["n_user_days"]:
            log_nobody(self.run, _why_nobody(self.history, self.settings.training.min_labels))

    def _registered(self, model: Model) -> tuple[str, str]:
        """Version number and manifest hash."""
        newest = self.history.catalogue.papers[-2:]
        rows = [(key, paper.title, paper.abstract) for key, paper in zip(("reader", "nobody"), newest, strict=False)]
        inputs = pd.DataFrame(rows, columns=list(COLUMNS))
        with TemporaryDirectory() as scratch:
            folder = Path(scratch) / "model"
            sha256 = write_model(model, folder)
            outputs = TableScorer(model).predict(inputs)
            version = self.registry.register(self.run, folder, sha256, inputs, outputs)
        self.run.params({"manifest_sha256": sha256})
        return version, sha256

    def _decided(self, evaluation: Evaluation, refused: str | None) -> Decision:
        champion, least = self.registry.alias(CHAMPION), self.settings.training.min_labels
        evidence = Evidence(evaluation.replay.table, forecasts_of(evaluation))
        decision = first_or_broken(champion, refused) or decide(
            evidence, champion or "", self.settings.gate, min_labels=least, seed=self.plan.seed
        )
        decision = decision.with_drift(self._drift(evaluation).fired)
        if self.plan.force is not None:
            decision = decision.forced(self.plan.force)
        self.run.json("promotion.json", decision.document() | {"asked": self.plan.promote})
        self.run.tags({"broadsheet.gate": decision.outcome.value})
        return decision

    def _drift(self, evaluation: Evaluation) -> Drift:
        given = evaluation.replay.predictions
        history = self.history
        drift = measure_drift(
            history.catalogue, history.feeds, history.cut.at, self.settings.drift, Scores(given.days, given.scores)
        )
        self.run.json("drift.json", drift.document())
        return drift

    def _log_costs(self, peak: float) -> None:
        seconds = {f"seconds/{name.replace(' ', '_')}": value for name, value in self.stages.seconds.items()}
        total = sum(self.stages.seconds.values())
        self.run.metrics({**seconds, "seconds/total": total, "peak_memory_mb": peak})


def _why_nobody(history: History, min_labels: int) -> str:
    if not any(user.interactions for user in history.users):
        return "no user has done anything yet"
    if not history.split.days:
        return "fewer than two complete days of papers"
    return f"nobody with {min_labels} earlier labels chose a paper of the last {len(history.split.days)} days"


def _flat(prefix: str, values: Mapping[str, object]) -> dict[str, object]:
    return {f"{prefix}/{name}": value for name, value in values.items()}
