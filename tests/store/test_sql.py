"""What the database writes itself as it leaves: the same texts that Python would write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import Uuid, literal, null, select

from campaign.store.base import UtcDateTime
from campaign.store.sql import Timestamp, timestamp_text, uuid_text

if TYPE_CHECKING:
    from campaign.container import Container


def asked(container: Container, column: Any) -> Any:
    with container.database.reading() as session:
        return session.execute(select(column)).scalar_one()


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2000, 9, 18, 9, 30, tzinfo=UTC), "2000-09-18T09:30:00Z"),
        (datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC), "2026-12-31T23:59:59Z"),
        (datetime(2026, 3, 29, 1, 0, 0, 1, UTC), "2026-03-29T01:00:00Z"),
    ],
)
def test_a_moment_is_written_in_utc_and_cut_to_the_second(
    container: Container, at: datetime, text: str
) -> None:
    written = asked(container, timestamp_text(literal(at, UtcDateTime())))
    assert written == text
    assert isinstance(written, Timestamp)
    assert written.to_datetime() == at.replace(microsecond=0)


def test_no_moment_is_none(container: Container) -> None:
    assert asked(container, timestamp_text(null())) is None


def test_an_id_is_written_as_python_writes_it(container: Container) -> None:
    one = UUID("01990a2b-3c4d-7e5f-8a6b-7c8d9e0f1a2b")
    assert asked(container, uuid_text(literal(one, Uuid()))) == str(one)
