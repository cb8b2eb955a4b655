"""Changes by rule: asked for with a look first, and how far they are."""

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
from campaign.moderation.rules import ACTIVE_STATES, HELD_ONLY_KINDS, ChangeKind
from campaign.organisers.rules.audit_log import Justification
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.table import table_context
from campaign.web.context import current_container

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.moderation.bulk_changes import BulkPreview
    from campaign.signatures.rules.criteria import SignatureCriteria

MAX_LISTED = 50
_FAULTS = {
    "no-rule": ("source", "Say which signatures: fill in at least one field."),
    "not-an-address": ("domain", "A mail domain is like example.org."),
}


@dataclass(frozen=True)
class BulkChangeForm:
    """A change as a form asks for it; `errors`: by the field that has a fault."""

    kind: ChangeKind
    rule: SignatureCriteria
    errors: dict[str, str]

    def add_error(self, error: InvalidText) -> None:
        name, text = _FAULTS.get(error.reason, ("reason", reason_error(error)))
        self.errors[name] = text


@console.get("/c/<slug>/signatures/rules")
@requires(Permission.WORK)
def rules() -> Response:
    with current_container().database.reading() as session:
        rows = store.listing(session, selected_campaign().campaign_id, MAX_LISTED)
    return console_page(
        "moderation/bulk_changes.html",
        rows=rows,
        which={row.id: describe(row) for row in rows},
        at_work=any(row.state in ACTIVE_STATES for row in rows),
    )


@console.get("/c/<slug>/signatures/rules/new")
@requires(Permission.WORK)
def new_rule() -> Response:
    """The empty form, or one that a list of signatures fills in."""
    kind, errors = request.args.get("kind"), dict[str, str]()
    typed = BulkChangeForm(
        ChangeKind(kind) if kind in set(ChangeKind) else ChangeKind.INVALIDATE,
        parse_criteria(request.args, errors),
        errors,
    )
    return _form_page(typed)


@console.post("/c/<slug>/signatures/rules/preview")
@requires(Permission.WORK)
def preview_rule() -> Response:
    """How many signatures it would be about, and the newest of them. Changes nothing."""
    return _preview_page(_typed())


@console.post("/c/<slug>/signatures/rules")
@requires(Permission.WORK)
def start_rule() -> WerkzeugResponse:
    """Let the worker change what meets the rule, if it is still what was seen."""
    site, typed = current_container(), _typed()
    seen = request.form.get("seen", type=int)
    if typed.errors or seen is None:
        return _preview_page(typed)
    cause = Justification(current_user().name, request.form.get("reason", ""))
    order = BulkChangeRequest(
        g.form_id, selected_campaign().campaign_id, typed.kind, typed.rule, cause, seen
    )
    afterwards = url_for("console.rules", said="change-start")
    try:
        with form_transaction(afterwards) as session:
            bulk_changes.start(session, site.keyring, order, site.clock())
    except InvalidText as error:
        typed.add_error(error)
        return _preview_page(typed)
    except (MoreThanPreviewed, NoLongerPossible):
        return _preview_page(typed, changed=True)
    return redirect(afterwards, 303)


def _typed() -> BulkChangeForm:
    kind = request.form.get("kind", "")
    if kind not in set(ChangeKind):
        raise NotFound("kind")
    errors: dict[str, str] = {}
    rule = parse_criteria(request.form, errors, with_domain=True)
    if kind in HELD_ONLY_KINDS:
        rule = replace(rule, held_only=True)
    return BulkChangeForm(ChangeKind(kind), rule, errors)


def _preview_page(typed: BulkChangeForm, *, changed: bool = False) -> Response:
    """Show what a rule is about now, with everything that was typed."""
    with current_container().database.reading() as session:
        seen = _preview(session, typed)
        return _form_page(typed, seen, changed=changed)


def _preview(session: Session, typed: BulkChangeForm) -> BulkPreview | None:
    if set(typed.errors) - {"reason"}:
        return None
    site, campaign_id = current_container(), selected_campaign().campaign_id
    try:
        return bulk_changes.preview(
            session, site.keyring, campaign_id, typed.kind, typed.rule, site.clock()
        )
    except InvalidText as error:
        typed.add_error(error)
        return None


def _form_page(
    typed: BulkChangeForm, seen: BulkPreview | None = None, *, changed: bool = False
) -> Response:
    governments = current_container().reference.ministries
    return console_page(
        "moderation/bulk_change_new.html",
        status=CONFLICT if changed else UNPROCESSABLE if typed.errors else 200,
        kind=typed.kind,
        kinds=list(ChangeKind),
        rule=typed.rule,
        errors=typed.errors,
        seen=seen,
        changed=changed,
        governments=sorted(governments, key=lambda code: territory_name(code, "en")),
        typed=request.values,
        **table_context(seen.sample if seen else []),
    )
