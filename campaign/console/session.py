"""The console's session: its cookies, and the tokens of its forms.

Each form carries a signed id that is valid for one organiser only: other sites cannot make one, and
a second click is told from a second form.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import g, request

from campaign.console.selected_campaign import selected_campaign_or_none
from campaign.errors import DuplicateSubmission, TokenError
from campaign.organisers.accounts import hash_token
from campaign.organisers.queries import campaign_roles, sessions
from campaign.organisers.rules.roles import (
    DEVICE_COOKIE_LIFETIME,
    FRESH_SIGN_IN_MAX_AGE,
    ROLE_PERMISSIONS,
    SEEN_UPDATE_INTERVAL,
    SESSION_LIFETIME,
    CampaignRole,
    Permission,
    Role,
)
from campaign.organisers.sign_in import Browser, new_device
from campaign.store.ids import uuid7
from campaign.store.tokens import ExpiredIdToken, Purpose
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.rows import OrganiserRow

CSRF_FIELD = "csrf_token"
"""The field that carries a form's signed id."""

_SESSION, _DEVICE = "console", "console-device"


@dataclass(frozen=True)
class CurrentUser:
    """The organiser who is signed in; `roles`: hers in campaigns, by their ids."""

    organiser: OrganiserRow
    session_id: UUID
    signed_in_at: datetime
    roles: Mapping[int, CampaignRole]

    @property
    def name(self) -> str:
        return self.organiser.name

    @property
    def label(self) -> str:
        """What she is in the selected campaign, or on the site."""
        role = self.role_in(_selected_campaign_id())
        if self.organiser.site_owner:
            return "site owner"
        return role.label if role else "organiser"

    def role_in(self, campaign_id: int | None) -> CampaignRole | None:
        """Return her role in a campaign: a site owner owns them all."""
        if campaign_id is not None and self.organiser.site_owner:
            return CampaignRole(Role.OWNER)
        return self.roles.get(campaign_id) if campaign_id is not None else None

    def may_see(self, campaign_id: int) -> bool:
        return self.role_in(campaign_id) is not None

    def has_permission(self, right: Permission, campaign_id: int | None = None) -> bool:
        """Return whether she may do something in a campaign, by default in the selected one.

        On a page about no campaign, what she may do in any of hers counts, and everybody may look.
        """
        if right is Permission.MANAGE_ACCOUNT or self.organiser.site_owner:
            return True
        campaign_id = _selected_campaign_id() if campaign_id is None else campaign_id
        if campaign_id is not None:
            role = self.role_in(campaign_id)
            return role is not None and right in ROLE_PERMISSIONS[role.role]
        in_any = any(right in ROLE_PERMISSIONS[held.role] for held in self.roles.values())
        return in_any or right is Permission.VIEW_COUNTS

    def is_fresh(self, now: datetime) -> bool:
        return now - self.signed_in_at <= FRESH_SIGN_IN_MAX_AGE


def current_user() -> CurrentUser:
    """Return who is signed in; only views that require a permission may call this."""
    return cast("CurrentUser", g.current_user)


def load_current_user() -> CurrentUser | None:
    """Return who is signed in with this browser, and record that the session is in use."""
    token, now = request.cookies.get(_cookie_name(_SESSION), ""), container.clock()
    with container.database.reading() as session:
        found = sessions.find_by_token(session, hash_token(token), now)
        roles = campaign_roles.of_organiser(session, found[1].id) if found else {}
    if found is None:
        return None
    row, organiser = found
    if now - row.seen_at >= SEEN_UPDATE_INTERVAL and not _is_auto_refresh():
        with container.database.writing() as session:
            sessions.touch(session, row.id, now)
    return CurrentUser(organiser, row.id, row.signed_in_at, roles)


def _selected_campaign_id() -> int | None:
    selected = selected_campaign_or_none()
    return selected.campaign_id if selected else None


def _is_auto_refresh() -> bool:
    """Return whether a page refreshed itself, with nobody there (Fetch Metadata)."""
    headers = request.headers
    by_itself = headers.get("Sec-Fetch-Mode") == "navigate" and "Sec-Fetch-User" not in headers
    return request.method == "GET" and by_itself


def current_browser() -> Browser:
    """Return this browser: perhaps one that an organiser has signed in with before."""
    try:
        device = container.tokens.read_device_cookie(
            request.cookies.get(_cookie_name(_DEVICE), ""), container.clock()
        )
    except TokenError:
        device = None
    return Browser(device, request.headers.get("User-Agent", ""))


def set_session_cookies(response: WerkzeugResponse, token: str, organiser: OrganiserRow) -> None:
    """Sign this browser in, and give it its own sign-in tries for the next time."""
    device = new_device(container.keyring, organiser)
    known = container.tokens.make_device_cookie(device, container.clock() + DEVICE_COOKIE_LIFETIME)
    _set_cookie(response, _SESSION, token, SESSION_LIFETIME, "Lax")
    _set_cookie(response, _DEVICE, known, DEVICE_COOKIE_LIFETIME, "Strict")


def delete_session_cookie(response: WerkzeugResponse) -> None:
    secure = container.settings.is_https
    response.delete_cookie(_cookie_name(_SESSION), path=_cookie_path(secure=secure), secure=secure)


@contextmanager
def form_transaction(afterwards: str) -> Iterator[Session]:
    """Open the transaction in which a form is processed, once.

    A second click raises DuplicateSubmission, which leads to `afterwards`, as the first one
    did.
    """
    with container.database.writing() as session:
        if not sessions.mark_form_sent(session, g.form_id, container.clock()):
            raise DuplicateSubmission(afterwards)
        yield session


def read_form_id() -> UUID:
    """Return the submitted form's id, or raise TokenError if it is not this organiser's."""
    owner = str(current_user().organiser.id)
    text = request.form.get(CSRF_FIELD, "")
    return container.tokens.read(Purpose.CONSOLE_FORM, owner, text, container.clock())


def csrf_token() -> str:
    """Return the token for a new form."""
    return _signed(uuid7(container.clock()), current_user().organiser.id)


def renew_csrf_token(text: str, organiser_id: UUID) -> str:
    """Return the token for a form that is offered again: it keeps its id, if that was hers."""
    try:
        form_id = container.tokens.read(
            Purpose.CONSOLE_FORM, str(organiser_id), text, container.clock()
        )
    except ExpiredIdToken as error:
        form_id = error.id
    except TokenError:
        form_id = uuid7(container.clock())
    return _signed(form_id, organiser_id)


def _signed(form_id: UUID, owner: UUID) -> str:
    ends = container.clock() + SESSION_LIFETIME
    return container.tokens.make(Purpose.CONSOLE_FORM, str(owner), form_id, ends)


def _cookie_name(name: str) -> str:
    return f"__Host-{name}" if container.settings.is_https else name


def _cookie_path(*, secure: bool) -> str:
    """Return the path of a cookie: the prefix __Host- requires the whole site (RFC 6265bis)."""
    return "/" if secure else "/console"


def _set_cookie(
    response: WerkzeugResponse, name: str, value: str, lasts: timedelta, same_site: str
) -> None:
    secure = container.settings.is_https
    response.set_cookie(
        _cookie_name(name),
        value,
        max_age=lasts,
        path=_cookie_path(secure=secure),
        secure=secure,
        httponly=True,
        samesite=same_site,
    )
