"""Ministries' addresses, and supporters' reports that one is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select, update

from campaign.recipients.rows import AddressRow, ContactReportRow, MinistryRow
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.recipients.rules.government import Ministry


def has_verified_email(recipient: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a person has verified a recipient's e-mail address."""
    return exists().where(
        MinistryRow.recipient == recipient,
        AddressRow.government == MinistryRow.government,
        AddressRow.channel == Channel.EMAIL,
        AddressRow.status == AddressStatus.VERIFIED,
    )


def find_address(ministry: MinistryRow, channel: Channel, value: str) -> AddressRow | None:
    """Return the ministry's address with exactly this value."""
    return next(
        (one for one in ministry.addresses if (one.channel, one.value) == (channel, value)), None
    )


def sync_reference_addresses(ministry: MinistryRow, reference: Ministry) -> None:
    """Update addresses from the reference data, except those that a person has checked."""
    said = {
        (Channel.EMAIL, reference.email): reference.email_source,
        (Channel.POSTAL, "\n".join(reference.postal_lines)): reference.postal_source,
    }
    for one in list(ministry.addresses):
        known = one.from_reference and one.status is AddressStatus.KNOWN
        if known and (one.channel, one.value) not in said:
            ministry.addresses.remove(one)
    for (channel, value), source in said.items():
        row = find_address(ministry, channel, value)
        if not value:
            continue
        if row is None:
            ministry.addresses.append(
                AddressRow(channel=channel, value=value, source=source, from_reference=True)
            )
        elif row.from_reference and row.status is AddressStatus.KNOWN:
            row.source = source


def add_report(session: Session, row: ContactReportRow) -> bool:
    """Store a report, once for each signature; return whether it is new."""
    statement = (
        dialect_insert(session, ContactReportRow)
        .values(
            id=row.id,
            signature_id=row.signature_id,
            government=row.government,
            sealed=row.sealed,
            reported_at=row.reported_at,
        )
        .on_conflict_do_nothing(index_elements=[ContactReportRow.signature_id])
        .returning(ContactReportRow.id)
    )
    return session.scalar(statement) is not None


def count_open_reports(session: Session) -> dict[str, int]:
    """Return the number of open reports by government: those nobody has looked into."""
    statement = (
        select(ContactReportRow.government, func.count())
        .where(ContactReportRow.settled_at.is_(None))
        .group_by(ContactReportRow.government)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def list_open_reports(session: Session, government: str, most: int) -> Sequence[ContactReportRow]:
    """Return a ministry's open reports, newest first."""
    return session.scalars(
        select(ContactReportRow)
        .where(ContactReportRow.government == government, ContactReportRow.settled_at.is_(None))
        .order_by(ContactReportRow.reported_at.desc(), ContactReportRow.id)
        .limit(most)
    ).all()


def close_reports(session: Session, government: str, now: datetime) -> None:
    """Mark a ministry's open reports as settled: somebody has looked into them."""
    session.execute(
        update(ContactReportRow)
        .where(ContactReportRow.government == government, ContactReportRow.settled_at.is_(None))
        .values(settled_at=now)
    )


def find_report(session: Session, signature_id: UUID) -> ContactReportRow | None:
    """Return what the supporter who made a signature reported."""
    return session.scalar(
        select(ContactReportRow).where(ContactReportRow.signature_id == signature_id)
    )


def erase_report(session: Session, signature_id: UUID) -> None:
    session.execute(
        update(ContactReportRow)
        .where(ContactReportRow.signature_id == signature_id)
        .values(sealed=None)
    )
