"""One's own account: sessions, password, second step, recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.console.guard import console, needs
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.session import acting, browser, me, set_cookies
from campaign.errors import NotFound, UnacceptableText
from campaign.organisers import accounts as service, sign_in as signing_in
from campaign.organisers.console.welcome import FAULTS, enrolment, known_names
from campaign.organisers.queries import organisers, sessions as organiser_sessions
from campaign.organisers.rules.roles import Right
from campaign.organisers.sealing import open_organiser
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows.organisers import OrganiserRow


@console.get("/account")
@needs(Right.ACCOUNT)
def account() -> Response:
    return _page()


@console.post("/account/sessions/<uuid:session_id>/end")
@needs(Right.ACCOUNT)
def end_session(session_id: UUID) -> WerkzeugResponse:
    """End one session, this one or another; one that is over stays so."""
    afterwards = url_for("console.account", said="session-ended")
    with acting(afterwards) as session:
        signing_in.end(session, me().organiser, session_id, current_site().clock())
    return redirect(afterwards, 303)


@console.post("/account/password")
@needs(Right.ACCOUNT, fresh=True)
def change_password() -> WerkzeugResponse:
    """Change the password, end every session, and begin a new one here."""
    site = current_site()
    if fault := _fault_of_current():
        return _page({"current": fault})
    try:
        typed = request.form.get("password", "")
        hashed = service.strong_hash(
            site.keyring, site.passwords, me().organiser, typed, known_names()
        )
    except UnacceptableText as error:
        return _page({"password": FAULTS[error.reason]})
    return _anew("password", lambda session, row: _set_password(session, row, hashed))


@console.post("/account/second-step")
@needs(Right.ACCOUNT, fresh=True)
def draw_second_step() -> WerkzeugResponse:
    if fault := _fault_of_current():
        return _page({"current-second": fault})
    afterwards = url_for("console.account", _anchor="second-step")
    with acting(afterwards) as session:
        row = organisers.lock(session, me().organiser.id)
        service.draw_second_step(row, current_site().keyring)
    return redirect(afterwards, 303)


@console.post("/account/second-step/code")
@needs(Right.ACCOUNT, fresh=True)
def take_second_step() -> WerkzeugResponse:
    """Use the new app, end every session, and begin a new one here."""
    site, code = current_site(), request.form.get("code", "")
    try:
        return _anew(
            "second-step",
            lambda session, row: service.take_second_step(
                session, row, site.keyring, code, site.clock()
            ),
        )
    except UnacceptableText as error:
        return _page({"code": FAULTS[error.reason]})


@console.get("/account/recovery-codes")
@needs(Right.ACCOUNT)
def recovery_codes() -> Response:
    return console_page("recovery_codes.html", codes=None, left=_codes_left())


@console.post("/account/recovery-codes")
@needs(Right.ACCOUNT, fresh=True)
def make_recovery_codes() -> Response:
    """Show new codes once. A second click makes others: those that are seen last are good."""
    site = current_site()
    with site.database.writing() as session:
        row = organisers.lock(session, me().organiser.id)
        if row.made_up:
            raise NotFound("second step")
        codes = signing_in.make_recovery_codes(session, row, site.clock())
    return console_page("recovery_codes.html", codes=codes, left=len(codes))


def _set_password(session: Session, row: OrganiserRow, hashed: str) -> None:
    service.change_password(session, row, hashed, current_site().clock())


def _anew(said: str, change: Callable[[Session, OrganiserRow], None]) -> WerkzeugResponse:
    """Change what every session ends with, and let this browser go on in a new one."""
    afterwards = url_for("console.account", said=said)
    with acting(afterwards) as session:
        row = organisers.lock(session, me().organiser.id)
        change(session, row)
        token = signing_in.begin(session, row, browser(), current_site().clock())
    response = redirect(afterwards, 303)
    set_cookies(response, token, row)
    return response


def _fault_of_current() -> str:
    """Return what is wrong with the current password: a stolen cookie is not enough."""
    site, row = current_site(), me().organiser
    email, now = open_organiser(site.keyring, row.id, row.sealed), site.clock()
    with site.database.reading() as session:
        account = signing_in.look_up(session, site.keyring, email, browser(), now)
    if account.wait:
        return f"There were several tries. Wait {max(account.wait.seconds, 1)} seconds."
    typed = request.form.get("current", "")
    fits = site.passwords.match(account.password_hash, typed, known=True)
    with site.database.writing() as session:
        fits = signing_in.confirm_password(session, account, now, fits=fits)
    return "" if fits else "This is not your password."


def _codes_left() -> int:
    with current_site().database.reading() as session:
        return organisers.recovery_codes_left(session, me().organiser.id)


def _page(errors: dict[str, str] | None = None) -> Response:
    site, row = current_site(), me().organiser
    with site.database.reading() as session:
        sessions = organiser_sessions.of_organiser(session, row.id, site.clock())
        left = organisers.recovery_codes_left(session, row.id)
        email = open_organiser(site.keyring, row.id, row.sealed)
    # A secret that was drawn is for whoever signed in just now, not for a stolen cookie.
    is_fresh = me().is_fresh(site.clock())
    return console_page(
        "account.html",
        status=UNPROCESSABLE if errors else 200,
        sessions=sessions,
        left=left,
        email=email,
        errors=errors or {},
        **(enrolment(row, email) if is_fresh else {"secret": "", "picture": ""}),
    )
