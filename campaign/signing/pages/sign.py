"""Fill in, read again, sign, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request, url_for

from campaign.campaigns.pages.letter import source_of
from campaign.errors import NotFound
from campaign.letters.rules.letter import Way
from campaign.letters.similarity import likeness_of, split
from campaign.recipients.queries import ministries
from campaign.recipients.rules.directory import Channel
from campaign.signatures.queries import signatures
from campaign.signatures.rules.signature import PENDING_FOR, PRIVATE_LINK_FOR, HeldFor
from campaign.signing import submit as signing
from campaign.signing.forms.domains import suggestion
from campaign.signing.forms.reasons import said
from campaign.signing.forms.sign import SignForm, chosen_government
from campaign.signing.pages import form_cache as blank
from campaign.signing.pages.preview import Preview, Step, make_preview
from campaign.signing.submit import Shown, Submission
from campaign.store.ids import made_at
from campaign.store.tokens import Purpose
from campaign.web.context import Visit, current_site, spend_mail, visit
from campaign.web.render import page

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.language.catalogue import Language
    from campaign.letters.rules.letter import WrittenLetter
    from campaign.signatures.rows.signatures import SignatureRow

pages = Blueprint("signing", __name__)

UNPROCESSABLE = 422


@pages.get("/<lang>/<slug>/sign")
def sign(lang: str, slug: str) -> Response:
    """The empty form, with the government and source that the link named."""
    seen = _open_visit(lang, slug)
    government, source = (
        chosen_government(request.args.get("government", ""), seen),
        source_of(seen),
    )
    plain = {"government": government, "source": source}
    if current_site().keeps_pages and all(
        plain.get(name) == value for name, value in request.args.items()
    ):
        return blank.page(seen, lambda: _blank_form(seen, government, source))
    return _blank_form(seen, government, source)[0]


def _blank_form(seen: Visit, government: str, source: str) -> tuple[Response, str]:
    """Return the page and the stamp that is in it."""
    form = SignForm(seen, None)
    form.government.data, form.carried["source"] = government, source
    response = _form_page(seen, form)
    return response, str(form.stamp.current_token)


@pages.post("/<lang>/<slug>/sign")
def sign_step(lang: str, slug: str) -> WerkzeugResponse:
    """One step: check what was typed, show the letter, go back, or sign."""
    seen = _open_visit(lang, slug)
    form = SignForm(seen, request.form)
    step = _step(request.form.get("step", ""))
    if step is Step.CHANGE:
        return _form_page(seen, form)
    if not form.validate():
        return _faulty_page(seen, form)
    way, letter = form.chosen_way, None
    if way or step is not Step.SEND:
        preview = make_preview(seen, form, step)
        if step is not Step.SEND or preview.conflict or not preview.shown:
            return _preview_page(seen, form, preview)
        if way is Way.PRINT and preview.unprintable:
            return _preview_page(seen, form, preview, UNPROCESSABLE)
        letter = preview.written(way) if way else None
    handle = _submit(seen, form, letter)
    return redirect(url_for(".check", lang=lang, slug=slug, token=handle), 303)


@pages.get("/<lang>/<slug>/check/<token>")
def check(lang: str, slug: str, token: str) -> Response:
    """Check your mail: the same page for a new, a known and a blocked address."""
    seen, _ = _with_token(lang, slug, token, Purpose.CHECK)
    return _check_page(seen, token)


@pages.post("/<lang>/<slug>/check/<token>")
def check_code(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Confirm with the code from the mail."""
    site = current_site()
    seen, signature_id = _with_token(lang, slug, token, Purpose.CHECK)
    typed = request.form.get("code", "")
    if not typed.strip():
        # Nothing was typed, so nothing was tried.
        return _check_page(seen, token, error=said(seen.language, "no-code"))
    with site.database.writing() as session:
        fits = signing.code_fits(session, site.tokens, signature_id, typed, seen.now)
    if not fits:
        error = said(seen.language, "bad-code")
        return _check_page(seen, token, error=error)
    return _confirm(seen, signature_id, words_beside_code(seen.language))


@pages.post("/<lang>/<slug>/check/<token>/again")
def check_again(lang: str, slug: str, token: str) -> Response:
    """Send the mail once more, if the day's cap allows; the page does not tell."""
    seen, signature_id = _with_token(lang, slug, token, Purpose.CHECK)
    site, may_mail = current_site(), spend_mail(seen)
    with site.database.writing() as session:
        signing.ask_again(session, site.keyring, signature_id, lang, seen.now, may_mail=may_mail)
    return _check_page(seen, token, again=True)


@pages.get("/<lang>/<slug>/confirm/<token>")
def confirm(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Show a button. Programs that follow links in mails change nothing.

    Who confirmed before is thanked again; who withdrew since reads that on her private page.
    """
    seen, signature_id = _with_token(lang, slug, token, Purpose.CONFIRM)
    with current_site().database.reading() as session:
        row = _must_belong(session, seen, signature_id)
        if row.confirmed_at is not None and row.sealed is not None:
            return _thank(seen, signature_id)
        signing.must_be_confirmable(row, seen.now)
    return page(seen, "public/confirm.html", token=token, beside=words_beside_button(seen.language))


@pages.post("/<lang>/<slug>/confirm/<token>")
def confirm_press(lang: str, slug: str, token: str) -> WerkzeugResponse:
    seen, signature_id = _with_token(lang, slug, token, Purpose.CONFIRM)
    return _confirm(seen, signature_id, words_beside_button(seen.language))


@pages.get("/<lang>/<slug>/stop/<token>")
def stop(lang: str, slug: str, token: str) -> Response:
    seen, _ = _stopping(lang, slug, token)
    return page(seen, "public/stop.html", token=token, done=False)


@pages.post("/<lang>/<slug>/stop/<token>")
def stop_press(lang: str, slug: str, token: str) -> Response:
    """Not me: no mail to this address again."""
    seen, address_hash = _stopping(lang, slug, token)
    site = current_site()
    with site.database.writing() as session:
        signing.stop_for_good(session, site.ledger, address_hash, seen.now)
    return page(seen, "public/stop.html", token=token, done=True)


def make_token(seen: Visit, purpose: Purpose, signature_id: UUID, valid: timedelta) -> str:
    return current_site().tokens.make(purpose, seen.slug, signature_id, seen.now + valid)


def _open_visit(lang: str, slug: str) -> Visit:
    with current_site().database.reading() as session:
        seen = visit(session, lang, slug)
    seen.campaign.facts.must_be_open(seen.now.date())
    return seen


def _with_token(lang: str, slug: str, token: str, purpose: Purpose) -> tuple[Visit, UUID]:
    site = current_site()
    with site.database.reading() as session:
        seen = visit(session, lang, slug, mailed=True)
    return seen, site.tokens.read(purpose, slug, token, seen.now)


def _stopping(lang: str, slug: str, token: str) -> tuple[Visit, bytes]:
    site = current_site()
    with site.database.reading() as session:
        seen = visit(session, lang, slug, mailed=True)
    return seen, site.tokens.read_stop(slug, token, seen.now)


def _step(text: str) -> Step:
    try:
        return Step(text)
    except ValueError:
        return Step.PREVIEW


def _check_page(seen: Visit, token: str, *, error: str = "", again: bool = False) -> Response:
    return page(
        seen,
        "public/check.html",
        status=UNPROCESSABLE if error else 200,
        token=token,
        error=error,
        again=again,
        beside=words_beside_code(seen.language),
    )


def _form_page(seen: Visit, form: SignForm, status: int = 200) -> Response:
    # The letter's text is mended on the second page; here it only travels along.
    errors = [fault for fault in form.error_list() if fault[0] not in {"subject", "body"}]
    return page(seen, "public/sign.html", status=status, form=form, errors=errors)


def _faulty_page(seen: Visit, form: SignForm) -> Response:
    """Show the page on which the fault can be mended: the letter's text is on the second."""
    errors = form.error_list()
    if form.carries_text and {name for name, _ in errors} <= {"subject", "body", "stamp"}:
        text_is_faulty = bool(form.subject.errors or form.body.errors)
        preview = make_preview(seen, form, Step.KEEP if text_is_faulty else Step.PREVIEW)
        return _preview_page(seen, form, preview, UNPROCESSABLE)
    return _form_page(seen, form, UNPROCESSABLE)


def _preview_page(seen: Visit, form: SignForm, preview: Preview, status: int = 200) -> Response:
    site, government = current_site(), form.typed("government")
    body = preview.text.body
    sentences = split(seen.shelved, government, preview.language, body, form.person)
    with site.database.reading() as session:
        about = seen.shelved.campaign_id, preview.language, form.person, seen.language.tag
        sender = site.composer.sender(session, *about)
        like = likeness_of(session, site.keyring, sentences)
        ministry = ministries.get(session, government) if site.live else None
    not_on_paper = ""
    if preview.unprintable:
        not_on_paper = said(seen.language, "not-on-paper", characters=preview.unprintable)
    refused = form.chosen_way is Way.PRINT and status == UNPROCESSABLE and not_on_paper
    return page(
        seen,
        "public/preview.html",
        status=status,
        form=form,
        errors=[*form.error_list(), *([("way", not_on_paper)] if refused else [])],
        not_on_paper=not_on_paper,
        way_errors=[not_on_paper] if refused else [],
        preview=preview,
        letter_words=seen.campaign.words_in(preview.language),
        sender=sender,
        footer=site.composer.footer(preview.language),
        will_wait=ministry is not None and not ministry.verified(Channel.EMAIL),
        unchecked=ministry is not None and not all(map(ministry.verified, Channel)),
        like=like,
        meant=suggestion(form.typed("email")),
    )


def _submit(seen: Visit, form: SignForm, letter: WrittenLetter | None) -> str:
    site = current_site()
    submission = Submission(
        stamp_id=form.stamp_id,
        person=form.person,
        government=form.typed("government"),
        language=seen.language.tag,
        source=form.typed("source"),
        consents=form.consents,
        letter=letter,
        held_for=_suspected(seen, form),
        may_mail=spend_mail(seen),
        signed_live=site.live,
    )
    wanted = site.keyring, seen.shelved, submission, seen.now
    signature_id = None
    if site.database.is_postgresql:
        with site.database.single() as connection:
            signature_id = signing.submit_at_once(connection, *wanted)
    if signature_id is None:
        with site.database.writing() as session:
            signature_id = signing.submit(session, *wanted)
    return make_token(seen, Purpose.CHECK, signature_id, PENDING_FOR)


def _suspected(seen: Visit, form: SignForm) -> HeldFor | None:
    """Return why a signature looks like no person's; its network's are counted in any case."""
    site = current_site()
    flooded = site.floods.is_over(
        request.remote_addr or "",
        seen.slug,
        seen.now.date(),
        attacked=seen.shelved.attacked_since is not None,
    )
    if form.typed("comment"):
        return HeldFor.TRAP
    if seen.now - made_at(form.stamp_id) < site.form_time:
        return HeldFor.HASTE
    return HeldFor.FLOOD if flooded else None


def words_beside_button(language: Language) -> str:
    """Return what the button behind the mail's link means: the consent to be counted."""
    return language.gettext(
        "With this button your signature is counted. If you asked for it, your letter then "
        "goes to the ministry."
    )


def words_beside_code(language: Language) -> str:
    """Return what typing the code means: the consent to be counted."""
    return language.gettext("They are valid for 30 minutes. Confirming means: count my signature.")


def _confirm(seen: Visit, signature_id: UUID, words: str) -> WerkzeugResponse:
    site = current_site()
    shown = Shown(words, seen.language.tag)
    wanted = site.keyring, seen.shelved.campaign_id, signature_id, shown
    counted = False
    if site.database.is_postgresql:
        with site.database.single() as connection:
            counted = signing.confirm_at_once(connection, *wanted, live=site.live, now=seen.now)
    if not counted:
        with site.database.writing() as session:
            signing.confirm(session, *wanted, live=site.live, now=seen.now)
    return _thank(seen, signature_id)


def _thank(seen: Visit, signature_id: UUID) -> WerkzeugResponse:
    """Lead to the thanks page, which leads on to the private page where nothing counts now."""
    token = make_token(seen, Purpose.PRIVATE, signature_id, PRIVATE_LINK_FOR)
    target = url_for("own_page.done", lang=seen.language.tag, slug=seen.slug, token=token)
    return redirect(target, 303)


def _must_belong(session: Session, seen: Visit, signature_id: UUID) -> SignatureRow:
    row = signatures.find(session, signature_id)
    if row is None or row.campaign_id != seen.shelved.campaign_id:
        raise NotFound(str(signature_id))
    return row
