"""The organiser's own account: sessions, password, second step, recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for

from campaign.console.access import console, requires
from campaign.console.forms import ConsoleForm, form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import my_campaigns
from campaign.console.session import current_browser, current_user, set_session_cookies
from campaign.errors import InvalidText, NotFound, SignInThrottled
from campaign.organisers import accounts, sign_in
from campaign.organisers.console.invitation import hash_new_password, totp_enrolment_context
from campaign.organisers.console.sign_in import try_password
from campaign.organisers.forms.account import (
    ChangePasswordForm,
    CodeForm,
    CurrentPasswordForm,
    NoticesForm,
)
from campaign.organisers.queries import notices, organisers, sessions as organiser_sessions
from campaign.organisers.rules.notices import Notice
from campaign.organisers.rules.roles import Permission
from campaign.organisers.sealing import unseal_organiser_email
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows import OrganiserRow

_SECOND_STEP = "second-step-"


@console.get("/account")
@requires(Permission.MANAGE_ACCOUNT)
def account() -> Response:
    return _page()


@console.post("/account/sessions/<uuid:session_id>/end")
@requires(Permission.MANAGE_ACCOUNT)
def end_session(session_id: UUID) -> WerkzeugResponse:
    """End one session, this one or another; one that has already ended stays ended."""
    owner, now = current_user().organiser, container.clock()
    return submit_form(
        ConsoleForm(),
        lambda session: sign_in.end_session(session, owner, session_id, now),
        afterwards=url_for("console.account", said="session-ended"),
        page=_page,
    )


@console.post("/account/notices")
@requires(Permission.MANAGE_ACCOUNT)
def choose_notices() -> WerkzeugResponse:
    """Store which mails she wants from now on."""
    form, organiser_id = NoticesForm(), current_user().organiser.id
    return submit_form(
        form,
        lambda session: notices.set_wanted(session, organiser_id, form.wanted),
        afterwards=url_for("console.account", said="notices-chosen"),
        page=lambda: _page(form),
    )


@console.post("/account/password")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def change_password() -> WerkzeugResponse:
    form, now = ChangePasswordForm(), container.clock()
    if not _check_current_password(form):
        return _page(form)
    hashed = hash_new_password(form, current_user().organiser)
    if hashed is None:
        return _page(form)
    return _submit_and_renew_session(
        form,
        "password",
        lambda session, row: accounts.change_password(session, row, hashed, now),
    )


@console.post("/account/second-step")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def begin_totp_enrolment() -> WerkzeugResponse:
    form = CurrentPasswordForm(id_prefix=_SECOND_STEP)
    if not _check_current_password(form):
        return _page(form)
    return submit_form(
        form,
        lambda session: accounts.begin_totp_enrolment(_lock(session), container.keyring),
        afterwards=url_for("console.account", _anchor="second-step"),
        page=lambda: _page(form),
    )


@console.post("/account/second-step/code")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def confirm_totp_enrolment() -> WerkzeugResponse:
    """Switch to the new app."""
    form, now = CodeForm(), container.clock()
    return _submit_and_renew_session(
        form,
        "second-step",
        lambda session, row: accounts.confirm_totp_enrolment(
            session, row, container.keyring, form.code.data, now
        ),
    )


@console.get("/account/recovery-codes")
@requires(Permission.MANAGE_ACCOUNT)
def recovery_codes() -> Response:
    with container.database.reading() as session:
        left = organisers.count_recovery_codes(session, current_user().organiser.id)
    return console_page("organisers/recovery_codes.html", codes=None, codes_left=left)


@console.post("/account/recovery-codes")
@requires(Permission.MANAGE_ACCOUNT, fresh=True)
def make_recovery_codes() -> Response:
    """Show new codes once. A second click makes others: only the last ones shown are valid."""
    with container.database.writing() as session:
        row = _lock(session)
        if row.made_up:
            raise NotFound("second step")
        codes = sign_in.make_recovery_codes(session, row, container.clock())
    return console_page("organisers/recovery_codes.html", codes=codes, codes_left=len(codes))


def _lock(session: Session) -> OrganiserRow:
    return organisers.lock(session, current_user().organiser.id)


def _submit_and_renew_session(
    form: ConsoleForm, notice: str, change: Callable[[Session, OrganiserRow], None]
) -> WerkzeugResponse:
    """Make a change that ends every session, and start a new session for this browser."""
    afterwards = url_for("console.account", said=notice)

    def renew(session: Session) -> tuple[str, OrganiserRow]:
        row = _lock(session)
        change(session, row)
        return sign_in.start_session(session, row, current_browser(), container.clock()), row

    def redirect_with_cookies(renewed: tuple[str, OrganiserRow]) -> WerkzeugResponse:
        response = redirect(afterwards, 303)
        set_session_cookies(response, *renewed)
        return response

    return submit_form(
        form, renew, afterwards=afterwards, page=lambda: _page(form), done=redirect_with_cookies
    )


def _check_current_password(form: CurrentPasswordForm) -> bool:
    """Return whether the current password is right; if not, there is an error at its field."""
    row, now = current_user().organiser, container.clock()
    email = unseal_organiser_email(container.keyring, row.id, row.sealed)
    try:
        attempt, fits = try_password(email, form.current.data, signed_in=True)
    except SignInThrottled as error:
        form.add_error("current", f"Too many attempts. Wait {error.seconds} seconds.")
        return False
    with container.database.writing() as session:
        fits = sign_in.record_password_check(session, attempt, now, fits=fits)
    if not fits:
        form.refuse(InvalidText("wrong-password"))
    return fits


def _page(submitted: ConsoleForm | None = None) -> Response:
    row = current_user().organiser
    with container.database.reading() as session:
        sessions = organiser_sessions.list_active(session, row.id, container.clock())
        codes_left = organisers.count_recovery_codes(session, row.id)
        wanted = notices.wanted_by(session, row.id)
    email = unseal_organiser_email(container.keyring, row.id, row.sealed)
    # A new secret is shown only to somebody who signed in just now, not to a stolen cookie.
    is_fresh = current_user().is_fresh(container.clock())
    return console_page(
        "organisers/account.html",
        campaigns=my_campaigns(),
        status=submitted.status if submitted else 200,
        sessions=sessions,
        codes_left=codes_left,
        email=email,
        submitted=submitted,
        notices_form=form_on_page(
            submitted, NoticesForm, **{one.value: one in wanted for one in Notice}
        ),
        password_form=form_on_page(submitted, ChangePasswordForm),
        move_form=form_on_page(submitted, CurrentPasswordForm, id_prefix=_SECOND_STEP),
        code_form=form_on_page(submitted, CodeForm),
        **(totp_enrolment_context(row, email) if is_fresh else {"secret": "", "qr_code": ""}),
    )
