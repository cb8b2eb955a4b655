"""Incoming messages that match no letter: view, file under what they answer, or delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Response, redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import (
    SelectedCampaign,
    all_campaigns,
    campaign_name,
    selected_campaign,
)
from campaign.console.session import current_user, form_transaction
from campaign.delivery.answers import erase_message_content
from campaign.delivery.file_inbound import InboundFiler, find_answered
from campaign.delivery.queries import inbound
from campaign.delivery.rules.delivery import InboundKind
from campaign.delivery.sealing import unseal_answer, unseal_inbound
from campaign.errors import NoLongerPossible, NotFound, SealError
from campaign.language.formats import territory_name
from campaign.letters.console.letters import CHANGED_MEANWHILE, PAGE_SIZE, attachment
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.delivery.file_inbound import SentDigest
    from campaign.delivery.rows import InboundRow
    from campaign.delivery.rules.answer import MessageContent
    from campaign.letters.rows import LetterRow

NO_NUMBER = (
    "No letter and no daily mail has this number. It stands on a letter’s page, under Id, and in "
    "the address of that page."
)
NOT_FILED = {
    "filed": CHANGED_MEANWHILE,
    "deleted": "That letter was deleted, so nothing is kept that answers it.",
    "erased": "That campaign’s data was erased at the end of its time, so nothing is added to it.",
}
_NUMBER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@console.get("/messages")
@requires(Permission.EDIT)
def unfiled_messages() -> Response:
    """Show the messages of the whole site that match no letter and that nobody has filed."""
    with container.database.reading() as session:
        rows = inbound.unfiled(session, PAGE_SIZE + 1, request.args.get("before", type=UUID))
        number = inbound.count_unfiled(session)
    return _list_page(rows, number, None)


@console.get("/c/<slug>/messages")
@requires(Permission.EDIT)
def campaign_messages() -> Response:
    """Show what was filed under the campaign, or under one of its daily mails."""
    chosen, before = selected_campaign(), request.args.get("before", type=UUID)
    with container.database.reading() as session:
        rows = inbound.of_campaign(session, chosen.campaign_id, PAGE_SIZE + 1, before)
        number = inbound.count_of_campaign(session, chosen.campaign_id)
    return _list_page(rows, number, chosen)


@console.get("/messages/<uuid:inbound_id>")
@requires(Permission.VIEW_NAMES)
def inbound_message(inbound_id: UUID) -> Response:
    return _message_page(inbound_id)


@console.post("/messages/<uuid:inbound_id>/file")
@requires(Permission.VIEW_NAMES)
def file_message(inbound_id: UUID) -> WerkzeugResponse:
    """File a message under a letter or daily mail, by its number, or under a campaign."""
    afterwards = url_for("console.unfiled_messages", said="filed")
    filer = InboundFiler(container.keyring, container.campaign_cache, current_user().name)
    slug, number = request.form.get("campaign", ""), _NUMBER.search(request.form.get("number", ""))
    if not slug and number is None:
        return _message_page(inbound_id, error=NO_NUMBER)
    try:
        with form_transaction(afterwards) as session:
            _under_no_letter(session, inbound_id)
            if slug:
                loaded = container.campaign_cache.by_slug(session, slug)
                filer.file_under_campaign(session, inbound_id, loaded, container.clock())
            elif number is not None:
                filer.file_under(session, inbound_id, UUID(number[0]), container.clock())
    except NotFound:
        return _message_page(inbound_id, error=NO_NUMBER)
    except NoLongerPossible as error:
        return _message_page(inbound_id, problem=NOT_FILED[str(error)])
    return redirect(afterwards, 303)


@console.post("/messages/<uuid:inbound_id>/forget")
@requires(Permission.VIEW_NAMES)
def delete_message(inbound_id: UUID) -> WerkzeugResponse:
    """Delete the content of a message for good."""
    afterwards = url_for("console.unfiled_messages", said="message-deleted")
    with form_transaction(afterwards) as session:
        _under_no_letter(session, inbound_id)
        erase_message_content(session, inbound_id, current_user().name, container.clock())
    return redirect(afterwards, 303)


@console.post("/messages/<uuid:inbound_id>/source")
@requires(Permission.VIEW_NAMES, fresh=True)
def download_message(inbound_id: UUID) -> Response:
    """Return a message as it came in, with its attachments."""
    with container.database.writing() as session:
        row = _under_no_letter(session, inbound_id)
        assert row.sealed is not None
        wire = unseal_inbound(container.keyring, row.id, row.sealed)
        entry = AuditEntry(current_user().name, AuditAction.ANSWER_FETCHED, f"message {inbound_id}")
        audit_log.append(session, entry, container.clock())
    return attachment(wire, "message/rfc822", f"message-{inbound_id}.eml")


def _list_page(
    rows: Sequence[InboundRow], number: int, selected: SelectedCampaign | None
) -> Response:
    may_open = current_user().has_permission(Permission.VIEW_NAMES)
    shown = rows[:PAGE_SIZE]
    return console_page(
        "delivery/inbound_messages.html",
        rows=[(row, content_or_none(row) if may_open else None) for row in shown],
        number=number,
        selected_campaign=selected,
        next_cursor=shown[-1].id if len(rows) > PAGE_SIZE else None,
    )


def _message_page(inbound_id: UUID, error: str = "", problem: str = "") -> Response:
    with container.database.reading() as session:
        row = _under_no_letter(session, inbound_id)
        letters, digests = _named_in(session, row)
    return console_page(
        "delivery/inbound_message.html",
        status=UNPROCESSABLE if error else CONFLICT if problem else 200,
        row=row,
        opened=content_or_none(row),
        letters=letters,
        digests=digests,
        filed=row.kind is InboundKind.ANSWER,
        campaigns=[(one.slug, campaign_name(one)) for one in all_campaigns()],
        under={one.campaign_id: one.slug for one in all_campaigns()}.get(row.campaign_id or 0),
        government_name=lambda code: territory_name(code, "en"),
        error=error,
        problem=problem,
        submitted=request.form,
    )


def _named_in(
    session: Session, row: InboundRow
) -> tuple[Sequence[LetterRow], Sequence[SentDigest]]:
    assert row.sealed is not None
    try:
        wire = unseal_inbound(container.keyring, row.id, row.sealed)
    except SealError:
        return [], []
    return find_answered(session, wire, container.settings.operator)


def content_or_none(row: InboundRow) -> MessageContent | None:
    """Return what is shown of a message; None if its seal is broken or it has no content left."""
    if row.content is None:
        return None
    try:
        return unseal_answer(container.keyring, row.id, row.content)
    except SealError:
        return None


def _under_no_letter(session: Session, inbound_id: UUID) -> InboundRow:
    row = inbound.find(session, inbound_id)
    if row is None or not inbound.can_be_filed(row):
        raise NotFound(str(inbound_id))
    return row
