import subprocess
import sys
import threading

from threadpoolctl import threadpool_info

from models.threads import one_blas_thread

SLATE_SUM = """
import hashlib, numpy as np
from models.hard_negatives import HardNegatives, solve
from models.ridge import SharedGram, UserRows
rng = np.random.default_rng(0)
X = rng.normal(size=(3000, 128))
shared = SharedGram.from_background(X[:2000], 10.0, 0.5)
users = [UserRows(rng.choice(1000, n) + 2000, np.ones(n), np.ones(n), labelled=np.zeros(0, int)) for n in (3, 60, 200)]
coef, intercept = solve(shared, X, users, HardNegatives(50, 1.0))
print(hashlib.sha256(coef.tobytes() + intercept.tobytes()).hexdigest())
"""


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_inside_blas_has_one_thread_and_afterwards_what_it_had():
    before = blas_threads()
    with one_blas_thread():
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_the_limit_holds_until_the_last_of_several_threads_leaves():
    before, entered, leave = blas_threads(), threading.Event(), threading.Event()

    def other() -> None:
        with one_blas_thread():
            entered.set()
            leave.wait()

    with one_blas_thread():
        thread = threading.Thread(target=other)
        thread.start()
        entered.wait()
    assert blas_threads() == {1}
    leave.set()
    thread.join()
    assert blas_threads() == before


def test_a_fit_has_the_same_bits_in_processes_with_different_threads():
    def sum_with(threads: str) -> str:
        command = [sys.executable, "-c", SLATE_SUM]
        environment = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert sum_with("1") == sum_with("2")
