"""What the settings may not do at start."""

import subprocess
import sys

import pytest

from features.errors import InvalidValue
from features.settings import ServingSettings, Settings
from serving.run import check_exposure, check_replicas, serve


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_insecure_local_binds_to_this_machine(host: str) -> None:
    check_exposure(ServingSettings(host=host, insecure_local=True))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_insecure_local_binds_to_nothing_else(host: str) -> None:
    with pytest.raises(InvalidValue, match="loopback"):
        serve(Settings(serving=ServingSettings(host=host, insecure_local=True)))


def test_tokens_make_any_address_good() -> None:
    check_exposure(ServingSettings(host="0.0.0.0"))


@pytest.mark.parametrize("name", ["database_url", "tracking_uri"])
def test_several_replicas_do_not_start_on_a_file_of_one_machine(name: str) -> None:
    shared = "postgresql+psycopg://broadsheet@db/broadsheet"
    urls = {"database_url": shared, "tracking_uri": shared} | {name: "sqlite:///here.db"}
    with pytest.raises(InvalidValue, match=name):
        serve(Settings(serving=ServingSettings(replicas=2), **urls))


def test_replicas_share_postgresql() -> None:
    shared = "postgresql+psycopg://broadsheet@db/broadsheet"
    check_replicas(Settings(serving=ServingSettings(replicas=2), database_url=shared, tracking_uri=shared))
    check_replicas(Settings(serving=ServingSettings(replicas=1)))


def test_a_server_is_imported_without_what_only_fits_and_tracks() -> None:
    """They take several seconds and 150 MB, which no request waits for."""
    fits = ("sklearn", "pandas", "mlflow", "lightgbm", "implicit", "alembic", "matplotlib", "scipy.optimize")
    needless = (*fits, "bibtexparser", "feedparser", "httpx2", "tenacity", "latex2mathml")
    told = f"import sys, serving.run; print([name for name in {needless} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout == "[]\n"
