"""A letter that she sends herself: from her own mailbox, or on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from campaign.errors import InvalidText, MissingGlyphs, NotFound
from campaign.language.text import clean_paragraphs
from campaign.recipients.address_csv import MAX_POSTAL_LINE_LENGTH, MAX_POSTAL_LINES
from campaign.signing import private_page
from campaign.signing.forms.error_messages import error_message
from campaign.signing.pages.private_view import (
    load_subject_data,
    open_private_link,
    redirect_to_private_page,
    render_private_page,
)
from campaign.signing.report_contact import MAX_REPORT, report_contact
from campaign.web.context import PageContext, container

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
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        if subject_data.letter is None:
            raise NotFound(str(signature_id))
        try:
            lines = _typed_lines(page)
            letter = container.letter_builder.build(session, subject_data.letter.row, lines)
            made = container.pdf_renderer.render_letter(letter)
        except InvalidText as error:
            return render_private_page(session, page, token, subject_data, {"postal": error.reason})
        except MissingGlyphs as error:
            problem = error_message(page.language, "unprintable", characters=error.characters)
            return render_private_page(session, page, token, subject_data, {"postal": problem})
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{slug}.pdf"'
    return response


@pages.post("/<lang>/<slug>/private/<token>/report")
def report(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Record her report that the ministry's contact is wrong."""
    page, signature_id = open_private_link(lang, slug, token)
    with container.database.writing() as session:
        subject_data = load_subject_data(session, page, signature_id)
        try:
            words = clean_paragraphs(request.form.get("report", ""))
        except InvalidText as error:
            return render_private_page(
                session,
                page,
                token,
                subject_data,
                {"report": error_message(page.language, error.reason)},
            )
        if not words or len(words) > MAX_REPORT:
            reason = "too-long" if words else "no-text"
            problem = error_message(page.language, reason, most=MAX_REPORT, length=len(words))
            return render_private_page(session, page, token, subject_data, {"report": problem})
        report_contact(session, container.keyring, signature_id, words, page.now)
    return redirect_to_private_page(page, token)


def _typed_lines(page: PageContext) -> list[str]:
    """Return the lines of her postal address.

    Raise InvalidText, whose text is a message for her.
    """
    try:
        lines = clean_paragraphs(request.form.get("postal", "")).split("\n")
    except InvalidText as error:
        raise InvalidText(error_message(page.language, error.reason)) from error
    kept = [line.strip() for line in lines if line.strip()]
    if len(kept) > MAX_POSTAL_LINES or any(len(line) > MAX_POSTAL_LINE_LENGTH for line in kept):
        reason = "too-many-lines"
        words = error_message(
            page.language, reason, lines=MAX_POSTAL_LINES, length=MAX_POSTAL_LINE_LENGTH
        )
        raise InvalidText(words)
    return kept
