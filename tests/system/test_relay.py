"""A real relay: what it discards, what it bounces, and what comes back through the command."""

from __future__ import annotations

import smtplib
import ssl
from datetime import UTC, datetime, timedelta
from grp import getgrnam
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from campaign.cli import commands
from campaign.container import create_worker
from campaign.delivery import pacing
from campaign.delivery.rows.inbound import InboundRow
from campaign.delivery.rows.queue import AttemptRow
from campaign.delivery.transports.smtp import Smtp
from campaign.errors import TransportError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.mail.smtp import Server, conversation
from campaign.recipients.holidays import PublicHolidays
from campaign.recipients.rules.pace import Bearable
from campaign.recipients.verify import Check
from campaign.web_app.application import create_app
from tests.clock import START
from tests.conftest import SLUG
from tests.incoming_for_tests import answer
from tests.lmtp_for_tests import serving
from tests.supporter import Supporter
from tests.system.relay import HOST, Relay
from tests.transports_for_tests import LiveMemory
from tests.verifying import verify
from tests.worker_processes import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import House
    from tests.clock import Clock

MINISTRIES = {
    "DE": "desk@discarding.example",
    "FR": "desk@bouncing.example",
    "IT": "desk@deferring.example",
}


@pytest.fixture(autouse=True)
def working_day(clock: Clock, house: House) -> None:
    """Let it be the last working morning: the command itself goes by the real clock."""
    calendars = PublicHolidays()
    moment = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    while any(
        Bearable(house.reference.ministries[code].zone, 30, 200).next_opening(
            moment, calendars.of(code)
        )
        != moment
        for code in MINISTRIES
    ):
        moment -= timedelta(days=1)
    clock.now = moment


def server(relay: Relay, ca_file: Path) -> Server:
    return Server(HOST, relay.port, "starttls", ca_file=ca_file)


def deliver(house: House, relay: Relay, ca_file: Path, government: str, count: int = 1) -> None:
    """Sign with mails kept in memory, and let the live transport hand letters to the relay."""
    now = house.clock()
    with house.database.writing() as session:
        check = Check("Tester", "a relay on loopback")
        verify(session, government, MINISTRIES[government], check, live=True, now=now)
    kept = LiveMemory()
    signing = Supporter(create_app(house).test_client(), create_worker(house, kept), kept, SLUG)
    for number in range(count):
        signing.submit(government=government, email=f"testa{number}@example.org")
    while len(signing.mails()) < count:
        signing.worker.step()
    for mail in signing.mails():
        signing.browser.post(mail.link("confirm"))
    worker = create_worker(house, Smtp(server(relay, ca_file)))
    while worker.step():
        pass


def come_back(environ: dict[str, str], relay: Relay, count: int = 1) -> None:
    """Run `campaign inbound` with what Postfix hands over."""
    for recipient, wire in relay.inbound(count):
        done = CliRunner().invoke(
            commands, ["inbound", "--to", recipient], input=wire, env=dict(environ)
        )
        assert done.exit_code == 0, done.output


def states(house: House) -> list[LetterState]:
    with house.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))


def attempts(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as session:
        rows = session.execute(
            select(AttemptRow.outcome, AttemptRow.code)
            .where(AttemptRow.letter_id.is_not(None))
            .order_by(AttemptRow.id)
        )
        return [(outcome.value, code) for outcome, code in rows]


def test_a_letter_that_the_relay_takes_is_accepted_and_stays_so(
    house: House, relay: Relay, ca_file: Path
) -> None:
    deliver(house, relay, ca_file, "DE")
    assert states(house) == [LetterState.ACCEPTED]
    assert attempts(house) == [("started", ""), ("accepted", "")]


def test_a_letter_that_bounces_later_comes_back_through_the_command(
    house: House, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(house, relay, ca_file, "FR")
    assert states(house) == [LetterState.ACCEPTED]
    come_back(environ, relay)
    assert states(house) == [LetterState.BOUNCED]
    assert attempts(house)[-1] == ("bounced", "5.3.0")


def test_a_letter_that_the_relay_gives_up_for_now_is_queued_again(
    house: House, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(house, relay, ca_file, "IT")
    come_back(environ, relay)
    assert states(house) == [LetterState.QUEUED]
    assert attempts(house)[-1] == ("returned", "4.3.0")


def test_a_daily_mail_that_bounces_later_ends_no_letter_and_pauses_the_ministry(
    house: House, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, "FR", on=True, by="Test", now=START)
    deliver(house, relay, ca_file, "FR", count=3)
    assert set(states(house)) == {LetterState.ACCEPTED}
    come_back(environ, relay)
    assert set(states(house)) == {LetterState.QUEUED}
    create_worker(house, LiveMemory()).sweep()
    assert set(states(house)) == {LetterState.WAITING}


def hand_over_from_nobody(relay: Relay, ca_file: Path, recipient: str, wire: bytes) -> None:
    with smtplib.SMTP(HOST, relay.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=ca_file))
        client.sendmail("", [recipient], wire)


def return_path(house: House) -> str:
    with house.database.reading() as session:
        letter_id = session.scalars(select(LetterRow.id)).one()
    return f"{house.tokens.return_path(letter_id)}@{house.settings.operator.domain}"


def test_a_bounce_in_plain_words_comes_back_through_the_command(
    house: House, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(house, relay, ca_file, "DE")
    words = "Your message could not be delivered:\n550 5.1.1 User unknown"
    wire = answer("", words, From="MAILER-DAEMON@discarding.example")
    hand_over_from_nobody(relay, ca_file, return_path(house), wire)
    come_back(environ, relay)
    assert b"Return-Path: <>" in relay.inbound()[0][1]
    assert states(house) == [LetterState.BOUNCED]


def test_who_is_away_and_says_so_from_nobody_has_not_answered(
    house: House, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(house, relay, ca_file, "DE")
    wire = answer("", "I am away.", From="desk@discarding.example")
    hand_over_from_nobody(relay, ca_file, return_path(house), wire)
    come_back(environ, relay)
    assert states(house) == [LetterState.ACCEPTED]
    assert attempts(house)[-1] == ("auto_replied", "")


OVER_LMTP = {"CAMPAIGN_SENDER": "post@lmtp.example.org"}


def hand_over(relay: Relay, ca_file: Path, wire: bytes, *recipients: str) -> None:
    with smtplib.SMTP(HOST, relay.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=ca_file))
        client.sendmail("desk@discarding.example", recipients, wire)


def test_what_comes_back_over_lmtp_is_taken_in_and_waits_while_the_process_is_away(
    make_house: Callable[[dict[str, str]], House],
    environ: dict[str, str],
    patient_relay: Relay,
    ca_file: Path,
) -> None:
    house = make_house(environ | OVER_LMTP)
    deliver(house, patient_relay, ca_file, "FR")
    # Nobody listens yet, so the report has to wait.
    eventually(lambda: patient_relay.waits() == 1)
    assert states(house) == [LetterState.ACCEPTED]
    with serving(environ | OVER_LMTP, patient_relay.lmtp_socket):
        assert patient_relay.lmtp_socket.stat().st_gid == getgrnam("postfix").gr_gid
        patient_relay.try_again()
        eventually(lambda: states(house) == [LetterState.BOUNCED])
        wire = answer("", "For both.", To="a@lmtp.example.org, b@lmtp.example.org")
        hand_over(patient_relay, ca_file, wire, "a@lmtp.example.org", "b@lmtp.example.org")
        eventually(lambda: patient_relay.log().count("status=sent (250 2.0.0 kept)") == 3)
    assert attempts(house)[-1] == ("bounced", "5.3.0")


def test_what_a_database_that_is_away_cannot_take_waits_with_the_relay(
    make_house: Callable[[dict[str, str]], House],
    environ: dict[str, str],
    patient_relay: Relay,
    ca_file: Path,
) -> None:
    house = make_house(environ | OVER_LMTP)
    nowhere = environ | OVER_LMTP | {"CAMPAIGN_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}
    with serving(nowhere, patient_relay.lmtp_socket):
        hand_over(patient_relay, ca_file, answer("", "Then."), "post@lmtp.example.org")
        eventually(lambda: patient_relay.waits() == 1)
        assert "451 4.3.0" in patient_relay.log()
    with serving(environ | OVER_LMTP, patient_relay.lmtp_socket):
        patient_relay.try_again()
        eventually(lambda: patient_relay.waits() == 0)
        eventually(lambda: "status=sent (250 2.0.0 kept)" in patient_relay.log())
    with house.database.reading() as session:
        assert len(session.scalars(select(InboundRow)).all()) == 1


@pytest.mark.parametrize("relay", ["other.example.org"], indirect=True)
def test_a_relay_with_another_hosts_certificate_gets_nothing(
    house: House, relay: Relay, ca_file: Path
) -> None:
    deliver(house, relay, ca_file, "DE")
    assert states(house) == [LetterState.QUEUED]
    assert attempts(house) == [("temporary", "connection")]


def test_a_relay_whose_certificate_nobody_vouches_for_gets_nothing(relay: Relay) -> None:
    unknown = Server(HOST, relay.port, "starttls")
    with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"), conversation(unknown):
        pass
