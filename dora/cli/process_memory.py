"""How this process holds its memory: what a large organization needs at its peak, and no more."""

import ctypes
import gc
import sys
from contextlib import suppress

#: How many new objects make Python look for garbage, and how seldom it looks at all of them.
SELDOM = (100_000, 20, 100)
#: Blocks from this size on are the system's own and go back to it when they are freed: glibc else
#: keeps them for a next time that seldom fits (mallopt(3): M_MMAP_THRESHOLD, M_ARENA_MAX).
OWN_BLOCK = 1 << 16
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8


def spare() -> None:
    """Spare memory and time from now on; does nothing where the system has no such means."""
    # What is read lives until the end: looking for garbage in it took an eighth of the time.
    gc.freeze()
    gc.set_threshold(*SELDOM)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # a C library of another kind
            library = ctypes.CDLL(None)
            library.mallopt(M_MMAP_THRESHOLD, OWN_BLOCK)
            library.mallopt(M_ARENA_MAX, 2)
