"""Take no form while a restore is not settled, not even one that would write nothing.

It may show what somebody has had deleted since. What is written asks by itself, each time.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

from flask import request

from campaign.web.context import current_site

if TYPE_CHECKING:
    from flask import Flask

SEEN_WITHIN = 1.0
"""Seconds for which a busy site's last look is good: asking takes a twentieth of signing."""


def ask_before_forms(app: Flask) -> None:
    """Let each form but the console's, which asks by itself, be refused until it is settled."""
    looked_at = -inf

    def must_be_settled() -> None:
        nonlocal looked_at
        if request.method != "POST" or request.blueprint == "console":
            return
        site, now = current_site(), time.monotonic()
        if not site.keeps_pages or now - looked_at >= SEEN_WITHIN:
            site.database.must_be_settled()
            looked_at = now

    app.before_request(must_be_settled)
