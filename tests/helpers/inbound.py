"""What tests of incoming mail need: letters on their way, and a mailroom that takes things in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery.inbound import InboundMailService
from campaign.delivery.queries import claiming, queue
from campaign.delivery.queries.attempts import Actor
from campaign.delivery.queries.claiming import SitePace
from campaign.letters.rows import LetterRow
from tests.helpers.outgoing import letter_start

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import Container
    from campaign.letters.rules.letter import LetterState
    from tests.supporter import Supporter

HOLDER = Actor("hand", "memory", reaches_recipient=True)


def receive(container: Container, wire: bytes, to: str = "") -> str:
    inbound_service = InboundMailService(
        container.keyring, container.tokens, container.settings.operator
    )
    with container.database.writing() as session:
        return inbound_service.receive(session, wire, to, container.clock())


def sign(supporter: Supporter, **changes: str) -> tuple[str, str, str]:
    """Sign and deliver; return the private page, the return path and the Message-ID."""
    page = supporter.sign(**changes)
    supporter.deliver()
    envelope = next(one for one in reversed(supporter.transport.sent) if one.name[:6] == "letter")
    letter = supporter.letters()[-1] if envelope.name[6] == "-" else supporter.daily_mails()[-1]
    return page, envelope.sender, str(letter.message["Message-ID"])


def letter_states(container: Container) -> list[LetterState]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))


def start_letter(container: Container) -> UUID:
    """Let a worker claim and start the one letter, and say nothing more of it."""
    now = container.clock()
    with container.database.writing() as session:
        (row,) = claiming.claim_letters(session, HOLDER, now, 10, SitePace(live=False))
        assert queue.begin_attempt(session, letter_start(row.id), HOLDER, now)
        return row.id
