import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from features.domain import Listing
from features.errors import NothingToLearn
from features.settings import Settings
from features.store import Store, open_store
from models.pyfunc import TableScorer
from models.registry import CHALLENGER, CHAMPION, Registry
from training.retrain import RetrainReport


def test_a_retrain_leaves_runs_curves_plots_a_version_and_the_first_champion(
    first: RetrainReport, registry: Registry, settings: Settings
) -> None:
    assert first.promoted
    assert first.reason == "the first champion"
    assert registry.alias(CHAMPION) == registry.alias(CHALLENGER) == first.version
    (listed,) = registry.runs()
    assert (listed.status, listed.version, listed.aliases) == ("FINISHED", first.version, ("challenger", "champion"))
    assert listed.metrics["auc"] > 0.8  # everybody follows one subject of three and picks one of its four papers
    assert listed.metrics["n_users_evaluated"] == 3
    files = {path.name for path in Path(settings.artifact_root).rglob("*.png")}
    assert files == {
        "calibration.png",
        "learning_curve.png",
        "ndcg_per_day.png",
        "score_distribution.png",
        "topic_f1.png",
    }


def test_children_are_topics_relevance_and_each_baseline_with_a_step_a_day_and_users_by_key(
    taught: Store, first: RetrainReport, registry: Registry, settings: Settings
) -> None:
    client = registry._connection.client
    children = {
        child.data.tags["mlflow.runName"]: child
        for child in client.search_runs(
            [registry._connection.experiment_id], f"tags.`mlflow.parentRunId` = '{first.run_id}'"
        )
    }
    assert set(children) == {
        "topics",
        "relevance",
        "random",
        "recency",
        "popularity",
        "tfidf_centroid",
        "arxiv_sanity_svm",
        "implicit_mf",
        "scholar_inbox",
    }
    history = client.get_metric_history(children["relevance"].info.run_id, "daily/ndcg_at_10")
    assert len({metric.step for metric in history}) == 5
    tables = list(Path(settings.artifact_root).rglob("per_user.json"))
    assert tables
    with taught.transaction() as tx:
        keys = tx.users.keys()
    for table in tables:
        listed = json.loads(table.read_text())
        column = listed["columns"].index("user_key")
        assert {row[column] for row in listed["data"]} == set(keys.values())
        assert not any(f'"{name}"' in table.read_text() for name in keys)


def test_the_same_store_moment_and_seed_give_the_same_bytes_in_any_number_of_processes(
    corpus: Store, settings: Settings, make: Any, tmp_path: Path
) -> None:
    other = make.settings(tmp_path / "other")
    one = make.run(corpus, Registry(settings), settings, jobs=1)
    two = make.run(corpus, Registry(other), other, jobs=2, refit_encoder=True)
    assert one.manifest_sha256 == two.manifest_sha256
    assert one.metrics == pytest.approx(two.metrics, nan_ok=True)
    assert make.run(corpus, Registry(settings), settings, seed=4).manifest_sha256 != one.manifest_sha256


def test_the_loaded_champion_is_the_model_that_was_fitted(first: RetrainReport, registry: Registry, make: Any) -> None:
    model = registry.load(CHAMPION)
    assert model.version == first.version
    assert model.cut == make.as_of
    assert len(model.warm.keys) == 3
    assert set(model.topics.names) == {"cs.CL", "cs.CV", "cs.RO"}


def test_without_papers_there_is_nothing_to_learn_and_no_run(registry: Registry, settings: Settings, make: Any) -> None:
    with open_store(settings.database_url) as empty, pytest.raises(NothingToLearn, match="no papers"):
        make.run(empty, registry, settings)
    assert registry.runs() == []


@pytest.mark.parametrize(
    ("keep", "evaluated"),
    [("nobody", 0), ("one user", 1), ("one category", 1)],
)
def test_little_data_is_learnt_from_without_a_traceback(
    registry: Registry, settings: Settings, make: Any, keep: str, evaluated: int
) -> None:
    rows = make.listings()
    rows = [row for row in rows if keep != "one category" or row.paper.categories == ("cs.CL",)]
    picks = [] if keep == "nobody" else [row for row in make.picks(rows) if row.user_id == "ada"]
    with make.store(settings.database_url, rows, picks) as store:
        report = make.run(store, registry, settings)
    assert report.promoted
    assert report.metrics["n_users_evaluated"] == evaluated
    model = registry.load(CHAMPION)
    assert (model.crowd.n_positives > 0) == bool(evaluated)


def test_a_single_day_gives_a_model_and_says_that_nobody_was_evaluated(
    registry: Registry, settings: Settings, make: Any
) -> None:
    rows = make.listings(n_days=1)
    with make.store(settings.database_url, rows, make.picks(rows)) as store:
        report = make.run(store, registry, settings)
    assert report.metrics["n_user_days"] == 0
    assert registry._connection.client.get_run(report.run_id).data.tags["broadsheet.evaluation"].startswith("fewer")


def test_papers_without_a_usable_word_are_nothing_to_learn_and_end_the_run_as_failed(
    registry: Registry, settings: Settings, make: Any
) -> None:
    rows = [Listing(replace(row.paper, title="12 34", abstract=""), row.day) for row in make.listings(2)]
    with make.store(settings.database_url, rows, []) as store, pytest.raises(NothingToLearn):
        make.run(store, registry, settings)
    assert [listed.status for listed in registry.runs()] == ["FAILED"]


def test_the_pyfunc_scores_a_table_of_users_and_texts(taught: Store, registry: Registry) -> None:
    with taught.transaction() as tx:
        keys = tx.users.keys()
    rows = [
        (keys["ada"], "grammar translation", "dialogue corpus token syntax"),
        (keys["ada"], "robot gripper", "motion torque arm planner"),
        ("somebody", "grammar translation", None),
    ]
    table = TableScorer(registry.load(CHAMPION)).predict(pd.DataFrame(rows, columns=["user_id", "title", "abstract"]))
    assert list(table["scorer"]) == ["relevance", "relevance", "crowd"]
    assert table["score"][0] > table["score"][1]
    assert table["probability"].between(0, 1).all()


def test_a_retrain_reads_nothing_that_was_recorded_with_a_newer_day(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    early = make.run(corpus, registry, settings, as_of=make.as_of.replace(month=1, day=14))
    engine = create_engine(settings.database_url)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from papers")).scalar() == 144
    engine.dispose()
    assert registry._connection.client.get_run(early.run_id).data.params["data/last_day"] == "2026-01-14"


def test_the_same_rows_in_another_store_where_users_have_other_keys_measure_the_same(
    taught: Store, registry: Registry, settings: Settings, make: Any, tmp_path: Path
) -> None:
    rows = make.listings()
    with make.store(f"sqlite:///{tmp_path / 'again.db'}", rows, make.picks(rows)) as again:
        with taught.transaction() as mine, again.transaction() as other:
            assert set(mine.users.keys().values()).isdisjoint(other.users.keys().values())
        make.run(again, registry, settings)
    here, there = (listed.metrics for listed in registry.runs())
    compared = [name for name in here if name in {"ndcg_at_10", "auc", "brier", "average_precision"}]
    assert len(compared) >= 3
    assert {name: here[name] for name in compared} == {name: pytest.approx(there[name]) for name in compared}
