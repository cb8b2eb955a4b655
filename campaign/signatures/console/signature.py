"""One signature: what is known about it, and what an organiser can do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, url_for

from campaign.campaigns.queries import campaigns as queries
from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.delivery.queries import mails
from campaign.errors import NoLongerPossible, NotFound
from campaign.language.formats import territory_name
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState
from campaign.moderation import hold, invalidate
from campaign.moderation.delete import delete_on_request, signatures_to_delete
from campaign.moderation.forms import SignatureForm
from campaign.moderation.names_nobody import must_name_nobody
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.table import open_persons
from campaign.signatures.queries import consents, events, signatures
from campaign.signatures.rules.signature import SignatureState, is_counted
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rules.audit_log import Justification
    from campaign.signatures.rows import SignatureRow

    Change = Callable[[Session, Justification], object]

MAX_LOG_ENTRIES = 30


@console.get("/c/<slug>/signatures/<uuid:signature_id>")
@requires(Permission.EDIT)
def signature(signature_id: UUID) -> Response:
    return _page(signature_id, request.args.get("act", ""), SignatureForm(formdata=None))


@console.post("/c/<slug>/signatures/<uuid:signature_id>/invalidate")
@requires(Permission.EDIT)
def invalidate_signature(signature_id: UUID) -> WerkzeugResponse:
    now = container.clock()
    return _perform(
        signature_id,
        "invalidate",
        lambda session, cause: invalidate.invalidate_one(session, signature_id, cause, now),
    )


@console.post("/c/<slug>/signatures/<uuid:signature_id>/restore")
@requires(Permission.EDIT)
def restore_signature(signature_id: UUID) -> WerkzeugResponse:
    return _perform(
        signature_id,
        "restore",
        lambda session, cause: invalidate.restore_one(
            session,
            container.keyring,
            signature_id,
            cause,
            live=container.settings.live,
            now=container.clock(),
        ),
    )


@console.post("/c/<slug>/signatures/<uuid:signature_id>/hold")
@requires(Permission.EDIT)
def hold_signature(signature_id: UUID) -> WerkzeugResponse:
    now = container.clock()
    return _perform(
        signature_id,
        "hold",
        lambda session, cause: hold.hold_one(session, signature_id, cause, now),
    )


@console.post("/c/<slug>/signatures/<uuid:signature_id>/release")
@requires(Permission.EDIT)
def release_signature(signature_id: UUID) -> WerkzeugResponse:

    def let_go(session: Session, cause: Justification) -> None:
        live, now = container.settings.live, container.clock()
        if not hold.release(session, container.keyring, [signature_id], cause, live=live, now=now):
            raise NoLongerPossible("not held")

    return _perform(signature_id, "release", let_go)


@console.post("/c/<slug>/signatures/<uuid:signature_id>/delete")
@requires(Permission.DELETE, fresh=True)
def delete_signature(signature_id: UUID) -> WerkzeugResponse:
    """Delete on the person's request, in the same way as she can herself."""
    return _perform(
        signature_id,
        "delete",
        lambda session, cause: delete_on_request(
            session,
            container.keyring,
            container.ledger,
            signature_id,
            cause,
            live=container.settings.live,
            now=container.clock(),
        ),
    )


def _perform(signature_id: UUID, action: str, change: Change) -> WerkzeugResponse:
    """Change a signature; if that is not possible, show its current state with what was typed."""
    form = SignatureForm()

    def change_with_reason(session: Session) -> None:
        row = get_signature_or_404(session, signature_id)
        must_name_nobody(container.keyring, row, form.cause)
        change(session, form.cause)

    said = f"signature-{action}"
    return submit_form(
        form,
        change_with_reason,
        afterwards=url_for("console.signature", signature_id=signature_id, said=said),
        page=lambda: _page(signature_id, action, form),
    )


def _page(signature_id: UUID, action: str, form: SignatureForm) -> Response:
    with container.database.reading() as session:
        row = get_signature_or_404(session, signature_id)
        doomed = signatures_to_delete(session, row)
        return console_page(
            "signatures/detail.html",
            status=form.status,
            row=row,
            government_name=territory_name(row.government, "en"),
            person=open_persons([row]).get(row.id),
            digest=queries.revision_digest(session, row.revision_id),
            consents=consents.of_signature(session, row.id),
            events=events.of_signature(session, row.id),
            mails=mails.of_signature(session, row.id),
            letters=[
                letter
                for letter in letters.of_signature(session, signature_id)
                if letter.state is not LetterState.DRAFT
            ],
            entries=audit_log.search(
                session, AuditFilter(about=f"signature {row.id}"), MAX_LOG_ENTRIES
            ),
            deletion_count=len(doomed),
            count_decrease=sum(is_counted(one.state, held=one.held) for one in doomed),
            actions=_possible_actions(row),
            action=action,
            form=form,
        )


def get_signature_or_404(session: Session, signature_id: UUID) -> SignatureRow:
    """Return a signature of the campaign in the URL, or raise NotFound."""
    row = signatures.find(session, signature_id)
    if row is None:
        raise NotFound(str(signature_id))
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def _possible_actions(row: SignatureRow) -> list[str]:
    """Return what can be done with a signature, as named in the actions' URLs."""
    actions = []
    if row.state is SignatureState.CONFIRMED:
        actions.append("invalidate")
    if row.state is SignatureState.INVALIDATED and row.sealed is not None:
        actions.append("restore")
    if row.state in {SignatureState.PENDING, SignatureState.CONFIRMED}:
        actions.append("release" if row.held else "hold")
    if row.email_hash is not None and current_user().has_permission(Permission.DELETE):
        actions.append("delete")
    return actions
