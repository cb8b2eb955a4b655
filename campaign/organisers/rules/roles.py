"""Organisers: what each role may do, how long a sign-in lasts, and how tries are slowed."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

MAX_NAME = 64
MIN_PASSWORD, MAX_PASSWORD = 15, 200
"""Characters. NIST SP 800-63B-4, section 3.1.1.2: at least 15 without composition rules."""

IDLE_FOR = timedelta(minutes=30)
SIGNED_IN_FOR = timedelta(hours=12)
"""A session ends then whatever its owner does."""

SEEN_EVERY = timedelta(minutes=1)
"""How often the time when a session was last used is written down."""

FRESH_FOR = timedelta(minutes=10)
"""Names, roles and deletions need a sign-in no older than this."""

INVITE_FOR = timedelta(days=7)
DEVICE_FOR = timedelta(days=180)
"""How long a browser that signed in once has tries of its own."""

RECOVERY_CODES = 10
FREE_TRIES = 3
LONGEST_DELAY = timedelta(seconds=60)
TRIES_FORGOTTEN_AFTER = timedelta(days=1)


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class Right(StrEnum):
    """What a page of the console needs."""

    ACCOUNT = "account"
    COUNTS = "counts"
    WORK = "work"
    NAMES = "names"
    ROLES = "roles"
    DELETIONS = "deletions"


RIGHTS = {
    Role.VIEWER: frozenset({Right.ACCOUNT, Right.COUNTS}),
    Role.EDITOR: frozenset({Right.ACCOUNT, Right.COUNTS, Right.WORK}),
    Role.OWNER: frozenset(Right),
}
"""A viewer sees counts and never a name; an editor does all but names, roles and deletions."""


def delay_after(failures: int) -> timedelta:
    """Return how long the next try has to wait after so many failed ones in a row."""
    if failures < FREE_TRIES:
        return timedelta(0)
    seconds = 2 ** min(failures - FREE_TRIES + 1, 6)
    return min(timedelta(seconds=seconds), LONGEST_DELAY)
