"""One change by rule: what it is, how far it is, and stopping, resuming or undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.errors import InvalidText, NoLongerPossible
from campaign.moderation import bulk_changes
from campaign.moderation.forms.reason import reason_error
from campaign.moderation.forms.rule import describe
from campaign.moderation.queries import bulk_changes as store
from campaign.moderation.rules import ACTIVE_STATES, ChangeKind, ChangeState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import Justification
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.table import table_context
from campaign.web.context import current_container

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.moderation.rows import BulkChangeRow

    Change = Callable[[Session, UUID, Justification, datetime], object]

MAX_LOG_ENTRIES = 30
MAX_SKIPPED = 200

_ACTS = {
    ChangeState.RUNNING: ("stop", "undo"),
    ChangeState.STOPPED: ("resume", "undo"),
    ChangeState.DONE: ("undo",),
}


@console.get("/c/<slug>/signatures/rules/<uuid:change_id>")
@requires(Permission.WORK)
def rule(change_id: UUID) -> Response:
    return _page(change_id, act=request.args.get("act", ""))


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/stop")
@requires(Permission.WORK)
def stop_rule(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "stop", bulk_changes.stop)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/resume")
@requires(Permission.WORK)
def resume_rule(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "resume", bulk_changes.resume)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/undo")
@requires(Permission.WORK)
def undo_rule(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "undo", bulk_changes.undo)


def _changed(change_id: UUID, act: str, change: Change) -> WerkzeugResponse:
    """Say what shall be; else show how it is now, with what was typed."""
    afterwards = url_for("console.rule", change_id=change_id, said=f"change-{act}")
    cause = Justification(current_user().name, request.form.get("reason", ""))
    try:
        with form_transaction(afterwards) as session:
            _found(session, change_id)
            change(session, change_id, cause, current_container().clock())
    except InvalidText as error:
        return _page(change_id, act=act, fault=reason_error(error))
    except NoLongerPossible:
        return _page(change_id, act=act, changed=True)
    return redirect(afterwards, 303)


def _page(change_id: UUID, *, act: str = "", fault: str = "", changed: bool = False) -> Response:
    with current_container().database.reading() as session:
        row = _found(session, change_id)
        entries = audit_log.search(
            session, AuditFilter(about=bulk_changes.audit_subject(row)), MAX_LOG_ENTRIES
        )
        skipped = bulk_changes.list_not_restored(session, change_id, MAX_SKIPPED)
    acts = _acts(row)
    return console_page(
        "moderation/bulk_change.html",
        status=UNPROCESSABLE if fault else CONFLICT if changed else 200,
        row=row,
        which=describe(row),
        entries=entries,
        acts=acts,
        act=act,
        # Never under somebody's hands: a page with a reason to type stays as it is.
        refreshing=row.state in ACTIVE_STATES and act not in acts,
        fault=fault,
        changed=changed,
        typed=request.form,
        most=MAX_SKIPPED,
        **table_context(skipped),
    )


def _found(session: Session, change_id: UUID) -> BulkChangeRow:
    row = store.get_one(session, change_id)
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def _acts(row: BulkChangeRow) -> list[str]:
    """Return what can be said to a change; only an invalidation is undone."""
    undoable = row.kind is ChangeKind.INVALIDATE
    return [act for act in _ACTS.get(row.state, ()) if act != "undo" or undoable]
