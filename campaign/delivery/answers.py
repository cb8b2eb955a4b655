"""Answers to letters: filed, told apart by where they came from, passed on or set aside.

From is what a message says of itself. Another domain than the ministry's is a reason to ask a
person; the ministry's own is no proof, and mail servers are there to check it (DMARC).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from campaign.delivery.deliver import report
from campaign.delivery.letter_message import ministry_address
from campaign.delivery.links import without_clerk_links
from campaign.delivery.queries import inbound, mails
from campaign.delivery.rules.answer import UNREADABLE, Answer, Doubt, is_from
from campaign.delivery.rules.delivery import InboundKind, MailKind, MailState
from campaign.delivery.sealing import open_inbound, seal_answer, seal_inbound
from campaign.errors import NoLongerPossible, NotFound, SealError
from campaign.letters.queries import letters
from campaign.letters.sealing import open_message
from campaign.mail import incoming
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.recipients.queries import ministries
from campaign.recipients.rules.directory import AddressStatus, Channel
from campaign.signatures.queries import mail_caps as caps, signatures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.rows.inbound import InboundRow
    from campaign.letters.rows import LetterRow
    from campaign.mail.incoming import Incoming
    from campaign.recipients.rows.ministries import MinistryRow
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

MOST_ANSWERS = 50
"""To one letter: they all stand on her page, and whoever has the letter can send any number."""

_UNDECIDED = frozenset({InboundKind.DOUBTFUL, InboundKind.NO_ANSWER})


def has_room(session: Session, letter_id: UUID) -> bool:
    return inbound.count_answers(session, letter_id) < MOST_ANSWERS


def file_answer(
    session: Session,
    keyring: Keyring,
    row: InboundRow,
    wire: bytes,
    read: Incoming,
    letter_id: UUID,
    now: datetime,
) -> Doubt | None:
    """File what was noted under its letter, and mail it to who wrote that, unless in doubt.

    Of a letter that was deleted nothing is kept, and only what is in no doubt counts.
    """
    signature = signatures.lock(session, letter_id)
    letter = letters.lock(session, letter_id)
    assert letter is not None
    row.letter_id, row.doubt = letter_id, doubt_about(session, keyring, read, letter)
    if row.doubt is None:
        letter.answered_at = letter.answered_at or now
    else:
        row.kind = InboundKind.DOUBTFUL
    if letter.sealed is None or signature.sealed is None:
        return row.doubt
    if row.doubt is None:
        _mail_on(session, keyring, signature, row, now)
    # Last: SQLite writes a row's megabytes again with each change of it.
    row.sealed = seal_inbound(keyring, row.id, wire)
    row.shown = seal_answer(keyring, row.id, shown_of(read, letter_id))
    return row.doubt


def pass_on(session: Session, keyring: Keyring, inbound_id: UUID, by: str, now: datetime) -> None:
    """Count a message as an answer, because a person says so, and mail it to who wrote the letter.

    Raise NotFound where it says nothing any more, NoLongerPossible for one that counts already.
    """
    row, signature, letter = _locked(session, inbound_id, _UNDECIDED)
    count_as_answer(session, keyring, signature, letter, row, now)
    log.append(session, Entry(by, Action.ANSWER_PASSED_ON, f"letter {letter.id}"), now)


def count_as_answer(
    session: Session,
    keyring: Keyring,
    signature: SignatureRow,
    letter: LetterRow,
    row: InboundRow,
    now: datetime,
) -> None:
    """Let a message count from when it came in, and mail it to who wrote the letter."""
    row.kind = InboundKind.ANSWER
    letter.answered_at = min(row.received_at, letter.answered_at or row.received_at)
    _mail_on(session, keyring, signature, row, now)


def set_aside(session: Session, inbound_id: UUID, by: str, now: datetime) -> None:
    """File a message as no answer, because a person says so; it stays under its letter.

    Raise NotFound where it says nothing any more, NoLongerPossible for one that is in no doubt.
    """
    row, _, letter = _locked(session, inbound_id, {InboundKind.DOUBTFUL})
    row.kind = InboundKind.NO_ANSWER
    log.append(session, Entry(by, Action.ANSWER_SET_ASIDE, f"letter {letter.id}"), now)


def forget_message(session: Session, inbound_id: UUID, by: str, now: datetime) -> None:
    """Delete what a message that came in says, for good; raise NotFound if it says nothing."""
    row = inbound.find(session, inbound_id)
    if row is None or row.sealed is None:
        raise NotFound(str(inbound_id))
    row.sealed = row.shown = None
    act = Entry(by, Action.MESSAGE_FORGOTTEN, f"message {inbound_id}")
    log.append(session, act, now)


def read_earlier(database: Database, keyring: Keyring) -> None:
    """Read messages that came in before what is shown of them was stored, each once."""
    after: UUID | None = None
    while True:
        with database.writing() as session:
            row = inbound.next_unread(session, after)
            if row is None or row.sealed is None:
                return
            after = row.id
            with suppress(SealError):
                answer = opened_again(open_inbound(keyring, row.id, row.sealed), row.letter_id)
                row.shown = seal_answer(keyring, row.id, answer)


def doubt_about(
    session: Session, keyring: Keyring, read: Incoming, letter: LetterRow
) -> Doubt | None:
    """Say why a person has to decide whether a message answers this letter, if so."""
    if not is_from(read.sender, _ministrys(session, keyring, letter)):
        return Doubt.OTHER_DOMAIN
    return Doubt.SEALED if read.sealed else None


def _ministrys(session: Session, keyring: Keyring, letter: LetterRow) -> Iterable[str]:
    """Return where a letter went, and every address of its ministry that a person verified."""
    ministry = ministries.get(session, letter.government)
    verified = [
        one.value
        for one in ministry.addresses
        if one.channel is Channel.EMAIL and one.status is AddressStatus.VERIFIED
    ]
    return [*verified, *_went_to(keyring, letter, ministry)]


def _went_to(keyring: Keyring, letter: LetterRow, ministry: MinistryRow) -> Iterable[str]:
    if letter.message is not None:
        with suppress(SealError):
            return incoming.read(open_message(keyring, letter.id, letter.message)).recipients
    # In a daily mail, or deleted since.
    return [ministry_address(ministry, letter.language, live=False)]


def _locked(
    session: Session, inbound_id: UUID, kinds: Iterable[InboundKind]
) -> tuple[InboundRow, SignatureRow, LetterRow]:
    """Return a message of one of these kinds with its letter; her signature is locked first."""
    row = inbound.find(session, inbound_id)
    if row is None or row.letter_id is None:
        raise NotFound(str(inbound_id))
    signature = signatures.lock(session, row.letter_id)
    letter = letters.lock(session, row.letter_id)
    session.refresh(row, with_for_update=True)
    if letter is None or row.shown is None:
        raise NotFound(str(inbound_id))
    if row.kind not in kinds:
        raise NoLongerPossible(row.kind)
    return row, signature, letter


def _mail_on(
    session: Session, keyring: Keyring, signature: SignatureRow, row: InboundRow, now: datetime
) -> None:
    allowed = _may_mail(session, keyring, signature, now)
    state = MailState.QUEUED if allowed else MailState.DROPPED
    row.mail_id = mails.enqueue(
        session, signature, MailKind.ANSWER, signature.language, now, state=state
    )


def _may_mail(session: Session, keyring: Keyring, signature: SignatureRow, now: datetime) -> bool:
    """Say whether she is mailed: others can cause this mail, so the day's cap holds for it."""
    identities = signatures.identities(keyring, signature)
    if not identities or caps.is_stopped(session, identities):
        return False
    return caps.take(session, identities, now.date())


def opened_again(wire: bytes, letter_id: UUID | None) -> Answer:
    """Return what is shown of a message; of one that cannot be read, nothing."""
    try:
        return shown_of(incoming.read(wire), letter_id)
    except Exception as error:  # noqa: BLE001 - whatever it is, the site starts
        report("a message could not be read", error)
        return UNREADABLE


def shown_of(read: Incoming, letter_id: UUID | None) -> Answer:
    """Return what is shown of a message: of an answer to a letter, without the ministry's link.

    Who wrote the letter reads it too, and it may quote that link.
    """
    subject, text = read.subject, read.text
    if letter_id is not None:
        subject, text = (without_clerk_links(one, letter_id) for one in (subject, text))
    return Answer(read.sender, subject, text, read.files, read.truncated)
