"""Queries that erase a rehearsal with everything that was signed and written in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, or_, select

from campaign.campaigns.rows import CampaignRow, RevisionRow
from campaign.delivery.rows import AttemptRow, InboundRow, OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.letters.rows import LetterRow, SentenceRow
from campaign.recipients.rows import ContactReportRow
from campaign.signatures.rows import ConsentRow, CountRow, EventRow, SignatureRow
from campaign.signing.rows import PreviewCountRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def is_being_sent(session: Session, campaign_id: int) -> bool:
    """Return whether a worker has one of its mails in hand; it is erased after that."""
    signed = select(SignatureRow.id).where(SignatureRow.campaign_id == campaign_id)
    claimed = exists().where(
        OutgoingRow.signature_id.in_(signed), OutgoingRow.state == OutgoingState.CLAIMED
    )
    return session.scalar(select(claimed)) or False


def erase(session: Session, campaign_id: int) -> None:
    """Delete every row of a rehearsal, those that refer to others first."""
    signed = select(SignatureRow.id).where(SignatureRow.campaign_id == campaign_id)
    written = select(LetterRow.id).where(LetterRow.campaign_id == campaign_id)
    about = or_(OutgoingRow.signature_id.in_(signed), OutgoingRow.held_signature_id.in_(signed))
    queued = select(OutgoingRow.id).where(or_(about, OutgoingRow.id.in_(written)))
    for statement in (
        delete(InboundRow).where(
            or_(InboundRow.letter_id.in_(written), InboundRow.campaign_id == campaign_id)
        ),
        delete(AttemptRow).where(
            or_(AttemptRow.letter_id.in_(written), AttemptRow.outgoing_id.in_(queued))
        ),
        delete(SentenceRow).where(SentenceRow.letter_id.in_(written)),
        delete(ContactReportRow).where(ContactReportRow.signature_id.in_(signed)),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})
    ids = list(session.scalars(queued))
    session.execute(delete(LetterRow).where(LetterRow.campaign_id == campaign_id))
    session.execute(delete(OutgoingRow).where(OutgoingRow.id.in_(ids)))
    for row in (ConsentRow, EventRow):
        session.execute(
            delete(row).where(row.signature_id.in_(signed)),
            execution_options={"synchronize_session": False},
        )
    for of_campaign in (CountRow, PreviewCountRow, SignatureRow, RevisionRow):
        session.execute(delete(of_campaign).where(of_campaign.campaign_id == campaign_id))
    session.execute(delete(CampaignRow).where(CampaignRow.id == campaign_id))
