import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from features.domain import Interaction, InteractionKind, Listing, Paper, midnight
from features.settings import EncoderSettings, GateSettings, RelevanceSettings, Settings, TrainingSettings
from features.store import Store, open_store
from models.registry import Registry
from models.registry.connection import Connection
from training.retrain import RetrainReport, retrain

FIRST_DAY = date(2026, 1, 5)
RECORDED = datetime(2026, 2, 1, tzinfo=UTC)
AS_OF = datetime(2026, 2, 2, tzinfo=UTC)
SUBJECTS = {
    "cs.CL": "translation grammar speech dialogue token syntax corpus",
    "cs.CV": "image pixel camera segmentation depth video texture",
    "cs.RO": "robot gripper motion torque arm planner trajectory",
}
READERS = {"ada": "cs.CL", "ben": "cs.CV", "cyd": "cs.RO"}


@dataclass(frozen=True)
class Maker:
    """Builds small stores and settings; tests reach it as the fixture ``make``."""

    tracking: Path
    as_of: datetime = AS_OF

    def days(self, n_days: int = 12) -> list[date]:
        return [FIRST_DAY + timedelta(days=number) for number in range(n_days)]

    def listings(self, n_days: int = 12, per_subject: int = 4) -> list[Listing]:
        """``per_subject`` papers of each subject a day; words drawn by a fixed seed."""
        rng = random.Random(7)
        rows = []
        for day in self.days(n_days):
            for category, words in sorted(SUBJECTS.items()):
                for number in range(per_subject):
                    drawn = rng.choices(words.split(), k=12) + rng.choices(["method", "result", "data", "study"], k=6)
                    name = f"{day:%m%d}.{category[3:]}{number}"
                    paper = Paper(name, " ".join(drawn[:5]), " ".join(drawn[5:]), ("A. Author",), (category,))
                    rows.append(Listing(paper, day))
        return rows

    def pick(self, user: str, paper: Paper, day: date) -> Interaction:
        return Interaction(f"{user}-{paper.id}", user, paper.id, InteractionKind.PICK, midnight(day))

    def picks(self, rows: list[Listing]) -> list[Interaction]:
        """Everybody picks the day's first paper of the subject they follow."""
        return [
            self.pick(user, row.paper, row.day)
            for user, category in READERS.items()
            for row in rows
            if row.paper.categories == (category,) and row.paper.id.endswith("0")
        ]

    def store(self, url: str, rows: list[Listing], interactions: list[Interaction]) -> Store:
        store = open_store(url)
        with store.transaction() as tx:
            tx.papers.record(rows, recorded_at=RECORDED)
            tx.interactions.record_imported(interactions, recorded_at=RECORDED)
        return store

    def run(self, store: Store, registry: Registry, settings: Settings, **options: Any) -> RetrainReport:
        return retrain(store, registry, settings, **{"as_of": self.as_of, "seed": 3, "promote": True, **options})

    def settings(self, folder: Path) -> Settings:
        """Everything below ``folder``, sized for a corpus of a hundred papers."""
        folder.mkdir(exist_ok=True)
        shutil.copyfile(self.tracking, folder / "mlflow.db")
        return Settings(
            database_url=f"sqlite:///{folder / 'broadsheet.db'}",
            data_dir=folder / "data",
            tracking_uri=f"sqlite:///{folder / 'mlflow.db'}",
            artifact_root=str(folder / "artifacts"),
            encoder=EncoderSettings(min_df=1, max_df=1.0, dimensions=8),
            relevance=RelevanceSettings(background_size=60),
            training=TrainingSettings(evaluation_days=5, refit_days=2, min_labels=2, topic_min_papers=5),
            gate=GateSettings(min_users=3),
        )


@pytest.fixture(scope="session")
def empty_tracking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tracking") / "mlflow.db"
    Connection(Settings(tracking_uri=f"sqlite:///{path}")).client.search_experiments()
    return path


@pytest.fixture
def make(empty_tracking: Path) -> Maker:
    return Maker(empty_tracking)


@pytest.fixture
def settings(make: Maker, tmp_path: Path) -> Settings:
    return make.settings(tmp_path)


@pytest.fixture
def registry(settings: Settings) -> Registry:
    return Registry(settings, lambda: AS_OF)


@pytest.fixture
def corpus(make: Maker, settings: Settings) -> Iterator[Store]:
    """Twelve days, three subjects, three readers who each follow one."""
    rows = make.listings()
    with make.store(settings.database_url, rows, make.picks(rows)) as store:
        yield store


@pytest.fixture(scope="session")
def trained(empty_tracking: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RetrainReport]:
    """The folder and the report of a first retrain on the corpus; tests get copies."""
    make, folder = Maker(empty_tracking), tmp_path_factory.mktemp("trained")
    settings, rows = make.settings(folder), make.listings()
    with make.store(settings.database_url, rows, make.picks(rows)) as store:
        registry = Registry(settings, lambda: AS_OF)
        return folder, make.run(store, registry, settings)


@pytest.fixture
def first(trained: tuple[Path, RetrainReport], settings: Settings, tmp_path: Path) -> RetrainReport:
    """The report of a retrain with seed 3 whose store, runs and champion are the test's own, as if just made."""
    folder, report = trained
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    move_runs(tmp_path / "mlflow.db", str(folder), str(tmp_path))
    seen = settings.data_dir / "models" / "champion.json"
    seen.write_text(seen.read_text().replace(str(folder), str(tmp_path)))
    return report


@pytest.fixture
def taught(first: RetrainReport, settings: Settings) -> Iterator[Store]:
    """The corpus that the champion of ``first`` has learned from."""
    with open_store(settings.database_url) as store:
        yield store


def move_runs(database: Path, before: str, after: str) -> None:
    """MLflow keeps whole paths, in several tables."""
    with closing(sqlite3.connect(database)) as connection, connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for column in connection.execute(f"PRAGMA table_info({table})").fetchall():
                name = f"{table}.{column[1]}"
                connection.execute(
                    f"UPDATE {table} SET {column[1]} = replace({name}, ?, ?) WHERE instr({name}, ?)",
                    (before, after, before),
                )
