"""How the C library divides a process's heap."""

import ctypes

_ARENA_MAX = -8
"""glibc's number of the parameter, M_ARENA_MAX of <malloc.h>."""


def limit_arenas(most: int) -> bool:
    """Let all threads take memory from so many arenas, where the C library has any (glibc); whether it does.

    By itself it gives an arena to each thread, up to eight a processor, and what is free in one serves no other thread.
    Threads of Python seldom ask for memory at once.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_ARENA_MAX, most) == 1
