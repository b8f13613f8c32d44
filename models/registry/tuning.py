"""A search of hyper-parameters by Optuna: a study on disk, and in MLflow one parent run with a nested run a trial."""

import hashlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import optuna
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from optuna.trial import TrialState
from optuna_integration.mlflow import MLflowCallback

from features.settings import Settings
from models.registry.registry import Registry

METRIC = "ndcg_at_10"
FILE = "tuning.db"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A setting and the range it is searched in; whole numbers where both ends are."""

    name: str
    low: float
    high: float
    log: bool = False

    def suggest(self, trial: optuna.Trial) -> float:
        """A value for this trial."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return int(trial.suggest_int(self.name, self.low, self.high, log=self.log))
        return float(trial.suggest_float(self.name, self.low, self.high, log=self.log))

    def now(self, settings: Settings) -> float:
        """The value it has, moved into the range where it lies outside."""
        group, _, field = self.name.partition(".")
        value: float = getattr(getattr(settings, group), field)
        return min(max(value, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial: its number from 0, what was tried and what came of it."""

    number: int
    params: Mapping[str, float]
    value: float


class Study:
    """A study named after ``name`` (the data), the settings and the space; kept in ``data_dir``, and taken up again."""

    def __init__(self, registry: Registry, settings: Settings, name: str, space: tuple[Dimension, ...]) -> None:
        self._registry = registry
        self._space = space
        self._defaults = {dimension.name: dimension.now(settings) for dimension in space}
        asked = [settings.training, settings.labels, settings.relevance, settings.encoder, space]
        self._name = f"{name}-{hashlib.blake2b(repr(asked).encode(), digest_size=8).hexdigest()}"
        self._path = settings.data_dir / FILE

    def run(
        self,
        objective: Callable[[Mapping[str, float]], float],
        n_trials: int,
        seed: int,
        progress: Callable[[str], None],
    ) -> list[Trial]:
        """All trials in order, as many new ones as are wanting to ``n_trials``; larger values are better.

        The sampler of a trial is seeded by the trial's number: a search that was killed and taken up again tries what
        it would have tried. What ``objective`` raises ends the search; it goes on with that trial.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = self._study(self._path)
        n_done = len(_complete(study))
        if not n_done and not any(trial.state is TrialState.WAITING for trial in study.trials):
            study.enqueue_trial(self._defaults)
        with self._registry.run(f"tune {self._name} seed {seed}", {"broadsheet.kind": "tune"}) as run:
            run.params({"n_trials": n_trials, "seed": seed, "study": self._name, "n_taken_up": n_done})
            callback = self._callback(run.id)
            for number in range(n_done, n_trials):
                progress(f"trial {number + 1} of {n_trials}")
                study.sampler = optuna.samplers.TPESampler(seed=seed * 100_003 + number)
                study.optimize(lambda trial: self._value(trial, objective), n_trials=1, callbacks=[callback])
            trials = _complete(study)
            best = max(trials, key=lambda trial: (trial.value, -trial.number))
            run.metrics({METRIC: best.value, "best_trial": best.number, "n_trials": len(trials)})
            run.params({f"best/{name}": value for name, value in best.params.items()})
        return trials

    def _study(self, path: Path) -> optuna.Study:
        path.parent.mkdir(parents=True, exist_ok=True)
        storage = optuna.storages.RDBStorage(f"sqlite:///{path.absolute()}")
        return optuna.create_study(storage=storage, study_name=self._name, direction="maximize", load_if_exists=True)

    def _value(self, trial: optuna.Trial, objective: Callable[[Mapping[str, float]], float]) -> float:
        return objective({dimension.name: dimension.suggest(trial) for dimension in self._space})

    def _callback(self, parent: str) -> MLflowCallback:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # it goes with Optuna 6, which the lock file does not have
            return MLflowCallback(
                tracking_uri=self._registry.tracking_uri,
                metric_name=METRIC,
                create_experiment=False,
                mlflow_kwargs={
                    "experiment_id": self._registry.experiment_id,
                    "tags": {MLFLOW_PARENT_RUN_ID: parent, "broadsheet.kind": "trial"},
                },
            )


def _complete(study: optuna.Study) -> list[Trial]:
    """Trials with a value, by number; one that was killed or ended in an error is not among them."""
    done = (trial for trial in study.trials if trial.state is TrialState.COMPLETE)
    return [Trial(trial.number, trial.params, float(trial.values[0])) for trial in done]
