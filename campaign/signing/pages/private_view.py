"""What the private page shows, and how its link is opened."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, redirect, url_for

from campaign.delivery.message_builder import recipient_address
from campaign.delivery.pacing import expected_send_date
from campaign.errors import NotFound
from campaign.letters.printed_letters import postal_address_lines
from campaign.letters.rules.letter import SendMethod
from campaign.letters.rules.mail_client_links import OwnMailLink, own_mail_links
from campaign.privacy.subject_access import collect_subject_data
from campaign.recipients.queries import recipients
from campaign.signing.forms.fields import PublicForm
from campaign.signing.forms.private_page import (
    CorrectionForm,
    LetterForm,
    PostalAddressForm,
    ReportForm,
)
from campaign.store.tokens import Purpose
from campaign.web.context import PageContext, container, load_page_context
from campaign.web.render import render_page
from campaign.web.security import CSP_WITH_SCRIPTS

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.language.catalogue import Language
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


def expected_send_date_of(session: Session, letter: PersonalLetter) -> date | None:
    return expected_send_date(session, letter.row, container.pace, container.clock())


def render_private_page(
    session: Session,
    page: PageContext,
    token: str,
    subject_data: SubjectData,
    faulty: PublicForm | None = None,
) -> Response:
    """Render the private page; with a faulty form, what she typed and messages at its fields."""
    letter = subject_data.letter
    return render_page(
        page,
        "signing/private_page.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faulty else 200,
        policy=CSP_WITH_SCRIPTS,
        token=token,
        subject_data=subject_data,
        self_send=self_send_info(session, letter) if letter else None,
        asks_ministry_to_delete=letter is not None and letter.recipient_is_notified,
        complaint_body=container.reference.supervisory_authorities.get(subject_data.row.government),
        expected_by=expected_send_date_of(session, letter) if letter else None,
        errors=list(faulty.error_list()) if faulty else [],
        **_forms(page.language, subject_data, faulty),
    )


def _forms(
    language: Language, subject_data: SubjectData, faulty: PublicForm | None
) -> dict[str, PublicForm]:
    """Return the page's forms: the faulty one as it was sent, the others with what is stored."""

    def form(kind: type[FormT], stored: Any = None, **values: Any) -> FormT:
        if isinstance(faulty, kind):
            return faulty
        return kind(language, formdata=None, obj=stored, **values)

    letter = subject_data.letter
    return {
        "correction_form": form(CorrectionForm, subject_data.person, data=subject_data.consents),
        "letter_form": form(LetterForm, letter.text if letter else None),
        "report_form": form(ReportForm),
        "postal_form": form(PostalAddressForm),
    }


def redirect_to_private_page(page: PageContext, token: str) -> WerkzeugResponse:
    target = url_for("private_page.show", lang=page.language.tag, slug=page.slug, token=token)
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


def self_send_info(session: Session, letter: PersonalLetter) -> SelfSendInfo | None:
    """Return how she sends her letter herself, or None for a letter that the site sends."""
    recipient = recipients.get(session, letter.row.recipient)
    send_method, language = letter.row.send_method, letter.row.language
    try:
        if send_method is SendMethod.OWN_MAIL:
            address = recipient_address(recipient, language, live=container.settings.live)
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
