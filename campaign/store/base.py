"""What all tables share: a naming convention for constraints, UTC times, checked enums."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    literal,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.sql.operators import OperatorType

HASH = LargeBinary(32)
"""A keyed hash (HMAC-SHA-256)."""

BIG_ID = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows automatically only in an INTEGER primary key."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: accepts only aware datetimes and returns them in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class _LiteralEnum(Enum):
    """An enum whose values are rendered into the statement as literals, not as parameters.

    SQLite uses a partial index only if the statement contains the value of the index's condition.
    """

    cache_ok = True

    class Comparator(Enum.Comparator):
        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            said = [
                literal(one, self.type, literal_execute=True) if isinstance(one, str) else one
                for one in other
            ]
            return super().operate(op, *said, **kwargs)

    comparator_factory = Comparator


def enum_type(kind: type[StrEnum], name: str) -> Enum:
    """Return a column type for the enum's values, with a named check constraint."""

    def values(members: Any) -> list[str]:
        return [member.value for member in members]

    return _LiteralEnum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        values_callable=values,
        length=24,
    )


class QueuedMixin:
    """The columns of what waits in a queue: a letter, or a message that carries no letters.

    `due_at`: the earliest time to send it. `first_tried_at`: the start of the five days of
    retries. `failures`: temporary refusals so far.
    """

    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
