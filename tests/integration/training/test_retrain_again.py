import json
from pathlib import Path
from typing import Any

import pytest

from features.errors import BrokenArtifact, NotPassed
from features.settings import DriftSettings, Settings
from features.store import Store
from models.registry import CHALLENGER, CHAMPION, Registry
from training.retrain import RetrainReport


def test_the_champion_is_kept_by_a_worse_challenger_and_the_decision_is_logged(
    taught: Store, first: RetrainReport, registry: Registry, settings: Settings, make: Any
) -> None:
    worse = settings.model_copy(
        update={
            "encoder": settings.encoder.model_copy(update={"max_features": 4, "dimensions": 1}),
            "gate": settings.gate.model_copy(update={"max_uncertainty": 0.05}),
        }
    )
    second = make.run(taught, registry, worse)
    assert not second.promoted
    assert "to champion 1's" in second.reason  # three users are too few to call it worse
    assert registry.alias(CHAMPION) == first.version
    assert registry.alias(CHALLENGER) == second.version
    decisions = [json.loads(path.read_text()) for path in Path(settings.artifact_root).rglob("promotion.json")]
    assert sorted(decision["passed"] for decision in decisions) == [False, True]


def test_too_few_users_keep_the_champion_until_forced_and_the_reason_is_kept(
    taught: Store, first: RetrainReport, registry: Registry, settings: Settings, make: Any
) -> None:
    many = settings.model_copy(update={"gate": settings.gate.model_copy(update={"min_users": 4})})
    second = make.run(taught, registry, many)
    assert not second.promoted
    with pytest.raises(NotPassed, match="3 users could be compared"):
        registry.promote_judged(second.version, "by hand", None)
    assert registry.alias(CHAMPION) == first.version
    third = make.run(taught, registry, many, force="a new encoder")
    assert third.promoted
    decisions = [json.loads(path.read_text()) for path in Path(settings.artifact_root).rglob("promotion.json")]
    (forced,) = [decision for decision in decisions if decision["outcome"] == "forced"]
    assert (forced["force"], forced["without_force"]) == ("a new encoder", "insufficient evidence")
    assert registry._versions.get(third.version).tags["gate_force"] == "a new encoder"


def test_a_version_judged_against_another_champion_is_promoted_by_force_only(
    taught: Store, first: RetrainReport, registry: Registry, settings: Settings, make: Any
) -> None:
    second, third = (make.run(taught, registry, settings, promote=False).version for _ in range(2))
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
    report = make.run(corpus, registry, drifting)
    assert not report.promoted
    assert "drift: lost category" in report.reason
    (found,) = Path(settings.artifact_root).rglob("drift.json")
    assert json.loads(found.read_text())["fired"]
    assert make.run(corpus, registry, drifting, force="expected").promoted


def test_an_equal_challenger_is_promoted_and_rolled_back(
    taught: Store, first: RetrainReport, registry: Registry, settings: Settings, make: Any
) -> None:
    second = make.run(taught, registry, settings)
    assert second.promoted
    assert registry.rollback() == first.version


def test_a_broken_champion_does_not_stop_a_retrain_and_is_replaced(
    taught: Store, first: RetrainReport, registry: Registry, settings: Settings, make: Any
) -> None:
    coef = next(Path(settings.artifact_root).rglob("crowd_coef.npy"))
    content = bytearray(coef.read_bytes())
    content[-1] ^= 1
    coef.write_bytes(content)
    with pytest.raises(BrokenArtifact):
        registry.load(CHAMPION)
    report = make.run(taught, registry, settings)
    assert report.promoted
    assert "does not load" in report.reason
    assert registry.load(CHAMPION).version == report.version
