"""Queries on which keys this database's hashes and sealed values were made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, LargeBinary, Table, func, inspect, select, update

from campaign.privacy.rows import KeyMarkRow
from campaign.store.all_rows import Base
from campaign.store.keyring import KEY_ID
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Function
    from sqlalchemy.orm import Session

_IDENTITY = "identity"
_MOVED = {
    "organisers.next_totp": "organisers.totp",
    "inbound.content": "inbound.shown",
    "outgoing.message": "letters.message",
}
"""Columns whose values are sealed for another name.

A second step that is not active yet is sealed for its final column, and what has moved since it
was sealed for the column that it was in.
"""


def find_identity_fingerprint(session: Session) -> bytes | None:
    """Return the fingerprint of the key that hashes were made with; None in a new database."""
    row = session.get(KeyMarkRow, _IDENTITY)
    return row.mark if row else None


def store_identity_fingerprint(session: Session, mark: bytes) -> None:
    statement = dialect_insert(session, KeyMarkRow).values(name=_IDENTITY, mark=mark)
    session.execute(statement.on_conflict_do_nothing())


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values; `name` and an id are what each value is bound to.

    That id is the row's, but a letter's text is bound to its signature.
    """

    table: Table
    column: Column[Any]

    @property
    def bound_to(self) -> Column[Any]:
        return self.table.c.signature_id if self.table.name == "letters" else self.table.c.id

    @property
    def name(self) -> str:
        full = f"{self.table.name}.{self.column.name}"
        return _MOVED.get(full, full)


SEALED_COLUMNS = tuple(
    SealedColumn(table, column)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    # Keyed hashes have the fixed length of their HMAC; sealed values have no fixed length.
    if isinstance(column.type, LargeBinary) and column.type.length is None
)


@dataclass(frozen=True)
class KeysInUse:
    """The fingerprint of the hashes' identity key, and the names of the sealing keys."""

    identity: bytes | None = None
    sealing: frozenset[bytes] = frozenset()


def find_keys_in_use(session: Session) -> KeysInUse:
    """Return which keys a database of any age needs, by looking at every kind of value.

    This reads whole tables.
    """
    inspector = inspect(session.connection())
    there = {
        (table, column["name"])
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
    }
    names = (
        select(_name_of_key(one)).where(one.column.is_not(None)).distinct()
        for one in SEALED_COLUMNS
        if (one.table.name, one.column.name) in there
    )
    has_mark = (KeyMarkRow.__tablename__, "mark") in there
    return KeysInUse(
        find_identity_fingerprint(session) if has_mark else None,
        frozenset(bytes(name) for one in names for name in session.scalars(one)),
    )


def next_to_reseal(
    session: Session, sealed: SealedColumn, newest: bytes, after: UUID | None, limit: int
) -> Sequence[tuple[UUID, UUID, bytes]]:
    """Return (id, the id it is bound to, value) of values that the newest key did not seal.

    In order of id, and locked.
    """
    key = sealed.table.c.id
    statement = (
        select(key, sealed.bound_to, sealed.column)
        .where(sealed.column.is_not(None), _name_of_key(sealed) != newest)
        .order_by(key)
        .limit(limit)
        .with_for_update()
    )
    if after is not None:
        statement = statement.where(key > after)
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _name_of_key(sealed: SealedColumn) -> Function[Any]:
    return func.substr(sealed.column, KEY_ID.start + 1, KEY_ID.stop - KEY_ID.start)


def update_sealed_value(session: Session, sealed: SealedColumn, row_id: UUID, value: bytes) -> None:
    session.execute(
        update(sealed.table).where(sealed.table.c.id == row_id).values({sealed.column.name: value})
    )
