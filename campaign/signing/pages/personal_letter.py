"""A letter that she sends herself: from her own mailbox, or on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from campaign.errors import MissingGlyphs, NotFound
from campaign.signing import private_page
from campaign.signing.forms.private_page import PostalAddressForm, ReportForm
from campaign.signing.pages.private_view import (
    load_subject_data,
    open_private_link,
    redirect_to_private_page,
    render_private_page,
)
from campaign.signing.report_contact import report_contact
from campaign.web.context import container

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

pages = Blueprint("personal_letter", __name__)


@pages.post("/<lang>/<slug>/private/<token>/sent")
def sent(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Record that she has sent it from her own mailbox, or posted it."""
    page, signature_id = open_private_link(lang, slug, token)
    with container.database.writing() as session:
        load_subject_data(session, page, signature_id)
        private_page.mark_self_sent(session, container.keyring, signature_id, page.now)
    return redirect_to_private_page(page, token)


@pages.post("/<lang>/<slug>/private/<token>/pdf")
def pdf(lang: str, slug: str, token: str) -> Response:
    """Return her letter as a PDF. The postal address that she typed is printed and never stored."""
    page, signature_id = open_private_link(lang, slug, token)
    form = PostalAddressForm(page.language)
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        if subject_data.letter is None:
            raise NotFound(str(signature_id))
        if not form.validate():
            return render_private_page(session, page, token, subject_data, form)
        try:
            row, lines = subject_data.letter.row, form.postal.lines
            letter = container.letter_builder.build(session, row, lines)
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
        report_contact(session, container.keyring, signature_id, form.report.data, page.now)
    return redirect_to_private_page(page, token)
