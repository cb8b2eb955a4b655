"""A supporter's own page: see, correct, withdraw, delete, download."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from campaign.domain.delivery import LIVE_TRANSPORT, NOT_COMPOSED, MailKind, Outcome
from campaign.domain.letter import UNCLAIMED, LetterState, LetterText, Way
from campaign.domain.signature import (
    TICKS,
    Consent,
    EventKind,
    Person,
    State,
    effect,
    is_counted,
)
from campaign.errors import NoLongerPossible, NotFound
from campaign.mail import readable
from campaign.services.links import shown_answer, without_clerk_links
from campaign.services.signing import consent_words, request_mail
from campaign.store import addresses, campaigns, caps, counts, inbound, letters, mails, signatures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.domain.campaign import Words
    from campaign.incoming import Incoming
    from campaign.store.ledger import ErasureLedger
    from campaign.store.rows import AttemptRow, LetterRow, SignatureRow
    from campaign.store.vault import Vault


@dataclass(frozen=True)
class OwnLetter:
    row: LetterRow
    text: LetterText
    paragraph: str
    message: bytes
    attempts: tuple[AttemptRow, ...]
    answers: tuple[tuple[datetime, Incoming], ...] = ()

    @property
    def may_change(self) -> bool:
        return self.row.state in UNCLAIMED

    @property
    def has_left(self) -> bool:
        """Say whether a live transport's other side took it, whatever the site does now."""
        return any(
            attempt.outcome is Outcome.ACCEPTED and attempt.transport == LIVE_TRANSPORT
            for attempt in self.attempts
        )

    @property
    def never_left(self) -> bool:
        """Say whether it was given up before any server saw it."""
        return bool(self.attempts) and self.attempts[-1].code == NOT_COMPOSED

    @property
    def may_have_left(self) -> bool:
        """Say whether the ministry may have it: also when nobody knows."""
        tried = any(attempt.transport == LIVE_TRANSPORT for attempt in self.attempts)
        open_ended = self.row.state in {LetterState.CLAIMED, LetterState.UNCERTAIN}
        return self.has_left or (tried and (open_ended or self.never_known))

    @property
    def never_known(self) -> bool:
        """Say whether a try ended without an answer and nobody has learnt more since."""
        outcomes = [attempt.outcome for attempt in self.attempts]
        return Outcome.UNKNOWN in outcomes and Outcome.ACCEPTED not in outcomes


@dataclass(frozen=True)
class Holdings:
    """Everything we hold about one signature."""

    row: SignatureRow
    person: Person
    letter: OwnLetter | None
    reported: str = ""

    @property
    def consents(self) -> dict[Consent, bool]:
        return {purpose: getattr(self.row, purpose) for purpose in TICKS}


def holdings(session: Session, vault: Vault, signature_id: UUID) -> Holdings:
    """Return what we hold, or raise NotFound when nothing personal is left."""
    row = signatures.find(session, signature_id)
    if row is None or row.sealed is None:
        raise NotFound(str(signature_id))
    return Holdings(
        row,
        vault.open_person(row.id, row.sealed),
        _own_letter(session, vault, signature_id),
        _reported(session, vault, signature_id),
    )


@dataclass(frozen=True)
class Correction:
    """What she changed; `words` are those beside the ticks that she saw."""

    name: str
    town: str
    consents: Mapping[Consent, bool]
    words: Words


def correct(
    session: Session, vault: Vault, signature_id: UUID, correction: Correction, now: datetime
) -> None:
    """Change name, town and consents. The name under an unclaimed letter changes with it.

    Taking back the consent to send drops a letter that has not left; giving it later
    does not write one.
    """
    row = _locked(session, signature_id)
    assert row.sealed is not None
    before = vault.open_person(row.id, row.sealed)
    after = replace(before, name=correction.name, town=correction.town)
    signatures.set_person(row, vault, after)
    _rename_letter(session, vault, signature_id, before, after, now)
    changes = dict(correction.consents)
    letter = letters.find(session, signature_id)
    ours = letter is not None and letter.way is Way.WE_SEND
    if not ours:
        changes.pop(Consent.SEND_LETTER, None)
    words = correction.words
    signatures.set_consents(session, row, changes, consent_words(words), words.language, now)
    if ours and not row.send_letter:
        letters.drop_unclaimed(session, signature_id, now)


def rewrite_letter(
    session: Session, vault: Vault, signature_id: UUID, subject: str, body: str, now: datetime
) -> None:
    """Change the letter's text while nothing has left; raise NoLongerPossible after."""
    _locked(session, signature_id)
    letter = letters.lock(session, signature_id)
    if letter is None or letter.sealed is None or letter.state not in UNCLAIMED:
        raise NoLongerPossible("the letter has left")
    text, paragraph = vault.open_letter(signature_id, letter.sealed)
    changed = replace(text, subject=subject, body=body)
    if changed != text:
        letter.sealed = vault.seal_letter(signature_id, changed, paragraph)
        letter.edited = True
        letter.changed_at = now


def report_sent(session: Session, signature_id: UUID, now: datetime) -> None:
    """Note that she says she has sent her letter from her own mailbox, or posted it.

    Saying it twice is saying it once; raise NoLongerPossible for a letter that we send.
    """
    _locked(session, signature_id)
    letter = letters.lock(session, signature_id)
    if letter is None or letter.way is Way.WE_SEND:
        raise NoLongerPossible("not her letter to send")
    reported = LetterState.SELF_REPORTED if letter.way is Way.OWN_MAIL else LetterState.PRINTED
    if letter.state not in {LetterState.DRAFT, reported}:
        raise NoLongerPossible(letter.state)
    letter.state, letter.changed_at = reported, now


def withdraw(session: Session, signature_id: UUID, now: datetime) -> None:
    """Take a signature out of the count; drop its letter if nothing has left.

    Withdrawing twice is withdrawing once.
    """
    row = signatures.lock(session, signature_id)
    counts.apply(session, row, _withdraw(session, row, now))


def erase(session: Session, ledger: ErasureLedger, signature_id: UUID, now: datetime) -> None:
    """Withdraw and forget: no sealed value and no keyed hash stays.

    Everything that was submitted to this campaign with this very address goes, also
    what was withdrawn before or never confirmed.
    """
    row = signatures.find(session, signature_id)
    if row is None or row.email_hash is None:
        return
    identity, changes = row.identity_hash, []
    for one in signatures.lock_all_of(session, row):
        changes.append((one, _withdraw(session, one, now)))
        _forget(session, ledger, one, now)
    if identity is not None:
        # After the rows are locked: whoever counts a mail locks them first, too.
        caps.forget_person(session, identity)
    for one, change in changes:
        counts.apply(session, one, change)


def ask_fresh_link(session: Session, signature_id: UUID, language: str, now: datetime) -> None:
    """Mail a new way to the private page, within the day's cap."""
    row = signatures.lock(session, signature_id)
    if row.state is not State.PENDING and row.identity_hash is not None:
        request_mail(session, row, row.identity_hash, MailKind.FRESH_LINK, language, now)


def download(session: Session, held: Holdings) -> dict[str, Any]:
    """Return everything we hold in names and values, ready to be written as JSON."""
    row = held.row
    return {
        "signature": {
            "id": str(row.id),
            "state": row.state.value,
            "name": held.person.name,
            "email": held.person.email,
            "town": held.person.town,
            "government": row.government,
            "language": row.language,
            "origin": row.origin.value,
            "source": row.source,
            "revision_sha256": campaigns.revision_digest(session, row.revision_id),
            "created_at": row.created_at.isoformat(),
            "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
        },
        "consents": [
            {
                "purpose": consent.purpose.value,
                "given": consent.given,
                "words_sha256": consent.words,
                "language": consent.language,
                "at": consent.at.isoformat(),
            }
            for consent in signatures.consents_of(session, row.id)
        ],
        "events": [
            {"kind": event.kind.value, "at": event.at.isoformat()}
            for event in signatures.events_of(session, row.id)
        ],
        "mails": [
            {
                "kind": mail.kind.value,
                "state": mail.state.value,
                "language": mail.language,
                "asked_for_at": mail.queued_at.isoformat() if mail.queued_at else None,
                "accepted_at": mail.accepted_at.isoformat() if mail.accepted_at else None,
            }
            for mail in mails.all_of(session, row.id)
        ],
        "letter": _letter_download(held.letter),
        "reported_contact": held.reported,
    }


def _letter_download(own: OwnLetter | None) -> dict[str, Any] | None:
    if own is None:
        return None
    return {
        "state": own.row.state.value,
        "waiting_for": own.row.waiting_for.value if own.row.waiting_for else None,
        "language": own.row.language,
        "dated": own.row.dated.isoformat(),
        "subject": own.text.subject,
        "text": own.text.whole,
        "own_paragraph": own.paragraph,
        "message": without_clerk_links(readable(own.message)) if own.message else "",
        "answers": [
            {
                "at": moment.isoformat(),
                "from": answer.sender,
                "subject": answer.subject,
                "text": answer.text,
                "files": list(answer.files),
            }
            for moment, answer in own.answers
        ],
        "attempts": [
            {
                "at": attempt.at.isoformat(),
                "outcome": attempt.outcome.value,
                "transport": attempt.transport,
                "in_daily_mail": attempt.digest_id is not None,
                "code": attempt.code,
                "reply": attempt.reply,
            }
            for attempt in own.attempts
        ],
    }


def _reported(session: Session, vault: Vault, signature_id: UUID) -> str:
    """Return what she said about the ministry's contact."""
    row = addresses.report_of(session, signature_id)
    return vault.open_report(row.id, row.sealed) if row and row.sealed else ""


def _own_letter(session: Session, vault: Vault, signature_id: UUID) -> OwnLetter | None:
    letter = letters.find(session, signature_id)
    if letter is None or letter.sealed is None:
        return None
    text, paragraph = vault.open_letter(signature_id, letter.sealed)
    message = vault.open_message(signature_id, letter.message) if letter.message else b""
    attempts = tuple(letters.attempts_of(session, signature_id))
    answers = tuple(
        (row.received_at, shown_answer(vault.open_inbound(row.id, row.sealed)))
        for row in inbound.answers_to(session, signature_id)
        if row.sealed is not None
    )
    return OwnLetter(letter, text, paragraph, message, attempts, answers)


def _locked(session: Session, signature_id: UUID) -> SignatureRow:
    row = signatures.lock(session, signature_id)
    if row.sealed is None:
        raise NotFound(str(signature_id))
    if row.state is not State.CONFIRMED:
        raise NoLongerPossible(row.state)
    return row


def _rename_letter(
    session: Session,
    vault: Vault,
    signature_id: UUID,
    before: Person,
    after: Person,
    now: datetime,
) -> None:
    """Put the new name under a letter that still ends with the old one."""
    letter = letters.lock(session, signature_id)
    if letter is None or letter.sealed is None or letter.state not in UNCLAIMED:
        return
    text, paragraph = vault.open_letter(signature_id, letter.sealed)
    ending = f"\n{before.signature}"
    if text.body.endswith(ending):
        body = f"{text.body.removesuffix(ending)}\n{after.signature}"
        letter.sealed = vault.seal_letter(signature_id, replace(text, body=body), paragraph)
        letter.changed_at = now


def _forget(session: Session, ledger: ErasureLedger, row: SignatureRow, now: datetime) -> None:
    """Take everything personal from a signature that is not counted any more."""
    if row.state is State.PENDING:
        row.state = State.DROPPED
    mails.drop_queued(session, row.id, now)
    letters.drop_unclaimed(session, row.id, now)
    letters.clear_personal(session, row.id)
    addresses.forget_report(session, row.id)
    signatures.clear_personal(row)
    signatures.append_event(session, row, EventKind.ERASED, 0, now)
    ledger.note(row.id, now)


def _withdraw(session: Session, row: SignatureRow, now: datetime) -> int:
    """End a confirmed signature and return what that does to the count."""
    if row.state is not State.CONFIRMED:
        return 0
    before = is_counted(row.state, held=row.held)
    row.state = State.WITHDRAWN
    letters.drop_unclaimed(session, row.id, now)
    mails.drop_queued(session, row.id, now)
    change = effect(before=before, after=False)
    signatures.append_event(session, row, EventKind.WITHDRAWN, change, now)
    return change
