"""What tests of daily mails need: many signatures before any letter leaves, and tables."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery import pacing
from campaign.letters.rows import LetterRow
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.clock import START
from tests.conftest import SLUG
from tests.helpers.transports import RefusingTransport
from tests.supporter import Mail, Supporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from campaign.errors import TransportError
    from campaign.letters.rules.letter import LetterState


def enable_digest(container: Container, recipient: str = "DE/foreign-affairs") -> None:
    """Let a recipient get one mail a day."""
    with container.database.writing() as session:
        pacing.set_digest(session, recipient, on=True, by="Test", now=START)


def sign_before_delivery(supporter: Supporter, count: int, **changes: object) -> list[str]:
    """Sign and confirm before any letter leaves; return the private pages."""
    begun = len(supporter.mails())
    for number in range(count):
        filled = {"name": f"Testa Example {number}", **changes}
        supporter.submit(email=f"testa{begun + number}@example.org", **filled)
    while len(supporter.mails()) < begun + count:
        supporter.worker.step()
    pages = []
    for mail in supporter.mails()[begun:]:
        done = supporter.browser.post(mail.link("confirm")).location
        pages.append(done.replace("/done/", "/private/"))
    return pages


COLUMNS = (
    *("number", "date", "name", "town", "language", "demands", "subject", "letter"),
    *("answer_to", "id"),
)


def csv_header(mail: Mail) -> str:
    """Return the table's first line as it stands in the file."""
    return mail.file("text/csv").decode("utf-8-sig").split("\r\n")[0]


def csv_rows(mail: Mail) -> list[dict[str, str]]:
    """Return the rows by what their columns hold, in whatever language these are named."""
    text = mail.file("text/csv").decode("utf-8-sig")
    separator = ";" if ";" in csv_header(mail) else ","
    _, *rows = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def letter_states(container: Container) -> list[LetterState]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.state).order_by(LetterRow.id)))


def supporter_with_refusals(
    container: Container, answer: Callable[[Envelope], TransportError | None]
) -> Supporter:
    """Return a supporter whose worker's transport answers so to what goes to a recipient."""

    def refusal(envelope: Envelope) -> TransportError | None:
        return None if envelope.name.startswith("mail-") else answer(envelope)

    transport = RefusingTransport(refusal)
    worker = create_worker(container, transport)
    return Supporter(create_app(container).test_client(), worker, transport, SLUG)
