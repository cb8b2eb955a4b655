"""Make garbage collection cheaper. The units of systemd tune malloc (deploy/systemd)."""

from __future__ import annotations

import gc


def defer_gc() -> None:
    """Collect nothing until `freeze_gc`: a seventh of an application's import is collecting."""
    gc.disable()


def freeze_gc() -> None:
    """Exempt all current objects from garbage collection, and collect less often.

    What was loaded at startup stays in use, and rows and responses contain no reference cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
