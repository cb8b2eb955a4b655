"""Give memory back to the system, and do not look through all of it again and again."""

from __future__ import annotations

import ctypes
import gc

# Parameters of glibc's malloc (mallopt(3)), by their numbers in malloc.h.
_ARENAS, _OWN_MAPPING, _TRIM = -8, -3, -1
_LARGE = 128 * 1024


def tune_malloc() -> None:
    """Let this process return what it frees, from now on.

    glibc keeps a heap per thread, and with it all that one big page or file took: 16 MB less
    for a web server after workbooks and prints, 24 MB less for a thousand printed letters
    (benchmarks/footprint.py, print_letters.py). Another C library goes on as it is used to.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENAS, 1)
        mallopt(_OWN_MAPPING, _LARGE)
        mallopt(_TRIM, _LARGE)


def freeze_gc() -> None:
    """Let the collector of cycles pass over what is there now, and come by less often.

    What was loaded at the start stays, and rows and answers hold no cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
