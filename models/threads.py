"""One BLAS thread while a ranking is computed.

The matrices of a ranking are small: on two threads they are slower, many times slower on a busy machine, and the last
bits depend on the number of threads, which differs between a server and a worker process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController


class _Holder:
    """Counts who asks for one thread; the first sets the limit, the last lifts it. Limits hold for the process.

    threadpoolctl lets only the thread that set a limit lift it; the last one out may be another, so it takes over.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_inside = 0
        self._controller: Any = None
        self._limit: Any = None

    def enter(self) -> None:
        with self._lock:
            if self._n_inside == 0:
                if self._controller is None:  # not at import: it looks for libraries that have been loaded by then
                    self._controller = ThreadpoolController()
                OpenBLASController.clear_controlling_thread(force=True)
                self._limit = self._controller.limit(limits=1, user_api="blas")
            self._n_inside += 1

    def leave(self) -> None:
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                OpenBLASController.clear_controlling_thread(force=True)
                self._limit.restore_original_limits()
                OpenBLASController.clear_controlling_thread(force=True)


_HOLDER = _Holder()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it, and in functions decorated with it, BLAS computes on one thread; may be nested and shared."""
    _HOLDER.enter()
    try:
        yield
    finally:
        _HOLDER.leave()
