"""The pages behind an invitation's link: a password, then the second step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page
from campaign.console.pages import console_page, message_page
from campaign.console.session import current_browser, load_current_user, set_session_cookies
from campaign.errors import InvalidText, InvitationOver
from campaign.organisers import accounts, sign_in, totp
from campaign.organisers.forms.account import FirstCodeForm, FirstPasswordForm
from campaign.organisers.queries import sessions
from campaign.organisers.sealing import unseal_organiser_email, unseal_totp
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.forms.account import NewPasswordForm, SignedOutForm
    from campaign.organisers.rows import OrganiserRow


@console.get("/welcome/<token>")
@requires(None)
def welcome(token: str) -> Response:
    return _page(token)


@console.post("/welcome/<token>/password")
@requires(None)
def set_first_password(token: str) -> WerkzeugResponse:
    form = FirstPasswordForm()
    hashed = hash_new_password(form, _find(token))
    if hashed is None:
        return _page(token, form)
    with container.database.writing() as session:
        accounts.set_first_password(session, container.keyring, token, hashed, container.clock())
    return redirect(url_for("console.welcome", token=token), 303)


@console.post("/welcome/<token>/code")
@requires(None)
def confirm_first_code(token: str) -> WerkzeugResponse:
    """Use up the link, sign in, and redirect to the recovery codes."""
    form, before, now = FirstCodeForm(), load_current_user(), container.clock()
    try:
        with container.database.writing() as session:
            row = accounts.accept_invitation(session, container.keyring, token, form.code.data, now)
            session_token = sign_in.start_session(session, row, current_browser(), now)
            if before is not None:
                # The cookie of that session is about to be lost, so nobody could
                # end it by hand.
                sessions.end(session, before.organiser.id, before.session_id, now)
    except InvalidText as error:
        form.refuse(error)
        return _page(token, form)
    response = redirect(url_for("console.recovery_codes", said="welcome"), 303)
    set_session_cookies(response, session_token, row)
    return response


@console.errorhandler(InvitationOver)
def invitation_over(_error: InvitationOver) -> Response:
    text = "Invitations work once, within a week. Ask an owner for a new one, or sign in."
    return message_page("This invitation was used or has expired", text, 404)


def hash_new_password(form: NewPasswordForm, row: OrganiserRow) -> str | None:
    """Return the hash of the password that somebody chose, or None with an error at its field."""
    try:
        return accounts.validate_and_hash_password(
            container.keyring, web_services.passwords, row, form.password.data, _guessable_words()
        )
    except InvalidText as error:
        form.refuse(error)
        return None


def totp_enrolment_context(row: OrganiserRow, email: str) -> dict[str, str]:
    """Return the secret of the new app and its QR code; both are empty if there is none."""
    if row.next_totp is None:
        return {"secret": "", "qr_code": ""}
    secret = unseal_totp(container.keyring, row.id, row.next_totp)
    address = totp.provisioning_uri(secret, email, container.settings.operator.name)
    return {"secret": secret, "qr_code": totp.qr_code_svg(address)}


def _guessable_words() -> list[str]:
    """Return names that everybody who looks at the site knows: they make no good passwords."""
    with container.database.reading() as session:
        campaigns = [one.campaign for one in container.campaign_cache.all(session)]
    words = [words.name for one in campaigns for words in one.revision.words.values()]
    return [container.settings.operator.name, *words]


def _find(token: str) -> OrganiserRow:
    with container.database.reading() as session:
        return accounts.find_by_invitation_token(session, token, container.clock())


def _page(token: str, submitted: SignedOutForm | None = None) -> Response:
    """Show the next step: the password, or the code of the app."""
    row = _find(token)
    email = unseal_organiser_email(container.keyring, row.id, row.sealed)
    return console_page(
        "organisers/accept_invitation.html",
        status=submitted.status if submitted else 200,
        row=row,
        email=email,
        token=token,
        submitted=submitted,
        password_form=form_on_page(submitted, FirstPasswordForm),
        code_form=form_on_page(submitted, FirstCodeForm),
        **totp_enrolment_context(row, email),
    )
