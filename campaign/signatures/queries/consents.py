"""Consents, with evidence of the words that people saw. Appended, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from campaign.campaigns.rules.campaign import Consent
from campaign.signatures.rows import ConsentRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.signatures.rows import SignatureRow


def set_consents(
    session: Session,
    row: SignatureRow,
    given: Mapping[Consent, bool],
    words_digests: Mapping[Consent, str],
    language: str,
    now: datetime,
) -> None:
    """Set the consents that changed, with evidence: the SHA-256 of the words shown."""
    for purpose, is_given in given.items():
        if getattr(row, purpose.value) == is_given:
            continue
        setattr(row, purpose.value, is_given)
        session.add(
            ConsentRow(
                signature_id=row.id,
                purpose=purpose,
                given=is_given,
                words_digest=words_digests[purpose],
                language=language,
                at=now,
            )
        )


def copy(session: Session, row: SignatureRow, onto: SignatureRow) -> None:
    """Give another submission of the same person the same consents, with the same evidence."""
    for consent in of_signature(session, row.id):
        setattr(onto, consent.purpose.value, consent.given)
        session.add(
            ConsentRow(
                signature_id=onto.id,
                purpose=consent.purpose,
                given=consent.given,
                words_digest=consent.words_digest,
                language=consent.language,
                at=consent.at,
            )
        )


def was_withdrawn_at(session: Session, signature_id: UUID, purpose: Consent, at: datetime) -> bool:
    """Return whether it is recorded that this consent was withdrawn at exactly that time."""
    noted = exists().where(
        ConsentRow.signature_id == signature_id,
        ConsentRow.purpose == purpose,
        ~ConsentRow.given,
        ConsentRow.at == at,
    )
    return bool(session.scalar(select(noted)))


def withdraw(
    session: Session, row: SignatureRow, purpose: Consent, words_digest: str, at: datetime
) -> None:
    """Withdraw a consent as of a given time, and record that even if it is not given here."""
    setattr(row, purpose.value, False)
    session.add(
        ConsentRow(
            signature_id=row.id,
            purpose=purpose,
            given=False,
            words_digest=words_digest,
            language=row.language,
            at=at,
        )
    )
    session.flush()


def record_consent_to_count(
    session: Session, row: SignatureRow, words_digest: str, language: str, now: datetime
) -> None:
    """Store the evidence that she agreed to be counted, by the words shown (SHA-256)."""
    session.add(
        ConsentRow(
            signature_id=row.id,
            purpose=Consent.BE_COUNTED,
            given=True,
            words_digest=words_digest,
            language=language,
            at=now,
        )
    )


def of_signature(session: Session, signature_id: UUID) -> Sequence[ConsentRow]:
    return session.scalars(
        select(ConsentRow).where(ConsentRow.signature_id == signature_id).order_by(ConsentRow.id)
    ).all()
