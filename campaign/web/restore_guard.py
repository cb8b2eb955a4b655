"""Take no form while a restore is not settled, not even one that would write nothing.

It may show what somebody has had deleted since. What is written asks by itself, each time.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

from flask import request

from campaign.web.context import current_container

if TYPE_CHECKING:
    from flask import Flask

SEEN_WITHIN = 1.0
"""Seconds for which a busy site's last look is good: asking takes a twentieth of signing."""


def init_app(app: Flask) -> None:
    """Let each form but the console's, which asks by itself, be refused until it is settled."""
    looked_at = -inf

    def must_be_settled() -> None:
        nonlocal looked_at
        if request.method != "POST" or request.blueprint == "console":
            return
        site, now = current_container(), time.monotonic()
        if not site.page_cache_enabled or now - looked_at >= SEEN_WITHIN:
            site.database.must_have_no_pending_restore()
            looked_at = now

    app.before_request(must_be_settled)
