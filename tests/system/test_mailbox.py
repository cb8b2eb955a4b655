"""A mailbox of odd and hostile replies, as a real Postfix brings them to the command."""

from __future__ import annotations

import smtplib
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from click.testing import CliRunner
from sqlalchemy import select

from campaign.cli import commands
from campaign.delivery.rows import InboundRow, OutgoingRow
from campaign.delivery.rules.delivery import InboundKind
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.transports import LiveMemoryTransport
from tests.supporter import Supporter
from tests.system.odd_replies import ANSWER, IN_DOUBT, REPLIES, UNFILED, Letter, Reply
from tests.system.relay import HOST, Relay
from tests.system.test_relay import deliver, working_day

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.container import Container
    from tests.clock import Clock

__all__ = ["working_day"]

READABLE = "testa.example@example.org"


def the_letter(container: Container) -> Letter:
    with container.database.reading() as session:
        row = session.scalars(
            select(OutgoingRow).where(OutgoingRow.kind == OutgoingKind.LETTER)
        ).one()
    path = container.tokens.return_path(row.id)
    forged = f"{path[:-4]}{'aaaa' if path[-4:] != 'aaaa' else 'bbbb'}"
    return Letter(str(row.message_id), f"{path}@example.org", f"{forged}@example.org")


def brought(relay: Relay, ca_file: Path, reply: Reply, letter: Letter) -> tuple[str, bytes]:
    """Hand one reply to Postfix; return the recipient and the bytes that it brings."""
    to = {"": READABLE, "return path": letter.return_path, "forged": letter.forged_path}[reply.to]
    wire = reply.wire(letter, reply.words).replace(b"{id}", letter.message_id.encode())
    before = set(relay.inbound(0))
    with smtplib.SMTP(HOST, relay.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=ca_file))
        client.sendmail(reply.sender, [to], wire, ["BODY=8BITMIME"])
    (found,) = set(relay.inbound(len(before) + 1)) - before
    return found


def take_in(environ: dict[str, str], recipient: str, wire: bytes) -> str:
    done = CliRunner().invoke(
        commands, ["inbound", "--to", recipient], input=wire, env=dict(environ)
    )
    assert done.exit_code == 0, done.output
    return done.output


def kinds(container: Container) -> list[InboundKind]:
    with container.database.reading() as session:
        return list(session.scalars(select(InboundRow.kind)))


def test_each_reply_is_taken_for_what_it_is_and_nobody_else_gets_any(
    container: Container, environ: dict[str, str], relay: Relay, ca_file: Path, clock: Clock
) -> None:
    deliver(container, relay, ca_file, "DE")
    letter = the_letter(container)
    mailbox = [(reply, *brought(relay, ca_file, reply, letter)) for reply in REPLIES]
    for reply, recipient, wire in mailbox:
        said = take_in(environ, recipient, wire)
        assert said.startswith(reply.said), (reply.name, said)
    # Postfix brings what it is not sure about again.
    for _, recipient, wire in mailbox:
        assert take_in(environ, recipient, wire).startswith("this message was taken before")
    expected = {
        kind: sum(reply.said == said for reply in REPLIES)
        for kind, said in (
            (InboundKind.ANSWER, ANSWER),
            (InboundKind.DOUBTFUL, IN_DOUBT),
            (InboundKind.UNFILED, UNFILED),
        )
    }
    found = kinds(container)
    assert {kind: found.count(kind) for kind in expected} == expected
    with container.database.reading() as session:
        row = session.scalars(select(LetterRow)).one()
    assert row.state is LetterState.ACCEPTED, "no forged bounce moved it"
    # The command went by the real clock.
    clock.now = datetime.now(UTC)
    kept = LiveMemoryTransport()
    worker = create_worker(container, kept)
    while worker.step():
        pass
    signing = Supporter(create_app(container).test_client(), worker, kept, SLUG)
    mails = signing.mails("testa0@example.org")
    answers = [mail.text for mail in mails if "We have read it" in mail.text]
    assert answers, "she is mailed what is in no doubt, within the day’s cap"
    assert {one.recipient for one in kept.sent} <= {"testa0@example.org", "contact@example.org"}
    for reply in REPLIES:
        if reply.said != ANSWER:
            assert not any(reply.words in text for text in answers), reply.name
