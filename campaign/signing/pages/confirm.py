"""The pages for confirming: check your mail, enter the code, press the button, stop the mails."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, redirect, request, url_for

from campaign.errors import NotFound
from campaign.signatures.queries import signatures
from campaign.signatures.rules.signature import (
    PENDING_LIFETIME,
    PRIVATE_LINK_LIFETIME,
)
from campaign.signing import change_address as changing, confirm as confirming, request_mail
from campaign.signing.change_address import Limits
from campaign.signing.confirm import ConsentText
from campaign.signing.forms.email_typos import suggest_address
from campaign.signing.forms.private_page import AddressForm, CodeForm
from campaign.signing.pages import signing
from campaign.signing.pages.automation import automation_signs
from campaign.store.tokens import Purpose
from campaign.web.context import (
    PageContext,
    container,
    count_mail,
    load_page_context,
)
from campaign.web.render import render_page

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.language.catalogue import Language
    from campaign.signatures.rows import SignatureRow
    from campaign.signing.forms.fields import PublicForm


@signing.get("/<lang>/<slug>/check/<token>")
def check(lang: str, slug: str, token: str) -> Response:
    """Show "check your mail": the same page for a new, a known and a blocked address."""
    page, signature_id = _read_token(lang, slug, token, Purpose.ENTER_CODE)
    return _check_page(page, token, signature_id)


@signing.post("/<lang>/<slug>/check/<token>")
def check_code(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Confirm with the code from the mail."""
    page, signature_id = _read_token(lang, slug, token, Purpose.ENTER_CODE)
    form = CodeForm(page.language)
    if not form.validate():
        # Nothing was typed, so this counts as no try.
        return _check_page(page, token, signature_id, form)
    with container.database.writing() as session:
        code = form.code.data
        fits = confirming.try_code(session, container.tokens, signature_id, code, page.now)
    if not fits:
        form.add_reason("code", "bad-code")
        return _check_page(page, token, signature_id, form)
    return _confirm(page, signature_id, confirm_code_text(page.language))


@signing.post("/<lang>/<slug>/check/<token>/again")
def resend(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Send the mail once more, if the day's cap allows; the page does not reveal whether it did."""
    page, signature_id = _read_token(lang, slug, token, Purpose.ENTER_CODE)
    may_mail = count_mail(page)
    with container.database.writing() as session:
        request_mail.resend_confirmation(
            session, container.keyring, signature_id, lang, page.now, may_mail=may_mail
        )
    target = url_for(".check", lang=lang, slug=slug, token=token, resent=1)
    return redirect(target, HTTPStatus.SEE_OTHER)


@signing.post("/<lang>/<slug>/check/<token>/address")
def change_address(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Send the mail to another address, with everything else as she typed it."""
    page, signature_id = _read_token(lang, slug, token, Purpose.ENTER_CODE)
    form = AddressForm(page.language)
    if not form.validate():
        return _check_page(page, token, signature_id, form)
    page.campaign.facts.must_be_open(page.now.date())
    limits = Limits(automation_signs(page, signature_id), count_mail(page))
    with container.database.writing() as session:
        new_id = changing.change_address(
            session,
            container.keyring,
            page.loaded,
            signature_id,
            form.email.data,
            limits,
            page.now,
        )
    handle = make_token(page, Purpose.ENTER_CODE, new_id, PENDING_LIFETIME)
    return redirect(url_for(".check", lang=lang, slug=slug, token=handle), HTTPStatus.SEE_OTHER)


@signing.get("/<lang>/<slug>/confirm/<token>")
def confirm(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Show a button, so that programs that follow links in mails change nothing.

    A supporter who confirmed earlier is thanked again; one who has withdrawn since sees that on
    her private page.
    """
    page, signature_id = _read_token(lang, slug, token, Purpose.CONFIRM)
    with container.database.reading(snapshot=False) as session:
        row = _find_signature(session, page, signature_id)
        if row.confirmed_at is not None and row.sealed is not None:
            return _redirect_to_thanks(page, signature_id)
        confirming.must_be_confirmable(row, page.now)
    return render_page(
        page, "signing/confirm.html", token=token, consent_text=confirm_button_text(page.language)
    )


@signing.post("/<lang>/<slug>/confirm/<token>")
def confirm_submit(lang: str, slug: str, token: str) -> WerkzeugResponse:
    page, signature_id = _read_token(lang, slug, token, Purpose.CONFIRM)
    return _confirm(page, signature_id, confirm_button_text(page.language))


@signing.get("/<lang>/<slug>/stop/<token>")
def stop(lang: str, slug: str, token: str) -> Response:
    page, _ = _read_stop_token(lang, slug, token)
    return render_page(page, "signing/stop_mail.html", token=token, done=False)


@signing.post("/<lang>/<slug>/stop/<token>")
def stop_submit(lang: str, slug: str, token: str) -> Response:
    """Suppress the address: "not me", no more mail to it."""
    page, address_hash = _read_stop_token(lang, slug, token)
    with container.database.writing() as session:
        request_mail.suppress_address(session, container.ledger, address_hash, page.now)
    return render_page(page, "signing/stop_mail.html", token=token, done=True)


def make_token(page: PageContext, purpose: Purpose, signature_id: UUID, valid: timedelta) -> str:
    return container.tokens.make(purpose, page.loaded.uid, signature_id, page.now + valid)


def _read_token(lang: str, slug: str, token: str, purpose: Purpose) -> tuple[PageContext, UUID]:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    page.campaign.facts.must_not_be_archived()
    return page, container.tokens.read(purpose, page.loaded.uid, token, page.now)


def _read_stop_token(lang: str, slug: str, token: str) -> tuple[PageContext, bytes]:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    return page, container.tokens.read_stop(page.loaded.uid, token, page.now)


def _check_page(
    page: PageContext, token: str, signature_id: UUID, faulty: PublicForm | None = None
) -> Response:
    with container.database.reading() as session:
        address = changing.changeable_address(session, container.keyring, signature_id, page.now)
    language, blank = page.language, {"formdata": None}
    return render_page(
        page,
        "signing/enter_code.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faulty else 200,
        token=token,
        form=faulty if isinstance(faulty, CodeForm) else CodeForm(language, **blank),
        address=address,
        address_form=faulty
        if isinstance(faulty, AddressForm)
        else AddressForm(language, data={"email": address}, **blank),
        suggested_email=suggest_address(address),
        errors=list(faulty.error_list()) if faulty else [],
        resent="resent" in request.args,
        consent_text=confirm_code_text(language),
    )


def confirm_button_text(language: Language) -> str:
    """Return the text of the button behind the mail's link: the consent to be counted."""
    return language.gettext(
        "This confirms your signature, and it will be counted. If you asked us to "
        "send your letter, we will then send it."
    )


def confirm_code_text(language: Language) -> str:
    """Return what entering the code means: the consent to be counted."""
    return language.gettext(
        "It is valid for 30 minutes. Entering it confirms your signature, which will then be "
        "counted."
    )


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
