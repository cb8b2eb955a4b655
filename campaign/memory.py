"""Tune memory: return it to the system, and make garbage collection cheaper."""

from __future__ import annotations

import ctypes
import gc

# Parameters of glibc's malloc (mallopt(3)), with their numbers in malloc.h.
_ARENAS, _OWN_MAPPING, _TRIM = -8, -3, -1
_LARGE = 128 * 1024


def tune_malloc() -> None:
    """Make this process return freed memory to the system from now on.

    glibc has a heap per thread, and keeps all that one big page or file took. This saves 16 MB
    in a web server after workbooks and prints, and 24 MB for a thousand printed letters
    (benchmarks/footprint.py, print_letters.py). With another C library, it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENAS, 1)
        mallopt(_OWN_MAPPING, _LARGE)
        mallopt(_TRIM, _LARGE)


def freeze_gc() -> None:
    """Exempt all current objects from garbage collection, and collect less often.

    What was loaded at startup stays in use, and rows and responses contain no reference cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
