"""A visitor of a running site: asks as the proxy hands on, and reads her mail in the outbox."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from html import unescape
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from tests.browser_client import as_posted
from tests.supporter import ALL_DEMANDS, Mail

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.running_site import RunningSite

PATIENCE = 60.0
SLUG = "eu-china-dialogue"

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class VisitorResponse:
    """What came back, and to which request; `kept`: its Cache-Control, `again`: its Retry-After."""

    method: str
    path: str
    status: int
    location: str
    cache_control: str
    retry_after: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class SiteUnavailable(Exception):
    """The site said that it is away, instead of the page that was asked for."""


class Visitor:
    """Keeps every answer in `answers`, for whoever looks them through."""

    def __init__(self, site: RunningSite, lang: str = "en") -> None:
        self.site = site
        self.start = f"/{lang}/{SLUG}"
        self.answers: list[VisitorResponse] = []
        self.requests: list[str] = []
        self.cookie = ""
        self.keep_alive = False
        self._connection: HTTPConnection | None = None

    def connection(self) -> HTTPConnection:
        """Return the connection that she has, or a new one."""
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self.site.port, timeout=30)
        return self._connection

    def close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(self, method: str, path: str, form: Fields | None = None) -> VisitorResponse:
        """Send one request; its id is in `requests`. Unless she `stays`, she hangs up after it."""
        self.requests.append(uuid4().hex)
        headers = {
            "Host": f"localhost:{self.site.proxy}",
            "X-Forwarded-For": "192.0.2.7",
            "X-Forwarded-Proto": "https",
            "X-Request-ID": self.requests[-1],
            "Cookie": self.cookie,
        }
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = self.connection()
        try:
            connection.request(method, path, urlencode(as_posted(form or [])) or None, headers)
            got = connection.getresponse()
            location = urlsplit(got.headers.get("Location", ""))
            leads = location.path + (f"?{location.query}" if location.query else "")
            kept = got.headers.get("Cache-Control", "")
            again = got.headers.get("Retry-After", "")
            answer = VisitorResponse(method, path, got.status, leads, kept, again, got.read())
        except (OSError, HTTPException):
            self.close_connection()
            raise
        if not self.keep_alive:
            self.close_connection()
        self.answers.append(answer)
        return answer

    def get(self, path: str) -> VisitorResponse:
        return self.ask("GET", path)

    def post(self, path: str, *fields: tuple[str, str]) -> VisitorResponse:
        return self.ask("POST", path, list(fields))

    def form_without_letter(self, **person: str) -> Fields:
        """Return the form of somebody who signs and wants no letter sent."""
        page = self.get(self.start)
        return [*_hidden(_there(page)), *person.items(), ("choice", "sign"), ("step", "next")]

    def form_after_preview(self, **person: str) -> Fields:
        """Return the form as it is sent after the letter was read."""
        sign = f"{self.start}/sign"
        form = [*_hidden(_there(self.get(self.start))), *person.items(), ("choice", "write")]
        form += [("demands", key) for key in ALL_DEMANDS]
        preview = _there(self.ask("POST", sign, [*form, ("step", "next")]))
        form = [pair for pair in form if pair[0] != "stamp"]
        written = [pair for pair in _hidden(preview) if pair[0] in {"stamp", "basis", "recipient"}]
        written.append(("subject", _found(r'<input id="subject"[^>]* value="([^"]*)"', preview)))
        body = r'<textarea[^>]* name="body"[^>]*>\n(.*?)</textarea>'
        written.append(("body", _found(body, preview)))
        return [*form, *written, ("step", "send")]

    def forget(self) -> None:
        """Let go of the answers, where there are too many to keep."""
        self.answers.clear()
        self.requests.clear()

    def sign(self, **person: str) -> VisitorResponse:
        return self.ask("POST", f"{self.start}/sign", self.form_after_preview(**person))

    def mail(self, to: str, kind: str) -> Mail:
        """Wait for the newest mail of a kind to an address; raise TimeoutError if none comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            paths = sorted(self._outbox.glob(f"mail-{kind}-*.eml"), reverse=True)
            for mail in map(_mail, paths):
                if mail.to == to:
                    return mail
            time.sleep(0.2)
        raise TimeoutError(f"no {kind} for {to}")

    @property
    def _outbox(self) -> Path:
        return self.site.folder / "outbox"


def _mail(path: Path) -> Mail:
    received = path.read_bytes()
    message = message_from_bytes(received, policy=policy.default)
    return Mail(str(message["To"].addresses[0].addr_spec), received)


def _there(answer: VisitorResponse) -> VisitorResponse:
    if answer.status == 503:
        raise SiteUnavailable
    assert answer.status == 200, answer.text
    return answer


def _hidden(answer: VisitorResponse) -> Fields:
    wanted = r'<input type="hidden" name="(stamp|revision|basis|recipient)" value="([^"]*)"'
    return [(name, unescape(value)) for name, value in re.findall(wanted, answer.text)]


def _found(pattern: str, answer: VisitorResponse) -> str:
    found = re.search(pattern, answer.text, re.DOTALL)
    assert found, answer.text
    return unescape(found.group(1))
