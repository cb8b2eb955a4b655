"""The pages behind an invitation's link: a password, then the second step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.console.access import console, requires
from campaign.console.pages import UNPROCESSABLE, console_page, message_page
from campaign.console.session import current_browser, load_current_user, set_session_cookies
from campaign.errors import InvalidText, NotFound
from campaign.organisers import accounts, sign_in, totp
from campaign.organisers.queries import sessions
from campaign.organisers.sealing import unseal_organiser_email, unseal_totp
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows import OrganiserRow

PASSWORD_FAULTS = {
    "short-password": "This is shorter than 15 characters.",
    "long-password": "This is longer than 200 characters.",
    "guessable-password": (
        "This is guessed quickly. Take several words that do not belong together."
    ),
    "wrong-code": "This is not the code that the app shows now. Look again and type it anew.",
}


@console.get("/welcome/<token>")
@requires(None)
def welcome(token: str) -> Response:
    with container.database.reading() as session:
        try:
            row = accounts.find_by_invitation_token(session, token, container.clock())
        except NotFound:
            return _used_up()
    return _page(row, token)


@console.post("/welcome/<token>/password")
@requires(None)
def set_first_password(token: str) -> WerkzeugResponse:
    password = request.form.get("password", "")
    try:
        with container.database.reading() as session:
            row = accounts.find_by_invitation_token(session, token, container.clock())
        hashed = accounts.validate_and_hash_password(
            container.keyring, web_services.passwords, row, password, guessable_words()
        )
        with container.database.writing() as session:
            accounts.set_first_password(
                session, container.keyring, token, hashed, container.clock()
            )
    except NotFound:
        return _used_up()
    except InvalidText as error:
        return _faulty(token, "password", error)
    return redirect(url_for("console.welcome", token=token), 303)


@console.post("/welcome/<token>/code")
@requires(None)
def confirm_first_code(token: str) -> WerkzeugResponse:
    """Use up the link, sign in, and redirect to the recovery codes."""
    before = load_current_user()
    now = container.clock()
    try:
        with container.database.writing() as session:
            code = request.form.get("code", "")
            row = accounts.accept_invitation(session, container.keyring, token, code, now)
            session_token = sign_in.start_session(session, row, current_browser(), now)
            if before is not None:
                # The cookie of that session is about to be lost, so nobody could
                # end it by hand.
                sessions.end(session, before.organiser.id, before.session_id, now)
    except NotFound:
        return _used_up()
    except InvalidText as error:
        return _faulty(token, "code", error)
    response = redirect(url_for("console.recovery_codes", said="welcome"), 303)
    set_session_cookies(response, session_token, row)
    return response


def guessable_words() -> list[str]:
    """Return names that everybody who looks at the site knows: they make no good passwords."""
    with container.database.reading() as session:
        campaigns = [one.campaign for one in container.campaign_cache.all(session)]
    words = [words.name for one in campaigns for words in one.revision.words.values()]
    return [container.settings.operator.name, *words]


def _faulty(token: str, field: str, error: InvalidText) -> Response:
    with container.database.reading() as session:
        row = accounts.find_by_invitation_token(session, token, container.clock())
    return _page(row, token, {field: PASSWORD_FAULTS[error.reason]})


def _page(row: OrganiserRow, token: str, errors: dict[str, str] | None = None) -> Response:
    """Show the next step: the password, or the code of the app."""
    email = unseal_organiser_email(container.keyring, row.id, row.sealed)
    return console_page(
        "organisers/accept_invitation.html",
        status=UNPROCESSABLE if errors else 200,
        row=row,
        email=email,
        token=token,
        errors=errors or {},
        **totp_enrolment_context(row, email),
    )


def totp_enrolment_context(row: OrganiserRow, email: str) -> dict[str, str]:
    """Return the secret of the new app and its QR code; both are empty if there is none."""
    if row.next_totp is None:
        return {"secret": "", "qr_code": ""}
    secret = unseal_totp(container.keyring, row.id, row.next_totp)
    address = totp.provisioning_uri(secret, email, container.settings.operator.name)
    return {"secret": secret, "qr_code": totp.qr_code_svg(address)}


def _used_up() -> Response:
    text = "Invitations work once, within a week. Ask an owner for another one, or sign in."
    return message_page("This invitation was used, or its time is over", text, 404)
