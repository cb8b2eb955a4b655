"""The supporter's private page and what she does there, behind the private link in her mail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from campaign.delivery.queries import mails
from campaign.letters.rules.letter import SendMethod
from campaign.privacy.subject_access import export_subject_data
from campaign.recipients.queries import recipients
from campaign.signatures.public_counts import public_counts
from campaign.signatures.queries import consents, events
from campaign.signatures.rules.signature import SignatureState
from campaign.signing import private_page
from campaign.signing.forms.private_page import (
    CorrectionForm,
    DownloadForm,
    LetterForm,
)
from campaign.signing.pages.private_view import (
    letter_views,
    load_subject_data,
    may_write,
    open_private_link,
    redirect_to_private_page,
    render_private_page,
)
from campaign.signing.private_page import Correction, letter_to
from campaign.signing.submit import offered_consents
from campaign.store.tokens import ExpiredIdToken
from campaign.web.context import container, count_mail, load_page_context
from campaign.web.render import render_page
from campaign.web.security import CSP_WITH_SCRIPTS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.privacy.subject_access import SubjectData
    from campaign.web.context import PageContext


pages = Blueprint("private_page", __name__)


@pages.errorhandler(ExpiredIdToken)
def expired(_error: ExpiredIdToken) -> Response:
    """Offer a fresh link in place of the action that an expired one would have taken."""
    return _expired_page(**(request.view_args or {}), requested=False)


@pages.get("/<lang>/<slug>/done/<token>")
def thanks(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Show the page after confirming: the count, the letter's state, and ways to tell others."""
    page, signature_id = open_private_link(lang, slug, token)
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        if subject_data.row.state is not SignatureState.CONFIRMED:
            return redirect_to_private_page(page, token)
        governments = container.reference.governments.values()
        counts = public_counts(session, page.loaded, governments, page.now.date())
        views = letter_views(session, page, subject_data)
        writes = may_write(session, page, subject_data)
    return render_page(
        page,
        "signing/thanks.html",
        policy=CSP_WITH_SCRIPTS,
        token=token,
        views=views,
        may_write=writes,
        total=counts.total,
        page_url=page.url("share"),
    )


@pages.get("/<lang>/<slug>/private/<token>")
def show(lang: str, slug: str, token: str) -> Response:
    """Show everything that we hold about one signature."""
    page, signature_id = open_private_link(lang, slug, token)
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        return render_private_page(session, page, token, subject_data)


@pages.post("/<lang>/<slug>/private/<token>/fresh")
def renew_link(lang: str, slug: str, token: str) -> Response:
    """Mail a new private link to the address that signed."""
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    try:
        _, signature_id = open_private_link(lang, slug, token)
    except ExpiredIdToken as error:
        signature_id = error.id
    may_mail = count_mail(page)
    with container.database.writing() as session:
        private_page.request_new_link(
            session, container.keyring, signature_id, lang, page.now, may_mail=may_mail
        )
    return _expired_page(lang, slug, token, requested=True)


@pages.post("/<lang>/<slug>/private/<token>/correct")
def correct(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Correct name, town and consents."""
    page, signature_id = open_private_link(lang, slug, token)
    form = CorrectionForm(page.language)
    form.validate()
    with container.database.writing() as session:
        subject_data = load_subject_data(session, page, signature_id)
        if form.errors:
            return render_private_page(session, page, token, subject_data, form)
        consents = {purpose: form[purpose].data for purpose in offered_consents(page.words)}
        correction = Correction(form.person, consents, page.words)
        private_page.correct(
            session, container.keyring, container.ledger, signature_id, correction, page.now
        )
    return redirect_to_private_page(page, token, saved=True)


@pages.post("/<lang>/<slug>/private/<token>/letter")
def edit_letter(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Change the letter while it has not been sent yet."""
    page, signature_id = open_private_link(lang, slug, token)
    form = LetterForm(page.language)
    form.validate()
    with container.database.writing() as session:
        subject_data = load_subject_data(session, page, signature_id)
        written = [one.row for one in subject_data.letters]
        if letter_to(written, form.recipient.data).send_method is SendMethod.PRINT:
            form.refuse_unprintable(container.pdf_renderer.missing_characters)
        if form.errors:
            return render_private_page(session, page, token, subject_data, form)
        changed = form.recipient.data, form.subject.data, form.body.data
        private_page.rewrite_letter(session, container.keyring, signature_id, *changed, page.now)
    return redirect_to_private_page(page, token, saved=True)


@pages.post("/<lang>/<slug>/private/<token>/withdraw")
def withdraw(lang: str, slug: str, token: str) -> WerkzeugResponse:
    page, signature_id = open_private_link(lang, slug, token)
    with container.database.writing() as session:
        load_subject_data(session, page, signature_id)
        private_page.withdraw(session, container.ledger, signature_id, page.now)
    return redirect_to_private_page(page, token)


@pages.post("/<lang>/<slug>/private/<token>/delete")
def delete(lang: str, slug: str, token: str) -> Response:
    """Erase everything personal. The response is the last page that this link shows."""
    page, signature_id = open_private_link(lang, slug, token)
    with container.database.writing() as session:
        subject_data = load_subject_data(session, page, signature_id)
        was_sent = any(one.possibly_sent for one in subject_data.letters)
        ministry_asked_to_delete = any(one.recipient_is_notified for one in subject_data.letters)
        private_page.delete_submissions(
            session, container.ledger, signature_id, live=container.settings.live, now=page.now
        )
    return render_page(
        page,
        "signing/deleted.html",
        was_sent=was_sent,
        ministry_asked_to_delete=ministry_asked_to_delete,
    )


@pages.post("/<lang>/<slug>/private/<token>/download")
def download(lang: str, slug: str, token: str) -> Response:
    """Return everything that we hold as a file: text to read, or JSON."""
    page, signature_id = open_private_link(lang, slug, token)
    readable = DownloadForm().kind.data == "text"
    with container.database.reading() as session:
        subject_data = load_subject_data(session, page, signature_id)
        text = (
            _as_text(session, page, subject_data) if readable else _as_json(session, subject_data)
        )
    kind, ending = ("text/plain", "txt") if readable else ("application/json", "json")
    response = Response(text, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="signature-{slug}.{ending}"'
    return response


def _expired_page(lang: str, slug: str, token: str, *, requested: bool) -> Response:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    return render_page(
        page,
        "signing/private_link_expired.html",
        status=200 if requested else 410,
        token=token,
        requested=requested,
    )


def _as_json(session: Session, subject_data: SubjectData) -> str:
    document = export_subject_data(session, container.keyring, subject_data)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _as_text(session: Session, page: PageContext, subject_data: SubjectData) -> str:
    """Return everything that is held as text to read, in the page's language."""
    keys = [one.row.recipient for one in subject_data.letters]
    return container.message_builder.templates.render(
        "privacy/subject_access.txt",
        page.language,
        words=page.words,
        time_zone=page.campaign.facts.time_zone,
        subject_data=subject_data,
        government=page.government_name(subject_data.row.government),
        agreed=consents.of_signature(session, subject_data.row.id),
        events=events.of_signature(session, subject_data.row.id),
        mails=[one for one in mails.of_signature(session, subject_data.row.id) if one.accepted_at],
        names={
            row.key: row.name_in(page.language.tag) for row in recipients.with_keys(session, keys)
        },
    )
