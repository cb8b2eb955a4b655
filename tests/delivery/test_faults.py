"""A fault in one message or of the program itself: nothing else stops, nothing is doubled."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.transports.memory import MemoryTransport
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.rows import AddressRow
from campaign.recipients.rules.addresses import Channel
from campaign.services import create_worker
from campaign.signatures.rows import SignatureRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.clock import Clock
    from tests.supporter import Supporter


class Faulty(MemoryTransport):
    """Breaks in a way that no transport should when it is handed a letter."""

    def send(self, envelope: Envelope) -> str:
        if envelope.name.startswith("letter-"):
            raise ZeroDivisionError("testa@example.org")
        return super().send(envelope)


def test_a_mail_that_cannot_be_made_does_not_hold_up_the_others(
    supporter: Supporter, container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2):
        supporter.submit(email=f"testa{number}@example.org")
    with container.database.writing() as session:
        first = session.scalars(select(OutgoingRow)).first()
        assert first is not None
        first.language = "xx"
    supporter.deliver()
    assert len(supporter.mails()) == 1
    assert "could not be composed" in caplog.text


@pytest.mark.asvs("16.2.5", "16.3.4")
def test_a_transport_that_breaks_leaves_the_letter_uncertain_and_says_nothing_personal(
    supporter: Supporter, container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    transport = Faulty()
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    supporter.sign()
    supporter.deliver()
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.state)).one() is LetterState.UNCERTAIN
    assert "ZeroDivisionError" in caplog.text
    assert "testa@example.org" not in caplog.text


def test_without_its_key_a_message_stays_in_the_queue_and_the_worker_says_so(
    supporter: Supporter,
    container: Container,
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    clock: Clock,
) -> None:
    supporter.sign()
    other_key = environ | {"CAMPAIGN_SEALING_KEYS": base64.b64encode(bytes(range(32))).decode()}
    worker = create_worker(make_container(other_key), MemoryTransport())
    worker.step()
    said = {failure.task: failure.error for failure in worker.failures}
    assert "CAMPAIGN_SEALING_KEYS" in said["letters"]
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.state)).one() is LetterState.QUEUED
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_letter_that_could_not_be_made_is_not_blamed_on_the_ministry(
    supporter: Supporter, container: Container
) -> None:
    with container.database.writing() as session:
        known = AddressRow(
            recipient="DE/foreign-affairs",
            channel=Channel.EMAIL,
            value="not an address",
            source="a test",
        )
        session.add(known)
    private = supporter.sign()
    supporter.deliver()
    page = supporter.browser.get(private).text
    assert "could not be sent as it is" in page
    assert "refused" not in page
    with container.database.reading() as session:
        codes = session.scalars(select(AttemptRow.code).where(AttemptRow.letter_id.is_not(None)))
        assert list(codes) == ["not-composed"]


def test_a_government_that_the_words_no_longer_name_has_its_common_name(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(government="MT")
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(government="GB"))
    assert "United Kingdom" in supporter.browser.get(private).text
