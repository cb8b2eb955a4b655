"""Rules of roles, sessions and sign-in: what each role may do, and how tries are slowed down."""

from __future__ import annotations

from dataclasses import dataclass
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
    """What somebody is in one campaign."""

    OWNER = "owner"
    EDITOR = "editor"
    TRANSLATOR = "translator"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a page of the console requires.

    `MANAGE_ACCOUNT`: one's own. `MANAGE_SITE`: people, offices, unfiled mail and the log, which
    belong to no campaign. All others are about one campaign.
    """

    MANAGE_ACCOUNT = "manage_account"
    MANAGE_SITE = "manage_site"
    VIEW_COUNTS = "view_counts"
    TRANSLATE = "translate"
    EDIT = "edit"
    VIEW_NAMES = "view_names"
    MANAGE_ROLES = "manage_roles"
    DELETE = "delete"


_VIEWING = frozenset({Permission.VIEW_COUNTS})

ROLE_PERMISSIONS = {
    Role.VIEWER: _VIEWING,
    Role.TRANSLATOR: _VIEWING | {Permission.TRANSLATE},
    Role.EDITOR: _VIEWING | {Permission.TRANSLATE, Permission.EDIT},
    Role.OWNER: frozenset(Permission) - {Permission.MANAGE_ACCOUNT, Permission.MANAGE_SITE},
}
"""What each role may do in its campaign.

A viewer sees counts and never a name; a translator also writes in her languages; an editor can do
all but names, roles and deletions.
"""


@dataclass(frozen=True)
class CampaignRole:
    """Somebody's role in a campaign; `languages`: those that a translator may write in."""

    role: Role
    languages: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.role} for {', '.join(self.languages)}" if self.languages else self.role.value


def throttle_delay(failures: int) -> timedelta:
    """Return how long the next try has to wait after this many failures in a row."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    seconds = 2 ** min(failures - FREE_FAILURES + 1, 6)
    return min(timedelta(seconds=seconds), MAX_DELAY)
