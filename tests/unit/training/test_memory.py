from joblib.externals.loky import get_reusable_executor

from training.memory import own_peak_mb, peak_memory_mb


def test_a_bound_counts_the_largest_worker_as_often_as_there_are_workers() -> None:
    alone = peak_memory_mb(1, 100.0)
    assert 10 < alone <= own_peak_mb()
    assert 300 <= peak_memory_mb(3, 100.0) - alone < 310


def test_what_a_parent_held_is_not_its_workers() -> None:
    held = bytearray(600 * 2**20)
    worker = get_reusable_executor(max_workers=1, reuse=False).submit(own_peak_mb).result()
    get_reusable_executor().shutdown(wait=True)
    assert worker < len(held) / 2**20 < own_peak_mb()
