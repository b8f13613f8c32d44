import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from features.domain import Listing
from features.errors import BrokenArtifact, NothingToLearn, NotPassed
from features.settings import DriftSettings, Settings
from features.store import Store, open_store
from models.pyfunc import TableScorer
from models.registry import CHALLENGER, CHAMPION, Registry
from training.retrain import RetrainReport, retrain


def run(store: Store, registry: Registry, settings: Settings, make: Any, **options: Any) -> RetrainReport:
    return retrain(store, registry, settings, **{"as_of": make.as_of, "seed": 3, "promote": True, **options})


def test_a_retrain_leaves_runs_curves_plots_a_version_and_the_first_champion(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    report = run(corpus, registry, settings, make)
    assert report.promoted
    assert report.reason == "the first champion"
    assert registry.alias(CHAMPION) == registry.alias(CHALLENGER) == report.version
    (listed,) = registry.runs()
    assert (listed.status, listed.version, listed.aliases) == ("FINISHED", report.version, ("challenger", "champion"))
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
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    report = run(corpus, registry, settings, make)
    client = registry._connection.client
    children = {
        child.data.tags["mlflow.runName"]: child
        for child in client.search_runs(
            [registry._connection.experiment_id], f"tags.`mlflow.parentRunId` = '{report.run_id}'"
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
    with corpus.transaction() as tx:
        keys = tx.users.keys()
    for table in tables:
        listed = json.loads(table.read_text())
        column = listed["columns"].index("user_key")
        assert {row[column] for row in listed["data"]} == set(keys.values())
        assert not any(f'"{name}"' in table.read_text() for name in keys)


def test_the_champion_is_kept_by_a_worse_challenger_and_the_decision_is_logged(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    first = run(corpus, registry, settings, make)
    worse = settings.model_copy(
        update={
            "encoder": settings.encoder.model_copy(update={"max_features": 4, "dimensions": 1}),
            "gate": settings.gate.model_copy(update={"max_uncertainty": 0.05}),
        }
    )
    second = run(corpus, registry, worse, make)
    assert not second.promoted
    assert "to champion 1's" in second.reason  # three users are too few to call it worse
    assert registry.alias(CHAMPION) == first.version
    assert registry.alias(CHALLENGER) == second.version
    decisions = [json.loads(path.read_text()) for path in Path(settings.artifact_root).rglob("promotion.json")]
    assert sorted(decision["passed"] for decision in decisions) == [False, True]


def test_too_few_users_keep_the_champion_until_forced_and_the_reason_is_kept(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    first = run(corpus, registry, settings, make)
    many = settings.model_copy(update={"gate": settings.gate.model_copy(update={"min_users": 4})})
    second = run(corpus, registry, many, make)
    assert not second.promoted
    with pytest.raises(NotPassed, match="3 users could be compared"):
        registry.promote_judged(second.version, "by hand", None)
    assert registry.alias(CHAMPION) == first.version
    third = run(corpus, registry, many, make, force="a new encoder")
    assert third.promoted
    decisions = [json.loads(path.read_text()) for path in Path(settings.artifact_root).rglob("promotion.json")]
    (forced,) = [decision for decision in decisions if decision["outcome"] == "forced"]
    assert (forced["force"], forced["without_force"]) == ("a new encoder", "insufficient evidence")
    assert registry._versions.get(third.version).tags["gate_force"] == "a new encoder"


def test_a_version_judged_against_another_champion_is_promoted_by_force_only(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    run(corpus, registry, settings, make)
    second, third = (run(corpus, registry, settings, make, promote=False).version for _ in range(2))
    assert registry.promote_judged(second, "by hand", None) == second
    with pytest.raises(NotPassed, match="compared with 1, and the champion is 2"):
        registry.promote_judged(third, "by hand", None)
    assert registry.promote_judged(third, "by hand", "I have looked at its pages") == third
    (record,) = Path(settings.artifact_root).rglob("forced-*.json")
    assert json.loads(record.read_text())["force"] == "I have looked at its pages"


def test_a_stream_that_has_drifted_is_recorded_and_needs_force(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    sensitive = DriftSettings(newest_days=4, min_papers=10, lost_category=10.0)  # all that is no ten times larger
    drifting = settings.model_copy(update={"drift": sensitive})
    report = run(corpus, registry, drifting, make)
    assert not report.promoted
    assert "drift: lost category" in report.reason
    (found,) = Path(settings.artifact_root).rglob("drift.json")
    assert json.loads(found.read_text())["fired"]
    assert run(corpus, registry, drifting, make, force="expected").promoted


def test_an_equal_challenger_is_promoted_and_rolled_back(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    first, second = (run(corpus, registry, settings, make) for _ in range(2))
    assert second.promoted
    assert registry.rollback() == first.version


def test_the_same_store_moment_and_seed_give_the_same_bytes_in_any_number_of_processes(
    corpus: Store, settings: Settings, make: Any, tmp_path: Path
) -> None:
    other = make.settings(tmp_path / "other")
    one = run(corpus, Registry(settings), settings, make, jobs=1)
    two = run(corpus, Registry(other), other, make, jobs=2, refit_encoder=True)
    assert one.manifest_sha256 == two.manifest_sha256
    assert one.metrics == pytest.approx(two.metrics, nan_ok=True)
    assert run(corpus, Registry(settings), settings, make, seed=4).manifest_sha256 != one.manifest_sha256


def test_a_broken_champion_does_not_stop_a_retrain_and_is_replaced(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    run(corpus, registry, settings, make)
    coef = next(Path(settings.artifact_root).rglob("crowd_coef.npy"))
    content = bytearray(coef.read_bytes())
    content[-1] ^= 1
    coef.write_bytes(content)
    with pytest.raises(BrokenArtifact):
        registry.load(CHAMPION)
    report = run(corpus, registry, settings, make)
    assert report.promoted
    assert "does not load" in report.reason
    assert registry.load(CHAMPION).version == report.version


def test_the_loaded_champion_is_the_model_that_was_fitted(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    report = run(corpus, registry, settings, make)
    model = registry.load(CHAMPION)
    assert model.version == report.version
    assert model.cut == make.as_of
    assert len(model.warm.keys) == 3
    assert set(model.topics.names) == {"cs.CL", "cs.CV", "cs.RO"}


def test_without_papers_there_is_nothing_to_learn_and_no_run(registry: Registry, settings: Settings, make: Any) -> None:
    with open_store(settings.database_url) as empty, pytest.raises(NothingToLearn, match="no papers"):
        run(empty, registry, settings, make)
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
        report = run(store, registry, settings, make)
    assert report.promoted
    assert report.metrics["n_users_evaluated"] == evaluated
    model = registry.load(CHAMPION)
    assert (model.crowd.n_positives > 0) == bool(evaluated)


def test_a_single_day_gives_a_model_and_says_that_nobody_was_evaluated(
    registry: Registry, settings: Settings, make: Any
) -> None:
    rows = make.listings(n_days=1)
    with make.store(settings.database_url, rows, make.picks(rows)) as store:
        report = run(store, registry, settings, make)
    assert report.metrics["n_user_days"] == 0
    assert registry._connection.client.get_run(report.run_id).data.tags["broadsheet.evaluation"].startswith("fewer")


def test_papers_without_a_usable_word_are_nothing_to_learn_and_end_the_run_as_failed(
    registry: Registry, settings: Settings, make: Any
) -> None:
    rows = [Listing(replace(row.paper, title="12 34", abstract=""), row.day) for row in make.listings(2)]
    with make.store(settings.database_url, rows, []) as store, pytest.raises(NothingToLearn):
        run(store, registry, settings, make)
    assert [listed.status for listed in registry.runs()] == ["FAILED"]


def test_the_pyfunc_scores_a_table_of_users_and_texts(
    corpus: Store, registry: Registry, settings: Settings, make: Any
) -> None:
    run(corpus, registry, settings, make)
    with corpus.transaction() as tx:
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
    early = run(corpus, registry, settings, make, as_of=make.as_of.replace(month=1, day=14))
    engine = create_engine(settings.database_url)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from papers")).scalar() == 144
    engine.dispose()
    assert registry._connection.client.get_run(early.run_id).data.params["data/last_day"] == "2026-01-14"


def test_the_same_rows_in_another_store_where_users_have_other_keys_measure_the_same(
    corpus: Store, registry: Registry, settings: Settings, make: Any, tmp_path: Path
) -> None:
    rows = make.listings()
    with make.store(f"sqlite:///{tmp_path / 'again.db'}", rows, make.picks(rows)) as again:
        with corpus.transaction() as here, again.transaction() as there:
            assert set(here.users.keys().values()).isdisjoint(there.users.keys().values())
        for store in (corpus, again):
            run(store, registry, settings, make)
    first, second = (listed.metrics for listed in registry.runs())
    compared = [name for name in first if name in {"ndcg_at_10", "auc", "brier", "average_precision"}]
    assert len(compared) >= 3
    assert {name: first[name] for name in compared} == {name: pytest.approx(second[name]) for name in compared}
