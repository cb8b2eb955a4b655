"""Changes by rule: preview, start, stop, resume and undo them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import g, redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.errors import InvalidText, MoreThanPreviewed, NoLongerPossible, NotFound
from campaign.language.formats import territory_name
from campaign.moderation import bulk_changes
from campaign.moderation.bulk_changes import BulkChangeRequest
from campaign.moderation.forms.reason import reason_error
from campaign.moderation.forms.rule import describe, parse_criteria
from campaign.moderation.queries import bulk_changes as store
from campaign.moderation.rules import ACTIVE_STATES, HELD_ONLY_KINDS, ChangeKind, ChangeState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import Justification
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
    from campaign.signatures.rules.criteria import SignatureCriteria

    Change = Callable[[Session, UUID, Justification, datetime], object]

MAX_LISTED = 50
_FAULTS = {
    "no-rule": ("source", "Say which signatures: fill in at least one field."),
    "not-an-address": ("domain", "A mail domain is like example.org."),
}


@dataclass(frozen=True)
class BulkChangeForm:
    """A change as typed into the form; `errors`: messages by field."""

    kind: ChangeKind
    rule: SignatureCriteria
    errors: dict[str, str]

    def add_error(self, error: InvalidText) -> None:
        name, text = _FAULTS.get(error.reason, ("reason", reason_error(error)))
        self.errors[name] = text


@console.get("/c/<slug>/signatures/rules")
@requires(Permission.EDIT)
def list_bulk_changes() -> Response:
    with container.database.reading() as session:
        rows = store.listing(session, selected_campaign().campaign_id, MAX_LISTED)
    return console_page(
        "moderation/bulk_changes.html",
        rows=rows,
        criteria_text={row.id: describe(row) for row in rows},
        in_progress=any(row.state in ACTIVE_STATES for row in rows),
    )


@console.get("/c/<slug>/signatures/rules/new")
@requires(Permission.EDIT)
def new_bulk_change() -> Response:
    """Show the empty form, or one that a list of signatures fills in."""
    kind, errors = request.args.get("kind"), dict[str, str]()
    form = BulkChangeForm(
        ChangeKind(kind) if kind in set(ChangeKind) else ChangeKind.INVALIDATE,
        parse_criteria(request.args, errors),
        errors,
    )
    return _form_page(form)


@console.post("/c/<slug>/signatures/rules/preview")
@requires(Permission.EDIT)
def preview_bulk_change() -> Response:
    """Show how many signatures the change would affect, and the newest of them. Changes nothing."""
    return _preview_page(_read_form())


@console.post("/c/<slug>/signatures/rules")
@requires(Permission.EDIT)
def start_bulk_change() -> WerkzeugResponse:
    """Let the worker change what matches the rule, if that is still what the preview showed."""
    form = _read_form()
    previewed_count = request.form.get("seen", type=int)
    if form.errors or previewed_count is None:
        return _preview_page(form)
    cause = Justification(current_user().name, request.form.get("reason", ""))
    order = BulkChangeRequest(
        g.form_id, selected_campaign().campaign_id, form.kind, form.rule, cause, previewed_count
    )
    afterwards = url_for("console.list_bulk_changes", said="change-start")
    try:
        with form_transaction(afterwards) as session:
            bulk_changes.start(session, container.keyring, order, container.clock())
    except InvalidText as error:
        form.add_error(error)
        return _preview_page(form)
    except (MoreThanPreviewed, NoLongerPossible):
        return _preview_page(form, conflict=True)
    return redirect(afterwards, 303)


def _read_form() -> BulkChangeForm:
    kind = request.form.get("kind", "")
    if kind not in set(ChangeKind):
        raise NotFound("kind")
    errors: dict[str, str] = {}
    rule = parse_criteria(request.form, errors, with_domain=True)
    if kind in HELD_ONLY_KINDS:
        rule = replace(rule, held_only=True)
    return BulkChangeForm(ChangeKind(kind), rule, errors)


def _preview_page(form: BulkChangeForm, *, conflict: bool = False) -> Response:
    """Show what a rule matches now, with everything that was typed."""
    with container.database.reading() as session:
        preview = _preview(session, form)
        return _form_page(form, preview, conflict=conflict)


def _preview(session: Session, form: BulkChangeForm) -> BulkPreview | None:
    if set(form.errors) - {"reason"}:
        return None
    campaign_id = selected_campaign().campaign_id
    try:
        return bulk_changes.preview(
            session, container.keyring, campaign_id, form.kind, form.rule, container.clock()
        )
    except InvalidText as error:
        form.add_error(error)
        return None


def _form_page(
    form: BulkChangeForm, preview: BulkPreview | None = None, *, conflict: bool = False
) -> Response:
    governments = container.reference.ministries
    return console_page(
        "moderation/bulk_change_new.html",
        status=CONFLICT if conflict else UNPROCESSABLE if form.errors else 200,
        kind=form.kind,
        kinds=list(ChangeKind),
        rule=form.rule,
        errors=form.errors,
        preview=preview,
        conflict=conflict,
        governments=sorted(governments, key=lambda code: territory_name(code, "en")),
        submitted=request.values,
        **table_context(preview.sample if preview else []),
    )


MAX_LOG_ENTRIES = 30
MAX_SKIPPED = 200

_ACTIONS_BY_STATE = {
    ChangeState.RUNNING: ("stop", "undo"),
    ChangeState.STOPPED: ("resume", "undo"),
    ChangeState.DONE: ("undo",),
}


@console.get("/c/<slug>/signatures/rules/<uuid:change_id>")
@requires(Permission.EDIT)
def show_bulk_change(change_id: UUID) -> Response:
    return _page(change_id, action=request.args.get("act", ""))


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/stop")
@requires(Permission.EDIT)
def stop_bulk_change(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "stop", bulk_changes.stop)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/resume")
@requires(Permission.EDIT)
def resume_bulk_change(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "resume", bulk_changes.resume)


@console.post("/c/<slug>/signatures/rules/<uuid:change_id>/undo")
@requires(Permission.EDIT)
def undo_bulk_change(change_id: UUID) -> WerkzeugResponse:
    return _changed(change_id, "undo", bulk_changes.undo)


def _changed(change_id: UUID, action: str, change: Change) -> WerkzeugResponse:
    """Request an action; if it is not possible, show the current state with what was typed."""
    afterwards = url_for("console.show_bulk_change", change_id=change_id, said=f"change-{action}")
    cause = Justification(current_user().name, request.form.get("reason", ""))
    try:
        with form_transaction(afterwards) as session:
            _found(session, change_id)
            change(session, change_id, cause, container.clock())
    except InvalidText as error:
        return _page(change_id, action=action, fault=reason_error(error))
    except NoLongerPossible:
        return _page(change_id, action=action, conflict=True)
    return redirect(afterwards, 303)


def _page(
    change_id: UUID, *, action: str = "", fault: str = "", conflict: bool = False
) -> Response:
    with container.database.reading() as session:
        row = _found(session, change_id)
        entries = audit_log.search(
            session, AuditFilter(about=bulk_changes.audit_subject(row)), MAX_LOG_ENTRIES
        )
        skipped = bulk_changes.list_not_restored(session, change_id, MAX_SKIPPED)
    actions = _possible_actions(row)
    return console_page(
        "moderation/bulk_change.html",
        status=UNPROCESSABLE if fault else CONFLICT if conflict else 200,
        row=row,
        criteria_text=describe(row),
        entries=entries,
        actions=actions,
        action=action,
        # Never while somebody is typing: a page with a reason field does not refresh
        # itself.
        auto_refresh=row.state in ACTIVE_STATES and action not in actions,
        fault=fault,
        conflict=conflict,
        submitted=request.form,
        limit=MAX_SKIPPED,
        **table_context(skipped),
    )


def _found(session: Session, change_id: UUID) -> BulkChangeRow:
    row = store.get_one(session, change_id)
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def _possible_actions(row: BulkChangeRow) -> list[str]:
    """Return which actions a change allows; only an invalidation can be undone."""
    undoable = row.kind is ChangeKind.INVALIDATE
    return [
        action for action in _ACTIONS_BY_STATE.get(row.state, ()) if action != "undo" or undoable
    ]
