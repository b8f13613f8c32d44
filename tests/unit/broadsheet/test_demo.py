"""What the demo is made of; the whole of it runs in ``make demo ONCE=1``."""

import io
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from broadsheet import demo
from broadsheet.demo_service import environment, free_port
from broadsheet.demo_table import slate_table, slate_title
from broadsheet.sample import write_sample
from broadsheet.stopwatch import Stopwatch
from features.domain import Cut, EmptyReason
from features.errors import UnreadableFile
from features.settings import Settings
from features.store import Store, open_store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return demo.demo_settings(Settings(), tmp_path / "demo", "synthetic", 8123)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings.database_url) as store:
        demo.ingest(store, small(settings), settings, Console(file=io.StringIO()))
        yield store


def small(settings: Settings) -> demo.DemoInput:
    return demo.synthetic_input(settings, n_days=10, n_users=9)


def test_the_demo_has_a_store_and_an_experiment_of_its_own(settings: Settings) -> None:
    usual = Settings()
    for name in ("database_url", "data_dir", "experiment", "registered_model"):
        assert getattr(settings, name) != getattr(usual, name)
    assert settings.serving.insecure_local
    assert settings.serving.host == "127.0.0.1"


def test_the_real_and_the_synthetic_demo_share_nothing(settings: Settings, tmp_path: Path) -> None:
    real = demo.demo_settings(Settings(), tmp_path / "real", "real", 8123)
    assert set(environment(real).items()) & set(environment(settings).items()) == {
        ("BROADSHEET_SERVING__HOST", "127.0.0.1"),
        ("BROADSHEET_SERVING__PUBLIC_URL", "http://127.0.0.1:8123"),
    }


def test_the_shell_file_gives_other_commands_the_demo_s_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in (settings.data_dir / "env.sh").read_text().splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(name, value)
    assert Settings().database_url == settings.database_url
    assert Settings().registered_model == settings.registered_model


def test_ingesting_the_sample_twice_adds_nothing(store: Store, settings: Settings) -> None:
    printed = io.StringIO()
    demo.ingest(store, small(settings), settings, Console(file=printed))
    assert printed.getvalue().count(": 0 new") == 3


def test_the_failed_and_the_incomplete_day_say_so(store: Store, settings: Settings) -> None:
    paths = write_sample(settings.data_dir / "again", seed=0, n_days=10, n_users=1)
    with store.transaction() as tx:
        cut = Cut(datetime.now(UTC))
        assert tx.days.feed(paths.failed_day, cut).reason is EmptyReason.FETCH_FAILED
        assert not tx.days.feed(paths.incomplete_day, cut).complete
        assert tx.days.newest(cut) == paths.newest_day
        assert tx.days.feed(paths.newest_day, cut).complete


def test_the_user_shown_has_a_fair_number_of_labels(store: Store) -> None:
    shown = demo.somebody(store)
    with store.transaction() as tx:
        assert len(tx.interactions.of_user(shown, Cut(datetime.now(UTC)))) >= 10


def test_a_folder_without_the_data_is_refused_by_the_names_of_the_files(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"holds no arxiv_cs\.jsonl\.gz, hf_daily\.jsonl\.gz, picks\.csv"):
        demo.real_input(tmp_path, Settings())


def test_the_table_shows_titles_and_reasons_as_they_are() -> None:
    reasons = [{"text": "like [1]"}]
    item = {"position": 1, "probability": 0.314, "paper": {"title": "On [bold] loaves"}, "reasons": reasons}
    body = {"user_id": "ada", "day": "2026-03-27", "scorer": "relevance", "feed": {"n_papers": 87}, "items": [item]}
    printed = io.StringIO()
    Console(file=printed, width=160).print(slate_table(body))
    assert slate_title(body, "synthetic sample") == "ada, 2026-03-27 (synthetic sample; 87 papers, by relevance)"
    assert all(text in printed.getvalue() for text in ("31%", "On [bold] loaves", "like [1]"))


def test_stages_are_timed_until_they_are_stopped() -> None:
    watch = Stopwatch()
    with watch.stage("nap"):
        watch.stop()
        time.sleep(0.05)
    assert watch.seconds["nap"] < 0.05
    assert "nap 0.0 s; 0.0 s in all; peak memory" in watch.line()


def test_a_machine_with_a_slow_clock_still_sees_the_newest_day(store: Store) -> None:
    assert demo.everything_known(store, datetime(2020, 1, 1, tzinfo=UTC)).date() > date(2026, 3, 27)


def test_a_free_port_is_one() -> None:
    assert 1024 <= free_port() <= 65535
