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
from campaign.delivery import pacing
from campaign.delivery.rows import AttemptRow, InboundRow
from campaign.delivery.transports.smtp import SmtpTransport
from campaign.errors import TransportError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.mail.smtp import SmtpConfig, open_session
from campaign.recipients.public_holidays import PublicHolidays
from campaign.recipients.rules.pace import PaceLimits
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.verify import AddressCheck
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.clock import START
from tests.conftest import SLUG
from tests.helpers.incoming_messages import reply_message
from tests.helpers.lmtp import serve_inbound
from tests.helpers.transports import LiveMemoryTransport
from tests.helpers.verifying import verify
from tests.helpers.worker_processes import wait_until
from tests.supporter import Supporter
from tests.system.relay import HOST, Relay

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container
    from tests.clock import Clock

RECIPIENTS = {
    "DE": "desk@discarding.example",
    "FR": "desk@bouncing.example",
    "IT": "desk@deferring.example",
}


@pytest.fixture(autouse=True)
def working_day(clock: Clock, container: Container) -> None:
    """Let it be the last working morning: the command itself goes by the real clock."""
    calendars = PublicHolidays()
    moment = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    while any(
        PaceLimits(container.reference.recipients[recipient_key(code)].zone, 30, 200).next_opening(
            moment, calendars.is_holiday_in(code)
        )
        != moment
        for code in RECIPIENTS
    ):
        moment -= timedelta(days=1)
    clock.now = moment


def server(relay: Relay, ca_file: Path) -> SmtpConfig:
    return SmtpConfig(HOST, relay.port, "starttls", ca_file=ca_file)


def deliver(
    container: Container, relay: Relay, ca_file: Path, government: str, count: int = 1
) -> None:
    """Sign with mails kept in memory, and let the live transport hand letters to the relay."""
    now = container.clock()
    with container.database.writing() as session:
        check = AddressCheck("Tester", "a relay on loopback")
        verify(
            session, recipient_key(government), RECIPIENTS[government], check, live=True, now=now
        )
    kept = LiveMemoryTransport()
    signing = Supporter(
        create_app(container).test_client(), create_worker(container, kept), kept, SLUG
    )
    for number in range(count):
        signing.submit(government=government, email=f"testa{number}@example.org")
    while len(signing.mails()) < count:
        signing.worker.step()
    for mail in signing.mails():
        signing.browser.post(mail.link("confirm"))
    worker = create_worker(container, SmtpTransport(server(relay, ca_file)))
    while worker.step():
        pass


def come_back(environ: dict[str, str], relay: Relay, count: int = 1) -> None:
    """Run `campaign inbound` with what Postfix hands over."""
    for recipient, wire in relay.inbound(count):
        done = CliRunner().invoke(
            commands, ["inbound", "--to", recipient], input=wire, env=dict(environ)
        )
        assert done.exit_code == 0, done.output


def states(container: Container) -> list[LetterState]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))


def attempts(container: Container) -> list[tuple[str, str]]:
    with container.database.reading() as session:
        rows = session.execute(
            select(AttemptRow.outcome, AttemptRow.code)
            .where(AttemptRow.letter_id.is_not(None))
            .order_by(AttemptRow.id)
        )
        return [(outcome.value, code) for outcome, code in rows]


def test_a_letter_that_the_relay_takes_is_accepted_and_stays_so(
    container: Container, relay: Relay, ca_file: Path
) -> None:
    deliver(container, relay, ca_file, "DE")
    assert states(container) == [LetterState.ACCEPTED]
    assert attempts(container) == [("started", ""), ("accepted", "")]


def test_a_letter_that_bounces_later_comes_back_through_the_command(
    container: Container, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(container, relay, ca_file, "FR")
    assert states(container) == [LetterState.ACCEPTED]
    come_back(environ, relay)
    assert states(container) == [LetterState.BOUNCED]
    assert attempts(container)[-1] == ("bounced", "5.3.0")


def test_a_letter_that_the_relay_gives_up_for_now_is_queued_again(
    container: Container, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(container, relay, ca_file, "IT")
    come_back(environ, relay)
    assert states(container) == [LetterState.QUEUED]
    assert attempts(container)[-1] == ("returned", "4.3.0")


def test_a_daily_mail_that_bounces_later_ends_no_letter_and_pauses_the_ministry(
    container: Container, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    with container.database.writing() as session:
        pacing.set_digest(session, "FR/foreign-affairs", on=True, by="Test", now=START)
    deliver(container, relay, ca_file, "FR", count=3)
    assert set(states(container)) == {LetterState.ACCEPTED}
    come_back(environ, relay)
    assert set(states(container)) == {LetterState.QUEUED}
    create_worker(container, LiveMemoryTransport()).run_housekeeping()
    assert set(states(container)) == {LetterState.WAITING}


def hand_over_from_nobody(relay: Relay, ca_file: Path, recipient: str, wire: bytes) -> None:
    with smtplib.SMTP(HOST, relay.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=ca_file))
        client.sendmail("", [recipient], wire)


def return_path(container: Container) -> str:
    with container.database.reading() as session:
        letter_id = session.scalars(select(LetterRow.id)).one()
    return f"{container.tokens.return_path(letter_id)}@{container.settings.operator.domain}"


def test_a_bounce_in_plain_words_comes_back_through_the_command(
    container: Container, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(container, relay, ca_file, "DE")
    words = "Your message could not be delivered:\n550 5.1.1 User unknown"
    wire = reply_message("", words, From="MAILER-DAEMON@discarding.example")
    hand_over_from_nobody(relay, ca_file, return_path(container), wire)
    come_back(environ, relay)
    assert b"Return-Path: <>" in relay.inbound()[0][1]
    assert states(container) == [LetterState.BOUNCED]


def test_who_is_away_and_says_so_from_nobody_has_not_answered(
    container: Container, environ: dict[str, str], relay: Relay, ca_file: Path
) -> None:
    deliver(container, relay, ca_file, "DE")
    wire = reply_message("", "I am away.", From="desk@discarding.example")
    hand_over_from_nobody(relay, ca_file, return_path(container), wire)
    come_back(environ, relay)
    assert states(container) == [LetterState.ACCEPTED]
    assert attempts(container)[-1] == ("auto_replied", "")


OVER_LMTP = {"CAMPAIGN_SENDER": "post@lmtp.example.org"}


def hand_over(relay: Relay, ca_file: Path, wire: bytes, *recipients: str) -> None:
    with smtplib.SMTP(HOST, relay.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=ca_file))
        client.sendmail("desk@discarding.example", recipients, wire)


def test_what_comes_back_over_lmtp_is_taken_in_and_waits_while_the_process_is_away(
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    patient_relay: Relay,
    ca_file: Path,
) -> None:
    container = make_container(environ | OVER_LMTP)
    deliver(container, patient_relay, ca_file, "FR")
    # Nobody listens yet, so the report has to wait.
    wait_until(lambda: patient_relay.waits() == 1)
    assert states(container) == [LetterState.ACCEPTED]
    with serve_inbound(environ | OVER_LMTP, patient_relay.lmtp_socket):
        assert patient_relay.lmtp_socket.stat().st_gid == getgrnam("postfix").gr_gid
        patient_relay.try_again()
        wait_until(lambda: states(container) == [LetterState.BOUNCED])
        wire = reply_message("", "For both.", To="a@lmtp.example.org, b@lmtp.example.org")
        hand_over(patient_relay, ca_file, wire, "a@lmtp.example.org", "b@lmtp.example.org")
        wait_until(lambda: patient_relay.log().count("status=sent (250 2.0.0 kept)") == 3)
    assert attempts(container)[-1] == ("bounced", "5.3.0")


def test_what_a_database_that_is_away_cannot_take_waits_with_the_relay(
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    patient_relay: Relay,
    ca_file: Path,
) -> None:
    container = make_container(environ | OVER_LMTP)
    nowhere = environ | OVER_LMTP | {"CAMPAIGN_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}
    with serve_inbound(nowhere, patient_relay.lmtp_socket):
        hand_over(patient_relay, ca_file, reply_message("", "Then."), "post@lmtp.example.org")
        wait_until(lambda: patient_relay.waits() == 1)
        assert "451 4.3.0" in patient_relay.log()
    with serve_inbound(environ | OVER_LMTP, patient_relay.lmtp_socket):
        patient_relay.try_again()
        wait_until(lambda: patient_relay.waits() == 0)
        wait_until(lambda: "status=sent (250 2.0.0 kept)" in patient_relay.log())
    with container.database.reading() as session:
        assert len(session.scalars(select(InboundRow)).all()) == 1


@pytest.mark.parametrize("relay", ["other.example.org"], indirect=True)
def test_a_relay_with_another_hosts_certificate_gets_nothing(
    container: Container, relay: Relay, ca_file: Path
) -> None:
    deliver(container, relay, ca_file, "DE")
    assert states(container) == [LetterState.QUEUED]
    assert attempts(container) == [("temporary", "connection")]


def test_a_relay_whose_certificate_nobody_vouches_for_gets_nothing(relay: Relay) -> None:
    unknown = SmtpConfig(HOST, relay.port, "starttls")
    with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"), open_session(unknown):
        pass
