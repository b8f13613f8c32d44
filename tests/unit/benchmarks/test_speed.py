"""The speed benchmark's own arithmetic, its table and JSON, and its load generator against a real server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path

import pytest

from benchmarks import speed
from benchmarks.speeds.load import as_fast_as_it_goes, at_rate, get
from benchmarks.speeds.rows import Row, in_turns, quantile

ROW_KEYS = {"name", "value", "unit", "baseline", "baseline_value", "ratio"}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(500 if self.path == "/fails" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("q", "value"), [(0.5, 2.0), (0.99, 4.0), (1.0, 4.0), (0.25, 1.0), (0.0, 1.0)])
def test_a_quantile_is_a_value_that_so_many_do_not_exceed(q: float, value: float) -> None:
    assert quantile([3.0, 1.0, 4.0, 2.0], q) == value


def test_the_sides_of_a_ratio_take_turns() -> None:
    seen: list[str] = []
    in_turns([lambda: seen.append("a"), lambda: seen.append("b")], 3)
    assert seen == ["a", "b"] * 3


def test_a_row_without_baseline_has_no_ratio() -> None:
    assert Row("x", 3.0, "s").ratio is None
    assert Row("x", 3.0, "s", "y", 2.0).as_json().keys() == ROW_KEYS
    assert Row("x", 3.0, "s", "y", 2.0).ratio == 1.5


def test_a_fixed_rate_is_kept_and_every_answer_counted(port: int) -> None:
    found = at_rate(port, repeat(get("/", "token")), 200.0, 0.5)
    assert len(found.samples) == 101
    assert (found.n_failed, found.milliseconds(0.5) > 0) == (0, True)


def test_failed_answers_are_counted(port: int) -> None:
    assert as_fast_as_it_goes(port, [get("/", "t"), get("/fails", "t")], 5.0, connections=1).n_failed == 1
    assert at_rate(port + 1 if port < 65535 else 1, [get("/", "t")], 100.0, 0.1).n_failed == 1


def test_a_suite_prints_its_table_and_writes_its_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "speed.json"
    assert speed.main(["--suite", "day", "--users", "2000", "--rounds", "1", "--json", str(file)]) == 0
    document = json.loads(file.read_text(encoding="utf-8"))
    assert (document["suite"], [row.keys() for row in document["rows"]]) == ("day", [ROW_KEYS])
    assert "first stage, 2,000 users" in capsys.readouterr().out


def test_a_suite_without_its_data_is_skipped_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert speed.main(["--suite", "ingest", "--data", str(tmp_path)]) == 0
    assert "ingest skipped" in capsys.readouterr().err
