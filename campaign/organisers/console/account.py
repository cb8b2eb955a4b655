"""The organiser's own account: sessions, password, second step, recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.console.access import console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.session import (
    current_browser,
    current_user,
    form_transaction,
    set_session_cookies,
)
from campaign.errors import InvalidText, NotFound
from campaign.organisers import accounts, sign_in
from campaign.organisers.console.invitation import (
    PASSWORD_FAULTS,
    guessable_words,
    totp_enrolment_context,
)
from campaign.organisers.queries import organisers, sessions as organiser_sessions
from campaign.organisers.rules.roles import Permission
from campaign.organisers.sealing import unseal_organiser_email
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows import OrganiserRow


@console.get("/account")
@requires(Permission.MANAGE_ACCOUNT)
def account() -> Response:
    return _page()


@console.post("/account/sessions/<uuid:session_id>/end")
@requires(Permission.MANAGE_ACCOUNT)
def end_session(session_id: UUID) -> WerkzeugResponse:
    """End one session, this one or another; one that has already ended stays ended."""
    afterwards = url_for("console.account", said="session-ended")
    with form_transaction(afterwards) as session:
        sign_in.end_session(session, current_user().organiser, session_id, container.clock())
    return redirect(afterwards, 303)


@console.post("/account/password")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def change_password() -> WerkzeugResponse:
    """Change the password, end every session, and start a new one here."""
    if fault := _check_current_password():
        return _page({"current": fault})
    try:
        password = request.form.get("password", "")
        hashed = accounts.validate_and_hash_password(
            container.keyring,
            web_services.passwords,
            current_user().organiser,
            password,
            guessable_words(),
        )
    except InvalidText as error:
        return _page({"password": PASSWORD_FAULTS[error.reason]})
    return _change_and_renew_session(
        "password", lambda session, row: _set_password(session, row, hashed)
    )


@console.post("/account/second-step")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def begin_totp_enrolment() -> WerkzeugResponse:
    if fault := _check_current_password():
        return _page({"current-second": fault})
    afterwards = url_for("console.account", _anchor="second-step")
    with form_transaction(afterwards) as session:
        row = organisers.lock(session, current_user().organiser.id)
        accounts.begin_totp_enrolment(row, container.keyring)
    return redirect(afterwards, 303)


@console.post("/account/second-step/code")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def confirm_totp_enrolment() -> WerkzeugResponse:
    """Switch to the new app, end every session, and start a new one here."""
    code = request.form.get("code", "")
    try:
        return _change_and_renew_session(
            "second-step",
            lambda session, row: accounts.confirm_totp_enrolment(
                session, row, container.keyring, code, container.clock()
            ),
        )
    except InvalidText as error:
        return _page({"code": PASSWORD_FAULTS[error.reason]})


@console.get("/account/recovery-codes")
@requires(Permission.MANAGE_ACCOUNT)
def recovery_codes() -> Response:
    return console_page("organisers/recovery_codes.html", codes=None, codes_left=_codes_left())


@console.post("/account/recovery-codes")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def make_recovery_codes() -> Response:
    """Show new codes once. A second click makes others: only the last ones shown are valid."""
    with container.database.writing() as session:
        row = organisers.lock(session, current_user().organiser.id)
        if row.made_up:
            raise NotFound("second step")
        codes = sign_in.make_recovery_codes(session, row, container.clock())
    return console_page("organisers/recovery_codes.html", codes=codes, codes_left=len(codes))


def _set_password(session: Session, row: OrganiserRow, hashed: str) -> None:
    accounts.change_password(session, row, hashed, container.clock())


def _change_and_renew_session(
    notice: str, change: Callable[[Session, OrganiserRow], None]
) -> WerkzeugResponse:
    """Make a change that ends every session, and start a new session for this browser."""
    afterwards = url_for("console.account", said=notice)
    with form_transaction(afterwards) as session:
        row = organisers.lock(session, current_user().organiser.id)
        change(session, row)
        token = sign_in.start_session(session, row, current_browser(), container.clock())
    response = redirect(afterwards, 303)
    set_session_cookies(response, token, row)
    return response


def _check_current_password() -> str:
    """Return the error for the current password, or "": a stolen cookie alone is not enough."""
    row = current_user().organiser
    email, now = unseal_organiser_email(container.keyring, row.id, row.sealed), container.clock()
    with container.database.reading() as session:
        account = sign_in.look_up(session, container.keyring, email, current_browser(), now)
    if account.wait:
        return f"There were several tries. Wait {max(account.wait.seconds, 1)} seconds."
    password = request.form.get("current", "")
    fits = web_services.passwords.verify(account.password_hash, password, known=True)
    with container.database.writing() as session:
        fits = sign_in.record_password_check(session, account, now, fits=fits)
    return "" if fits else "This is not your password."


def _codes_left() -> int:
    with container.database.reading() as session:
        return organisers.count_recovery_codes(session, current_user().organiser.id)


def _page(errors: dict[str, str] | None = None) -> Response:
    row = current_user().organiser
    with container.database.reading() as session:
        sessions = organiser_sessions.list_active(session, row.id, container.clock())
        codes_left = organisers.count_recovery_codes(session, row.id)
        email = unseal_organiser_email(container.keyring, row.id, row.sealed)
    # A new secret is shown only to somebody who signed in just now, not to a stolen cookie.
    is_fresh = current_user().is_fresh(container.clock())
    return console_page(
        "organisers/account.html",
        status=UNPROCESSABLE if errors else 200,
        sessions=sessions,
        codes_left=codes_left,
        email=email,
        errors=errors or {},
        **(totp_enrolment_context(row, email) if is_fresh else {"secret": "", "qr_code": ""}),
    )
