import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Command = Callable[..., Result]


def paper(n: int, **changes: object) -> str:
    row = {"id": f"2602.{n:05}", "first_day": "2026-02-27", "title": f"Paper {n}", "abstract": "About things."}
    return json.dumps({**row, **changes})


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_file_of_papers_ends_with_a_line_of_counts(broadsheet: Command, tmp_path: Path) -> None:
    result = broadsheet("ingest", "jsonl", write(tmp_path / "papers.jsonl", paper(1), paper(2)))
    assert (result.exit_code, result.stdout) == (0, "2 new, 0 revised, 0 unchanged, 0 rejected\n")


def test_the_same_file_again_changes_nothing(broadsheet: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "papers.jsonl", paper(1), paper(2))
    broadsheet("ingest", "jsonl", file)
    assert broadsheet("ingest", "jsonl", file).stdout == "0 new, 0 revised, 2 unchanged, 0 rejected\n"


def test_a_malformed_line_is_named_and_the_rest_goes_in(broadsheet: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "papers.jsonl", paper(1), "{not json", paper(3, title=" "), paper(4))
    result = broadsheet("ingest", "jsonl", file)
    assert result.exit_code == 1
    assert result.stdout == "2 new, 0 revised, 0 unchanged, 2 rejected\n"
    assert "line 2" in result.stderr
    assert "line 3" in result.stderr
    assert "title" in result.stderr


def test_a_truncated_gz_keeps_the_rows_before_the_break(broadsheet: Command, tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(paper(n, abstract=f"{n * 7919:x}" * 50) for n in range(1, 2000)).encode())
    file = tmp_path / "papers.jsonl.gz"
    file.write_bytes(whole[: len(whole) // 2])
    result = broadsheet("ingest", "jsonl", str(file))
    assert result.exit_code == 1
    assert "error:" in result.stderr
    assert "Traceback" not in result.output
    assert int(result.stdout.split(" new")[0].replace(",", "")) > 100


def test_a_zip_bomb_is_refused(broadsheet: Command, tmp_path: Path) -> None:
    file = tmp_path / "papers.jsonl.gz"
    file.write_bytes(gzip.compress(b" " * 64 * 1024**2))
    result = broadsheet("ingest", "jsonl", str(file))
    assert result.exit_code == 1
    assert "more than" in result.stderr


def test_a_file_that_is_not_there_is_named(broadsheet: Command) -> None:
    result = broadsheet("ingest", "jsonl", "nowhere.jsonl")
    assert result.exit_code == 1
    assert "nowhere.jsonl" in result.stderr


def test_picks_on_unknown_papers_wait_and_are_attached_later(broadsheet: Command, tmp_path: Path) -> None:
    header = "reader,paper,picked_on,stream_day"
    picks = write(tmp_path / "picks.csv", header, "ada,2602.00001,2026-02-27,2026-02-27", "ada,2602.00002,,")
    waiting = broadsheet("ingest", "picks", picks)
    assert (waiting.exit_code, "2 pending" in waiting.stdout) == (0, True)
    papers = broadsheet("ingest", "jsonl", write(tmp_path / "papers.jsonl", paper(1), paper(2)))
    assert "2 attached" in papers.stdout


def test_a_database_that_does_not_answer_is_one_line(broadsheet: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "papers.jsonl", paper(1))
    result = broadsheet("ingest", "jsonl", file, BROADSHEET_DATABASE_URL="sqlite:////proc/nowhere/broadsheet.db")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("arxiv", "--categories", "cs.LG", "--from", "yesterday"),
        ("arxiv", "--categories", "cs.LG", "--from", "2026-02-27", "--to", "2026-02-26"),
        ("arxiv", "--categories", "not a category"),
        ("huggingface", "--week", "2026-99"),
        ("huggingface", "--day", "2026-02-27", "--month", "2026-02"),
    ],
)
def test_days_and_categories_that_are_none_are_named(broadsheet: Command, words: tuple[str, ...]) -> None:
    result = broadsheet("ingest", *words)
    assert result.exit_code == 1
    assert "is not valid" in result.stderr
    assert "Traceback" not in result.output


def test_a_setting_that_is_wrong_is_named_by_its_variable(broadsheet: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "papers.jsonl", paper(1))
    result = broadsheet("ingest", "jsonl", file, BROADSHEET_SEED="many")
    assert result.exit_code == 1
    assert "BROADSHEET_SEED" in result.stderr
