"""What the private page shows, and how its link is opened."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, redirect, request, url_for

from campaign.campaigns.pages.recipients import chosen_recipients
from campaign.delivery.message_builder import recipient_address
from campaign.delivery.pacing import expected_send_time
from campaign.errors import NotFound
from campaign.letters.printed_letters import postal_address_lines
from campaign.letters.rules.letter import SendMethod
from campaign.letters.rules.mail_client_links import OwnMailLink, own_mail_links
from campaign.privacy.subject_access import collect_subject_data
from campaign.recipients.queries import recipients
from campaign.recipients.rules.recipient import made_up_email
from campaign.signing.forms.fields import PublicForm
from campaign.signing.forms.private_page import (
    CorrectionForm,
    LetterActionForm,
    LetterForm,
    PostalAddressForm,
    ReportForm,
)
from campaign.signing.private_page import letter_to, may_add_letters
from campaign.store.tokens import Purpose
from campaign.web.context import PageContext, container, load_page_context
from campaign.web.render import render_page
from campaign.web.security import CSP_WITH_SCRIPTS

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.privacy.subject_access import PersonalLetter, SubjectData
    from campaign.recipients.rows import RecipientRow

FormT = TypeVar("FormT", bound=PublicForm)


def open_private_link(lang: str, slug: str, token: str) -> tuple[PageContext, UUID]:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    return page, container.tokens.read(Purpose.PRIVATE, page.loaded.uid, token, page.now)


def load_subject_data(session: Session, page: PageContext, signature_id: UUID) -> SubjectData:
    subject_data = collect_subject_data(session, container.keyring, signature_id)
    if subject_data.row.campaign_id != page.loaded.campaign_id:
        raise NotFound(str(signature_id))
    return subject_data


def render_private_page(
    session: Session,
    page: PageContext,
    token: str,
    subject_data: SubjectData,
    faulty: PublicForm | None = None,
) -> Response:
    """Render the private page; with a faulty form, what she typed and messages at its fields."""
    return render_page(
        page,
        "signing/private_page.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faulty else 200,
        policy=CSP_WITH_SCRIPTS,
        token=token,
        subject_data=subject_data,
        views=letter_views(session, page, subject_data, faulty),
        may_write=may_write(session, page, subject_data),
        asks_ministry_to_delete=any(one.recipient_is_notified for one in subject_data.letters),
        complaint_body=container.reference.supervisory_authorities.get(subject_data.row.government),
        errors=list(faulty.error_list()) if faulty else [],
        saved=request.method == "GET" and "saved" in request.args,
        correction_form=faulty
        if isinstance(faulty, CorrectionForm)
        else CorrectionForm(
            page.language, formdata=None, obj=subject_data.person, data=subject_data.consents
        ),
    )


@dataclass(frozen=True)
class LetterView:
    """One of her letters as her pages show it, with the forms for it."""

    letter: PersonalLetter
    recipient: RecipientRow
    self_send: SelfSendInfo | None
    expected_at: datetime | None
    letter_form: LetterForm
    report_form: ReportForm
    postal_form: PostalAddressForm

    @property
    def id_prefix(self) -> str:
        """Return what the ids of its parts begin with."""
        return self.letter_form.id_prefix


def letter_views(
    session: Session,
    page: PageContext,
    subject_data: SubjectData,
    faulty: PublicForm | None = None,
) -> list[LetterView]:
    """Return her letters in order, with a faulty form in its place."""
    at_fault = None
    if isinstance(faulty, LetterActionForm):
        at_fault = letter_to([one.row for one in subject_data.letters], faulty.recipient.data)
    return [
        _letter_view(
            session,
            page,
            letter,
            f"{n}-" if n > 1 else "",
            faulty if letter.row is at_fault else None,
        )
        for n, letter in enumerate(subject_data.letters, 1)
    ]


def _letter_view(
    session: Session,
    page: PageContext,
    letter: PersonalLetter,
    id_prefix: str,
    faulty: PublicForm | None,
) -> LetterView:
    def form(kind: type[FormT], stored: Any = None) -> FormT:
        if isinstance(faulty, kind):
            faulty.set_id_prefix(id_prefix)
            return faulty
        to = {"recipient": letter.row.recipient}
        return kind(page.language, formdata=None, obj=stored, data=to, id_prefix=id_prefix)

    return LetterView(
        letter=letter,
        recipient=recipients.get(session, letter.row.recipient),
        self_send=self_send_info(session, letter),
        expected_at=expected_send_time(session, letter.row, container.pace, container.clock()),
        letter_form=form(LetterForm, letter.text),
        report_form=form(ReportForm),
        postal_form=form(PostalAddressForm),
    )


def may_write(session: Session, page: PageContext, subject_data: SubjectData) -> bool:
    """Return whether she can still write the letter of a signature that has none."""
    recipients_there = chosen_recipients(page).by_government.get(subject_data.row.government, ())
    return (
        not subject_data.letters
        and page.is_open
        and bool(recipients_there)
        and may_add_letters(session, subject_data.row, page.loaded)
    )


def redirect_to_private_page(
    page: PageContext, token: str, *, saved: bool = False
) -> WerkzeugResponse:
    """Redirect to the private page; `saved`: it says that what she changed is stored."""
    target = url_for(
        "private_page.show",
        lang=page.language.tag,
        slug=page.slug,
        token=token,
        saved=1 if saved else None,
    )
    return redirect(target, 303)


@dataclass(frozen=True)
class SelfSendInfo:
    """What she needs to send her letter herself.

    `missing`: nobody has verified an address to send it to.
    """

    send_method: SendMethod
    recipient: RecipientRow
    address: str
    links: tuple[OwnMailLink, ...]
    missing: bool


def _own_mail_address(session: Session, letter: PersonalLetter, recipient: RecipientRow) -> str:
    """Return where she writes from her own mailbox; in a rehearsal it is an address of nobody."""
    loaded = container.campaign_cache.by_id(session, letter.row.campaign_id)
    if loaded.is_rehearsal:
        return made_up_email(recipient.key)
    return recipient_address(recipient, letter.row.language, live=container.settings.live)


def self_send_info(session: Session, letter: PersonalLetter) -> SelfSendInfo | None:
    """Return how she sends her letter herself, or None for a letter that the site sends."""
    recipient = recipients.get(session, letter.row.recipient)
    send_method, language = letter.row.send_method, letter.row.language
    try:
        if send_method is SendMethod.OWN_MAIL:
            address = _own_mail_address(session, letter, recipient)
            links = own_mail_links(address, letter.text.subject, letter.text.full_text)
            return SelfSendInfo(send_method, recipient, address, tuple(links), missing=False)
        if send_method is SendMethod.PRINT:
            address = "\n".join(
                postal_address_lines(recipient, language, live=container.settings.live)
            )
            return SelfSendInfo(send_method, recipient, address, (), missing=False)
    except NotFound:
        return SelfSendInfo(send_method, recipient, "", (), missing=True)
    return None
