"""One letter: what happened to it, what an organiser decides about it, and its bytes and print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, url_for

from campaign.console.access import console, requires
from campaign.console.forms import ConsoleForm, form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.delivery import decide
from campaign.delivery.queries import attempts, carried_letters, digests, inbound, mails
from campaign.delivery.sealing import unseal_answer
from campaign.errors import MissingGlyphs, NotFound, SealError
from campaign.letters.forms import DecisionForm
from campaign.letters.queries import letters as store
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import unseal_letter, unseal_message
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.delivery.rows import InboundRow
    from campaign.delivery.rules.answer import MessageContent
    from campaign.letters.rows import LetterRow


@console.get("/c/<slug>/letters/<uuid:letter_id>")
@requires(Permission.EDIT)
def letter(letter_id: UUID) -> Response:
    return _page(letter_id)


@console.post("/c/<slug>/letters/<uuid:letter_id>/decide")
@requires(Permission.EDIT)
def decide_letter(letter_id: UUID) -> WerkzeugResponse:
    form, now = DecisionForm(), container.clock()
    decision = form.decision
    return submit_decision(
        letter_id,
        form,
        lambda session: decide.decide_one(session, letter_id, decision, now),
    )


@console.post("/c/<slug>/letters/<uuid:letter_id>/message")
@requires(Permission.VIEW_NAMES, fresh=True)
def message(letter_id: UUID) -> Response:
    """Return the bytes that were handed over last, for a mail program to open."""
    with container.database.writing() as session:
        row = letter_or_404(session, letter_id)
        sealed = carried_letters.sealed_message(session, row.id)
        if sealed is None:
            raise NotFound(str(letter_id))
        wire = unseal_message(container.keyring, row.id, sealed)
        # It contains a name.
        entry = AuditEntry(current_user().name, AuditAction.LETTER_FETCHED, f"letter {letter_id}")
        audit_log.append(session, entry, container.clock())
    return attachment(wire, "message/rfc822", f"letter-{letter_id}.eml")


@console.post("/c/<slug>/letters/<uuid:letter_id>/print")
@requires(Permission.VIEW_NAMES, fresh=True)
def print_letter(letter_id: UUID) -> Response:
    """Print one letter, and record that in the audit log."""
    with container.database.writing() as session:
        row = letter_or_404(session, letter_id)
        try:
            made = container.pdf_renderer.render_letter(
                container.letter_builder.build(session, row)
            )
        except (NotFound, MissingGlyphs) as error:
            form = ConsoleForm()
            form.conflict = f"It cannot be printed: {error}."
            return _page(letter_id, form)
        decide.log_printed(session, current_user().name, row.recipient, 1, container.clock())
    return attachment(made, "application/pdf", f"letter-{letter_id}.pdf")


def submit_decision(
    letter_id: UUID, form: ConsoleForm, decision: Callable[[Session], object]
) -> WerkzeugResponse:
    """Decide something about a letter of the campaign in the URL, and show the letter."""

    def change(session: Session) -> None:
        letter_or_404(session, letter_id)
        decision(session)

    return submit_form(
        form,
        change,
        afterwards=url_for("console.letter", letter_id=letter_id, said="decided"),
        page=lambda: _page(letter_id, form),
    )


def _page(letter_id: UUID, submitted: ConsoleForm | None = None) -> Response:
    may_see_names = current_user().has_permission(Permission.VIEW_NAMES)
    with container.database.reading() as session:
        row = letter_or_404(session, letter_id)
        own_message = mails.find(session, letter_id)
        history = attempts.attempts_of(session, letter_id)
        answers = [
            (one, content_or_none(one) if may_see_names else None)
            for one in inbound.filed_under_letter(session, letter_id)
        ]
        digest_id = digests.last_digest_of(session, letter_id)
        digest_replies = inbound.of_digest(session, digest_id) if digest_id else []
    return console_page(
        "letters/detail.html",
        status=submitted.status if submitted else 200,
        submitted=submitted,
        row=row,
        own_message=own_message,
        text=_opened_text(row) if may_see_names else None,
        attempts=history,
        answers=answers,
        digest_id=digest_id,
        digest_replies=digest_replies,
        verdicts=decide.possible_decisions(row),
        decision_form=form_on_page(submitted, DecisionForm),
    )


def _opened_text(row: LetterRow) -> str:
    """Return the letter as it was signed; a broken seal must not hide the rest."""
    if row.sealed is None:
        return ""
    try:
        text, _ = unseal_letter(container.keyring, row.signature_id, row.sealed)
    except SealError as error:
        return f"({error})"
    return f"{text.subject}\n\n{text.full_text}"


def content_or_none(row: InboundRow) -> MessageContent | None:
    """Return what is shown of a message; None if its seal is broken or it has no content left."""
    if row.content is None:
        return None
    try:
        return unseal_answer(container.keyring, row.id, row.content)
    except SealError:
        return None


def letter_or_404(session: Session, letter_id: UUID) -> LetterRow:
    """Return a letter of the campaign in the URL, or raise NotFound."""
    row = store.find(session, letter_id)
    if row is None or row.state is LetterState.DRAFT:
        raise NotFound(str(letter_id))
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def attachment(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
