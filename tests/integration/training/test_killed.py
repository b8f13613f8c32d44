import signal
from pathlib import Path
from typing import Any

from features.settings import Settings
from features.store import Store
from models.registry import CHAMPION, Registry
from tests.integration.dying import attempts
from training.retrain import RetrainReport, retrain

STAGES = ("vectors", "register", "promote")
KILLED_AT_A_STAGE = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from features.settings import Settings
from features.store import open_store
from models.registry import Registry
from training.retrain import retrain

settings = Settings.model_validate_json(Path(sys.argv[1]).read_text())

def attempt(last):
    def die_at(stage):
        if stage == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_store(settings.database_url) as store:
        as_of = datetime.fromisoformat(sys.argv[2])
        retrain(store, Registry(settings), settings, as_of=as_of, seed=5, promote=True, progress=die_at)
"""


def test_a_retrain_killed_at_any_stage_leaves_the_champion_and_the_next_one_clean(
    taught: Store, first: RetrainReport, registry: Registry, settings: Settings, make: Any, tmp_path: Path
) -> None:
    champion = first.version
    (tmp_path / "settings.json").write_text(settings.model_dump_json())
    arguments = [str(tmp_path / "settings.json"), make.as_of.isoformat()]
    with attempts(KILLED_AT_A_STAGE, *arguments) as ended:
        for stage in STAGES:
            assert ended(stage) == -signal.SIGKILL
            assert registry.alias(CHAMPION) == champion
            assert registry.load(CHAMPION).version == champion
    report = retrain(taught, registry, settings, as_of=make.as_of, seed=3, promote=True)
    assert report.promoted
    statuses = [listed.status for listed in registry.runs()]
    assert statuses == ["FINISHED", *["KILLED"] * len(STAGES), "FINISHED"]
