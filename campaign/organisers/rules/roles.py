"""Rules of roles, sessions and sign-in: what each role may do, and how tries are slowed down."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

MAX_NAME = 64
MIN_PASSWORD, MAX_PASSWORD = 15, 200
"""Characters. NIST SP 800-63B-4, section 3.1.1.2: at least 15 without composition rules."""

IDLE_TIMEOUT = timedelta(minutes=30)
SESSION_LIFETIME = timedelta(hours=12)
"""A session ends after this time whatever its owner does."""

SEEN_UPDATE_INTERVAL = timedelta(minutes=1)
"""How often the time when a session was last used is stored."""

FRESH_SIGN_IN_MAX_AGE = timedelta(minutes=10)
"""Names, roles and deletions need a sign-in that is no older than this."""

INVITATION_LIFETIME = timedelta(days=7)
DEVICE_COOKIE_LIFETIME = timedelta(days=180)
"""How long a browser that has signed in once has a counter of failed tries of its own."""

RECOVERY_CODE_COUNT = 10
FREE_FAILURES = 3
MAX_DELAY = timedelta(seconds=60)
THROTTLE_RETENTION = timedelta(days=1)


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a page of the console requires. `MANAGE_ACCOUNT`: one's own."""

    MANAGE_ACCOUNT = "manage_account"
    VIEW_COUNTS = "view_counts"
    EDIT = "edit"
    VIEW_NAMES = "view_names"
    MANAGE_ROLES = "manage_roles"
    DELETE = "delete"


ROLE_PERMISSIONS = {
    Role.VIEWER: frozenset({Permission.MANAGE_ACCOUNT, Permission.VIEW_COUNTS}),
    Role.EDITOR: frozenset({Permission.MANAGE_ACCOUNT, Permission.VIEW_COUNTS, Permission.EDIT}),
    Role.OWNER: frozenset(Permission),
}
"""A viewer sees counts and never a name; an editor can do all but names, roles and deletions."""


def throttle_delay(failures: int) -> timedelta:
    """Return how long the next try has to wait after this many failures in a row."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    seconds = 2 ** min(failures - FREE_FAILURES + 1, 6)
    return min(timedelta(seconds=seconds), MAX_DELAY)
