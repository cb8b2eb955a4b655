"""The pages for signing: fill in the form, review the letter, sign."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, redirect, request, url_for

from campaign.campaigns.pages.open_letter import show_form
from campaign.campaigns.pages.public import visit_source
from campaign.signatures.rules.counts import shard_of
from campaign.signatures.rules.signature import PENDING_LIFETIME
from campaign.signing import submit
from campaign.signing.forms.sign import (
    NOT_WITHOUT_LETTER,
    SignForm,
    Step,
    chosen_government,
)
from campaign.signing.pages import signing
from campaign.signing.pages.automation import automation_signs
from campaign.signing.pages.confirm import make_token
from campaign.signing.pages.preview_page import PreviewPage
from campaign.signing.preview_counter import PreviewKey
from campaign.signing.submit import Submission
from campaign.store.tokens import Purpose
from campaign.web.context import (
    PageContext,
    container,
    count_mail,
    load_page_context,
    web_services,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.letters.rules.letter import LetterDraft
    from campaign.recipients.rows import RecipientRow

SIGNING_STEPS = frozenset({Step.NEXT, Step.SEND})
"""The buttons that sign; the others only show something, whatever the form says."""


@signing.get("/<lang>/<slug>/sign")
def sign(lang: str, slug: str) -> WerkzeugResponse:
    """Redirect to the form, which is on the letter's page; older links lead here."""
    page = _visit_open_campaign(lang, slug)
    government = chosen_government(request.args.get("government", ""), page)
    target = url_for(
        "public.letter",
        lang=lang,
        slug=slug,
        government=government or None,
        source=visit_source(page) or None,
        _anchor="sign",
    )
    return redirect(target, HTTPStatus.SEE_OTHER)


@signing.post("/<lang>/<slug>/sign")
def submit_step(lang: str, slug: str) -> WerkzeugResponse:
    """Take one step: check what was typed, show the letter, go back, or sign."""
    page = _visit_open_campaign(lang, slug)
    form = SignForm(page, request.form)
    if form.step is Step.CHANGE:
        return show_form(page, form)
    preview = _preview_page(page, form)
    recipients = preview.written_to() if form.wants_letter else []
    form.unchecked = frozenset() if recipients else NOT_WITHOUT_LETTER
    if not form.validate():
        return _faulty_page(page, form, preview, recipients)
    letters: list[LetterDraft] = []
    if recipients:
        taken = preview.take_letters(recipients)
        if isinstance(taken, Response):
            if not form.letters:
                _count_preview(page, form)
            return taken
        letters = taken
    elif form.wants_letter and form.letters:
        # Her letter was to an office that is there no more: she did not agree to only sign.
        form.add_reason("government", "no-office")
        return show_form(page, form, HTTPStatus.CONFLICT)
    elif form.step not in SIGNING_STEPS:
        return show_form(page, form)
    handle = _submit(page, form, letters)
    return redirect(url_for(".check", lang=lang, slug=slug, token=handle), HTTPStatus.SEE_OTHER)


def _count_preview(page: PageContext, form: SignForm) -> None:
    source = page.campaign.facts.normalize_source(form.typed("source"))
    shard = shard_of(form.form_id)
    web_services.preview_counter.add(
        PreviewKey(page.loaded.campaign_id, page.now.date(), source, shard)
    )


def _preview_page(page: PageContext, form: SignForm) -> PreviewPage:
    action = url_for(".submit_step", lang=page.language.tag, slug=page.slug)
    return PreviewPage(page, form, action)


def _visit_open_campaign(lang: str, slug: str) -> PageContext:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug)
    page.campaign.facts.must_be_open(page.now.date())
    return page


def _faulty_page(
    page: PageContext, form: SignForm, preview: PreviewPage, recipients: Sequence[RecipientRow]
) -> Response:
    """Show the page where the errors can be corrected."""
    first = {name for name, _ in form.first_page_errors()}
    if recipients and (not first or (form.letters and first == {"stamp"})):
        return preview.show_faults(recipients)
    return show_form(page, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _submit(page: PageContext, form: SignForm, letters: Sequence[LetterDraft]) -> str:
    submission = Submission(
        form_id=form.form_id,
        person=form.person,
        government=form.typed("government"),
        language=page.language.tag,
        source=form.typed("source"),
        consents=form.consents_with(letter=bool(letters)),
        letters=letters,
        held_for=automation_signs(page, form.form_id, honeypot=form.typed("comment")),
        mail_allowed=count_mail(page),
        signed_live=container.settings.live,
        submission_hash=_submission_hash(form),
    )
    signature_id = submit.submit(
        container.database, container.keyring, page.loaded, submission, page.now
    )
    return make_token(page, Purpose.ENTER_CODE, signature_id, PENDING_LIFETIME)


def _submission_hash(form: SignForm) -> bytes | None:
    """Return the keyed hash by which a second click on a page that everybody shares is noticed.

    Pages of her own have an id instead.
    """
    if not form.shared_token:
        return None
    told = {
        "person": asdict(form.person),
        "government": form.typed("government"),
        "language": form.language.tag,
        "consents": sorted(form.consents_with(letter=False).items()),
        "source": form.typed("source"),
    }
    return container.keyring.hash("submission", json.dumps([form.shared_token, told]))
