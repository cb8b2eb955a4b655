"""Her letter, behind the private link: written later, or sent by herself."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from campaign.errors import MissingGlyphs, NoLongerPossible
from campaign.letters.rules.letter import SendMethod
from campaign.letters.rules.mail_client_links import mail_draft
from campaign.signing import private_page
from campaign.signing.forms.form_token import make_form_token
from campaign.signing.forms.letter_text import has_letter_text
from campaign.signing.forms.private_page import LetterActionForm, PostalAddressForm, ReportForm
from campaign.signing.forms.sign import Choice, SignForm, Step
from campaign.signing.pages.preview_page import PreviewPage
from campaign.signing.pages.private_view import (
    load_subject_data,
    open_private_link,
    redirect_to_private_page,
    render_private_page,
    self_send_info,
)
from campaign.signing.private_page import AddedLetters, letter_to
from campaign.signing.report_contact import report_contact
from campaign.web.context import container

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.privacy.subject_access import SubjectData
    from campaign.web.context import PageContext

pages = Blueprint("personal_letter", __name__)

STORED = frozenset({"name", "email", "government"})
"""Fields that come from the signature: rules that are newer than it do not refuse them."""


@pages.post("/<lang>/<slug>/private/<token>/write")
def write(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Show the letter of somebody who only signed, step by step, until she says that it is hers."""
    page, signature_id = open_private_link(lang, slug, token)
    page.campaign.facts.must_be_open(page.now.date())
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        may_add = private_page.may_add_letters(session, subject_data.row, page.loaded)
    if not may_add and (subject_data.letters or not has_letter_text(request.form, 1)):
        return redirect_to_private_page(page, token)
    if not may_add:
        raise NoLongerPossible("what she signed has changed while she wrote")
    form = SignForm(page, _known(page, subject_data))
    form.unchecked = STORED
    action = url_for(".write", lang=lang, slug=slug, token=token)
    preview = PreviewPage(page, form, action, has_signed=True)
    recipients, valid = preview.written_to(), form.validate()
    if not recipients:
        return redirect_to_private_page(page, token)
    taken = preview.take_letters(recipients) if valid else preview.show_faults(recipients)
    if isinstance(taken, Response):
        return taken
    added = AddedLetters(
        page.loaded, taken, form.person, form.consents_with(letter=True), page.words
    )
    live = container.settings.live
    try:
        with container.database.writing() as session:
            private_page.add_letters(
                session,
                container.keyring,
                container.ledger,
                signature_id,
                added,
                live=live,
                now=page.now,
            )
    except NoLongerPossible:
        # Another click was faster, or she has corrected her name: show what is so now.
        return write(lang, slug, token)
    target = url_for("private_page.thanks", lang=lang, slug=slug, token=token)
    return redirect(target, HTTPStatus.SEE_OTHER)


def _known(page: PageContext, subject_data: SubjectData) -> MultiDict[str, str]:
    """Return the form as it was posted, with what her signature says of her."""
    row, person, typed = subject_data.row, subject_data.person, MultiDict(request.form)
    if not has_letter_text(typed, 1):
        ticked = [one.value for one, given in subject_data.consents.items() if given]
        typed.update({"town": person.town, **dict.fromkeys(ticked, "y")})
    typed.setlist("name", [person.name])
    typed.setlist("email", [person.email])
    typed.setlist("government", [row.government])
    typed.setlist("choice", [Choice.WRITE.value])
    typed.setlist("stamp", [make_form_token(page, row.id)])
    typed.setdefault("revision", page.loaded.digest)
    typed.setdefault("step", Step.PREVIEW.value)
    return typed


@pages.post("/<lang>/<slug>/private/<token>/sent")
def sent(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Record that she has sent it from her own mailbox, or posted it."""
    page, signature_id = open_private_link(lang, slug, token)
    recipient = LetterActionForm(page.language).recipient.data
    with container.database.writing() as session:
        load_subject_data(session, page, signature_id)
        private_page.mark_self_sent(session, container.keyring, signature_id, recipient, page.now)
    return redirect_to_private_page(page, token)


@pages.post("/<lang>/<slug>/private/<token>/draft")
def draft(lang: str, slug: str, token: str) -> Response:
    """Return her letter as a draft that her mail program opens."""
    page, signature_id = open_private_link(lang, slug, token)
    recipient = LetterActionForm(page.language).recipient.data
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        row = letter_to([one.row for one in subject_data.letters], recipient)
        (letter,) = (one for one in subject_data.letters if one.row is row)
        info = self_send_info(session, letter)
    if info is None or info.send_method is not SendMethod.OWN_MAIL or info.missing:
        raise NoLongerPossible("not a letter that she sends from her own mailbox")
    made = mail_draft(info.address, letter.text.subject, letter.text.full_text)
    response = Response(made, mimetype="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{slug}.eml"'
    return response


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
    if page.loaded.is_rehearsal:
        abort(404)  # nobody is written to, so no address has turned out to be wrong
    form = ReportForm(page.language)
    form.validate()
    with container.database.writing() as session:
        subject_data = load_subject_data(session, page, signature_id)
        if form.errors:
            return render_private_page(session, page, token, subject_data, form)
        told = form.recipient.data, form.report.data
        report_contact(session, container.keyring, signature_id, *told, page.now)
    return redirect_to_private_page(page, token)
