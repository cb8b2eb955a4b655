"""Persons in office, and imports of a directory that wait for a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from campaign.errors import NotFound
from campaign.recipients.rows import DirectoryImportRow, OfficeHolderRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session


def all_holders(session: Session) -> Sequence[OfficeHolderRow]:
    return session.scalars(
        select(OfficeHolderRow).order_by(OfficeHolderRow.recipient, OfficeHolderRow.id)
    ).all()


def holders_of(session: Session, recipients: Collection[str]) -> Sequence[OfficeHolderRow]:
    """Return the persons in these offices, past ones too, in the order of being entered."""
    among = OfficeHolderRow.recipient.in_(recipients)
    return session.scalars(select(OfficeHolderRow).where(among).order_by(OfficeHolderRow.id)).all()


def waiting_imports(session: Session) -> Sequence[DirectoryImportRow]:
    """Return imports that a second person has to apply, oldest first."""
    return session.scalars(select(DirectoryImportRow).order_by(DirectoryImportRow.id)).all()


def lock_import(session: Session, number: int) -> DirectoryImportRow:
    """Return a waiting import, locked; raise NotFound if there is none with that number."""
    row = session.get(DirectoryImportRow, number, with_for_update=True)
    if row is None:
        raise NotFound(str(number))
    return row


def delete_import(session: Session, number: int) -> None:
    session.execute(delete(DirectoryImportRow).where(DirectoryImportRow.id == number))
