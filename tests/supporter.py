"""A supporter as the site sees one: a browser without cookies and a mailbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.helpers.flowed_text import plain_text_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

ALL_DEMANDS = ("report", "assess", "rethink", "benchmarks", "open", "un")


@dataclass(frozen=True)
class Mail:
    to: str
    received: bytes

    @cached_property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.received, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        """What its reader sees: flowed text is whole."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return plain_text_of(body)

    def file(self, media_type: str) -> bytes:
        """Return the attached file of that type."""
        (part,) = (
            one for one in self.message.iter_attachments() if one.get_content_type() == media_type
        )
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return content

    def link(self, purpose: str) -> str:
        """Return the path of the mail's link for that purpose."""
        found = re.search(rf"https?://\S+/{purpose}/\S+", self.text)
        assert found, f"no {purpose} link in {self.text}"
        return urlsplit(found.group()).path

    @property
    def code(self) -> str:
        found = re.search(r"^(\d{6})$", self.text, re.MULTILINE)
        assert found, f"no code in {self.text}"
        return found.group(1)


class Supporter:
    """Does what a person does, through the front door."""

    def __init__(
        self,
        browser: FlaskClient,
        worker: Worker,
        transport: MemoryTransport,
        slug: str,
        lang: str = "en",
    ) -> None:
        self.browser = browser
        self.worker = worker
        self.transport = transport
        self.slug = slug
        self.lang = lang

    def path(self, rest: str = "") -> str:
        return f"/{self.lang}/{self.slug}{rest}"

    def form(self, **changes: Any) -> dict[str, Any]:
        """Return the filled-in beginning of the form, of somebody who writes with all demands."""
        page = self.browser.get(self.path())
        filled: dict[str, Any] = {
            "stamp": hidden_value(page, "stamp"),
            "revision": hidden_value(page, "revision"),
            "name": "Testa Example",
            "email": "testa@example.org",
            "government": "DE",
            "town": "",
            "demands": list(ALL_DEMANDS),
            "paragraph": "",
            "choice": "write",
            "source": "",
            "step": "next",
        }
        filled.update(changes)
        return {name: value for name, value in filled.items() if value is not None}

    def post(self, form: dict[str, Any]) -> TestResponse:
        return self.browser.post(self.path("/sign"), data=form, content_type="multipart/form-data")

    def form_after_preview(self, **changes: Any) -> dict[str, Any]:
        """Return the second page as it would be sent, after the letter was read."""
        form = self.form(**changes)
        preview = self.post(form)
        assert preview.status_code == 200, preview.text
        return form | carried(preview) | {"step": "send"}

    def submit(self, **changes: Any) -> str:
        """Sign and return the path of the page that says: check your mail."""
        only_sign = changes.get("choice") == "sign"
        form = self.form(**changes) if only_sign else self.form_after_preview(**changes)
        response = self.post(form)
        assert response.status_code == 303, response.text
        return urlsplit(response.location).path

    def deliver(self) -> None:
        """Let the worker deliver until nothing is due."""
        while self.worker.step():
            pass

    def mails(self, to: str = "") -> list[Mail]:
        """Return mails to supporters, the oldest first."""
        return [mail for mail in self.received("mail-") if not to or mail.to == to]

    def letters(self) -> list[Mail]:
        return self.received("letter-")

    def daily_mails(self) -> list[Mail]:
        return self.received("letters-")

    def newest_mail(self, to: str = "testa@example.org") -> Mail:
        self.deliver()
        return self.mails(to)[-1]

    def confirm(self, to: str = "testa@example.org") -> str:
        """Press the button behind the newest mail's link; return the path that follows."""
        response = self.browser.post(self.newest_mail(to).link("confirm"))
        assert response.status_code == 303, response.text
        return urlsplit(response.location).path

    def sign(self, **changes: Any) -> str:
        """Sign and confirm; return the path of the private page."""
        self.submit(**changes)
        done = self.confirm(changes.get("email", "testa@example.org"))
        return done.replace("/done/", "/private/")

    def count(self) -> int:
        counts = self.browser.get(f"/{self.slug}/counts.json").get_json()
        return int(counts["signature_count"])

    def received(self, prefix: str) -> list[Mail]:
        """Return messages whose name begins so, the oldest first."""
        return [
            Mail(envelope.recipient, envelope.message)
            for envelope in self.transport.sent
            if envelope.name.startswith(prefix)
        ]


def carried(preview: TestResponse) -> dict[str, str]:
    """Return what a preview carries to the next page, beside what she chooses there."""
    form = {
        "stamp": hidden_value(preview, "stamp"),
        "shown_paragraph": area_value(preview, "shown_paragraph"),
        "shown_town": hidden_value(preview, "shown_town"),
    }
    for prefix in ("", "2-", "3-"):
        if f'name="{prefix}recipient"' in preview.text:
            form |= {
                f"{prefix}subject": field_value(preview, f"{prefix}subject"),
                f"{prefix}body": area_value(preview, f"{prefix}body"),
                f"{prefix}basis": hidden_value(preview, f"{prefix}basis"),
                f"{prefix}recipient": hidden_value(preview, f"{prefix}recipient"),
            }
    return form


def hidden_value(response: TestResponse, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', response.text)
    assert found, f"no hidden field {name}"
    return unescape(found.group(1))


def field_value(response: TestResponse, name: str) -> str:
    found = re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', response.text)
    assert found, f"no field {name}"
    return unescape(found.group(1))


def area_value(response: TestResponse, name: str) -> str:
    found = re.search(
        rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', response.text, re.DOTALL
    )
    assert found, f"no text area {name}"
    return unescape(found.group(1))
