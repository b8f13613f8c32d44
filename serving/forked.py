"""Children of this process, made by fork: begun anew when they die, ended when it ends, whatever ends it.

What the parent holds is shared by all until somebody writes to it. The parent therefore has no threads and no
connections, and a child makes its own.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from threading import Thread
from types import FrameType

_log = logging.getLogger(__name__)
_ENDING = (signal.SIGTERM, signal.SIGINT)
_PATIENCE = 30
"""Seconds that children have to end in order; then they are killed."""
_SHORTEST_LIFE = 1.0


class Family:
    """The children of one process, each with a task; make it on the main thread, before there are others."""

    def __init__(self) -> None:
        self._tasks: dict[str, Callable[[], None]] = {}
        self._running: dict[int, tuple[str, float]] = {}
        self._lifeline = os.pipe()  # of which only the parent keeps the end that is written to
        self.ending = False
        for number in _ENDING:
            signal.signal(number, self._end)
        signal.signal(signal.SIGALRM, self._kill)

    def begin(self, name: str, task: Callable[[], None]) -> None:
        """A child that does ``task`` and ends with it, or at SIGTERM."""
        self._tasks[name] = task
        kept_back = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            if not self.ending:
                pid = os.fork()
                if pid == 0:
                    self._live(name, task, kept_back)
                self._running[pid] = name, time.monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, kept_back)

    def watch(self) -> None:
        """Until this process is asked to end and all children have; who dies before that is begun anew."""
        while self._running:
            pid, status = os.wait()
            name, born_at = self._running.pop(pid, ("", 0.0))
            if not name or self.ending:
                continue
            _log.error("%s (process %d) ended with %d and is begun anew", name, pid, os.waitstatus_to_exitcode(status))
            time.sleep(max(0.0, born_at + _SHORTEST_LIFE - time.monotonic()))  # one that cannot live is tried slowly
            self.begin(name, self._tasks[name])
        signal.alarm(0)

    def _live(self, name: str, task: Callable[[], None], signals: set[int | signal.Signals]) -> None:
        """What a child does; it never returns into the parent's calls."""
        code = 1
        try:
            for number in (*_ENDING, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            os.close(self._lifeline[1])
            Thread(target=self._end_with_parent, name="lifeline", daemon=True).start()
            task()
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001 - whatever it is, the child ends here and its parent goes on
            _log.exception("%s failed", name)
        finally:
            os._exit(code)

    def _end_with_parent(self) -> None:
        """A pipe that nobody can write to any more is at its end: the parent is gone, however it went."""
        os.read(self._lifeline[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.ending = True
        signal.alarm(_PATIENCE)
        self._signal(signal.SIGTERM)

    def _kill(self, _number: int, _frame: FrameType | None) -> None:
        _log.error("%d children did not end within %d s and are killed", len(self._running), _PATIENCE)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for pid in tuple(self._running):
            os.kill(pid, number)  # not reaped yet, so the number is still the child's
