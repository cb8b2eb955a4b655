"""An organiser as the console sees one: a browser that keeps its cookie, and an app for codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyotp

from campaign.organisers import accounts, sign_in as signing_in
from campaign.organisers.accounts import Invitation
from campaign.organisers.passwords import PasswordService
from campaign.organisers.queries import organisers as store
from campaign.organisers.rules.roles import SESSION_LIFETIME, CampaignRole, Role
from campaign.organisers.sealing import hash_organiser_email
from campaign.organisers.sign_in import Browser
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from campaign.container import Container

CONSOLE_PATH = "/console/c/eu-china-dialogue"
"""Under which the shipped campaign's pages of the console stand."""

PASSWORD = "nine purple lamps sing loudly"
UNUSED_TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AS_VIEWER = {"role": "viewer", "campaign": "eu-china-dialogue"}
"""What an invitation says beside name and address."""

NAMES = {
    Role.OWNER: "Ona Example",
    Role.EDITOR: "Edda Example",
    Role.TRANSLATOR: "Tara Example",
    Role.VIEWER: "Vic Example",
}


@dataclass
class Organiser:
    container: Container
    browser: FlaskClient
    organiser_id: UUID
    secret: str = UNUSED_TOTP_SECRET

    def form(self) -> str:
        """Return what a new form of the console carries."""
        now = self.container.clock()
        tokens, owner = self.container.tokens, str(self.organiser_id)
        return tokens.make(Purpose.CONSOLE_FORM, owner, uuid7(now), now + SESSION_LIFETIME)

    def get(self, path: str) -> TestResponse:
        return self.browser.get(path)

    def post(self, path: str, form: str | None = None, **fields: Any) -> TestResponse:
        """Send a form as its page would, by default a new one."""
        return self.browser.post(path, data={"csrf_token": form or self.form(), **fields})

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(int(self.container.clock().timestamp()))

    def sign_in(self, email: str, **changes: str) -> TestResponse:
        filled = {"email": email, "password": PASSWORD, "code": self.code(), **changes}
        return self.browser.post("/console/sign-in", data=filled)


def email_of(role: Role) -> str:
    return f"{role.value}@example.org"


def invitation_for(
    container: Container,
    session: Session,
    role: Role,
    name: str,
    email: str,
    slugs: Collection[str] = (),
) -> Invitation:
    """Invite to the campaigns with these slugs.

    Without any, an owner is one of the site, and others have their role in all campaigns.
    """
    if role is Role.OWNER and not slugs:
        return Invitation(name, email, site_owner=True)
    languages = ("fr",) if role is Role.TRANSLATOR else ()
    every = container.campaign_cache.all(session)
    chosen = [one for one in every if one.slug in slugs or not slugs]
    roles = {one.campaign_id: CampaignRole(role, languages) for one in chosen}
    return Invitation(name, email, roles=roles)


def invite_organiser(container: Container, role: Role = Role.OWNER, email: str = "") -> str:
    """Return the path of an invitation's link."""
    with container.database.writing() as session:
        name = f"{NAMES[role]} Too" if email else NAMES[role]
        email = email or email_of(role)
        invitation = invitation_for(container, session, role, name, email)
        token = accounts.invite(session, container.keyring, invitation, "Test", container.clock())
    return f"/console/welcome/{token}"


@cache
def hashed_password() -> str:
    """The password as it is kept; once for all tests of a process, as it takes long."""
    return PasswordService().hash(PASSWORD)


def onboard_organiser(container: Container, app: Flask, role: Role = Role.OWNER) -> Organiser:
    """Accept an invitation whose password is set: the second step, signed in."""
    browser, link = app.test_client(), invite_organiser(container, role)
    token, now = link.rpartition("/")[2], container.clock()
    with container.database.writing() as session:
        accounts.set_first_password(session, container.keyring, token, hashed_password(), now)
    secret = totp_secret_in(browser.get(link))
    with container.database.reading() as session:
        row = store.by_email(session, hash_organiser_email(container.keyring, email_of(role)))
    assert row is not None
    organiser = Organiser(container, browser, row.id, secret)
    answer = browser.post(f"{link}/code", data={"code": organiser.code()})
    assert answer.status_code == 303, answer.text
    return organiser


def sign_in_organiser(
    container: Container,
    app: Flask,
    role: Role = Role.OWNER,
    name: str = "",
    slugs: Collection[str] = (),
) -> Organiser:
    """Return a signed-in organiser without the work of a password; see `invitation_for`."""
    browser = app.test_client()
    email = f"{name.split(maxsplit=1)[0].lower()}@example.org" if name else email_of(role)
    with container.database.writing() as session:
        row = store.by_email(session, hash_organiser_email(container.keyring, email))
        if row is None:
            named = name or NAMES[role]
            invitation = invitation_for(container, session, role, named, email, slugs)
            accounts.invite(session, container.keyring, invitation, "Test", container.clock())
            row = store.by_email(session, hash_organiser_email(container.keyring, email))
        assert row is not None
        token = signing_in.start_session(session, row, Browser(None, "Test"), container.clock())
    browser.set_cookie("console", token, path="/console")
    return Organiser(container, browser, row.id)


def totp_secret_in(page: TestResponse) -> str:
    found = re.search(r'<code class="copy">(\w+)</code>', page.text)
    assert found, page.text
    return found.group(1)


def hidden_fields(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of a page's last form."""
    last = page.text.rpartition("<form")[2]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', last)
    return {unescape(name): unescape(value) for name, value in found}


def target_of(page: TestResponse) -> str:
    """Return where a page's last form goes."""
    found = re.search(r'action="([^"]*)"', page.text.rpartition("<form")[2])
    assert found, page.text
    return unescape(found.group(1))


def path_of(answer: TestResponse) -> str:
    parts = urlsplit(answer.location)
    return parts.path + (f"?{parts.query}" if parts.query else "")
