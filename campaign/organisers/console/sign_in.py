"""Sign in, sign out, and the direct way in for development."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, g, redirect, request, url_for

from campaign.console.guard import console, needs
from campaign.console.pages import (
    UNPROCESSABLE,
    again_page,
    carried_fields,
    console_page,
    safe_target,
    sign_in_page,
)
from campaign.console.session import SignedIn, browser, delete_cookie, set_cookies, signed_in
from campaign.errors import Busy, NotFound, TokenError
from campaign.organisers import sign_in as service
from campaign.organisers.queries import organisers, sessions as organiser_sessions
from campaign.store.tokens import Purpose
from campaign.web.context import current_site

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows.organisers import OrganiserRow
    from campaign.organisers.sign_in import Account

TOO_MANY = 429
LOOPBACK = frozenset({"127.0.0.1", "::1"})

WRONG = "E-mail address, password and code do not fit together. Type all three again."


@console.get("/sign-in")
@needs(None)
def sign_in() -> Response:
    return sign_in_page()


@console.post("/sign-in")
@needs(None)
def try_to_sign_in() -> WerkzeugResponse:
    """One answer for everything that does not fit."""
    site = current_site()
    email, now, seen = request.form.get("email", ""), site.clock(), browser()
    before = signed_in()
    asked_for_nothing = "email" not in request.form
    if site.direct and asked_for_nothing and before is not None and before.organiser.made_up:
        return _signed_in_anew(before)
    with site.database.reading() as session:
        account = service.look_up(session, site.keyring, email, seen, now)
    if account.wait:
        return _refused(account)
    if not account.known and site.floods.tries_too_often(request.remote_addr or "", now.date()):
        raise Busy("passwords")
    # Outside of any transaction: it takes long on purpose.
    typed = request.form.get("password", "")
    fits = site.passwords.match(account.password_hash, typed, known=account.known)
    code = request.form.get("code", "")
    with site.database.writing() as session:
        token = service.finish(session, site.keyring, account, code, seen, now, password_fits=fits)
        if token is not None and account.organiser_id is not None:
            row = organisers.lock(session, account.organiser_id)
            if before is not None:
                organiser_sessions.end(session, before.organiser.id, before.session_id, now)
            return _enter(row, token)
    return _refused(account)


@console.post("/sign-out")
@needs(None)
def sign_out() -> WerkzeugResponse:
    """End the session, if it has not ended already: a second click does no harm."""
    site, found = current_site(), signed_in()
    if found is not None:
        with site.database.writing() as session:
            service.end(session, found.organiser, found.session_id, site.clock())
    response = redirect(url_for("console.sign_in"), 303)
    delete_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@console.get("/sign-in/direct/<token>")
@needs(None)
def direct(token: str) -> Response:
    """In development: one button that signs the made-up owner in."""
    _made_up_owner(token)
    return console_page("direct.html", token=token)


@console.post("/sign-in/direct/<token>")
@needs(None)
def enter_directly(token: str) -> WerkzeugResponse:
    site = current_site()
    organiser_id = _made_up_owner(token)
    with site.database.writing() as session:
        row = organisers.lock(session, organiser_id)
        if not row.made_up or row.ended_at is not None:
            raise NotFound(token)
        return _enter(row, service.begin(session, row, browser(), site.clock()))


def _made_up_owner(token: str) -> UUID:
    """Return whom the address of `make run` signs in; it works in development only."""
    site = current_site()
    if not site.direct or request.remote_addr not in LOOPBACK:
        abort(404)
    try:
        return site.tokens.read(Purpose.DIRECT, "", token, site.clock())
    except TokenError:
        raise NotFound(token) from None


def _signed_in_anew(found: SignedIn) -> WerkzeugResponse:
    """Take a made-up owner at her word: she has no password to ask for."""
    site = current_site()
    with site.database.writing() as session:
        row = organisers.lock(session, found.organiser.id)
        service.end(session, row, found.session_id, site.clock())
        return _enter(row, service.begin(session, row, browser(), site.clock()))


def _enter(row: OrganiserRow, token: str) -> WerkzeugResponse:
    """Go on with what was asked for: a page, or a form that was not acted on."""
    target, fields = safe_target(request.form.get("target", "")), carried_fields()
    response: WerkzeugResponse
    if fields:
        g.me = SignedIn(row, row.id, current_site().clock())
        response = again_page(target, fields, row.id)
    else:
        response = redirect(target, 303)
    set_cookies(response, token, row)
    return response


def _refused(account: Account) -> Response:
    if account.wait:
        seconds = max(int(account.wait.total_seconds()), 1)
        error = f"There were several tries. Wait {seconds} seconds, then type all three again."
        response = sign_in_page(status=TOO_MANY, error=error)
        response.headers["Retry-After"] = str(seconds)
        return response
    return sign_in_page(status=UNPROCESSABLE, error=WRONG)
