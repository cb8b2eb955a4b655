"""Ministries: where letters go, and whether a person has checked that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from campaign.errors import NotFound
from campaign.recipients.queries import addresses
from campaign.recipients.rows import MinistryRow
from campaign.recipients.rules.government import recipient_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from campaign.recipients.rules.government import Ministry


def sync_reference_data(session: Session, reference: Iterable[Ministry]) -> None:
    """Update addresses from the reference data, except those that a person has checked."""
    # Locked: an address that is being verified at this moment must not change meanwhile.
    rows = session.scalars(select(MinistryRow).order_by(MinistryRow.government).with_for_update())
    known = {row.government: row for row in rows}
    for ministry in reference:
        row = known.get(ministry.government)
        if row is None:
            row = MinistryRow(
                government=ministry.government,
                recipient=recipient_key(ministry.government),
                zone=ministry.zone,
            )
            session.add(row)
        addresses.sync_reference_addresses(row, ministry)
    session.flush()


_STRONG_REFS = "ministries"


def list_all(session: Session) -> Sequence[MinistryRow]:
    return session.scalars(select(MinistryRow).order_by(MinistryRow.government)).all()


def get(session: Session, government: str) -> MinistryRow:
    row = session.get(MinistryRow, government)
    if row is None:
        raise NotFound(government)
    # The session drops what nothing references, and would query again for each of many letters.
    session.info.setdefault(_STRONG_REFS, set()).add(row)
    return row


def of_governments(session: Session, codes: Iterable[str]) -> Sequence[MinistryRow]:
    """Return the ministries of these governments, in one query."""
    wanted = MinistryRow.government.in_(set(codes))
    return session.scalars(select(MinistryRow).where(wanted)).all()


def lock(session: Session, government: str) -> MinistryRow:
    # Addresses are loaded where they are needed: mostly only the pace is.
    options = [lazyload(MinistryRow.addresses)]
    row = session.get(MinistryRow, government, with_for_update=True, options=options)
    if row is None:
        raise NotFound(government)
    return row
