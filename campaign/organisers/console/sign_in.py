"""Sign in, sign out, and the direct sign-in for development."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort, g, redirect, request, url_for

from campaign.console.access import console, requires
from campaign.console.pages import (
    carried_fields,
    console_page,
    resubmit_page,
    sign_in_page,
)
from campaign.console.session import (
    CurrentUser,
    current_browser,
    delete_session_cookie,
    load_current_user,
    set_session_cookies,
)
from campaign.errors import Busy, NotFound, TokenError
from campaign.organisers import sign_in as service
from campaign.organisers.forms.account import SignInForm
from campaign.organisers.queries import campaign_roles, organisers, sessions
from campaign.store.tokens import Purpose
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows import OrganiserRow
    from campaign.organisers.sign_in import SignInAttempt

LOOPBACK = frozenset({"127.0.0.1", "::1"})

WRONG = "E-mail address, password and code do not match. Enter all three again."


@console.get("/sign-in")
@requires(None)
def sign_in() -> Response:
    return sign_in_page()


@console.post("/sign-in")
@requires(None)
def submit_sign_in() -> WerkzeugResponse:
    """Sign in; every failure gets the same answer."""
    form, before, now = SignInForm(), load_current_user(), container.clock()
    asked_for_nothing = not form.email.raw_data
    if asked_for_nothing and before is not None and _needs_no_password(before):
        return _renew_dev_session(before)
    account, fits = try_password(form.email.data, form.password.data)
    code, browser = form.code.data, current_browser()
    with container.database.writing() as session:
        token = service.complete_sign_in(
            session, container.keyring, account, code, browser, now, password_fits=fits
        )
        if token is not None and account.organiser_id is not None:
            row = organisers.lock(session, account.organiser_id)
            if before is not None:
                sessions.end(session, before.organiser.id, before.session_id, now)
            return _sign_in_response(row, token)
    return sign_in_page(status=HTTPStatus.UNPROCESSABLE_ENTITY, error=WRONG)


@console.post("/sign-out")
@requires(None)
def sign_out() -> WerkzeugResponse:
    """End the session, if it has not ended already: a second click does no harm."""
    found = load_current_user()
    if found is not None:
        with container.database.writing() as session:
            service.end_session(session, found.organiser, found.session_id, container.clock())
    response = redirect(url_for("console.sign_in"), 303)
    delete_session_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@console.get("/sign-in/direct/<token>")
@requires(None)
def dev_sign_in(token: str) -> Response:
    """In development: show one button that signs in the placeholder owner."""
    _read_dev_sign_in_token(token)
    return console_page("organisers/demo_sign_in.html")


@console.post("/sign-in/direct/<token>")
@requires(None)
def submit_dev_sign_in(token: str) -> WerkzeugResponse:
    organiser_id = _read_dev_sign_in_token(token)
    with container.database.writing() as session:
        row = organisers.lock(session, organiser_id)
        if not row.made_up or row.ended_at is not None:
            raise NotFound(token)
        return _sign_in_response(
            row, service.start_session(session, row, current_browser(), container.clock())
        )


def try_password(
    email: str, password: str, *, signed_in: bool = False
) -> tuple[SignInAttempt, bool]:
    """Return the account of an address, and whether this is its password; the try is not counted.

    It is slow on purpose: call it outside of any transaction. Raise SignInThrottled if a try has
    to wait, and Busy if too many strangers try. `signed_in`: whoever tries is no stranger.
    """
    now = container.clock()
    with container.database.reading() as session:
        account = service.look_up(session, container.keyring, email, current_browser(), now)
    known = signed_in or account.known
    if not known and not web_services.rate_limiter.hit_password_try(
        request.remote_addr or "", now.date()
    ):
        raise Busy("passwords")
    return account, web_services.passwords.verify(account.password_hash, password, known=known)


def _read_dev_sign_in_token(token: str) -> UUID:
    """Return whom the URL that `make run` prints signs in; it works in development only."""
    if not container.settings.dev_sign_in or request.remote_addr not in LOOPBACK:
        abort(404)
    try:
        return container.tokens.read(Purpose.DIRECT, "", token, container.clock())
    except TokenError:
        raise NotFound(token) from None


def _needs_no_password(found: CurrentUser) -> bool:
    return container.settings.dev_sign_in and found.organiser.made_up


def _renew_dev_session(found: CurrentUser) -> WerkzeugResponse:
    """Start a session for a placeholder owner, who has no password to ask for."""
    with container.database.writing() as session:
        row = organisers.lock(session, found.organiser.id)
        service.end_session(session, row, found.session_id, container.clock())
        return _sign_in_response(
            row, service.start_session(session, row, current_browser(), container.clock())
        )


def _sign_in_response(row: OrganiserRow, token: str) -> WerkzeugResponse:
    """Redirect to what was requested: a page, or a form that has not been processed."""
    target, fields = SignInForm().target.data, carried_fields()
    response: WerkzeugResponse
    if fields:
        with container.database.reading() as session:
            roles = campaign_roles.of_organiser(session, row.id)
        g.current_user = CurrentUser(row, row.id, container.clock(), roles)
        response = resubmit_page(target, fields, row.id)
    else:
        response = redirect(target, 303)
    set_session_cookies(response, token, row)
    return response
