"""Recipients' addresses, and supporters' reports that one is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select, update

from campaign.recipients.rows import AddressRow, ContactReportRow, RecipientRow
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.recipients.rules.recipient import ReferenceRecipient


def has_verified_email(recipient: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a person has verified a recipient's e-mail address."""
    return exists().where(
        AddressRow.recipient == recipient,
        AddressRow.channel == Channel.EMAIL,
        AddressRow.status == AddressStatus.VERIFIED,
    )


def find_address(recipient: RecipientRow, channel: Channel, value: str) -> AddressRow | None:
    """Return the recipient's address with exactly this value."""
    return next(
        (one for one in recipient.addresses if (one.channel, one.value) == (channel, value)), None
    )


def sync_reference_addresses(recipient: RecipientRow, reference: ReferenceRecipient) -> None:
    """Update addresses from the reference data, except those that a person has checked."""
    said = {
        (Channel.EMAIL, reference.email): (reference.email_source, ""),
        (Channel.POSTAL, "\n".join(reference.postal_lines)): (reference.postal_source, ""),
    }
    for language, local in reference.local_addresses.items():
        # One that is the general address as well stays that.
        said.setdefault((Channel.POSTAL, "\n".join(local.lines)), (local.source, language))
    for one in list(recipient.addresses):
        known = one.from_reference and one.status is AddressStatus.KNOWN
        if known and (one.channel, one.value) not in said:
            recipient.addresses.remove(one)
    for (channel, value), (source, language) in said.items():
        row = find_address(recipient, channel, value)
        if not value:
            continue
        if row is None:
            row = AddressRow(channel=channel, value=value, source=source, language=language)
            row.from_reference = True
            recipient.addresses.append(row)
        elif row.from_reference and row.status is AddressStatus.KNOWN:
            row.source, row.language = source, language


def add_report(session: Session, row: ContactReportRow) -> bool:
    """Store a report, once for each signature and recipient; return whether it is new."""
    statement = (
        dialect_insert(session, ContactReportRow)
        .values(
            id=row.id,
            signature_id=row.signature_id,
            recipient=row.recipient,
            sealed=row.sealed,
            reported_at=row.reported_at,
        )
        .on_conflict_do_nothing(
            index_elements=[ContactReportRow.signature_id, ContactReportRow.recipient]
        )
        .returning(ContactReportRow.id)
    )
    return session.scalar(statement) is not None


def count_open_reports(session: Session) -> dict[str, int]:
    """Return the number of open reports by recipient: those nobody has looked into."""
    statement = (
        select(ContactReportRow.recipient, func.count())
        .where(ContactReportRow.settled_at.is_(None))
        .group_by(ContactReportRow.recipient)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def list_open_reports(session: Session, recipient: str, most: int) -> Sequence[ContactReportRow]:
    """Return a recipient's open reports, newest first."""
    return session.scalars(
        select(ContactReportRow)
        .where(ContactReportRow.recipient == recipient, ContactReportRow.settled_at.is_(None))
        .order_by(ContactReportRow.reported_at.desc(), ContactReportRow.id)
        .limit(most)
    ).all()


def close_reports(session: Session, recipient: str, now: datetime) -> None:
    """Mark a recipient's open reports as settled: somebody has looked into them."""
    session.execute(
        update(ContactReportRow)
        .where(ContactReportRow.recipient == recipient, ContactReportRow.settled_at.is_(None))
        .values(settled_at=now)
    )


def reports_of_signature(session: Session, signature_id: UUID) -> Sequence[ContactReportRow]:
    """Return what the supporter who made a signature reported."""
    return session.scalars(
        select(ContactReportRow).where(ContactReportRow.signature_id == signature_id)
    ).all()


def erase_reports(session: Session, signature_id: UUID) -> None:
    session.execute(
        update(ContactReportRow)
        .where(ContactReportRow.signature_id == signature_id)
        .values(sealed=None)
    )
