"""One change by rule: what it is, how far it is, and stopping, resuming or undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.campaigns.console import chosen_campaign
from campaign.console.guard import CONFLICT, console, needs
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.session import acting, me
from campaign.errors import NoLongerPossible, UnacceptableText
from campaign.moderation import bulk
from campaign.moderation.forms.reason import fault_of
from campaign.moderation.forms.rule import words_of
from campaign.moderation.queries import bulk as store
from campaign.moderation.rules import AT_WORK, ChangeKind, ChangeState
from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.audit_log import Cause
from campaign.organisers.rules.roles import Right
from campaign.signatures.console.persons import row_values
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.moderation.rows import BulkChangeRow

    Change = Callable[[Session, UUID, Cause, datetime], object]

MOST_ENTRIES = 30
MOST_SKIPPED = 200

_ACTS = {
    ChangeState.RUNNING: ("stop", "undo"),
    ChangeState.STOPPED: ("resume", "undo"),
    ChangeState.DONE: ("undo",),
}


@console.get("/c/<slug>/signatures/rules/<uuid:change_id>")
@needs(Right.WORK)
def rule(change_id: UUID) -> Response:
    return _page(change_id, act=request.args.get("act", ""))


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/stop")
@needs(Right.WORK)
def stop_rule(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "stop", bulk.stop)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/resume")
@needs(Right.WORK)
def resume_rule(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "resume", bulk.resume)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/undo")
@needs(Right.WORK)
def undo_rule(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "undo", bulk.undo)


def _changed(change_id: UUID, act: str, change: Change) -> WerkzeugResponse:
    """Say what shall be; else show how it is now, with what was typed."""
    afterwards = url_for("console.rule", change_id=change_id, said=f"change-{act}")
    cause = Cause(me().name, request.form.get("reason", ""))
    try:
        with acting(afterwards) as session:
            _found(session, change_id)
            change(session, change_id, cause, current_site().clock())
    except UnacceptableText as error:
        return _page(change_id, act=act, fault=fault_of(error))
    except NoLongerPossible:
        return _page(change_id, act=act, changed=True)
    return redirect(afterwards, 303)


def _page(change_id: UUID, *, act: str = "", fault: str = "", changed: bool = False) -> Response:
    with current_site().database.reading() as session:
        row = _found(session, change_id)
        entries = log.entries(session, Wanted(about=bulk.about(row)), MOST_ENTRIES)
        skipped = bulk.skipped(session, change_id, MOST_SKIPPED)
    acts = _acts(row)
    return console_page(
        "rule.html",
        status=UNPROCESSABLE if fault else CONFLICT if changed else 200,
        row=row,
        which=words_of(row),
        entries=entries,
        acts=acts,
        act=act,
        # Never under somebody's hands: a page with a reason to type stays as it is.
        refreshing=row.state in AT_WORK and act not in acts,
        fault=fault,
        changed=changed,
        typed=request.form,
        most=MOST_SKIPPED,
        **row_values(skipped),
    )


def _found(session: Session, change_id: UUID) -> BulkChangeRow:
    row = store.find(session, change_id)
    chosen_campaign().must_have(row.campaign_id)
    return row


def _acts(row: BulkChangeRow) -> list[str]:
    """Return what can be said to a change; only an invalidation is undone."""
    undoable = row.kind is ChangeKind.INVALIDATE
    return [act for act in _ACTS.get(row.state, ()) if act != "undo" or undoable]
