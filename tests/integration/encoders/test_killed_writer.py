"""A backfill killed at any moment leaves whole segments and a lock nobody holds."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from features.encoders import VectorStore

WRITER = """
import sys
from pathlib import Path
import numpy as np
from features.encoders import VectorStore
store = VectorStore(Path(sys.argv[1]), 64)
for number in range(100_000):
    hashes = [f"{number * 100 + row:032d}" for row in range(100)]
    store.append(hashes, np.full((100, 64), number, dtype=np.float32))
"""


def test_a_killed_writer_leaves_whole_segments_and_no_lock(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)])
    try:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("[!.]*.hashes.npy"))) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        writer.kill()
        writer.wait()
    store = VectorStore(tmp_path, 64)
    n_rows = len(store)
    assert n_rows >= 500
    assert n_rows % 100 == 0
    vectors, found = store.get([f"{row:032d}" for row in range(n_rows)])
    assert found.all()
    assert np.array_equal(vectors[:, 0], np.arange(n_rows) // 100)
    assert store.append(["f" * 32], np.ones((1, 64), dtype=np.float32)) == 1
