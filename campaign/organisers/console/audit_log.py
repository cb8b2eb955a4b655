"""The audit log: who did what to what, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.console.access import console, requires
from campaign.console.listing import CURSOR, PAGE_SIZE, list_page
from campaign.console.pages import console_page
from campaign.organisers.forms.account import AuditLogFilter
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from flask import Response

MAX_ID = 2**63 - 1


@console.get("/log")
@requires(Permission.MANAGE_SITE)
def show_audit_log() -> Response:
    filters = AuditLogFilter()
    before = min(max(request.args.get(CURSOR, MAX_ID, type=int), 0), MAX_ID)
    with container.database.reading() as session:
        rows = audit_log.search(session, filters.audit_filter, PAGE_SIZE + 1, before)
        actors = audit_log.list_actors(session)
    filters.who.offer([("", "Everybody"), *((one, one) for one in actors)])
    return console_page(
        "organisers/audit_log.html", filters=filters, listed=list_page(rows, filters)
    )
