"""Reconcile a restored database with what people took back and what may have been sent since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from campaign.backup.queries import reconcile as restored
from campaign.campaigns.rules.campaign import Consent
from campaign.delivery.queries import letter_caps, mails, unsent
from campaign.letters import held_letters
from campaign.letters.sealing import hash_caps
from campaign.organisers.audit_log import clean_cause, log_action
from campaign.organisers.rules.audit_log import AuditAction, Justification
from campaign.organisers.sealing import unseal_organiser_email
from campaign.privacy import keys
from campaign.privacy.erase import erase_signature
from campaign.privacy.ledger import LedgerAction
from campaign.signatures.queries import consents, counts, same_person, signatures
from campaign.signatures.rules.signature import SignatureState, UnrecordedEvent
from campaign.signing.private_page import mark_withdrawn
from campaign.signing.request_mail import discard_pending, suppress_address_unlogged
from campaign.store import pending_restore

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import Actor
    from campaign.privacy.ledger import LedgerEntry
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring

_UNSEEN = ""
"""Evidence for a consent that a restore withdraws again: its words were seen the first time."""


@dataclass(frozen=True)
class RestoreRequest:
    """Which backup, what the site sends with, who restored it, and whether ledgers are missing."""

    made_at: str
    holder: Actor
    by: str
    without_ledger: bool = False

    @property
    def cause(self) -> Justification:
        """Return what the log says about it; raise InvalidText if `by` is not a valid name."""
        how = "restored, without its ledger" if self.without_ledger else "restored"
        return clean_cause(Justification(self.by, how))


@dataclass(frozen=True)
class RestoreSummary:
    """What was repeated, and what waits for a person's decision."""

    replayed: int
    uncertain: int
    held: int
    organisers: list[str]


def reconcile(
    session: Session,
    keyring: Keyring,
    ledger: Iterable[LedgerEntry],
    backup: RestoreRequest,
    now: datetime,
) -> RestoreSummary:
    """Repeat what people took back; prevent sending twice what may have been sent since.

    Letters that had not been sent when the backup was made are uncertain: they may have been sent
    since, and a person decides which to send. Signatures that were pending then are held, with
    their letters, when they are confirmed again. All organisers have to sign in again. Only then is
    the restore settled. Raise KeyMissing, before any change, if something cannot be opened.
    """
    keys.require_all_keys(session, keyring)
    _note_letters(session, keyring, backup, now)
    taken_back = sum(_take_back(session, keyring, entry, now) for entry in ledger)
    settled = RestoreSummary(
        replayed=taken_back,
        uncertain=_make_uncertain(session, keyring, backup.holder, now),
        held=restored.hold_pending_signatures(session),
        organisers=[
            unseal_organiser_email(keyring, *row) for row in restored.end_all_sessions(session, now)
        ],
    )
    about = f"backup of {backup.made_at}"
    log_action(session, backup.cause, AuditAction.RESTORED, about, now, number=taken_back)
    pending_restore.clear_pending(session)
    return settled


def _note_letters(
    session: Session, keyring: Keyring, backup: RestoreRequest, now: datetime
) -> None:
    """Record letters that may have been sent since, before their writers' hashes are erased.

    Otherwise a second one could be sent for anybody who deleted since the backup, or does so now.
    """
    live = backup.holder.live
    caps = [
        cap
        for identity, campaign_id, recipient in restored.identities_with_unsent_letters(session)
        for cap in hash_caps(keyring, (identity,), campaign_id, recipient, live=live)
    ]
    letter_caps.record(session, caps, now.date())


def _make_uncertain(session: Session, keyring: Keyring, holder: Actor, now: datetime) -> int:
    """Mark unsent letters as uncertain, including those stored with confirmed, held signatures."""
    for row in signatures.held_confirmed_with_letter(session):
        held_letters.move_to_letters(session, keyring, row, now)
    session.flush()
    return restored.mark_letters_uncertain(session, holder, now)


def _take_back(session: Session, keyring: Keyring, entry: LedgerEntry, now: datetime) -> bool:
    """Repeat one entry; return False if nothing changes or its subject is not in the database.

    Works in any order: the clocks of two hosts differ, so no entry depends on an earlier one.
    """
    if entry.action is LedgerAction.CREATED:
        return False
    if entry.action is LedgerAction.MAIL_STOPPED:
        return suppress_address_unlogged(session, bytes.fromhex(entry.subject), now)
    identifier, _, purpose = entry.subject.partition(" ")
    if signatures.find(session, UUID(identifier)) is None:
        return False
    row = signatures.lock(session, UUID(identifier))
    if entry.action is LedgerAction.CONSENT_WITHDRAWN:
        return _unsay(session, row, Consent(purpose), entry.at, now)
    before = row.state, row.sealed
    if entry.action is not LedgerAction.RETENTION_ENDED:
        _withdraw(session, keyring, row, now)
    if entry.action is not LedgerAction.WITHDRAWN and row.sealed is not None:
        erase_signature(session, row, now)
    elif row.state is SignatureState.PENDING:
        discard_pending(session, row, UnrecordedEvent.DROPPED, now)
    return (row.state, row.sealed) != before


def _withdraw(session: Session, keyring: Keyring, row: SignatureRow, now: datetime) -> None:
    """Take a signature out of the count, and drop the person's other pending submissions.

    If it was pending in the backup, it was confirmed since, and that ended the others: otherwise
    she would be reminded of something that she had finished.
    """
    if row.state in {SignatureState.CONFIRMED, SignatureState.INVALIDATED, SignatureState.PENDING}:
        for rival in same_person.lock_other_pending(session, keyring, row):
            discard_pending(session, rival, UnrecordedEvent.DROPPED, now)
    counts.adjust(session, row, mark_withdrawn(session, row, now))
    mails.drop_claimed(session, row.id, now)


def _unsay(
    session: Session, row: SignatureRow, purpose: Consent, at: datetime, now: datetime
) -> bool:
    """Withdraw a consent that was withdrawn at that time, unless the database knows about that.

    If it does, then its current value is what she chose later. No clock is compared with another:
    ledger and evidence have the same timestamp.
    """
    if row.sealed is None or consents.was_withdrawn_at(session, row.id, purpose, at):
        return False
    was_given = bool(getattr(row, purpose))
    consents.withdraw(session, row, purpose, _UNSEEN, at)
    if purpose is Consent.SEND_LETTER:
        unsent.drop_unsent(session, row.id, now)
    return was_given
