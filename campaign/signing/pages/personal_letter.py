"""A letter that she sends herself: from her own mailbox, or on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from campaign.errors import MissingGlyphs
from campaign.signing import private_page
from campaign.signing.forms.private_page import LetterActionForm, PostalAddressForm, ReportForm
from campaign.signing.pages.private_view import (
    load_subject_data,
    open_private_link,
    redirect_to_private_page,
    render_private_page,
)
from campaign.signing.private_page import letter_to
from campaign.signing.report_contact import report_contact
from campaign.web.context import container

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

pages = Blueprint("personal_letter", __name__)


@pages.post("/<lang>/<slug>/private/<token>/sent")
def sent(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Record that she has sent it from her own mailbox, or posted it."""
    page, signature_id = open_private_link(lang, slug, token)
    recipient = LetterActionForm(page.language).recipient.data
    with container.database.writing() as session:
        load_subject_data(session, page, signature_id)
        private_page.mark_self_sent(session, container.keyring, signature_id, recipient, page.now)
    return redirect_to_private_page(page, token)


@pages.post("/<lang>/<slug>/private/<token>/pdf")
def pdf(lang: str, slug: str, token: str) -> Response:
    """Return her letter as a PDF. The postal address that she typed is printed and never stored.

    If nobody has verified where the recipient is, she writes its address herself.
    """
    page, signature_id = open_private_link(lang, slug, token)
    form = PostalAddressForm(page.language)
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        row = letter_to([one.row for one in subject_data.letters], form.recipient.data)
        if not form.validate():
            return render_private_page(session, page, token, subject_data, form)
        try:
            lines = form.postal.lines
            letter = container.letter_builder.build(session, row, lines, addressed=False)
            made = container.pdf_renderer.render_letter(letter)
        except MissingGlyphs as error:
            form.add_reason("postal", "unprintable", characters=error.characters)
            return render_private_page(session, page, token, subject_data, form)
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{slug}.pdf"'
    return response


@pages.post("/<lang>/<slug>/private/<token>/report")
def report(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Record her report that the recipient's contact is wrong."""
    page, signature_id = open_private_link(lang, slug, token)
    form = ReportForm(page.language)
    form.validate()
    with container.database.writing() as session:
        subject_data = load_subject_data(session, page, signature_id)
        if form.errors:
            return render_private_page(session, page, token, subject_data, form)
        told = form.recipient.data, form.report.data
        report_contact(session, container.keyring, signature_id, *told, page.now)
    return redirect_to_private_page(page, token)
