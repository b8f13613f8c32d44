import os
from pathlib import Path

import pytest

from benchmarks import quality

SUITES_OF_USERS = ("citeulike_t", "citeulike_a", "cold_start", "screening", "replay")


@pytest.mark.parametrize("suite", SUITES_OF_USERS)
def test_a_suite_without_its_data_is_skipped_by_name(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quality.main(["--suite", suite, "--data", str(tmp_path)]) == quality.SKIPPED
    said = capsys.readouterr().err
    assert f"{suite} skipped: " in said
    assert "--data" in said


def test_a_suite_may_be_named_with_hyphens(tmp_path: Path) -> None:
    assert quality.main(["--suite", "citeulike-t", "--data", str(tmp_path)]) == quality.SKIPPED


@pytest.mark.parametrize("wrong", [["--suite", "nothing"], ["--suite", "replay", "--users", "0"]])
def test_what_cannot_be_is_refused(wrong: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        quality.main([*wrong, "--data", str(tmp_path)])


@pytest.mark.skipif(not os.environ.get("BROADSHEET_DATA"), reason="BROADSHEET_DATA names no folder of real data")
def test_screening_runs_on_one_real_review(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "result.json"
    asked = ["--suite", "screening", "--users", "1", "--methods", "broadsheet,tfidf_lr,random", "--jobs", "1"]
    assert quality.main([*asked, "--ablate", "near,trees", "--json", str(target)]) == 0
    assert "average_precision" in capsys.readouterr().out
    assert '"method": "broadsheet"' in target.read_text()
    assert '"method": "broadsheet-without-near"' in target.read_text()
    assert quality.main([*asked, "--ablate", "nothing"]) == 1
    assert "ablate" in capsys.readouterr().err
