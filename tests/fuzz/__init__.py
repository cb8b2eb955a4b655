"""Every parser of what comes from outside: its result or its own error, and nothing else.

The examples are the same in every run. `bounded` stops no slow machine: five seconds are only
reached by what never ends.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

bounded = settings(
    derandomize=True,
    database=None,
    deadline=5_000,
    max_examples=100,
    # Folders and houses are made once for all examples of a test, which do not change them.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
