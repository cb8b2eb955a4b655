"""Send a pending signature to another address: a new submission, in place of the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.campaigns.rules.letter import VariantKeys
from campaign.errors import AddressSettled
from campaign.letters import held_letters
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterDraft
from campaign.letters.sealing import unseal_letter
from campaign.signatures.queries import consents, signatures
from campaign.signatures.rules.signature import CODE_LIFETIME, SignatureState, UnrecordedEvent
from campaign.signatures.sealing import hash_person, unseal_person
from campaign.signing.queries import submissions
from campaign.signing.queries.submissions import NewSignature
from campaign.signing.request_mail import discard_pending, request_confirmation_mail
from campaign.signing.submit import hold_reason
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.letters.rows import LetterRow
    from campaign.signatures.rows import SignatureRow
    from campaign.signatures.rules.signature import HoldReason
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class Limits:
    """What the limits say of this request, as for any other submission (see `Submission`)."""

    held_for: HoldReason | None = None
    mail_allowed: bool = True


def changeable_address(
    session: Session, keyring: Keyring, signature_id: UUID, now: datetime
) -> str:
    """Return the address that a pending signature's mail goes to, or "" if it cannot be changed.

    It can be for as long as a code is valid. What becomes of a submission later, such as whether
    its address is reminded, would tell a stranger who entered it whether it has signed before.
    """
    row = signatures.find(session, signature_id)
    if row is None or row.sealed is None or not _is_changeable(row, now):
        return ""
    return unseal_person(keyring, row.id, row.sealed).email


def _is_changeable(row: SignatureRow, now: datetime) -> bool:
    return row.state is SignatureState.PENDING and now - row.created_at < CODE_LIFETIME


def change_address(
    session: Session,
    keyring: Keyring,
    loaded: LoadedCampaign,
    signature_id: UUID,
    email: str,
    limits: Limits,
    now: datetime,
) -> UUID:
    """Submit a pending signature with another address and drop it; return the new one's id.

    What she endorsed, agreed to and wrote stays as it was. The same change sent twice is one. Raise
    AddressSettled if the signature is not pending any more, or was submitted too long ago.
    """
    row = signatures.lock(session, signature_id)
    change = keyring.hash("changed address", f"{signature_id} {email}")
    if row.sealed is None or not _is_changeable(row, now):
        earlier = submissions.find_by_hash(session, change)
        if earlier is None:
            raise AddressSettled(row.state)
        return earlier
    known = row.held_for or limits.held_for
    person = replace(unseal_person(keyring, row.id, row.sealed), email=email)
    hashes, written = hash_person(keyring, person), _letters(session, keyring, row)
    new = NewSignature(
        id=uuid7(now),
        campaign_id=row.campaign_id,
        revision_id=row.revision_id,
        government=row.government,
        language=row.language,
        source=row.source,
        person=person,
        letters=written,
        held_for=hold_reason(loaded, known, mail_allowed=limits.mail_allowed),
        mail_allowed=limits.mail_allowed,
        signed_live=row.signed_live,
        submission_hash=change,
    )
    added = submissions.add_pending(session, keyring, new, hashes, now)
    assert added is not None  # its id is new, and the row that it replaces is locked
    consents.copy(session, row, added)
    letters.add_drafts(session, keyring, added, written, now)
    discard_pending(session, row, UnrecordedEvent.DROPPED, now)
    row.replaced = True
    session.flush()
    request_confirmation_mail(
        session, added, hashes.identities, added.language, new.mail_state, now
    )
    return added.id


def _letters(session: Session, keyring: Keyring, row: SignatureRow) -> list[LetterDraft]:
    stored = letters.of_signature(session, row.id) or held_letters.open_held(keyring, row)
    return [_draft(keyring, letter) for letter in stored]


def _draft(keyring: Keyring, letter: LetterRow) -> LetterDraft:
    assert letter.sealed is not None  # only erasing clears it, and the signature is pending
    text, paragraph = unseal_letter(keyring, letter.signature_id, letter.sealed)
    keys, way = VariantKeys.from_json(letter.keys), letter.send_method
    return LetterDraft(letter.recipient, letter.language, keys, text, paragraph, letter.edited, way)
