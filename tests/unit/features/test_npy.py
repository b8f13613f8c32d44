import sys
from pathlib import Path

import numpy as np
import pytest

from features.npy import let_go_of_maps, read_array


def resident_mb() -> int:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return sum(int(lines[kind].split()[0]) for kind in ("RssFile", "RssShmem")) // 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says what is resident of files")
def test_maps_that_are_let_go_are_out_of_memory_until_they_are_read_again(tmp_path: Path) -> None:
    np.save(tmp_path / "large.npy", np.arange(4_000_000.0))
    mapped = np.asarray(read_array(tmp_path / "large.npy", "r"))
    before = resident_mb()
    total = mapped.sum()
    assert resident_mb() > before + 20
    let_go_of_maps()
    assert resident_mb() < before + 10
    assert mapped.sum() == total
