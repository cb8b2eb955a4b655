"""A letter that she sends herself: from her own mailbox, or on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from campaign.errors import NotFound, UnacceptableText, Unprintable
from campaign.language.text import clean_paragraphs
from campaign.recipients.directory_file import MAX_POSTAL_LINE, MAX_POSTAL_LINES
from campaign.signing import private_page as own_page
from campaign.signing.forms.reasons import said
from campaign.signing.pages.private_link import back, holder, holdings, own_page_of
from campaign.signing.report_contact import MAX_REPORT, report_contact
from campaign.web.context import Visit, current_site

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

pages = Blueprint("own_letter", __name__)


@pages.post("/<lang>/<slug>/private/<token>/sent")
def sent(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """She says that she has sent it from her own mailbox, or posted it."""
    seen, signature_id = holder(lang, slug, token)
    with current_site().database.writing() as session:
        holdings(session, seen, signature_id)
        own_page.report_sent(session, current_site().keyring, signature_id, seen.now)
    return back(seen, token)


@pages.post("/<lang>/<slug>/private/<token>/pdf")
def pdf(lang: str, slug: str, token: str) -> Response:
    """Her letter to print. The address that she typed stands on it and is kept nowhere."""
    site = current_site()
    seen, signature_id = holder(lang, slug, token)
    with site.database.reading() as session:
        held = holdings(session, seen, signature_id)
        if held.letter is None:
            raise NotFound(str(signature_id))
        try:
            lines = _typed_lines(seen)
            letter = site.typesetter.printed(session, held.letter.row, lines)
            made = site.press.letter(letter)
        except UnacceptableText as error:
            return own_page_of(session, seen, token, held, {"postal": error.reason})
        except Unprintable as error:
            problem = said(seen.language, "unprintable", characters=error.characters)
            return own_page_of(session, seen, token, held, {"postal": problem})
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{slug}.pdf"'
    return response


@pages.post("/<lang>/<slug>/private/<token>/report")
def report(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """She says that the ministry's contact is wrong."""
    site = current_site()
    seen, signature_id = holder(lang, slug, token)
    with site.database.writing() as session:
        held = holdings(session, seen, signature_id)
        try:
            words = clean_paragraphs(request.form.get("report", ""))
        except UnacceptableText as error:
            return own_page_of(
                session, seen, token, held, {"report": said(seen.language, error.reason)}
            )
        if not words or len(words) > MAX_REPORT:
            reason = "too-long" if words else "no-text"
            problem = said(seen.language, reason, most=MAX_REPORT, length=len(words))
            return own_page_of(session, seen, token, held, {"report": problem})
        report_contact(session, site.keyring, signature_id, words, seen.now)
    return back(seen, token)


def _typed_lines(seen: Visit) -> list[str]:
    """Return the lines of her postal address; raise UnacceptableText with a sentence."""
    try:
        lines = clean_paragraphs(request.form.get("postal", "")).split("\n")
    except UnacceptableText as error:
        raise UnacceptableText(said(seen.language, error.reason)) from error
    kept = [line.strip() for line in lines if line.strip()]
    if len(kept) > MAX_POSTAL_LINES or any(len(line) > MAX_POSTAL_LINE for line in kept):
        reason = "too-many-lines"
        words = said(seen.language, reason, lines=MAX_POSTAL_LINES, length=MAX_POSTAL_LINE)
        raise UnacceptableText(words)
    return kept
