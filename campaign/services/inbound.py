"""What comes back: reports move letters on, answers are filed and passed on.

A report counts only at a return path of ours, whose MAC nobody can make up. An answer is
found by the Message-ID that it refers to, and what a program wrote is neither.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from campaign import incoming
from campaign.domain.answer import Answer
from campaign.domain.delivery import InboundKind, MailKind, MailState, Outcome
from campaign.domain.ids import uuid7
from campaign.domain.log import Action, Entry
from campaign.domain.text import masked
from campaign.errors import NotFound, SealError, TokenError
from campaign.services.delivery import report
from campaign.services.links import without_clerk_links
from campaign.store import bounces, caps, inbound, letters, log, mails, signatures
from campaign.store.attempts import Result

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery_reports import Report
    from campaign.domain.operator import Operator
    from campaign.incoming import Incoming
    from campaign.store.db import Database
    from campaign.store.rows import SignatureRow
    from campaign.store.vault import Vault
    from campaign.tokens import Tokens

TELL_AGAIN_AFTER = timedelta(days=1)
"""How long organisers are left alone after a mail about messages that fit no letter."""

MOST_ANSWERS = 50
"""To one letter: they all stand on her page, and whoever has the letter can send any number."""

_KNOWN = "this message was taken before"


@dataclass(frozen=True)
class Mailroom:
    """Takes in what arrives at the sender's domain."""

    vault: Vault
    tokens: Tokens
    operator: Operator

    def receive(self, session: Session, wire: bytes, to: str, now: datetime) -> str:
        """Take one message in and say what it was. The same one again changes nothing."""
        try:
            read = incoming.read(wire, to)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is kept for a person
            report("a message could not be read", error)
            return self._unfiled(session, wire, now)
        about = self._return_path(read)
        said_so = read.report or (read.bounce if about else None)
        if said_so is not None:
            return self._reported(session, wire, said_so, about, now)
        letter_id = self._letter_answered(session, read, about)
        if read.automatic or (read.to_a_list and letter_id is None):
            return self._automatic(session, wire, letter_id, now)
        if letter_id is None or read.to_a_list or not _has_room(session, letter_id):
            return self._unfiled(session, wire, now)
        if read.sealed:
            return self._unfiled(session, wire, now, "a message that only a mail program can open")
        return self._answered(session, wire, read, letter_id, now)

    def _return_path(self, read: Incoming) -> UUID | None:
        """Return what a message came back for, if it came to a return path of ours."""
        for address in read.recipients:
            local, _, domain = address.rpartition("@")
            if domain.lower() != self.operator.domain.lower():
                continue
            try:
                return self.tokens.read_return_path(local)
            except TokenError:
                continue
        return None

    def _letter_answered(self, session: Session, read: Incoming, about: UUID | None) -> UUID | None:
        ours = re.compile(rf"<([0-9a-f-]{{36}})@{re.escape(self.operator.domain)}>", re.IGNORECASE)
        found = [_uuid(match[1]) for one in read.references if (match := ours.fullmatch(one))]
        named = [one for one in (about, *found) if one is not None]
        tried = letters.tried_among(session, named) if named else set()
        return next((one for one in named if one in tried), None)

    def _note(self, session: Session, wire: bytes, kind: InboundKind, now: datetime) -> UUID | None:
        row = inbound.note(session, uuid7(now), hashlib.sha256(wire).digest(), kind, now)
        return row.id if row else None

    def _reported(
        self, session: Session, wire: bytes, said_so: Report, about: UUID | None, now: datetime
    ) -> str:
        if self._note(session, wire, InboundKind.REPORT, now) is None:
            return _KNOWN
        if about is None:
            return "a report about nothing that left here"
        result = _result(said_so)
        if result is None:
            return "a report of no consequence"
        said = f"{result.outcome} ({said_so.status or 'no status'})"
        if letters.find(session, about) is not None:
            bounces.letter_came_back(session, about, result, now)
            return f"letter {about}: {said}"
        if mails.find(session, about) is not None:
            bounces.mail_came_back(session, about, result, now)
            return f"mail {about}: {said}"
        count = bounces.daily_mail_came_back(session, about, result, now)
        return f"daily mail {about}, {count} letters: {said}"

    def _automatic(
        self, session: Session, wire: bytes, letter_id: UUID | None, now: datetime
    ) -> str:
        if self._note(session, wire, InboundKind.AUTO_REPLY, now) is None:
            return _KNOWN
        if letter_id is None:
            return "an automatic message"
        bounces.answered_by_itself(session, letter_id, now)
        return f"an automatic answer to letter {letter_id}"

    def _answered(
        self, session: Session, wire: bytes, read: Incoming, letter_id: UUID, now: datetime
    ) -> str:
        """File an answer under its letter and mail it to who wrote that."""
        noted = self._note(session, wire, InboundKind.ANSWER, now)
        if noted is None:
            return _KNOWN
        signature = signatures.lock(session, letter_id)
        letter = letters.lock(session, letter_id)
        row = inbound.find(session, noted)
        assert letter is not None
        assert row is not None
        row.letter_id, letter.answered_at = letter_id, letter.answered_at or now
        if letter.sealed is None or signature.sealed is None:
            return f"an answer to letter {letter_id}, which was deleted; it is not kept"
        allowed = _may_mail(session, self.vault, signature, now)
        state = MailState.QUEUED if allowed else MailState.DROPPED
        row.mail_id = mails.enqueue(
            session, signature, MailKind.ANSWER, signature.language, now, state=state
        )
        # Last: SQLite writes a row's megabytes again with each change of it.
        row.sealed = self.vault.seal_inbound(row.id, wire)
        row.shown = self.vault.seal_answer(row.id, _shown(read, letter_id))
        return f"an answer to letter {letter_id}"

    def _unfiled(
        self,
        session: Session,
        wire: bytes,
        now: datetime,
        what: str = "a message that fits no letter",
    ) -> str:
        """Keep what fits no letter, and tell the organisers once a day at most."""
        noted = self._note(session, wire, InboundKind.UNFILED, now)
        if noted is None:
            return _KNOWN
        row = inbound.find(session, noted)
        assert row is not None
        row.sealed = self.vault.seal_inbound(noted, wire)
        if not mails.asked_for_since(session, MailKind.UNFILED, now - TELL_AGAIN_AFTER):
            mails.enqueue_call(session, MailKind.UNFILED, None, now)
        return f"{what}; to read it: campaign letters answer {noted}"


def forget_message(session: Session, inbound_id: UUID, by: str, now: datetime) -> None:
    """Delete what a message that came in says, for good; raise NotFound if it says nothing."""
    row = inbound.find(session, inbound_id)
    if row is None or row.sealed is None:
        raise NotFound(str(inbound_id))
    row.sealed = row.shown = None
    act = Entry(by, Action.MESSAGE_FORGOTTEN, f"message {inbound_id}")
    log.append(session, act, now)


def read_earlier(database: Database, vault: Vault) -> None:
    """Read answers that came in before what is shown of them was stored, each once."""
    after: UUID | None = None
    while True:
        with database.writing() as session:
            row = inbound.next_unread(session, after)
            if row is None or row.sealed is None or row.letter_id is None:
                return
            after = row.id
            with suppress(SealError):
                answer = _read_again(vault.open_inbound(row.id, row.sealed), row.letter_id)
                row.shown = vault.seal_answer(row.id, answer)


def _read_again(wire: bytes, letter_id: UUID) -> Answer:
    try:
        return _shown(incoming.read(wire), letter_id)
    except Exception as error:  # noqa: BLE001 - whatever it is, the site starts
        report("a message could not be read", error)
        return Answer("", "", "", (), truncated=True)


def _shown(read: Incoming, letter_id: UUID) -> Answer:
    """Return an answer as it is shown to whom it was for: it may quote the ministry's link."""
    return Answer(
        read.sender,
        without_clerk_links(read.subject, letter_id),
        without_clerk_links(read.text, letter_id),
        read.files,
        read.truncated,
    )


def _has_room(session: Session, letter_id: UUID) -> bool:
    return inbound.count_answers(session, letter_id) < MOST_ANSWERS


def _may_mail(session: Session, vault: Vault, signature: SignatureRow, now: datetime) -> bool:
    """Say whether she is mailed: others can cause this mail, so the day's cap holds for it."""
    identities = signatures.identities(vault, signature)
    if not identities or caps.is_stopped(session, identities):
        return False
    return caps.take(session, identities, now.date())


def _result(report: Report) -> Result | None:
    """Return what a report says about a message, or None if that changes nothing."""
    if report.hard:
        outcome = Outcome.BOUNCED
    elif report.failed:
        outcome = Outcome.RETURNED
    elif report.action == "delayed":
        outcome = Outcome.DELAYED
    else:
        return None
    return Result(outcome, report.status, masked(report.reply))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
