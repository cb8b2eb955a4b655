"""The audit log: who did what to what, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from flask import Response

PAGE_SIZE = 100
MAX_QUERY_LENGTH = 120
MAX_ID = 2**63 - 1


@console.get("/log")
@requires(Permission.EDIT)
def show_audit_log() -> Response:
    # PostgreSQL allows no NUL in text and rejects the query.
    texts = {name: request.args.get(name, "") for name in ("words", "who", "about")}
    asked = {name: text.replace("\0", "")[:MAX_QUERY_LENGTH] for name, text in texts.items()}
    action = request.args.get("action", "")
    filters = AuditFilter(**asked, action=action if action in set(AuditAction) else "")
    before = min(max(request.args.get("before", MAX_ID, type=int), 0), MAX_ID)
    with container.database.reading() as session:
        rows = audit_log.search(session, filters, PAGE_SIZE + 1, before)
        actors = audit_log.list_actors(session)
    return console_page(
        "organisers/audit_log.html",
        rows=rows[:PAGE_SIZE],
        filters=filters,
        actions=list(AuditAction),
        actors=actors,
        next_cursor=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
    )
