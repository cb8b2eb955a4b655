"""A supporter's own pages, behind the private link from her mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from campaign.campaigns.rules.letter import MAX_LETTER, MAX_SUBJECT
from campaign.errors import UnacceptableText
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs
from campaign.letters.rules.letter import Way
from campaign.signatures.count import figures
from campaign.signatures.rules.signature import State
from campaign.signing import private_page as own_page
from campaign.signing.forms.consents import read_consents
from campaign.signing.forms.reasons import said
from campaign.signing.forms.sign import MAX_NAME, MAX_TOWN
from campaign.signing.pages.private_files import as_json, as_text
from campaign.signing.pages.private_link import back, holder, holdings, leaves_by, own_page_of
from campaign.signing.pages.send_method import own_way
from campaign.signing.private_page import Correction
from campaign.signing.submit import offered_ticks
from campaign.store.tokens import ExpiredFor
from campaign.web.context import Visit, current_site, spend_mail, visit
from campaign.web.render import page
from campaign.web.security import POLICY_WITH_SCRIPT

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as WerkzeugResponse


pages = Blueprint("own_page", __name__)

UNPROCESSABLE = 422


@pages.errorhandler(ExpiredFor)
def expired(_error: ExpiredFor) -> Response:
    """Offer a fresh link instead of whatever an expired one was to do."""
    return _expired_page(**(request.view_args or {}), asked=False)


@pages.get("/<lang>/<slug>/done/<token>")
def done(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """After confirming: the count, the letter's state, ways to tell others."""
    site = current_site()
    seen, signature_id = holder(lang, slug, token)
    with site.database.reading() as session:
        held = holdings(session, seen, signature_id)
        if held.row.state is not State.CONFIRMED:
            return back(seen, token)
        governments = site.reference.governments.values()
        counted = figures(session, seen.shelved, governments, seen.now.date())
        way = own_way(session, held.letter) if held.letter else None
        by = leaves_by(session, held.letter) if held.letter else None
    return page(
        seen,
        "public/done.html",
        policy=POLICY_WITH_SCRIPT,
        token=token,
        held=held,
        own_way=way,
        through_by=by,
        errors={"postal": []},
        typed={},
        total=counted.total,
        page_url=seen.address("share"),
    )


@pages.get("/<lang>/<slug>/private/<token>")
def show(lang: str, slug: str, token: str) -> Response:
    """Everything we hold about one signature."""
    seen, signature_id = holder(lang, slug, token)
    with current_site().database.reading() as session:
        held = holdings(session, seen, signature_id)
        return own_page_of(session, seen, token, held)


@pages.post("/<lang>/<slug>/private/<token>/fresh")
def fresh(lang: str, slug: str, token: str) -> Response:
    """Mail a new private link to the address that signed."""
    site = current_site()
    with site.database.reading() as session:
        seen = visit(session, lang, slug, mailed=True)
    try:
        _, signature_id = holder(lang, slug, token)
    except ExpiredFor as error:
        signature_id = error.id
    may_mail = spend_mail(seen)
    with site.database.writing() as session:
        own_page.ask_fresh_link(
            session, site.keyring, signature_id, lang, seen.now, may_mail=may_mail
        )
    return _expired_page(lang, slug, token, asked=True)


@pages.post("/<lang>/<slug>/private/<token>/correct")
def correct(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Correct name, town and consents."""
    site = current_site()
    seen, signature_id = holder(lang, slug, token)
    errors: dict[str, str] = {}
    name = _clean(seen, errors, "name", clean_name, MAX_NAME, needed="no-name")
    town = _clean(seen, errors, "town", clean_town, MAX_TOWN)
    ticks = read_consents(request.form)
    consents = {purpose: ticks[purpose] for purpose in offered_ticks(seen.words)}
    with site.database.writing() as session:
        held = holdings(session, seen, signature_id)
        if errors:
            return own_page_of(session, seen, token, held, errors)
        correction = Correction(name, town, consents, seen.words)
        own_page.correct(session, site.keyring, site.ledger, signature_id, correction, seen.now)
    return back(seen, token)


@pages.post("/<lang>/<slug>/private/<token>/letter")
def rewrite(lang: str, slug: str, token: str) -> WerkzeugResponse:
    """Change the letter while it has not left."""
    site = current_site()
    seen, signature_id = holder(lang, slug, token)
    errors: dict[str, str] = {}
    subject = _clean(seen, errors, "subject", clean_line, MAX_SUBJECT, needed="no-subject")
    body = _clean(seen, errors, "body", clean_paragraphs, MAX_LETTER, needed="no-text")
    with site.database.writing() as session:
        held = holdings(session, seen, signature_id)
        if held.letter is not None and held.letter.row.way is Way.PRINT:
            errors = _unprintable(seen, subject=subject, body=body) | errors
        if errors:
            return own_page_of(session, seen, token, held, errors)
        own_page.rewrite_letter(session, site.keyring, signature_id, subject, body, seen.now)
    return back(seen, token)


@pages.post("/<lang>/<slug>/private/<token>/withdraw")
def withdraw(lang: str, slug: str, token: str) -> WerkzeugResponse:
    seen, signature_id = holder(lang, slug, token)
    site = current_site()
    with site.database.writing() as session:
        holdings(session, seen, signature_id)
        own_page.withdraw(session, site.ledger, signature_id, seen.now)
    return back(seen, token)


@pages.post("/<lang>/<slug>/private/<token>/delete")
def delete(lang: str, slug: str, token: str) -> Response:
    """Forget everything personal. The page that answers is the last one of this link."""
    site = current_site()
    seen, signature_id = holder(lang, slug, token)
    with site.database.writing() as session:
        held = holdings(session, seen, signature_id)
        had_left = held.letter is not None and held.letter.may_have_left
        passed_on = held.letter is not None and held.letter.is_asked_back
        own_page.erase(session, site.ledger, signature_id, live=site.live, now=seen.now)
    return page(seen, "public/deleted.html", had_left=had_left, passed_on=passed_on)


@pages.post("/<lang>/<slug>/private/<token>/download")
def download(lang: str, slug: str, token: str) -> Response:
    """Everything we hold as a file: a text to read, or JSON for a program."""
    seen, signature_id = holder(lang, slug, token)
    readable = request.form.get("as") == "text"
    with current_site().database.reading() as session:
        held = holdings(session, seen, signature_id)
        text = as_text(session, seen, held) if readable else as_json(session, held)
    kind, ending = ("text/plain", "txt") if readable else ("application/json", "json")
    response = Response(text, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="signature-{slug}.{ending}"'
    return response


def _unprintable(seen: Visit, **texts: str) -> dict[str, str]:
    """Return what is wrong with texts that are to be printed, by their fields' names."""
    missing = {name: current_site().press.missing(text) for name, text in texts.items()}
    return {
        name: said(seen.language, "unprintable", characters=characters)
        for name, characters in missing.items()
        if characters
    }


def _expired_page(lang: str, slug: str, token: str, *, asked: bool) -> Response:
    with current_site().database.reading() as session:
        seen = visit(session, lang, slug, mailed=True)
    return page(
        seen, "public/private_expired.html", status=200 if asked else 410, token=token, asked=asked
    )


def _clean(
    seen: Visit,
    errors: dict[str, str],
    name: str,
    clean: Callable[[str], str],
    most: int,
    needed: str = "",
) -> str:
    """Return a typed value in the form that is kept, or note what is wrong with it."""
    try:
        kept = clean(request.form.get(name, ""))
    except UnacceptableText as error:
        errors[name] = said(seen.language, error.reason)
        return ""
    if not kept and needed:
        errors[name] = said(seen.language, needed)
    elif len(kept) > most:
        errors[name] = said(seen.language, "too-long", most=most, length=len(kept))
    return kept
