"""Answers to a letter: as they came in, and what an owner decides about uncertain ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.console.access import console, requires
from campaign.console.forms import ConsoleForm
from campaign.console.session import current_user
from campaign.delivery import answers
from campaign.delivery.queries import inbound
from campaign.delivery.sealing import unseal_inbound
from campaign.errors import NotFound
from campaign.letters.console.letter import attachment, letter_or_404, submit_decision
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.delivery.rows import InboundRow


@console.post("/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>")
@requires(Permission.VIEW_NAMES, fresh=True)
def download_answer(letter_id: UUID, inbound_id: UUID) -> Response:
    """Return an answer as it came in, with its attachments."""
    with container.database.writing() as session:
        row = _answer_or_404(session, letter_id, inbound_id)
        assert row.sealed is not None
        wire = unseal_inbound(container.keyring, row.id, row.sealed)
        entry = AuditEntry(current_user().name, AuditAction.ANSWER_FETCHED, f"letter {letter_id}")
        audit_log.append(session, entry, container.clock())
    return attachment(wire, "message/rfc822", f"answer-{inbound_id}.eml")


@console.post("/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/pass-on")
@requires(Permission.VIEW_NAMES)
def accept_answer(letter_id: UUID, inbound_id: UUID) -> WerkzeugResponse:
    """Accept it as an answer: count it, and mail it to the supporter who wrote the letter."""
    keyring, by, now = container.keyring, current_user().name, container.clock()

    def change(session: Session) -> None:
        _answer_or_404(session, letter_id, inbound_id)
        answers.accept_answer(session, keyring, inbound_id, by, now)

    return submit_decision(letter_id, ConsoleForm(), change)


@console.post("/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/set-aside")
@requires(Permission.VIEW_NAMES)
def reject_answer(letter_id: UUID, inbound_id: UUID) -> WerkzeugResponse:
    """Reject it as an answer: keep it under the letter, but off the supporter's private page."""
    by, now = current_user().name, container.clock()

    def change(session: Session) -> None:
        _answer_or_404(session, letter_id, inbound_id)
        answers.reject_answer(session, inbound_id, by, now)

    return submit_decision(letter_id, ConsoleForm(), change)


def _answer_or_404(session: Session, letter_id: UUID, inbound_id: UUID) -> InboundRow:
    """Return a message under a letter of this campaign, if its content has not been deleted."""
    letter_or_404(session, letter_id)
    row = inbound.find(session, inbound_id)
    if row is None or row.letter_id != letter_id or row.sealed is None:
        raise NotFound(str(inbound_id))
    return row
