"""What a request tells of a program: the honeypot, the time it took, and its network's number."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.signatures.rules.signature import HoldReason
from campaign.store.ids import uuid7_timestamp
from campaign.web.context import container, count_signature

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.web.context import PageContext


def automation_signs(page: PageContext, begun_as: UUID, *, honeypot: str = "") -> HoldReason | None:
    """Return why a submission looks automated; its network's signatures are counted in any case.

    `begun_as`: the id that was made when its page was, which tells how long it took.
    """
    within_limit = count_signature(page)
    if honeypot:
        return HoldReason.HONEYPOT
    shortest = timedelta(seconds=container.settings.form_seconds)
    if page.now - uuid7_timestamp(begun_as) < shortest:
        return HoldReason.TOO_FAST
    return None if within_limit else HoldReason.RATE_LIMIT
