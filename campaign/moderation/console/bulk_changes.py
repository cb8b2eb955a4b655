"""Changes by rule: preview, start, stop, resume and undo them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g, request, url_for

from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign, selected_time_zone
from campaign.errors import InvalidText, SealError
from campaign.moderation import bulk_changes
from campaign.moderation.bulk_changes import BulkChangeRequest, criteria_of
from campaign.moderation.forms import BulkChangeForm, ReasonForm
from campaign.moderation.queries import bulk_changes as store
from campaign.moderation.rules import ACTIVE_STATES, ChangeKind, ChangeState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.table import table_context
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.moderation.bulk_changes import BulkPreview
    from campaign.moderation.rows import BulkChangeRow
    from campaign.organisers.rules.audit_log import Justification

    Change = Callable[[Session, UUID, Justification, datetime], object]

MAX_LISTED = 50
MAX_LOG_ENTRIES = 30
MAX_SKIPPED = 200

_ACTIONS_BY_STATE = {
    ChangeState.RUNNING: ("stop", "undo"),
    ChangeState.STOPPED: ("resume", "undo"),
    ChangeState.DONE: ("undo",),
}


@console.get("/c/<slug>/signatures/rules")
@requires(Permission.EDIT)
def list_bulk_changes() -> Response:
    with container.database.reading() as session:
        rows = store.listing(session, selected_campaign().campaign_id, MAX_LISTED)
    return console_page(
        "moderation/bulk_changes.html",
        rows=rows,
        criteria_text={row.id: _describe(row) for row in rows},
        in_progress=any(row.state in ACTIVE_STATES for row in rows),
    )


@console.get("/c/<slug>/signatures/rules/new")
@requires(Permission.EDIT)
def new_bulk_change() -> Response:
    """Show the empty form, or one that a list of signatures fills in."""
    form = BulkChangeForm(formdata=request.args, kind=ChangeKind.INVALIDATE)
    # No mail domain may stand in a URL.
    form.domain.process(None)
    form.validate()
    return _form_page(form)


@console.post("/c/<slug>/signatures/rules/preview")
@requires(Permission.EDIT)
def preview_bulk_change() -> Response:
    """Show how many signatures the change would affect, and the newest of them. Changes nothing."""
    form = BulkChangeForm()
    form.validate()
    return _preview_page(form)


@console.post("/c/<slug>/signatures/rules")
@requires(Permission.EDIT)
def start_bulk_change() -> WerkzeugResponse:
    """Let the worker change what matches the rule, if that is still what the preview showed."""
    form = BulkChangeForm()
    previewed_count = form.seen.data
    if previewed_count is None:
        form.validate()
        return _preview_page(form)

    def start(session: Session) -> None:
        order = BulkChangeRequest(
            g.form_id,
            selected_campaign().campaign_id,
            ChangeKind(form.kind.data),
            form.rule,
            form.cause,
            previewed_count,
        )
        bulk_changes.start(session, container.keyring, order, container.clock())

    return submit_form(
        form,
        start,
        afterwards=url_for("console.list_bulk_changes", said="change-start"),
        page=lambda: _preview_page(form),
    )


def _preview_page(form: BulkChangeForm) -> Response:
    """Show what a rule matches now, with everything that was typed."""
    with container.database.reading() as session:
        preview = _preview(session, form)
    if preview:
        form.seen.data, form.seen.raw_data = preview.count, None
    return _form_page(form, preview)


def _preview(session: Session, form: BulkChangeForm) -> BulkPreview | None:
    if form.errors.keys() - {"reason"}:
        return None
    campaign_id, kind = selected_campaign().campaign_id, ChangeKind(form.kind.data)
    try:
        return bulk_changes.preview(
            session, container.keyring, campaign_id, kind, form.rule, container.clock()
        )
    except InvalidText as error:
        form.refuse(error)
        return None


def _form_page(form: BulkChangeForm, preview: BulkPreview | None = None) -> Response:
    return console_page(
        "moderation/bulk_change_new.html",
        status=form.status,
        form=form,
        preview=preview,
        **table_context(preview.sample if preview else []),
    )


@console.get("/c/<slug>/signatures/rules/<uuid:change_id>")
@requires(Permission.EDIT)
def show_bulk_change(change_id: UUID) -> Response:
    return _page(change_id, request.args.get("act", ""), ReasonForm(formdata=None))


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/stop")
@requires(Permission.EDIT)
def stop_bulk_change(change_id: UUID) -> WerkzeugResponse:
    return _perform(change_id, "stop", bulk_changes.stop)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/resume")
@requires(Permission.EDIT)
def resume_bulk_change(change_id: UUID) -> WerkzeugResponse:
    return _perform(change_id, "resume", bulk_changes.resume)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/undo")
@requires(Permission.EDIT)
def undo_bulk_change(change_id: UUID) -> WerkzeugResponse:
    return _perform(change_id, "undo", bulk_changes.undo)


def _perform(change_id: UUID, action: str, change: Change) -> WerkzeugResponse:
    """Request an action; if it is not possible, show the current state with what was typed."""
    form = ReasonForm()

    def change_with_reason(session: Session) -> None:
        _change_or_404(session, change_id)
        change(session, change_id, form.cause, container.clock())

    return submit_form(
        form,
        change_with_reason,
        afterwards=url_for(
            "console.show_bulk_change", change_id=change_id, said=f"change-{action}"
        ),
        page=lambda: _page(change_id, action, form),
    )


def _page(change_id: UUID, action: str, form: ReasonForm) -> Response:
    with container.database.reading() as session:
        row = _change_or_404(session, change_id)
        entries = audit_log.search(
            session, AuditFilter(about=bulk_changes.audit_subject(row)), MAX_LOG_ENTRIES
        )
        skipped = bulk_changes.list_not_restored(session, change_id, MAX_SKIPPED)
    actions = _possible_actions(row)
    return console_page(
        "moderation/bulk_change.html",
        status=form.status,
        row=row,
        criteria_text=_describe(row),
        entries=entries,
        actions=actions,
        action=action,
        form=form,
        # Never while somebody is typing: a page with a reason field does not refresh
        # itself.
        auto_refresh=row.state in ACTIVE_STATES and action not in actions,
        limit=MAX_SKIPPED,
        **table_context(skipped),
    )


def _describe(row: BulkChangeRow) -> str:
    """Return a description of a change's rule; a broken seal must not hide the rest."""
    try:
        return criteria_of(container.keyring, row).description(selected_time_zone())
    except SealError:
        return "a rule whose mail domain cannot be opened"


def _change_or_404(session: Session, change_id: UUID) -> BulkChangeRow:
    row = store.get_one(session, change_id)
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def _possible_actions(row: BulkChangeRow) -> list[str]:
    """Return which actions a change allows; only an invalidation can be undone."""
    undoable = row.kind is ChangeKind.INVALIDATE
    return [
        action for action in _ACTIONS_BY_STATE.get(row.state, ()) if action != "undo" or undoable
    ]
