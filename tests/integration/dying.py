"""Attempts that end by a signal, each in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_FORK = """
import os, sys
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        attempt(line.strip())
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@contextmanager
def attempts(program: str, *arguments: str) -> Iterator[Callable[[str], int]]:
    """A function that lets ``program``'s ``attempt`` run with what it is given; how that process ended.

    All are forked from one process that has imported what ``program`` imports, which takes longer than the rest.
    """
    command = [sys.executable, "-c", program + _FORK, *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as parent:
        to, back = parent.stdin, parent.stdout
        assert to is not None
        assert back is not None

        def ended(word: str) -> int:
            to.write(f"{word}\n")
            to.flush()
            return int(back.readline())

        yield ended
