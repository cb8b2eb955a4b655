"""The development mailbox: what was sent to the outbox folder, and what was not and why.

A separate application on its own port, for loopback only, because it shows personal mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from flask import Flask, Response, abort
from markupsafe import Markup

from campaign.delivery.queries import attempts, mails
from campaign.delivery.rules.outgoing import RECIPIENT_KINDS, OutgoingState
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.mail.outgoing import decode_header_value, plain_text
from campaign.web.security import CSP

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.delivery.rows import OutgoingRow
    from campaign.language.catalogue import Language
    from campaign.language.templates import Templates
    from campaign.letters.rows import LetterRow
    from campaign.store.database import Database

TRUSTED_HOSTS = ["127.0.0.1", "localhost"]
MAX_LISTED = 200

_MAX_NAME = 200
_NAME = re.compile(r"[A-Za-z0-9_-]+\.eml")
_LINK = re.compile(r"https?://[^\s<>&]+")
_WAITING_REASONS = {
    WaitingFor.VERIFIED_ADDRESS: "no organiser has verified this ministry’s address "
    "(campaign recipients verify)",
    WaitingFor.PAUSE: "letters to this ministry are paused (campaign recipients resume)",
    WaitingFor.RELEASE: "the signature is held until an organiser releases it",
}


@dataclass(frozen=True)
class OutboxMessage:
    name: str
    at: datetime
    to: str
    subject: str


@dataclass(frozen=True)
class UnsentMessage:
    what: str
    state: str
    why: str
    since: datetime


def create_mailbox_app(
    database: Database,
    outbox: Path,
    sending: str,
    templates: Templates,
    language: Language,
    static: Path,
) -> Flask:
    app = Flask("mailbox", static_folder=str(static), static_url_path="/static")
    app.config["TRUSTED_HOSTS"] = TRUSTED_HOSTS

    @app.get("/")
    def index() -> str:
        with database.reading() as session:
            unsent = [*_unsent_letters(session), *_unsent_mails(session)]
        return templates.render(
            "delivery/outbox_list.html",
            language,
            sending=sending,
            mails=_listed(outbox, "mail-"),
            letters=_listed(outbox, "letter"),
            unsent=unsent,
        )

    @app.get("/message/<name>")
    def message(name: str) -> str:
        wire = _file(outbox, name).read_bytes()
        return templates.render(
            "delivery/outbox_message.html",
            language,
            file=name,
            headers=_headers(wire),
            text=_linked(_text(wire)),
            files=[part.get_filename() for part in _files(wire)],
        )

    @app.get("/message/<name>/file/<int:number>")
    def file(name: str, number: int) -> Response:
        found = _files(_file(outbox, name).read_bytes())
        if number >= len(found):
            abort(404)
        content = found[number].get_payload(decode=True)
        assert isinstance(content, bytes)
        response = Response(content, mimetype=found[number].get_content_type())
        response.headers["Content-Disposition"] = "attachment"
        return response

    @app.get("/message/<name>/raw")
    def raw(name: str) -> Response:
        return Response(_file(outbox, name).read_bytes(), mimetype="text/plain")

    @app.after_request
    def with_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _listed(outbox: Path, prefix: str) -> list[OutboxMessage]:
    """Return the newest messages, without any that is just being replaced."""
    found = []
    for path in outbox.glob(f"{prefix}*.eml"):
        try:
            found.append((path.stat().st_mtime, path))
        except FileNotFoundError:
            continue
    newest = sorted(found, reverse=True)[:MAX_LISTED]
    return [listed for moment, path in newest if (listed := _as_listed(path, moment))]


def _as_listed(path: Path, moment: float) -> OutboxMessage | None:
    try:
        headers = _headers(path.read_bytes())
    except FileNotFoundError:
        return None
    at = datetime.fromtimestamp(moment, tz=UTC)
    return OutboxMessage(path.name, at, headers.get("To", ""), headers.get("Subject", path.name))


def _file(outbox: Path, name: str) -> Path:
    path = outbox / name
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name) or not path.is_file():
        abort(404)
    return path


def _text(wire: bytes) -> str:
    """Return a message's text; other kinds of message are shown as their raw bytes."""
    text = plain_text(wire)
    return wire.decode("utf-8", "replace") if text is None else text


def _files(wire: bytes) -> list[Message]:
    """Return the attachments of a message."""
    read = message_from_bytes(wire, policy=policy.compat32)
    return [part for part in read.walk() if part.get_filename()]


def _headers(wire: bytes) -> dict[str, str]:
    read = message_from_bytes(wire, policy=policy.compat32)
    return {name: decode_header_value(str(value)) for name, value in read.items()}


def _linked(text: str) -> Markup:
    """Make URLs clickable, as a mail program does."""
    escaped = str(Markup.escape(text))
    return Markup(_LINK.sub(r'<a href="\g<0>">\g<0></a>', escaped))  # noqa: S704 - escaped above


def _unsent_letters(session: Session) -> list[UnsentMessage]:
    return [
        UnsentMessage(
            f"letter to {row.recipient}",
            row.state,
            _reason(row, attempts.last_reply(session, row.id)),
            row.changed_at,
        )
        for row in letters.undelivered(session)
    ]


def _unsent_mails(session: Session) -> list[UnsentMessage]:
    return [
        UnsentMessage(
            f"mail to {_whom(row)} ({row.kind.value.replace('_', ' ')})",
            row.state,
            _mail_reason(row, mails.last_reply(session, row.id)),
            row.changed_at,
        )
        for row in mails.undelivered(session)
    ]


def _whom(row: OutgoingRow) -> str:
    if row.signature_id is not None:
        return "a supporter"
    return "a recipient" if row.kind in RECIPIENT_KINDS else "the organisers"


def _reason(row: LetterRow, last_reply: str) -> str:
    if row.waiting_for is not None:
        return _WAITING_REASONS[row.waiting_for]
    if row.state is LetterState.DROPPED:
        return "its signature or the consent to send it was taken back"
    return last_reply or "the worker stopped while it was handed over"


def _mail_reason(row: OutgoingRow, last_reply: str) -> str:
    if row.state is OutgoingState.DROPPED:
        return (
            "the address had its mails for today or wants none, or the mail was not needed any more"
        )
    return last_reply
