"""The units that docs/daily.md shows are ones that systemd takes."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def test_systemd_takes_the_units_of_the_page(root: Path, tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd-analyze on PATH")
    page = (root / "docs" / "daily.md").read_text()
    service, timer = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)
    command = re.search(r"^ExecStart=(\S+)", service, re.MULTILINE)
    assert command is not None
    assert command[1] in page.partition("## Or cron")[2]
    names = {"broadsheet-daily.service": service.replace(command[1], sys.executable), "broadsheet-daily.timer": timer}
    for name, text in names.items():
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in names]
    found = subprocess.run([tool, "verify", *paths], capture_output=True, text=True, check=False)
    complaints = [line for line in found.stderr.splitlines() if "broadsheet-daily" in line]
    assert (found.returncode, complaints) == (0, []), found.stderr
