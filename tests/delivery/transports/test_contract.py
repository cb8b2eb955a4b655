"""What every transport keeps to, and what the outbox and the rehearsal promise besides."""

from __future__ import annotations

import resource
import stat
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from campaign.delivery import transports
from campaign.delivery.rules.delivery import Envelope
from campaign.delivery.transports import TransportOptions
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import TransportError
from campaign.mail.outgoing import Mailbox, OutgoingMessage, build_message
from campaign.services import create_worker
from tests.helpers.smtp_server import SmtpServer, smtp_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Transport
    from tests.supporter import Supporter

SAFE = "safe@example.org"
SENDER = "letters@example.org"


class Trial:
    """A transport of one kind, and where its messages arrive."""

    def __init__(self, name: str, server: SmtpServer, folder: Path) -> None:
        self.name = name
        self.options = TransportOptions(folder / "outbox", server.settings(), SAFE)
        self.transport: Transport = transports.load(name).from_options(self.options)
        self._server = server

    def send(self, *envelopes: Envelope) -> list[str]:
        with self.transport.connect() as connection:
            return [connection.send(envelope) for envelope in envelopes]

    def arrived(self) -> list[bytes]:
        """Return the messages that arrived; a new kind of transport is added here."""
        if isinstance(self.transport, MemoryTransport):
            return [envelope.message for envelope in self.transport.sent]
        if self.name == "outbox":
            return [path.read_bytes() for path in sorted(self.options.outbox.iterdir())]
        return [message.content for message in self._server.received]

    def recipients(self) -> list[str]:
        return [recipient for message in self._server.received for recipient in message.recipients]


@pytest.fixture(params=transports.names())
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    with smtp_server() as server:
        yield Trial(request.param, server, tmp_path)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Trial]:
    with smtp_server() as server:
        yield Trial("outbox", server, tmp_path)


def envelope(name: str = "letter-DE-1", text: str = "Hello.\n") -> Envelope:
    message = build_message(
        OutgoingMessage(
            sender=Mailbox("Testa Example via Example campaign", SENDER),
            recipient=Mailbox("Example ministry", "desk@ministry.example"),
            subject="An example",
            text=text,
            language="en",
            message_id=f"<{name}@example.org>",
            date=datetime(2026, 11, 2, 10, 0, tzinfo=UTC),
        )
    )
    return Envelope(name, SENDER, "desk@ministry.example", message)


def test_the_four_transports_are_found_by_their_names() -> None:
    assert set(transports.names()) >= {"memory", "outbox", "rehearsal", "smtp"}


def test_a_transport_says_its_own_name(trial: Trial) -> None:
    assert trial.transport.name == trial.name


def test_only_smtp_is_live(trial: Trial) -> None:
    assert trial.transport.live is (trial.name == "smtp")


def test_a_live_transport_reaches_the_recipient(trial: Trial) -> None:
    assert trial.transport.reaches_recipient or not trial.transport.live


def test_a_transport_that_a_site_may_choose_says_in_words_how_it_sends(trial: Trial) -> None:
    offered = transports.load(trial.name)
    assert offered.summary
    assert bool(offered.banner) is offered.selectable


def test_a_message_arrives_unchanged_and_the_answer_is_one_line(trial: Trial) -> None:
    sent = envelope(text="A line.\n.\n..two dots\nFrom here\n-- \nThe end.\n")
    (answer,) = trial.send(sent)
    assert trial.arrived() == [sent.message]
    assert answer
    assert "\n" not in answer


def test_a_text_in_other_alphabets_arrives_unchanged(trial: Trial) -> None:
    sent = envelope(text="Ευρωπαϊκή Ένωση, Иван, Ġorġ, 🕊️\n" * 50)
    trial.send(sent)
    assert trial.arrived() == [sent.message]


def test_several_messages_go_over_one_connection(trial: Trial) -> None:
    sent = [envelope(f"letter-DE-{number}", f"Letter {number}.\n") for number in range(3)]
    trial.send(*sent)
    assert trial.arrived() == [one.message for one in sent]


def test_the_same_name_again_is_no_failure_and_the_newest_message_is_there(trial: Trial) -> None:
    first, second = envelope(text="First.\n"), envelope(text="Second.\n")
    trial.send(first)
    trial.send(second)
    assert trial.arrived()[-1] == second.message


def test_smtp_writes_to_the_recipient_and_rehearsal_to_the_safe_address_only(trial: Trial) -> None:
    trial.send(envelope(), envelope("mail-confirmation-2"))
    expected = {"smtp": ["desk@ministry.example"] * 2, "rehearsal": [SAFE] * 2}
    assert trial.recipients() == expected.get(trial.name, [])


def test_the_outbox_keeps_one_file_for_each_name(outbox: Trial) -> None:
    outbox.send(envelope(text="First.\n"), envelope(text="Second.\n"), envelope("letter-DE-2"))
    names = sorted(path.name for path in outbox.options.outbox.iterdir())
    assert names == ["letter-DE-1.eml", "letter-DE-2.eml"]


def test_the_outbox_folder_is_for_its_owner_only(outbox: Trial) -> None:
    outbox.send(envelope())
    assert stat.S_IMODE(outbox.options.outbox.stat().st_mode) == 0o700


def test_a_full_disk_leaves_no_half_file_and_may_be_tried_again(outbox: Trial) -> None:
    with _files_of_at_most(1000), pytest.raises(TransportError) as caught:
        outbox.send(envelope(text="First.\n" * 1000))
    assert not caught.value.permanent
    assert outbox.arrived() == []


def test_a_full_disk_leaves_the_earlier_file_of_that_name_whole(outbox: Trial) -> None:
    first = envelope(text="First.\n")
    outbox.send(first)
    with _files_of_at_most(1000), pytest.raises(TransportError):
        outbox.send(envelope(text="Second.\n" * 1000))
    assert outbox.arrived() == [first.message]


def test_an_outbox_that_cannot_be_made_may_be_tried_again(outbox: Trial) -> None:
    outbox.options.outbox.write_text("a file where the folder should be")
    with pytest.raises(TransportError) as caught:
        outbox.send(envelope())
    assert not caught.value.permanent


@pytest.mark.parametrize("replaced_by_a_file", [False, True])
def test_an_outbox_that_goes_away_may_be_tried_again(
    outbox: Trial, replaced_by_a_file: bool
) -> None:
    folder = outbox.options.outbox
    with outbox.transport.connect() as connection:
        folder.rmdir()
        if replaced_by_a_file:
            folder.write_text("a file where the folder should be")
        with pytest.raises(TransportError) as caught:
            connection.send(envelope())
    assert not caught.value.permanent


def test_file_names_say_nothing_about_a_person(
    supporter: Supporter, container: Container, outbox: Trial
) -> None:
    worker = create_worker(container, outbox.transport)
    supporter.sign(name="Testa Example", email="testa@canary.example.org", town="Exampletown")
    supporter.submit(name="Testa Second", email="second@canary.example.org")
    while worker.step():
        pass
    names = " ".join(path.name.lower() for path in outbox.options.outbox.iterdir())
    assert names.count("letter-de-") == names.count("mail-confirmation-") == 1
    assert not any(word in names for word in ("testa", "second", "canary", "example", "@"))


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """Let this process write no larger file, which meets a writer as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
