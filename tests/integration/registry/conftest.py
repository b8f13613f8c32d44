import shutil
from pathlib import Path

import pytest

from features.settings import Settings
from models.registry.connection import Connection


@pytest.fixture(scope="session")
def empty_tracking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised MLflow database, copied for each test: MLflow takes seconds to make one."""
    path = tmp_path_factory.mktemp("tracking") / "mlflow.db"
    Connection(Settings(tracking_uri=f"sqlite:///{path}")).client.search_experiments()
    return path


@pytest.fixture
def settings(empty_tracking: Path, tmp_path: Path) -> Settings:
    shutil.copyfile(empty_tracking, tmp_path / "mlflow.db")
    return Settings(
        tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}",
        artifact_root=str(tmp_path / "artifacts"),
        data_dir=tmp_path / "data",
    )


@pytest.fixture
def connection(settings: Settings) -> Connection:
    return Connection(settings)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A folder that stands for a model's files where only MLflow's handling of them is looked at."""
    folder = tmp_path / "model"
    (folder / "arrays").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "arrays" / "coef.npy").write_bytes(b"\x93NUMPY")
    return folder
