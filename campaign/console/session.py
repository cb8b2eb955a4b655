"""The session of whoever is at the console: its cookie, and the forms that it sends.

Each form carries a signed id that is its organiser's alone: other sites cannot make one, and
a second click is told from a second form.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import g, request

from campaign.errors import AlreadyDone, TokenError
from campaign.organisers.accounts import token_hash
from campaign.organisers.queries import sessions as organiser_sessions
from campaign.organisers.rules.roles import DEVICE_FOR, FRESH_FOR, RIGHTS, SEEN_EVERY, SIGNED_IN_FOR
from campaign.organisers.sign_in import Browser, new_device
from campaign.store.ids import uuid7
from campaign.store.tokens import ExpiredFor, Purpose
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows.organisers import OrganiserRow
    from campaign.organisers.rules.roles import Right

FORM = "form"
"""The field that carries a form's signed id."""

_SESSION, _DEVICE = "console", "console-device"


@dataclass(frozen=True)
class SignedIn:
    """Whoever is at the console."""

    organiser: OrganiserRow
    session_id: UUID
    signed_in_at: datetime

    @property
    def name(self) -> str:
        return self.organiser.name

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.organiser.role]

    def is_fresh(self, now: datetime) -> bool:
        return now - self.signed_in_at <= FRESH_FOR


def me() -> SignedIn:
    """Return who is signed in; only views that need a right may ask."""
    return cast("SignedIn", g.me)


def signed_in() -> SignedIn | None:
    """Return who is signed in with this browser, and note that the session is in use."""
    site = current_site()
    token, now = request.cookies.get(_cookie(_SESSION), ""), site.clock()
    with site.database.reading() as session:
        found = organiser_sessions.of_token(session, token_hash(token), now)
    if found is None:
        return None
    row, organiser = found
    if now - row.seen_at >= SEEN_EVERY and not _looks_by_itself():
        with site.database.writing() as session:
            organiser_sessions.touch(session, row.id, now)
    return SignedIn(organiser, row.id, row.signed_in_at)


def _looks_by_itself() -> bool:
    """Say whether a page shows itself anew: nobody is there then (Fetch Metadata)."""
    headers = request.headers
    by_itself = headers.get("Sec-Fetch-Mode") == "navigate" and "Sec-Fetch-User" not in headers
    return request.method == "GET" and by_itself


def browser() -> Browser:
    """Return what this browser is: perhaps one that an organiser has signed in with before."""
    site = current_site()
    try:
        device = site.tokens.read_device(request.cookies.get(_cookie(_DEVICE), ""), site.clock())
    except TokenError:
        device = None
    return Browser(device, request.headers.get("User-Agent", ""))


def set_cookies(response: WerkzeugResponse, token: str, organiser: OrganiserRow) -> None:
    """Let this browser be signed in, and have tries of its own the next time."""
    site = current_site()
    device = new_device(site.keyring, organiser)
    known = site.tokens.make_device(device, site.clock() + DEVICE_FOR)
    _set_cookie(response, _SESSION, token, SIGNED_IN_FOR, "Lax")
    _set_cookie(response, _DEVICE, known, DEVICE_FOR, "Strict")


def delete_cookie(response: WerkzeugResponse) -> None:
    secure = current_site().secure
    response.delete_cookie(_cookie(_SESSION), path=_path(secure=secure), secure=secure)


@contextmanager
def acting(afterwards: str) -> Iterator[Session]:
    """Open the transaction in which a form is acted on, once.

    A second click raises AlreadyDone, which leads to `afterwards`, as the first one did.
    """
    site = current_site()
    with site.database.writing() as session:
        if not organiser_sessions.note_form(session, g.form_id, site.clock()):
            raise AlreadyDone(afterwards)
        yield session


def read_form_id() -> UUID:
    """Return the id of the form that came in, or raise TokenError: it is not this organiser's."""
    site, owner = current_site(), str(me().organiser.id)
    text = request.form.get(FORM, "")
    return site.tokens.read(Purpose.CONSOLE_FORM, owner, text, site.clock())


def form_token() -> str:
    """Return what a new form carries."""
    return _signed(uuid7(current_site().clock()), me().organiser.id)


def renewed_token(text: str, organiser_id: UUID) -> str:
    """Return what a form carries that is offered again: its id stays, if it was hers."""
    site = current_site()
    try:
        form_id = site.tokens.read(Purpose.CONSOLE_FORM, str(organiser_id), text, site.clock())
    except ExpiredFor as error:
        form_id = error.id
    except TokenError:
        form_id = uuid7(site.clock())
    return _signed(form_id, organiser_id)


def _signed(form_id: UUID, owner: UUID) -> str:
    site = current_site()
    ends = site.clock() + SIGNED_IN_FOR
    return site.tokens.make(Purpose.CONSOLE_FORM, str(owner), form_id, ends)


def _cookie(name: str) -> str:
    return f"__Host-{name}" if current_site().secure else name


def _path(*, secure: bool) -> str:
    """Return where a cookie holds: one with the prefix __Host- holds everywhere (RFC 6265bis)."""
    return "/" if secure else "/console"


def _set_cookie(
    response: WerkzeugResponse, name: str, value: str, lasts: timedelta, same_site: str
) -> None:
    secure = current_site().secure
    response.set_cookie(
        _cookie(name),
        value,
        max_age=lasts,
        path=_path(secure=secure),
        secure=secure,
        httponly=True,
        samesite=same_site,
    )
