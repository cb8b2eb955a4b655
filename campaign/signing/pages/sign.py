"""The pages for signing: fill in the form, review the letter, sign, confirm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request, url_for

from campaign.campaigns.pages.public import visit_source
from campaign.errors import NotFound
from campaign.letters.rules.letter import SendMethod
from campaign.letters.similarity import letter_similarity, split_sentences
from campaign.recipients.queries import ministries
from campaign.recipients.rules.addresses import Channel
from campaign.signatures.queries import signatures
from campaign.signatures.rules.signature import PENDING_LIFETIME, PRIVATE_LINK_LIFETIME, HoldReason
from campaign.signing import confirm as confirming, request_mail, submit
from campaign.signing.confirm import ConsentText
from campaign.signing.forms.email_typos import suggest_address
from campaign.signing.forms.error_messages import error_message
from campaign.signing.forms.sign import SignForm, chosen_government
from campaign.signing.pages import form_cache
from campaign.signing.pages.preview import LetterPreview, Step, build_preview
from campaign.signing.submit import Submission
from campaign.store.ids import uuid7_timestamp
from campaign.store.tokens import Purpose
from campaign.web.context import PageContext, container, count_mail, load_page_context, web_services
from campaign.web.render import render_page

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.language.catalogue import Language
    from campaign.letters.rules.letter import LetterDraft
    from campaign.signatures.rows.signatures import SignatureRow

pages = Blueprint("signing", __name__)

UNPROCESSABLE = 422


@pages.get("/<lang>/<slug>/sign")
def sign(lang: str, slug: str) -> Response:
    """Show the empty form, with the government and source that the link named."""
    page = _visit_open_campaign(lang, slug)
    government, source = (
        chosen_government(request.args.get("government", ""), page),
        visit_source(page),
    )
    plain = {"government": government, "source": source}
    if container.settings.production and all(
        plain.get(name) == value for name, value in request.args.items()
    ):
        return form_cache.cached_form_page(page, lambda: _blank_form(page, government, source))
    return _blank_form(page, government, source)[0]


def _blank_form(page: PageContext, government: str, source: str) -> tuple[Response, str]:
    """Return the page and the form token in it."""
    form = SignForm(page, None)
    form.government.data, form.unvalidated["source"] = government, source
    response = _form_page(page, form)
    return response, str(form.stamp.current_token)


@pages.post("/<lang>/<slug>/sign")
def submit_step(lang: str, slug: str) -> WerkzeugResponse:
    """Take one step: check what was typed, show the letter, go back, or sign."""
    page = _visit_open_campaign(lang, slug)
    form = SignForm(page, request.form)
    step = _step(request.form.get("step", ""))
    if step is Step.CHANGE:
        return _form_page(page, form)
    if not form.validate():
        return _faulty_page(page, form)
    send_method, letter = form.send_method, None
    if send_method or step is not Step.SEND:
        preview = build_preview(page, form, step)
        if step is not Step.SEND or preview.conflict or not preview.was_shown:
            return _preview_page(page, form, preview)
        if send_method is SendMethod.PRINT and preview.unprintable:
            return _preview_page(page, form, preview, UNPROCESSABLE)
        letter = preview.as_written_letter(send_method) if send_method else None
    handle = _submit(page, form, letter)
    return redirect(url_for(".check", lang=lang, slug=slug, token=handle), 303)


@pages.get("/<lang>/<slug>/check/<token>")
def check(lang: str, slug: str, token: str) -> Response:
    """Show "check your mail": the same page for a new, a known and a blocked address."""
    page, _ = _read_token(lang, slug, token, Purpose.ENTER_CODE)
    return _check_page(page, token)


@pages.post("/<lang>/<slug>/check/<token>")
def check_code(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Confirm with the code from the mail."""
    page, signature_id = _read_token(lang, slug, token, Purpose.ENTER_CODE)
    code = request.form.get("code", "")
    if not code.strip():
        # Nothing was typed, so this counts as no try.
        return _check_page(page, token, error=error_message(page.language, "no-code"))
    with container.database.writing() as session:
        fits = confirming.try_code(session, container.tokens, signature_id, code, page.now)
    if not fits:
        error = error_message(page.language, "bad-code")
        return _check_page(page, token, error=error)
    return _confirm(page, signature_id, confirm_code_text(page.language))


@pages.post("/<lang>/<slug>/check/<token>/again")
def resend(lang: str, slug: str, token: str) -> Response:
    """Send the mail once more, if the day's cap allows; the page does not reveal whether it did."""
    page, signature_id = _read_token(lang, slug, token, Purpose.ENTER_CODE)
    may_mail = count_mail(page)
    with container.database.writing() as session:
        request_mail.resend_confirmation(
            session, container.keyring, signature_id, lang, page.now, may_mail=may_mail
        )
    return _check_page(page, token, resent=True)


@pages.get("/<lang>/<slug>/confirm/<token>")
def confirm(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Show a button, so that programs that follow links in mails change nothing.

    A supporter who confirmed earlier is thanked again; one who has withdrawn since sees that on
    her private page.
    """
    page, signature_id = _read_token(lang, slug, token, Purpose.CONFIRM)
    with container.database.reading() as session:
        row = _find_signature(session, page, signature_id)
        if row.confirmed_at is not None and row.sealed is not None:
            return _redirect_to_thanks(page, signature_id)
        confirming.must_be_confirmable(row, page.now)
    return render_page(
        page, "signing/confirm.html", token=token, consent_text=confirm_button_text(page.language)
    )


@pages.post("/<lang>/<slug>/confirm/<token>")
def confirm_submit(lang: str, slug: str, token: str) -> WerkzeugResponse:
    page, signature_id = _read_token(lang, slug, token, Purpose.CONFIRM)
    return _confirm(page, signature_id, confirm_button_text(page.language))


@pages.get("/<lang>/<slug>/stop/<token>")
def stop(lang: str, slug: str, token: str) -> Response:
    page, _ = _read_stop_token(lang, slug, token)
    return render_page(page, "signing/stop_mail.html", token=token, done=False)


@pages.post("/<lang>/<slug>/stop/<token>")
def stop_submit(lang: str, slug: str, token: str) -> Response:
    """Suppress the address: "not me", no more mail to it."""
    page, address_hash = _read_stop_token(lang, slug, token)
    with container.database.writing() as session:
        request_mail.suppress_address(session, container.ledger, address_hash, page.now)
    return render_page(page, "signing/stop_mail.html", token=token, done=True)


def make_token(page: PageContext, purpose: Purpose, signature_id: UUID, valid: timedelta) -> str:
    return container.tokens.make(purpose, page.loaded.uid, signature_id, page.now + valid)


def _visit_open_campaign(lang: str, slug: str) -> PageContext:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug)
    page.campaign.facts.must_be_open(page.now.date())
    return page


def _read_token(lang: str, slug: str, token: str, purpose: Purpose) -> tuple[PageContext, UUID]:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    return page, container.tokens.read(purpose, page.loaded.uid, token, page.now)


def _read_stop_token(lang: str, slug: str, token: str) -> tuple[PageContext, bytes]:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    return page, container.tokens.read_stop(page.loaded.uid, token, page.now)


def _step(text: str) -> Step:
    try:
        return Step(text)
    except ValueError:
        return Step.PREVIEW


def _check_page(
    page: PageContext, token: str, *, error: str = "", resent: bool = False
) -> Response:
    return render_page(
        page,
        "signing/enter_code.html",
        status=UNPROCESSABLE if error else 200,
        token=token,
        error=error,
        resent=resent,
        consent_text=confirm_code_text(page.language),
    )


def _form_page(page: PageContext, form: SignForm, status: int = 200) -> Response:
    # The letter's text is corrected on the second page; here it is only carried along.
    errors = [fault for fault in form.error_list() if fault[0] not in {"subject", "body"}]
    return render_page(page, "signing/sign.html", status=status, form=form, errors=errors)


def _faulty_page(page: PageContext, form: SignForm) -> Response:
    """Show the page where the error can be corrected: the letter's text is on the second."""
    errors = form.error_list()
    if form.has_letter_text and {name for name, _ in errors} <= {"subject", "body", "stamp"}:
        text_is_faulty = bool(form.subject.errors or form.body.errors)
        preview = build_preview(page, form, Step.KEEP if text_is_faulty else Step.PREVIEW)
        return _preview_page(page, form, preview, UNPROCESSABLE)
    return _form_page(page, form, UNPROCESSABLE)


def _preview_page(
    page: PageContext, form: SignForm, preview: LetterPreview, status: int = 200
) -> Response:
    government = form.typed("government")
    body = preview.text.body
    sentences = split_sentences(page.loaded, government, preview.language, body, form.person)
    with container.database.reading() as session:
        about = page.loaded.campaign_id, preview.language, form.person, page.language.tag
        sender = container.message_builder.from_mailbox(session, *about)
        similarity = letter_similarity(session, container.keyring, sentences)
        ministry = ministries.get(session, government) if container.settings.live else None
    unprintable_message = ""
    if preview.unprintable:
        unprintable_message = error_message(
            page.language, "not-on-paper", characters=preview.unprintable
        )
    refused = (
        form.send_method is SendMethod.PRINT and status == UNPROCESSABLE and unprintable_message
    )
    return render_page(
        page,
        "signing/preview.html",
        status=status,
        form=form,
        errors=[*form.error_list(), *([("way", unprintable_message)] if refused else [])],
        unprintable_message=unprintable_message,
        way_errors=[unprintable_message] if refused else [],
        preview=preview,
        sender=sender,
        footer=container.message_builder.render_footer(preview.language),
        will_wait=ministry is not None and not ministry.has_verified(Channel.EMAIL),
        address_unverified=ministry is not None and not all(map(ministry.has_verified, Channel)),
        similarity=similarity,
        suggested_email=suggest_address(form.typed("email")),
    )


def _submit(page: PageContext, form: SignForm, letter: LetterDraft | None) -> str:
    submission = Submission(
        form_id=form.form_id,
        person=form.person,
        government=form.typed("government"),
        language=page.language.tag,
        source=form.typed("source"),
        consents=form.consents,
        letter=letter,
        held_for=_hold_reason(page, form),
        mail_allowed=count_mail(page),
        signed_live=container.settings.live,
    )
    signature_id = submit.submit(
        container.database, container.keyring, page.loaded, submission, page.now
    )
    return make_token(page, Purpose.ENTER_CODE, signature_id, PENDING_LIFETIME)


def _hold_reason(page: PageContext, form: SignForm) -> HoldReason | None:
    """Return why a signature looks automated.

    Signatures from its network are counted in any case.
    """
    flooded = web_services.rate_limiter.count_signature(
        request.remote_addr or "",
        page.slug,
        page.now.date(),
        attacked=page.loaded.attacked_since is not None,
    )
    if form.typed("comment"):
        return HoldReason.HONEYPOT
    if page.now - uuid7_timestamp(form.form_id) < timedelta(
        seconds=container.settings.form_seconds
    ):
        return HoldReason.TOO_FAST
    return HoldReason.RATE_LIMIT if flooded else None


def confirm_button_text(language: Language) -> str:
    """Return the text of the button behind the mail's link: the consent to be counted."""
    return language.gettext(
        "With this button your signature is counted. If you asked for it, your letter then "
        "goes to the ministry."
    )


def confirm_code_text(language: Language) -> str:
    """Return what entering the code means: the consent to be counted."""
    return language.gettext("They are valid for 30 minutes. Confirming means: count my signature.")


def _confirm(page: PageContext, signature_id: UUID, words: str) -> WerkzeugResponse:
    shown = ConsentText(words, page.language.tag)
    confirming.confirm(
        container.database,
        container.keyring,
        page.loaded.campaign_id,
        signature_id,
        shown,
        live=container.settings.live,
        now=page.now,
    )
    return _redirect_to_thanks(page, signature_id)


def _redirect_to_thanks(page: PageContext, signature_id: UUID) -> WerkzeugResponse:
    """Redirect to the thanks page.

    It redirects to the private page when the signature is not counted any more.
    """
    token = make_token(page, Purpose.PRIVATE, signature_id, PRIVATE_LINK_LIFETIME)
    target = url_for("private_page.thanks", lang=page.language.tag, slug=page.slug, token=token)
    return redirect(target, 303)


def _find_signature(session: Session, page: PageContext, signature_id: UUID) -> SignatureRow:
    row = signatures.find(session, signature_id)
    if row is None or row.campaign_id != page.loaded.campaign_id:
        raise NotFound(str(signature_id))
    return row
