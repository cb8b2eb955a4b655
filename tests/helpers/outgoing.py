"""What tests of the queue need: how a claimed letter is begun, and what was handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery.queries.attempts import MessageStart
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingKind

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import Container


def letter_start(letter_id: UUID) -> MessageStart:
    """Return the start of a letter that is sent alone, with a cap that no other letter has."""
    return MessageStart(letter_id, {letter_id: (letter_id.bytes * 2,)}, "de@ministry.example")


def only_letter_message(container: Container) -> OutgoingRow:
    """Return the message that carries the only letter."""
    with container.database.reading() as session:
        wanted = select(OutgoingRow).where(OutgoingRow.kind == OutgoingKind.LETTER)
        return session.scalars(wanted).one()
