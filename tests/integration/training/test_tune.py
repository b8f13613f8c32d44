from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from broadsheet.cli import app
from features.domain import midnight
from features.errors import NothingToLearn
from features.settings import Settings
from features.store import Store, open_store
from models.registry import Registry
from models.registry.tuning import Dimension
from training.tune import SPACE, TuneReport, changed, read_training_days, tune, variable

SMALL = (Dimension("relevance.regularization", 0.1, 10.0, log=True), Dimension("relevance.hard_negatives", 0, 20))
Search = Callable[..., TuneReport]


@pytest.fixture
def search(corpus: Store, registry: Registry, settings: Settings, make: Any) -> Search:
    def run(n_trials: int) -> TuneReport:
        return tune(corpus, registry, settings, as_of=make.as_of, seed=3, n_trials=n_trials, space=SMALL)

    return run


def test_a_search_starts_from_the_settings_and_prints_variables(search: Search) -> None:
    report = search(3)
    assert report.n_trials == 3
    assert report.value >= report.value_before > 0
    names = [line.partition("=")[0] for line in report.lines()]
    assert names == ["BROADSHEET_RELEVANCE__HARD_NEGATIVES", "BROADSHEET_RELEVANCE__REGULARIZATION"]


def test_every_trial_is_a_run_nested_under_one_parent_that_is_no_retrain(search: Search, registry: Registry) -> None:
    search(2)
    client = registry._connection.client
    runs = client.search_runs([registry.experiment_id])
    (parent,) = [run for run in runs if run.data.tags.get("broadsheet.kind") == "tune"]
    trials = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(trials) == 2
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert all({"relevance.regularization", "relevance.hard_negatives"} == set(run.data.params) for run in trials)
    assert max(run.data.metrics["ndcg_at_10"] for run in trials) == parent.data.metrics["ndcg_at_10"]
    assert registry.runs() == []


def test_a_search_taken_up_again_tries_what_it_would_have_tried(
    search: Search, corpus: Store, settings: Settings, make: Any
) -> None:
    search(2)
    resumed = search(3)
    other = settings.model_copy(update={"data_dir": settings.data_dir / "other"})
    whole = tune(corpus, Registry(other), other, as_of=make.as_of, seed=3, n_trials=3, space=SMALL)
    assert (resumed.best, resumed.value, resumed.n_trials) == (whole.best, whole.value, 3)


def test_only_days_before_those_a_retrain_ranks_are_read(corpus: Store, settings: Settings, make: Any) -> None:
    evaluated = make.days()[-settings.training.evaluation_days :]
    history = read_training_days(corpus, make.as_of, settings)
    assert history.cut.at < midnight(evaluated[0])
    assert max(history.split.days) < evaluated[0]
    assert all(row.known_at <= history.cut.at for user in history.users for row in user.interactions)


def test_without_anybody_there_is_nothing_to_search_for(registry: Registry, settings: Settings, make: Any) -> None:
    with make.store(settings.database_url, make.listings(), []) as store, pytest.raises(NothingToLearn, match="nobody"):
        tune(store, registry, settings, as_of=make.as_of, seed=3, n_trials=1)


def test_without_papers_the_command_is_one_line(settings: Settings) -> None:
    open_store(settings.database_url).dispose()
    environment = {"BROADSHEET_DATABASE_URL": settings.database_url, "BROADSHEET_TRACKING_URI": settings.tracking_uri}
    result: Result = CliRunner().invoke(app, ["tune", "--trials", "1"], env=environment)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: nothing to learn")


@pytest.mark.parametrize("dimension", SPACE, ids=[dimension.name for dimension in SPACE])
def test_every_searched_name_is_a_setting_whose_default_lies_in_the_range(dimension: Dimension) -> None:
    settings = Settings()
    assert changed(settings, {dimension.name: dimension.now(settings)}) == settings
    assert variable(dimension.name).startswith("BROADSHEET_")
