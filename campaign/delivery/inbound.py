"""Inbound mail: reports update letters, answers are filed (`delivery/answers.py`).

A report counts only if it came to one of the site's return paths, whose MAC nobody can forge. An
answer is found by the Message-ID that it refers to, and what a program wrote is neither.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.delivery import bounces
from campaign.delivery.answers import can_take_more_answers, content_of, file_answer
from campaign.delivery.deliver import log_fault
from campaign.delivery.queries import attempts, inbound, mails
from campaign.delivery.queries.attempts import AttemptResult
from campaign.delivery.rules.answer import UNREADABLE, ReviewReason
from campaign.delivery.rules.delivery import InboundKind, Outcome
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.delivery.sealing import seal_answer, seal_dkim_signer, seal_inbound
from campaign.errors import TokenError
from campaign.language.text import redact
from campaign.mail import incoming
from campaign.mail.dns_policy import find_dkim_signer
from campaign.recipients.queries import recipients
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.rows import InboundRow
    from campaign.mail.delivery_reports import DeliveryReport
    from campaign.mail.incoming import IncomingMessage
    from campaign.operator import Operator
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens

NOTIFY_AGAIN_AFTER = timedelta(days=1)
"""How long organisers get no other mail about messages that a person has to look at."""

_MESSAGE_NAMES = {OutgoingKind.LETTER: "letter", OutgoingKind.DIGEST: "daily mail"}
_DUPLICATE = "this message was taken before"
_DOUBTS = {
    ReviewReason.OTHER_DOMAIN: "not from the ministry's own domain",
    ReviewReason.SEALED: "only a mail program can open its text",
}


@dataclass(frozen=True)
class InboundMailService:
    """Service for mail that arrives at the sender's domain."""

    keyring: Keyring
    tokens: Tokens
    operator: Operator

    def receive(self, session: Session, wire: bytes, to: str, now: datetime) -> str:
        """Take in one message; return a line saying what it was. A duplicate changes nothing."""
        try:
            read = incoming.parse_message(wire, to)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is stored for a person
            log_fault("a message could not be read", error)
            return self._unfiled(session, wire, None, now)
        if self._is_test_mail(read, now):
            return self._test_mail(session, wire, read, now)
        about = self._reported_on(session, read)
        said_so = read.report or (read.bounce if about else None)
        if said_so is not None:
            return self._handle_report(session, wire, said_so, about, now)
        letter_id = self._letter_answered(session, read, about)
        if read.is_automatic or (read.is_list_mail and letter_id is None):
            return self._automatic(session, wire, letter_id, now)
        if (
            letter_id is not None
            and not read.is_list_mail
            and can_take_more_answers(session, letter_id)
        ):
            return self._answered(session, wire, read, letter_id, now)
        return self._unfiled(session, wire, read, now)

    def _is_test_mail(self, read: IncomingMessage, now: datetime) -> bool:
        """Return whether `campaign doctor` sent it recently: its Message-ID is our token."""
        local, _, domain = read.message_id.strip("<>").rpartition("@")
        try:
            self.tokens.read(Purpose.TEST_MAIL, "", local, now)
        except TokenError:
            return False
        return domain.lower() == self.operator.domain.lower()

    def _test_mail(
        self, session: Session, wire: bytes, read: IncomingMessage, now: datetime
    ) -> str:
        noted = self._note(session, wire, InboundKind.AUTO_REPLY, now)
        if noted is None:
            return _DUPLICATE
        signer = find_dkim_signer(self.operator.domain.lower(), read.dkim_signatures)
        noted.content = seal_dkim_signer(self.keyring, noted.id, signer)
        signed = f"signed as {signer.name}" if signer else f"not signed for {self.operator.domain}"
        return f"a test mail of campaign doctor, {signed}"

    def _return_path(self, read: IncomingMessage) -> UUID | None:
        """Return the id of what came back, if it came to one of the site's return paths."""
        for address in read.recipients:
            local, _, domain = address.rpartition("@")
            if domain.lower() != self.operator.domain.lower():
                continue
            try:
                return self.tokens.read_return_path(local)
            except TokenError:
                continue
        return None

    def _reported_on(self, session: Session, read: IncomingMessage) -> UUID | None:
        """Return the id of what came back to one of our return paths.

        What a report sends back says which message it means, if messages of a day shared a path; if
        it sends nothing back, nobody knows.
        """
        about = self._return_path(read)
        first = mails.find(session, about) if about is not None else None
        if first is None or first.recipient is None:
            return about
        named = incoming.own_message_ids(self.operator.domain, (read.returned_id,))
        meant = mails.find(session, named[0]) if named else None
        if meant is not None and meant.recipient == first.recipient:
            return meant.id
        never_shared = recipients.get(session, first.recipient).return_path_id is None
        return about if never_shared else None

    def _letter_answered(
        self, session: Session, read: IncomingMessage, about: UUID | None
    ) -> UUID | None:
        named = incoming.own_message_ids(self.operator.domain, read.references)
        if about is not None:
            named.insert(0, about)
        tried = attempts.attempted_ids(session, named) if named else set()
        return next((one for one in named if one in tried), None)

    def _note(
        self, session: Session, wire: bytes, kind: InboundKind, now: datetime
    ) -> InboundRow | None:
        return inbound.add_once(session, uuid7(now), hashlib.sha256(wire).digest(), kind, now)

    def _handle_report(
        self,
        session: Session,
        wire: bytes,
        said_so: DeliveryReport,
        about: UUID | None,
        now: datetime,
    ) -> str:
        if self._note(session, wire, InboundKind.REPORT, now) is None:
            return _DUPLICATE
        if about is None:
            return "a report about nothing that left here"
        result = _result(said_so)
        if result is None:
            return "a report of no consequence"
        said = f"{result.outcome} ({said_so.status or 'no status'})"
        message = mails.find(session, about)
        if message is None:
            return f"message {about} was never sent: {said}"
        count = bounces.apply_report(session, about, result, now)
        name = _MESSAGE_NAMES.get(message.kind, "mail")
        letters_said = f", {count} letters" if message.kind is OutgoingKind.DIGEST else ""
        return f"{name} {about}{letters_said}: {said}"

    def _automatic(
        self, session: Session, wire: bytes, letter_id: UUID | None, now: datetime
    ) -> str:
        if self._note(session, wire, InboundKind.AUTO_REPLY, now) is None:
            return _DUPLICATE
        if letter_id is None:
            return "an automatic message"
        bounces.record_auto_reply(session, letter_id, now)
        return f"an automatic answer to letter {letter_id}"

    def _answered(
        self, session: Session, wire: bytes, read: IncomingMessage, letter_id: UUID, now: datetime
    ) -> str:
        """File an answer under its letter; if it is in doubt, notify the organisers."""
        noted = self._note(session, wire, InboundKind.ANSWER, now)
        if noted is None:
            return _DUPLICATE
        doubt = file_answer(session, self.keyring, noted, wire, read, letter_id, now)
        if noted.content is None:
            return f"an answer to letter {letter_id}, which was deleted; it is not kept"
        if doubt is None:
            return f"an answer to letter {letter_id}"
        self._call(session, now)
        return (
            f"perhaps an answer to letter {letter_id} ({_DOUBTS[doubt]}); "
            "an owner says so in the console, under Letters"
        )

    def _unfiled(
        self, session: Session, wire: bytes, read: IncomingMessage | None, now: datetime
    ) -> str:
        """Store a message that fits no letter, and notify the organisers."""
        noted = self._note(session, wire, InboundKind.UNFILED, now)
        if noted is None:
            return _DUPLICATE
        shown = UNREADABLE if read is None else content_of(read, None)
        noted.content = seal_answer(self.keyring, noted.id, shown)
        noted.sealed = seal_inbound(self.keyring, noted.id, wire)
        self._call(session, now)
        return "a message that fits no letter; it is in the console, under Unfiled mail"

    def _call(self, session: Session, now: datetime) -> None:
        """Notify the organisers, once a day at most, that a person has to look."""
        if not mails.queued_since(session, OutgoingKind.UNFILED, now - NOTIFY_AGAIN_AFTER):
            mails.enqueue_notification(session, OutgoingKind.UNFILED, None, now)


def _result(report: DeliveryReport) -> AttemptResult | None:
    """Return what a report says about a message, or None if it changes nothing."""
    if report.is_hard_bounce:
        outcome = Outcome.BOUNCED
    elif report.failed:
        outcome = Outcome.SOFT_BOUNCED
    elif report.action == "delayed":
        outcome = Outcome.DELAYED
    else:
        return None
    return AttemptResult(outcome, report.status, redact(report.reply))
