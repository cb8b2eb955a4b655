"""Incoming messages that match no letter: view, file under what they answer, or delete."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from flask import Response, redirect, request, url_for

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.listing import CURSOR, PAGE_SIZE, FilterForm, list_page
from campaign.console.pages import console_page
from campaign.console.selected_campaign import all_campaigns, selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.delivery.answers import erase_message_content
from campaign.delivery.file_inbound import InboundFiler, find_answered
from campaign.delivery.forms import FilingForm
from campaign.delivery.queries import inbound
from campaign.delivery.rules.delivery import InboundKind
from campaign.delivery.sealing import unseal_inbound
from campaign.errors import InvalidText, NotFound, SealError
from campaign.letters.console.letter import attachment, content_or_none
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.console.listing import ListPage
    from campaign.console.selected_campaign import SelectedCampaign
    from campaign.delivery.file_inbound import SentDigest
    from campaign.delivery.rows import InboundRow
    from campaign.letters.rows import LetterRow


class UnfiledList(FilterForm):
    endpoint = "console.unfiled_messages"


class CampaignMessageList(FilterForm):
    endpoint = "console.campaign_messages"


@console.get("/messages")
@requires(Permission.MANAGE_SITE)
def unfiled_messages() -> Response:
    """Show the messages of the whole site that match no letter and that nobody has filed."""
    with container.database.reading() as session:
        rows = inbound.unfiled(session, PAGE_SIZE + 1, request.args.get(CURSOR, type=UUID))
        number = inbound.count_unfiled(session)
    return _list_page(list_page(rows, UnfiledList()), number, None)


@console.get("/c/<slug>/messages")
@requires(Permission.EDIT)
def campaign_messages() -> Response:
    """Show what was filed under the campaign, or under one of its daily mails."""
    chosen, before = selected_campaign(), request.args.get(CURSOR, type=UUID)
    with container.database.reading() as session:
        rows = inbound.of_campaign(session, chosen.campaign_id, PAGE_SIZE + 1, before)
        number = inbound.count_of_campaign(session, chosen.campaign_id)
    return _list_page(list_page(rows, CampaignMessageList()), number, chosen)


@console.get("/messages/<uuid:inbound_id>")
@requires(Permission.VIEW_NAMES)
def inbound_message(inbound_id: UUID) -> Response:
    return _message_page(inbound_id)


@console.post("/messages/<uuid:inbound_id>/file")
@requires(Permission.MANAGE_SITE)
def file_message(inbound_id: UUID) -> WerkzeugResponse:
    """File a message under a letter or daily mail, by its number, or under a campaign."""
    form, now = FilingForm(), container.clock()
    filer = InboundFiler(container.keyring, container.campaign_cache, current_user().name)

    def change(session: Session) -> None:
        _under_no_letter(session, inbound_id)
        if form.campaign.data:
            loaded = container.campaign_cache.by_slug(session, form.campaign.data)
            filer.file_under_campaign(session, inbound_id, loaded, now)
            return
        try:
            filer.file_under(session, inbound_id, form.answered_id, now)
        except NotFound:
            raise InvalidText("no-number") from None

    return submit_form(
        form,
        change,
        afterwards=url_for("console.unfiled_messages", said="filed"),
        page=lambda: _message_page(inbound_id, form),
    )


@console.post("/messages/<uuid:inbound_id>/forget")
@requires(Permission.MANAGE_SITE)
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
        row = _readable(session, inbound_id)
        assert row.sealed is not None
        wire = unseal_inbound(container.keyring, row.id, row.sealed)
        entry = AuditEntry(current_user().name, AuditAction.ANSWER_FETCHED, f"message {inbound_id}")
        audit_log.append(session, entry, container.clock())
    return attachment(wire, "message/rfc822", f"message-{inbound_id}.eml")


def _list_page(
    listed: ListPage[InboundRow], number: int, selected: SelectedCampaign | None
) -> Response:
    may_open = current_user().has_permission(Permission.VIEW_NAMES)
    return console_page(
        "delivery/inbound_messages.html",
        listed=listed,
        contents={row.id: content_or_none(row) if may_open else None for row in listed.rows},
        number=number,
        selected_campaign=selected,
    )


def _message_page(inbound_id: UUID, submitted: FilingForm | None = None) -> Response:
    with container.database.reading() as session:
        row = _readable(session, inbound_id)
        letters, digests = _named_in(session, row)
    slug = next((one.slug for one in all_campaigns() if one.campaign_id == row.campaign_id), "")
    form = form_on_page(submitted, FilingForm)
    form.campaign.data = form.campaign.data or slug
    return console_page(
        "delivery/inbound_message.html",
        status=submitted.status if submitted else 200,
        submitted=submitted,
        form=form,
        row=row,
        opened=content_or_none(row),
        letters=letters,
        digests=digests,
        filed=row.kind is InboundKind.ANSWER,
        under=slug,
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


def _readable(session: Session, inbound_id: UUID) -> InboundRow:
    """Return a message that belongs to the site, or to a campaign whose names she may see."""
    row, user = _under_no_letter(session, inbound_id), current_user()
    if row.campaign_id is None or not user.may_see(row.campaign_id):
        right, campaign_id = Permission.MANAGE_SITE, None
    else:
        right, campaign_id = Permission.VIEW_NAMES, row.campaign_id
    if not user.has_permission(right, campaign_id):
        raise NotFound(str(inbound_id))
    return row


def _under_no_letter(session: Session, inbound_id: UUID) -> InboundRow:
    row = inbound.find(session, inbound_id)
    if row is None or not inbound.can_be_filed(row):
        raise NotFound(str(inbound_id))
    return row
