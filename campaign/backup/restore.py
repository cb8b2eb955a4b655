"""Put a restored database right: what people took back since, and what may have left since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from campaign.backup.queries import reconcile as restored
from campaign.campaigns.rules.consents import Consent
from campaign.delivery.queries import mails
from campaign.letters import held_letters
from campaign.letters.queries import letter_caps, letters
from campaign.letters.sealing import hash_caps
from campaign.organisers.audit_log import clean_cause, log_action
from campaign.organisers.rules.audit_log import AuditAction, Justification
from campaign.organisers.sealing import unseal_organiser_email
from campaign.privacy import keys
from campaign.privacy.erase import erase_signature
from campaign.privacy.ledger import LedgerAction
from campaign.signatures.queries import consents, counts, same_person, signatures
from campaign.signatures.rules.signature import SignatureState
from campaign.signing.private_page import mark_withdrawn
from campaign.signing.request_mail import discard_pending, suppress_address_unlogged
from campaign.store import pending_restore

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import WorkerIdentity
    from campaign.privacy.ledger import LedgerEntry
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.keyring import Keyring

_UNSEEN = ""
"""Evidence of a consent that was taken back again by a restore: its words were seen before."""


@dataclass(frozen=True)
class RestoreRequest:
    """Which backup, what the site sends with, who restored it, and whether ledgers are missing."""

    made_at: str
    holder: WorkerIdentity
    by: str
    without_ledger: bool = False

    @property
    def cause(self) -> Justification:
        """What the log says about it; raise InvalidText where `by` is nobody's name."""
        how = "restored, without its ledger" if self.without_ledger else "restored"
        return clean_cause(Justification(self.by, how))


@dataclass(frozen=True)
class RestoreSummary:
    """What was done again, and what waits for a person's decision."""

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
    """Do again what people took back; keep from leaving twice what may have left since.

    Letters that had not left when the backup was made are uncertain: they may have left
    since, and a person says which go. Who had not confirmed then is held when she does it
    again, with her letter. All organisers have to sign in again. Only then is the restore settled.
    Raise KeyMissing, before anything, if something cannot be opened.
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
    """Note letters that may have left since, before it is forgotten whose they were.

    Else whoever deleted since the backup, or does it now, could have a second one sent.
    """
    live = backup.holder.live
    caps = [
        cap
        for identity, campaign_id, government in restored.identities_with_unsent_letters(session)
        for cap in hash_caps(keyring, (identity,), campaign_id, government, live=live)
    ]
    letter_caps.record(session, caps, now.date())


def _make_uncertain(
    session: Session, keyring: Keyring, holder: WorkerIdentity, now: datetime
) -> int:
    """Make what had not left uncertain, also letters that lay with confirmed, held signatures."""
    for row in signatures.held_confirmed_with_letter(session):
        held_letters.move_to_letters(session, keyring, row, now)
    session.flush()
    return restored.mark_letters_uncertain(session, holder, now)


def _take_back(session: Session, keyring: Keyring, entry: LedgerEntry, now: datetime) -> bool:
    """Do again what one entry says; False if it is so already, or about nothing that is here.

    Whatever the order: the clocks of two hosts differ, so none of these needs another one before.
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
        discard_pending(session, row, SignatureState.DROPPED, now)
    return (row.state, row.sealed) != before


def _withdraw(session: Session, keyring: Keyring, row: SignatureRow, now: datetime) -> None:
    """Take a signature out of the count, and end what else the person had begun.

    If it was pending in the backup, it was confirmed since, and that ended the others: she
    would be reminded of what she had done with.
    """
    if row.state in {SignatureState.CONFIRMED, SignatureState.INVALIDATED, SignatureState.PENDING}:
        for rival in same_person.lock_other_pending(session, keyring, row):
            discard_pending(session, rival, SignatureState.DROPPED, now)
    counts.adjust(session, row, mark_withdrawn(session, row, now))
    mails.drop_claimed(session, row.id, now)


def _unsay(
    session: Session, row: SignatureRow, purpose: Consent, at: datetime, now: datetime
) -> bool:
    """Take a consent back that was taken back at that moment, unless the database knows of it.

    If it does, then what it says now is what she chose later. No clock is compared with another:
    the same moment stands in the ledger and in the evidence.
    """
    if row.sealed is None or consents.was_withdrawn_at(session, row.id, purpose, at):
        return False
    was_given = bool(getattr(row, purpose))
    consents.withdraw(session, row, purpose, _UNSEEN, at)
    if purpose is Consent.SEND_LETTER:
        letters.drop_unsent(session, row.id, now)
    return was_given
