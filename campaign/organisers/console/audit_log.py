"""The audit log: who did what to what, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.console.access import console, requires
from campaign.console.listing import CURSOR, PAGE_SIZE, FilterForm, list_page
from campaign.console.pages import console_page
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from flask import Response

MAX_QUERY_LENGTH = 120
MAX_ID = 2**63 - 1


class AuditLogFilter(FilterForm):
    """Which entries; an unknown action is ignored."""

    endpoint = "console.show_audit_log"

    words = TextField("Words")
    who = ChoiceField("Who")
    action = ChoiceField("What", choices=[("", "Everything"), *((one, one) for one in AuditAction)])
    about = TextField("To what")

    @property
    def audit_filter(self) -> AuditFilter:
        action = self.action.data if self.action.data in set(AuditAction) else ""
        who = _searchable(self.who.data)
        return AuditFilter(_searchable(self.words.data), who, action, _searchable(self.about.data))


def _searchable(text: str) -> str:
    """Return text as PostgreSQL takes it in a query, which has no NUL."""
    return text.replace("\0", "")[:MAX_QUERY_LENGTH]


@console.get("/log")
@requires(Permission.EDIT)
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
