"""Store submissions step by step, on every database (see single_statement.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from campaign.delivery.rules.outgoing import OutgoingState
from campaign.errors import NotFound
from campaign.letters import held_letters
from campaign.signatures.queries import signatures
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import Origin, SignatureState
from campaign.signatures.sealing import seal_person
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterDraft
    from campaign.signatures.rules.signature import HoldReason, Person
    from campaign.signatures.sealing import PersonHashes
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class NewSignature:
    """A submission to store, pending until its mail is answered.

    `mail_allowed`: False for one that is held and whose mail waits for the release.
    """

    id: UUID
    campaign_id: int
    revision_id: int
    government: str
    language: str
    source: str
    person: Person
    letters: Sequence[LetterDraft] = ()
    held_for: HoldReason | None = None
    mail_allowed: bool = True
    signed_live: bool = False
    submission_hash: bytes | None = None

    def seal_letters_if_held(self, keyring: Keyring, now: datetime) -> bytes | None:
        """Return its letters sealed, if they are stored with it because it is held."""
        if not self.letters or self.held_for is None:
            return None
        return held_letters.seal_drafts(keyring, self.id, self.letters, now.date())

    @property
    def mail_state(self) -> OutgoingState:
        """Return the state of its mail, if its address may get one."""
        return OutgoingState.QUEUED if self.mail_allowed else OutgoingState.WAITING


def add_pending(
    session: Session, keyring: Keyring, new: NewSignature, hashes: PersonHashes, now: datetime
) -> SignatureRow | None:
    """Store a submission and return it, or None if its id or its hash is taken.

    The database decides, because a form can be sent twice at the same time.
    """
    statement = (
        dialect_insert(session, SignatureRow)
        .values(
            id=new.id,
            campaign_id=new.campaign_id,
            revision_id=new.revision_id,
            government=new.government,
            language=new.language,
            origin=Origin.ONLINE,
            source=new.source,
            state=SignatureState.PENDING,
            held=new.held_for is not None,
            held_for=new.held_for,
            identity_hash=hashes.identity,
            identity_rules=hashes.rules_version,
            email_hash=hashes.email,
            domain_hash=hashes.domain,
            name_hash=hashes.name,
            sealed=seal_person(keyring, new.id, new.person),
            held_letter=new.seal_letters_if_held(keyring, now),
            send_letter=False,
            show_name=False,
            send_news=False,
            reply_directly=False,
            send_copy=False,
            code_tries=0,
            created_at=now,
            signed_live=new.signed_live,
            submission_hash=new.submission_hash,
        )
        .on_conflict_do_nothing()
        .returning(SignatureRow)
    )
    return session.scalars(statement).first()


def lock_earlier(
    session: Session, signature_id: UUID, submission_hash: bytes | None
) -> SignatureRow | None:
    """Return, locked, the submission that has the hash or else the id of one that was refused.

    None if neither is there any more: somebody has just ended the one with the hash.
    """
    earlier = None
    if submission_hash is not None:
        earlier = find_by_hash(session, submission_hash)
    try:
        return signatures.lock(session, earlier or signature_id)
    except NotFound:
        return None


def find_by_hash(session: Session, submission_hash: bytes) -> UUID | None:
    """Return the id of the submission with this hash."""
    same = select(SignatureRow.id).where(SignatureRow.submission_hash == submission_hash)
    return session.scalars(same).first()


def clear_submission_hashes(session: Session, before: datetime, limit: int) -> None:
    """Clear the hashes of submissions from before a time: their pages' tokens have expired."""
    old = (
        select(SignatureRow.id)
        .where(SignatureRow.submission_hash.is_not(None), SignatureRow.created_at < before)
        .order_by(SignatureRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    session.execute(
        update(SignatureRow)
        .where(SignatureRow.id.in_(old.scalar_subquery()))
        .values(submission_hash=None)
    )
