"""Refuse all forms while a restore is pending, even those that would write nothing.

They may show data that has been deleted since the backup. Every write checks for a pending restore
on its own.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

from flask import request

from campaign.web.context import container

if TYPE_CHECKING:
    from flask import Flask

SEEN_WITHIN = 1.0
"""Seconds for which a busy site trusts its last check, which takes a twentieth of signing."""


def init_app(app: Flask) -> None:
    """Refuse every form until the restore is settled, except the console's, which checks itself."""
    looked_at = -inf

    def must_be_settled() -> None:
        nonlocal looked_at
        if request.method != "POST" or request.blueprint == "console":
            return
        now = time.monotonic()
        if not container.settings.production or now - looked_at >= SEEN_WITHIN:
            container.database.must_have_no_pending_restore()
            looked_at = now

    app.before_request(must_be_settled)
