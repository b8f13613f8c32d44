import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from features.errors import InvalidValue, MissingExtra, StoreFailed
from features.settings import Settings
from features.store import Store
from models.registry import CHAMPION, Registry
from serving.scoring import UserShard, slates_of

BUCKET = "models"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """An S3 over HTTP in a process of its own, with nothing in it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture
def s3(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of it; what a reader of Broadsheet's documentation sets is set."""
    for name, value in {
        "MLFLOW_S3_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()


def kept_in(settings: Settings, bucket: str) -> Settings:
    return settings.model_copy(update={"artifact_root": f"s3://{bucket}/broadsheet"})


def test_another_machine_ranks_the_same_bytes_from_an_object_store_or_keeps_nothing(
    corpus: Store, settings: Settings, make: Any, s3: Any, tmp_path: Path
) -> None:
    settings = kept_in(settings, BUCKET)
    report = make.run(corpus, Registry(settings), settings)
    assert report.promoted
    assert not (tmp_path / "artifacts").exists()
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert {"about.json", "MLmodel", "manifest.json", "per_user.json"} <= {name.rpartition("/")[2] for name in names}
    other = settings.model_copy(update={"data_dir": tmp_path / "another machine"})
    bodies = [
        [slate.body for slate in slates_of(UserShard(each, report.version, make.days()[-1], ("ada", "ben", "cyd")))]
        for each in (settings, other)
    ]
    assert bodies[0] == bodies[1]
    assert len(bodies[0]) == 3
    for name in names:
        s3.delete_object(Bucket=BUCKET, Key=name)
    third = settings.model_copy(update={"data_dir": tmp_path / "a third machine"})
    with pytest.raises(StoreFailed, match="s3://models/broadsheet"):
        Registry(third).load(CHAMPION)
    assert list((third.data_dir / "models").iterdir()) == []


def test_a_bucket_that_is_not_there_is_told_before_anything_is_fitted(
    corpus: Store, settings: Settings, make: Any, s3: Any
) -> None:
    settings = kept_in(settings, "nowhere")
    registry = Registry(settings)
    with pytest.raises(StoreFailed, match=r"s3://nowhere/broadsheet: .*bucket.*BROADSHEET_ARTIFACT_ROOT"):
        make.run(corpus, registry, settings)
    (run,) = registry.runs()
    assert (run.status, run.version) == ("FAILED", None)
    assert registry.alias(CHAMPION) is None


def test_without_the_extra_it_is_named(
    corpus: Store, settings: Settings, make: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"{address}/")  # another one, of which MLflow keeps no client
    settings = kept_in(settings, BUCKET)
    with pytest.raises(MissingExtra, match=r"\[s3\]"):
        make.run(corpus, Registry(settings), settings)


def test_an_experiment_that_began_in_a_folder_is_not_moved_in_silence(
    taught: Store, settings: Settings, make: Any, s3: Any
) -> None:
    settings = kept_in(settings, BUCKET)
    with pytest.raises(InvalidValue, match=r"ARTIFACT_ROOT.*began at .*BROADSHEET_EXPERIMENT"):
        make.run(taught, Registry(settings), settings)
