"""The pages for signing: fill in the form, review the letter, sign."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, redirect, request, url_for

from campaign.campaigns.pages.public import visit_source
from campaign.campaigns.pages.recipients import chosen_recipients, recipient_notes
from campaign.letters.rules.letter import SendMethod
from campaign.recipients.rules.choice import Addressing
from campaign.signatures.rules.signature import PENDING_LIFETIME, HoldReason
from campaign.signing import submit
from campaign.signing.forms.email_typos import suggest_address
from campaign.signing.forms.error_messages import error_message
from campaign.signing.forms.form_token import make_form_token
from campaign.signing.forms.sign import SignForm, Step, chosen_government
from campaign.signing.pages import signing
from campaign.signing.pages.confirm import make_token
from campaign.signing.pages.preview import build_previews, show_letter
from campaign.signing.submit import Submission
from campaign.store.ids import uuid7, uuid7_timestamp
from campaign.store.tokens import Purpose
from campaign.web.context import PageContext, container, count_mail, load_page_context, web_services
from campaign.web.render import render_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.letters.rules.letter import LetterDraft
    from campaign.recipients.rows import RecipientRow
    from campaign.signing.pages.preview import LetterPreview

_PLACEHOLDER = "the-stamp-of-this-visitor"
_MAX_ENTRIES = 200


@signing.get("/<lang>/<slug>/sign")
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
        return _cached_form_page(page, lambda: _blank_form(page, government, source))
    return _blank_form(page, government, source)[0]


def _cached_form_page(page: PageContext, make: Callable[[], tuple[Response, str]]) -> Response:
    """Return the page that `make` returns with its token, or a cached one with a new token."""
    pages: dict[tuple[object, ...], str] = page.loaded.derived.setdefault("blank forms", {})
    key = request.full_path, page.now.date().isoformat(), chosen_recipients(page).state
    kept = pages.get(key)
    if kept is None:
        response, stamp = make()
        if len(pages) >= _MAX_ENTRIES:
            pages.clear()
        pages[key] = response.get_data(as_text=True).replace(stamp, _PLACEHOLDER)
        return response
    text = kept.replace(_PLACEHOLDER, make_form_token(page, uuid7(page.now)))
    response = Response(text, mimetype="text/html")
    response.headers["Content-Language"] = page.language.tag
    return response


def _blank_form(page: PageContext, government: str, source: str) -> tuple[Response, str]:
    """Return the page and the form token in it."""
    form = SignForm(page, None)
    form.government.data, form.unvalidated["source"] = government, source
    response = _form_page(page, form)
    return response, str(form.stamp.current_token)


@signing.post("/<lang>/<slug>/sign")
def submit_step(lang: str, slug: str) -> WerkzeugResponse:
    """Take one step: check what was typed, show the letter, go back, or sign."""
    page = _visit_open_campaign(lang, slug)
    form = SignForm(page, request.form)
    if form.step is Step.CHANGE:
        return _form_page(page, form)
    if not form.validate():
        return _faulty_page(page, form)
    send_method, letters = form.send_method, []
    written_to = _written_to(page, form)
    if written_to and (send_method or form.step is not Step.SEND):
        previews = build_previews(page, form, written_to, form.step)
        if form.step is not Step.SEND or not _were_shown(form, previews):
            return _preview_page(page, form, previews)
        if send_method is SendMethod.PRINT and any(one.unprintable for one in previews):
            return _preview_page(page, form, previews, HTTPStatus.UNPROCESSABLE_ENTITY)
        letters = [one.as_written_letter(send_method) for one in previews if send_method]
    handle = _submit(page, form, letters)
    return redirect(url_for(".check", lang=lang, slug=slug, token=handle), 303)


def _visit_open_campaign(lang: str, slug: str) -> PageContext:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug)
    page.campaign.facts.must_be_open(page.now.date())
    return page


def _form_page(page: PageContext, form: SignForm, status: int = 200) -> Response:
    # Letters' texts are corrected on the second page; here they are only carried along.
    notes = recipient_notes(page, form.typed("government"))
    return render_page(
        page,
        "signing/sign.html",
        status=status,
        form=form,
        errors=[*form.error_list()],
        notes=notes,
    )


def _faulty_page(page: PageContext, form: SignForm) -> Response:
    """Show the page where the error can be corrected: letters' texts are on the second."""
    if form.letters and {name for name, _ in form.error_list()} <= {"stamp"}:
        text_is_faulty = any(letter.errors for letter in form.letters)
        step = Step.KEEP if text_is_faulty else Step.PREVIEW
        written_to = _written_to(page, form)
        if written_to:
            previews = build_previews(page, form, written_to, step)
            return _preview_page(page, form, previews, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _form_page(page, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _choices(page: PageContext, form: SignForm) -> list[RecipientRow]:
    """Return whom she may choose as the recipient of her letter; none if there is no choice."""
    if page.campaign.facts.recipients.to is not Addressing.SUPPORTER_CHOOSES:
        return []
    chosen = chosen_recipients(page).by_government.get(form.typed("government"), ())
    return [one.row for one in chosen]


def _written_to(page: PageContext, form: SignForm) -> list[RecipientRow]:
    """Return whom she writes to, as things are now; nobody if no letter can be written."""
    choices = _choices(page, form)
    if choices:
        return [row for row in choices if row.key == form.typed("write_to")] or choices[:1]
    chosen = chosen_recipients(page).by_government.get(form.typed("government"), ())
    return [one.row for one in chosen]


def _is_another_chosen(form: SignForm, previews: Sequence[LetterPreview]) -> bool:
    """Return whether she pressed the last button after choosing another recipient than she saw."""
    shown = [letter.recipient for letter in form.letters]
    return bool(form.typed("write_to")) and shown != [one.recipient.key for one in previews]


def _were_shown(form: SignForm, previews: Sequence[LetterPreview]) -> bool:
    """Return whether exactly these letters were on the page that she came from."""
    settled = all(one.was_shown and not one.conflict for one in previews)
    return settled and len(form.letters) == len(previews)


def _preview_page(
    page: PageContext, form: SignForm, previews: Sequence[LetterPreview], status: int = 200
) -> Response:
    with container.database.reading() as session:
        letters = [show_letter(session, page, form, one) for one in previews]
    unprintable = "".join(dict.fromkeys("".join(one.unprintable for one in previews)))
    unprintable_message = ""
    if unprintable:
        unprintable_message = error_message(page.language, "not-on-paper", characters=unprintable)
    refused = (
        form.send_method is SendMethod.PRINT
        and status == HTTPStatus.UNPROCESSABLE_ENTITY
        and unprintable_message
    )
    return render_page(
        page,
        "signing/preview.html",
        status=status,
        form=form,
        errors=[
            *form.error_list(),
            *(error for one in previews for error in one.form.error_list()),
            *([("way", unprintable_message)] if refused else []),
        ],
        unprintable_message=unprintable_message,
        way_errors=[unprintable_message] if refused else [],
        letters=letters,
        choices=_choices(page, form),
        another_chosen=form.step is Step.SEND and _is_another_chosen(form, previews),
        suggested_email=suggest_address(form.typed("email")),
    )


def _submit(page: PageContext, form: SignForm, letters: Sequence[LetterDraft]) -> str:
    submission = Submission(
        form_id=form.form_id,
        person=form.person,
        government=form.typed("government"),
        language=page.language.tag,
        source=form.typed("source"),
        consents=form.consents,
        letters=letters,
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
    within_limit = web_services.rate_limiter.hit_signature(
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
    return None if within_limit else HoldReason.RATE_LIMIT
