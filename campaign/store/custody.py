"""Which key the hashes in this database were made with, and what is sealed with which key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, LargeBinary, Table, func, select, update

from campaign.store.rows import Base, KeyMarkRow
from campaign.store.sealing import NAME_OF_KEY
from campaign.store.upsert import insert_into

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_IDENTITY = "identity"
_MOVED = {"organisers.next_totp": "organisers.totp"}
"""A second step that is not used yet is sealed for where it will stand."""


def identity_mark(session: Session) -> bytes | None:
    """Return the mark of the key that hashes were made with first; None in a new database."""
    row = session.get(KeyMarkRow, _IDENTITY)
    return row.mark if row else None


def note_identity_mark(session: Session, mark: bytes) -> None:
    statement = insert_into(session, KeyMarkRow).values(name=_IDENTITY, mark=mark)
    session.execute(statement.on_conflict_do_nothing())


@dataclass(frozen=True)
class Sealed:
    """A column of sealed values; `name` is what each value is bound to beside its row."""

    table: Table
    column: Column[Any]

    @property
    def name(self) -> str:
        full = f"{self.table.name}.{self.column.name}"
        return _MOVED.get(full, full)


SEALED = tuple(
    Sealed(table, column)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    # Keyed hashes are as long as their HMAC; what is sealed has no set length.
    if isinstance(column.type, LargeBinary) and column.type.length is None
)


def of_other_keys(
    session: Session, sealed: Sealed, newest: bytes, after: UUID | None, limit: int
) -> Sequence[tuple[UUID, bytes]]:
    """Return (id, value) of what the newest key did not seal, locked, in the order of the ids."""
    key = sealed.table.c.id
    name = func.substr(sealed.column, NAME_OF_KEY.start + 1, NAME_OF_KEY.stop - NAME_OF_KEY.start)
    statement = (
        select(key, sealed.column)
        .where(sealed.column.is_not(None), name != newest)
        .order_by(key)
        .limit(limit)
        .with_for_update()
    )
    if after is not None:
        statement = statement.where(key > after)
    return [(row[0], row[1]) for row in session.execute(statement)]


def replace(session: Session, sealed: Sealed, row_id: UUID, value: bytes) -> None:
    session.execute(
        update(sealed.table).where(sealed.table.c.id == row_id).values({sealed.column.name: value})
    )
