"""Settings of the whole process that keep the memory of a large organization small.

The command line makes them before it reads GitHub. What they save is measured: see "Memory of the
process" in docs/benchmarks.md.
"""

import ctypes
import gc
import sys
from contextlib import suppress

#: Thresholds of the garbage collector: new objects before it looks at the youngest, and how many
#: such looks before it looks at the older ones, and at all.
THRESHOLDS = (100_000, 20, 100)
#: Blocks of at least this many bytes go back to the system when they are freed. Otherwise glibc
#: keeps them for later requests, which rarely fit (M_MMAP_THRESHOLD, M_ARENA_MAX in mallopt(3)).
OWN_BLOCK_BYTES = 1 << 16
ARENAS = 2
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8


def save_memory() -> None:
    """Make all of these settings; those that this system does not have are left out."""
    collect_garbage_rarely()
    use_system_pool()
    return_freed_blocks()


def collect_garbage_rarely() -> None:
    """Make the garbage collector run rarely: nearly all that is read lives until the end."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def use_system_pool() -> None:
    """Let Arrow allocate from the system: a pool of its own keeps what it once needed."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())


def return_freed_blocks() -> None:
    """Let glibc return freed blocks to the system at once, and use few arenas."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            library = ctypes.CDLL(None)
            library.mallopt(M_MMAP_THRESHOLD, OWN_BLOCK_BYTES)
            library.mallopt(M_ARENA_MAX, ARENAS)
