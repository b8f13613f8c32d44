import sys

import pytest
from joblib.externals.loky import get_reusable_executor

from training.memory import Peaks, give_back, own_peak_mb, restarted_peak_mb, whole_peak_mb


def test_a_bound_is_the_process_alone_or_beside_its_workers_each_as_large_as_the_largest() -> None:
    assert Peaks(before=9e6, beside=4e6, worker=2e6).bound_mb(2) == 9e6
    assert Peaks(before=9e6, beside=4e6, worker=2e6).bound_mb(3) == 10e6
    assert Peaks(before=1e6, beside=4e6, worker=4e6).bound_mb(1) == 4e6  # its shards ran in this very process
    assert 10 < Peaks().bound_mb(2) <= own_peak_mb()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a peak be counted anew")
def test_a_peak_counts_anew_once_it_has_been_taken() -> None:
    held = bytearray(300 * 2**20)
    peak = restarted_peak_mb()
    assert peak > 300
    del held
    restarted_peak_mb()
    assert own_peak_mb() < peak - 250
    assert whole_peak_mb() >= peak


def test_what_is_given_back_leaves_what_is_held() -> None:
    held = [bytes([place % 256]) * 1000 for place in range(100_000)]
    del held[::2]
    give_back()
    assert [piece[0] for piece in held[:3]] == [1, 3, 5]


def test_what_a_parent_held_is_not_its_workers() -> None:
    held = bytearray(600 * 2**20)
    worker = get_reusable_executor(max_workers=1, reuse=False).submit(own_peak_mb).result()
    get_reusable_executor().shutdown(wait=True)
    assert worker < len(held) / 2**20 < own_peak_mb()
