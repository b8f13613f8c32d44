import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from features.errors import NoChampion, UnknownModelVersion
from features.settings import Settings
from models.registry.connection import Connection
from models.registry.tracking import close_dead_runs, open_run
from models.registry.versions import CHALLENGER, CHAMPION, Examples, Versions
from tests.integration.dying import attempts

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EXAMPLES = Examples(
    pd.DataFrame({"user_id": ["k"], "title": ["t"], "abstract": ["a"]}),
    pd.DataFrame({"score": [0.5], "probability": [0.1], "scorer": ["crowd"]}),
)
ALLOWED = {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "registered_model_meta"}


def registered(connection: Connection, artifact: Path, sha256: str = "f" * 64) -> str:
    with open_run(connection, "retrain", {}) as run:
        return Versions(connection).register(run.id, artifact, sha256, EXAMPLES)


def test_registering_makes_a_challenger_with_its_hash_and_leaves_the_run_open(
    connection: Connection, artifact: Path
) -> None:
    versions = Versions(connection)
    with open_run(connection, "retrain", {}) as run:
        number = versions.register(run.id, artifact, "f" * 64, EXAMPLES)
        assert connection.client.get_run(run.id).info.status == "RUNNING"
    assert (versions.alias(CHALLENGER), versions.alias(CHAMPION)) == (number, None)
    assert versions.get(number).tags["manifest_sha256"] == "f" * 64
    assert versions.get(number).run_id == run.id


def test_a_version_holds_the_files_given_and_mlflows_own_and_no_code(
    connection: Connection, artifact: Path, tmp_path: Path
) -> None:
    registered(connection, artifact)
    _, folder, _ = Versions(connection).download(CHALLENGER, tmp_path / "cache")
    root = folder.parents[1]
    assert root.is_relative_to(tmp_path / "artifacts")
    given = {str(path.relative_to(artifact)) for path in artifact.rglob("*") if path.is_file()}
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == given
    assert {path.name for path in root.iterdir() if path.is_file()} <= ALLOWED
    model = (root / "MLmodel").read_text()
    assert "loader_module: models.pyfunc" in model
    assert "code: null" in model


def test_promote_and_rollback_walk_the_history(connection: Connection, artifact: Path) -> None:
    versions = Versions(connection)
    first, second, third = (registered(connection, artifact) for _ in range(3))
    with pytest.raises(NoChampion):
        versions.rollback(at=NOW)
    for number in (first, second, second, third):
        versions.promote(number, reason="better", at=NOW)
    assert [versions.rollback(at=NOW), versions.rollback(at=NOW)] == [second, first]
    assert versions.alias(CHAMPION) == first
    assert versions.get(third).tags["rolled_back_to"] == second
    assert versions.get(second).tags["promoted_because"] == "better"
    with pytest.raises(UnknownModelVersion):
        versions.rollback(at=NOW)


def test_a_promotion_killed_before_the_alias_moved_is_not_followed_by_rollback(
    connection: Connection, artifact: Path
) -> None:
    versions = Versions(connection)
    first, second, third = (registered(connection, artifact) for _ in range(3))
    versions.promote(first, reason="", at=NOW)
    versions.promote(second, reason="", at=NOW)
    connection.client.set_registered_model_tag("broadsheet", "champion_history", json.dumps([first, second, third]))
    assert versions.rollback(at=NOW) == first


@pytest.mark.parametrize("name", ["7", "nobody"])
def test_an_unknown_version_or_alias_is_named(connection: Connection, artifact: Path, name: str) -> None:
    registered(connection, artifact)
    with pytest.raises(UnknownModelVersion, match=name):
        Versions(connection).get(name)


def test_without_any_registered_model_there_is_no_champion_and_no_alias(connection: Connection) -> None:
    assert Versions(connection).alias(CHAMPION) is None
    with pytest.raises(NoChampion):
        Versions(connection).get(CHAMPION)


KILLED_WHILE_REGISTERING = """
import os, signal, sys
from pathlib import Path
import pandas as pd
from features.settings import Settings
from models.registry.connection import Connection
from models.registry.tracking import open_run
from models.registry.versions import Examples, Versions
tracking, artifacts, folder = sys.argv[1:]
examples = Examples(
    pd.DataFrame({"user_id": ["k"], "title": ["t"], "abstract": ["a"]}),
    pd.DataFrame({"score": [0.5], "probability": [0.1], "scorer": ["crowd"]}),
)

def attempt(stage):
    connection = Connection(Settings(tracking_uri=tracking, artifact_root=artifacts))
    setattr(connection.client, stage, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    with open_run(connection, "retrain", {}) as run:
        Versions(connection).register(run.id, Path(folder), "e" * 64, examples)
"""


def test_a_process_killed_while_registering_leaves_champion_and_the_next_retrain_clean(
    connection: Connection, artifact: Path, settings: Settings
) -> None:
    versions = Versions(connection)
    champion = registered(connection, artifact)
    versions.promote(champion, reason="", at=NOW)
    arguments = [settings.tracking_uri, settings.artifact_root, str(artifact)]
    with attempts(KILLED_WHILE_REGISTERING, *arguments) as ended:
        for stage in ("create_logged_model", "create_model_version", "set_registered_model_alias"):
            assert ended(stage) == -signal.SIGKILL
            assert (versions.alias(CHAMPION), versions.alias(CHALLENGER)) == (champion, champion)
            assert len(close_dead_runs(connection)) == 1
    assert registered(connection, artifact) == versions.alias(CHALLENGER) != champion
