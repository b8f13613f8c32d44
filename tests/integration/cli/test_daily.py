"""``broadsheet daily`` and ``digest`` as a person runs them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadsheet.commands.daily import is_due
from features.domain import Listing, Paper
from features.store import open_store
from features.subscription import Wish
from models.registry.summary import RunSummary

NOW = datetime(2026, 2, 27, 6, tzinfo=UTC)
OFFLINE = {"BROADSHEET_DAILY__CATEGORIES": "", "BROADSHEET_DAILY__HUGGINGFACE": "false"}


def run(status: str, days_ago: float) -> RunSummary:
    return RunSummary("run", "retrain", status, NOW - timedelta(days=days_ago), 1.0, "1", (), {}, {})


@pytest.mark.parametrize(
    ("runs", "due"),
    [([], True), ([("FINISHED", 6)], False), ([("FINISHED", 6.9)], True), ([("FAILED", 1)], True),
     ([("KILLED", 1), ("FINISHED", 2)], False)],
)  # fmt: skip
def test_a_retrain_is_due_a_week_after_the_last_good_one(runs, due):
    assert is_due([run(*one) for one in runs], NOW, 7) is due


@pytest.fixture
def subscribed(broadsheet, tmp_path: Path) -> Path:
    with open_store(f"sqlite:///{tmp_path}/data/broadsheet.db") as store, store.transaction() as tx:
        tx.subscriptions.confirm("eve@example.org", Wish(), at=NOW)
        tx.papers.record([Listing(Paper("2602.00001", "A title"), NOW.date())], recorded_at=NOW)
    return tmp_path / "data" / "outbox"


def test_a_day_is_done_once_and_can_be_run_again(broadsheet, subscribed):
    first = broadsheet("daily", "--day", "2026-02-27", **OFFLINE)
    assert first.exit_code == 0, first.stderr
    assert "ingest: no source is named" in first.stdout
    assert "retrain: version 1 is champion" in first.stdout
    assert "digest: digest of 2026-02-27: 1 sent (" in first.stdout
    again = broadsheet("daily", "--day", "2026-02-27", **OFFLINE)
    assert again.exit_code == 0
    assert "retrain: not due" in again.stdout
    assert "1 sent before" in again.stdout
    assert len(list(subscribed.glob("*.eml"))) == 1


def test_a_step_that_fails_stops_no_other_and_the_exit_code_tells(broadsheet, subscribed):
    nobody = {"BROADSHEET_INGEST__HUGGINGFACE_URL": "http://127.0.0.1:9/", "BROADSHEET_INGEST__REQUEST_ATTEMPTS": "1"}
    fetching = {"BROADSHEET_DAILY__CATEGORIES": "", "BROADSHEET_INGEST__REQUEST_INTERVAL_SECONDS": "0"}
    result = broadsheet("daily", "--day", "2026-02-27", **nobody, **fetching)
    assert result.exit_code == 1
    assert "ingest: failed: Hugging Face" in result.stderr
    assert "not done: ingest; run it again" in result.stderr
    assert "1 sent (" in result.stdout
    assert len(list(subscribed.glob("*.eml"))) == 1


def test_a_digest_is_sent_or_shown_and_says_so(broadsheet, subscribed, tmp_path):
    assert broadsheet("digest", "--day", "2026-02-27").exit_code == 1
    shown = broadsheet("digest", "--day", "2026-02-27", "--out", str(tmp_path / "look"))
    assert (shown.exit_code, shown.stdout) == (0, "digest of 2026-02-27: 1 sent\n")
    assert len(list((tmp_path / "look").glob("*.eml"))) == 1
    assert not subscribed.exists()
    assert broadsheet("digest", "--day", "2026-02-27", "--send").stdout == "digest of 2026-02-27: 1 sent\n"
