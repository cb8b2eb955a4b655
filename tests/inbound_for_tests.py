"""What tests of incoming mail need: letters on their way, and a mailroom that takes things in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery.inbound import Mailroom
from campaign.delivery.queries import claiming, queue
from campaign.delivery.queries.attempts import Holder
from campaign.delivery.queries.claiming import Pace
from campaign.letters.rows import LetterRow

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import House
    from campaign.letters.rules.letter import LetterState
    from tests.supporter import Supporter

HAND = Holder("hand", "memory", reaches_recipient=True)


def receive(house: House, wire: bytes, to: str = "") -> str:
    mailroom = Mailroom(house.keyring, house.tokens, house.settings.operator)
    with house.database.writing() as session:
        return mailroom.receive(session, wire, to, house.clock())


def sign(supporter: Supporter, **changes: str) -> tuple[str, str, str]:
    """Sign and deliver; return the private page, the return path and the Message-ID."""
    page = supporter.sign(**changes)
    supporter.deliver()
    envelope = next(one for one in reversed(supporter.transport.sent) if one.name[:6] == "letter")
    letter = supporter.letters()[-1] if envelope.name[6] == "-" else supporter.daily_mails()[-1]
    return page, envelope.sender, str(letter.message["Message-ID"])


def states(house: House) -> list[LetterState]:
    with house.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))


def in_hand(house: House) -> UUID:
    """Let a worker claim and start the one letter, and say nothing more of it."""
    now = house.clock()
    with house.database.writing() as session:
        (row,) = claiming.claim_letters(session, HAND, now, 10, Pace(live=False))
        assert queue.start(session, LetterRow, row.id, HAND, now)
        return row.id
