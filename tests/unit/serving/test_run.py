"""What the settings may not do at start."""

import logging
import subprocess
import sys

import pytest

from features.errors import InvalidValue
from features.settings import ServingSettings, Settings
from serving.run import check_exposure, check_replicas, hide_secrets, serve


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


@pytest.mark.parametrize(
    "path", ["/feeds/u/TOP-secret.atom", "/signin/TOP-secret?next=1", "/base/feeds/u/TOP-secret.rss"]
)
def test_the_access_log_has_no_secret_of_an_address(path: str) -> None:
    record = logging.makeLogRecord({"msg": '%s - "%s %s HTTP/%s" %d', "args": ("1.2.3.4:5", "GET", path, "1.1", 200)})
    assert hide_secrets(record)
    assert "secret" not in record.getMessage()
    assert "…" in record.getMessage()


def test_the_access_log_keeps_other_addresses() -> None:
    args = ("1.2.3.4:5", "GET", "/feeds/daily.atom?day=2026-02-27", "1.1", 200)
    record = logging.makeLogRecord({"msg": '%s - "%s %s HTTP/%s" %d', "args": args})
    assert hide_secrets(record)
    assert "/feeds/daily.atom?day=2026-02-27" in record.getMessage()


def test_a_server_is_imported_without_what_only_fits_and_tracks() -> None:
    """They take several seconds and 150 MB, which no request waits for."""
    fits = ("sklearn", "pandas", "mlflow", "lightgbm", "implicit", "alembic", "matplotlib", "scipy.optimize")
    needless = (*fits, "bibtexparser", "feedparser", "httpx2", "tenacity", "latex2mathml")
    told = f"import sys, serving.run; print([name for name in {needless} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout == "[]\n"
