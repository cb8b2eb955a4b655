"""What a mail server's answers mean, asked of a real server on loopback."""

from __future__ import annotations

import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from campaign.errors import OutcomeUnknown, TransportError
from campaign.mail.smtp import SmtpConfig, open_session
from tests.helpers.smtp_server import HOST, Behaviour, smtp_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import trustme

SENDER = "letters@example.org"
TO = "desk@ministry.example"
MESSAGE = b"Subject: Test\r\n\r\nHello.\r\n"


@pytest.fixture
def certificate(authority: trustme.CA) -> Callable[[str], ssl.SSLContext]:
    """Make the server's side of TLS with a certificate for a host."""

    def make(host: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(host).configure_cert(context)
        return context

    return make


def send(server: SmtpConfig, recipient: str = TO, message: bytes = MESSAGE) -> str:
    with open_session(server) as talk:
        return talk.send(SENDER, recipient, message)


def refusal(behaviour: Behaviour) -> TransportError:
    """Return the error that one message meets, which the server may not have taken."""
    with smtp_server(behaviour) as server:
        with pytest.raises(TransportError) as caught:
            send(server.settings(password=behaviour.password))
        assert server.received == []
    return caught.value


def test_an_accepted_message_arrives_unchanged_and_the_answer_is_returned() -> None:
    lines = b"\r\n".join((b".", b"..two", b".one", b"From here", b"x" * 900, b""))
    message = MESSAGE + lines
    with smtp_server() as server:
        assert send(server.settings(), TO, message) == "2.0.0 queued as 1"
    (received,) = server.received
    assert received.content == message
    assert (received.sender, received.recipients) == (SENDER, (TO,))


def test_mail_goes_encrypted_to_a_host_whose_certificate_fits(
    certificate: Callable[[str], ssl.SSLContext], ca_file: Path
) -> None:
    behaviour = Behaviour(tls=certificate(HOST), password="right")
    with smtp_server(behaviour) as server:
        send(server.settings("starttls", ca_file=ca_file, password="right"))
    assert [received.encrypted for received in server.received] == [True]
    assert server.logins == ["right"]


@pytest.mark.asvs("12.3.2")
def test_a_certificate_of_another_host_is_refused_before_anything_is_sent(
    certificate: Callable[[str], ssl.SSLContext], ca_file: Path
) -> None:
    behaviour = Behaviour(tls=certificate("other.example.org"), password="right")
    with smtp_server(behaviour) as server, pytest.raises(TransportError) as caught:
        send(server.settings("starttls", ca_file=ca_file, password="right"))
    assert not caught.value.permanent
    assert (server.asked, server.logins) == ([], [])


@pytest.mark.asvs("12.3.2")
def test_a_certificate_of_an_unknown_authority_is_refused_before_anything_is_sent(
    certificate: Callable[[str], ssl.SSLContext],
) -> None:
    behaviour = Behaviour(tls=certificate(HOST), password="right")
    with smtp_server(behaviour) as server, pytest.raises(TransportError) as caught:
        send(server.settings("starttls", password="right"))
    assert not caught.value.permanent
    assert (server.asked, server.logins) == ([], [])


@pytest.mark.parametrize("answer", ["", "454 4.7.0 not now", "502 5.5.1 no"])
def test_without_encryption_neither_password_nor_message_leaves(
    certificate: Callable[[str], ssl.SSLContext], ca_file: Path, answer: str
) -> None:
    tls = certificate(HOST) if answer else None
    behaviour = Behaviour(tls=tls, starttls=answer, password="right")
    with smtp_server(behaviour) as server, pytest.raises(TransportError) as caught:
        send(server.settings("starttls", ca_file=ca_file, password="right"))
    assert server.connections == 1
    assert not caught.value.permanent
    assert (server.asked, server.logins) == ([], [])


@pytest.mark.parametrize(
    ("behaviour", "permanent", "code"),
    [
        (Behaviour(mail="451 4.3.0 later"), False, "sender"),
        (Behaviour(mail="421 closing"), False, "sender"),
        (Behaviour(mail="550 5.7.1 not you"), False, "sender"),
        (Behaviour(mail="552 5.3.4 too big"), True, "5.3.4"),
        (Behaviour(rcpt={TO: "450 greylisted"}), False, "450"),
        (Behaviour(rcpt={TO: "421 4.3.2 going down"}), False, "4.3.2"),
        (Behaviour(rcpt={TO: "550 5.1.1 nobody here"}), True, "5.1.1"),
        (Behaviour(rcpt={TO: "552 mailbox full"}), False, "552"),
        (Behaviour(rcpt={TO: "552 5.2.2 mailbox full"}), False, "5.2.2"),
        (Behaviour(rcpt={TO: "552 5.3.4 too big"}), True, "5.3.4"),
        (Behaviour(data_word="451 later"), False, "451"),
        (Behaviour(data_word="554 no valid recipients"), True, "554"),
        (Behaviour(data="421 4.3.2 going down"), False, "4.3.2"),
        (Behaviour(data="452 4.3.1 disk full"), False, "4.3.1"),
        (Behaviour(data="550 5.7.1 spam"), True, "5.7.1"),
        (Behaviour(data="552 too much"), True, "552"),
        (Behaviour(data="552 5.2.2 mailbox full"), False, "5.2.2"),
        (Behaviour(data="552 5.3.4 too big"), True, "5.3.4"),
        (Behaviour(data="552 too much from [127.5.2.2]"), True, "552"),
    ],
    ids=lambda value: (
        f"{value.mail}{value.rcpt.get(TO, '')}{value.data_word}{value.data}"
        if isinstance(value, Behaviour)
        else ""
    ),
)
def test_a_refusal_is_final_or_passes_as_the_standards_say(
    behaviour: Behaviour, permanent: bool, code: str
) -> None:
    error = refusal(behaviour)
    assert not isinstance(error, OutcomeUnknown)
    assert (error.permanent, error.code) == (permanent, code)


def test_a_refusal_repeats_what_the_server_said_in_one_line() -> None:
    error = refusal(Behaviour(data="550-5.7.1 Too much\r\n550 5.7.1 of a good thing"))
    assert error.reply == "5.7.1 Too much 5.7.1 of a good thing"


def test_a_connection_that_ends_after_the_message_leaves_the_outcome_unknown() -> None:
    error = refusal(Behaviour(close_after_data=True))
    assert isinstance(error, OutcomeUnknown)
    assert not error.permanent


@pytest.mark.parametrize("answer", ["what", "99 ok", "354 go on", "700 perhaps"])
def test_an_unclear_answer_after_the_message_leaves_the_outcome_unknown(answer: str) -> None:
    assert isinstance(refusal(Behaviour(data=answer)), OutcomeUnknown)


def test_no_answer_in_time_leaves_the_outcome_unknown() -> None:
    # It would be accepted after half a minute.
    with (
        smtp_server(Behaviour(hang_seconds=30)) as server,
        pytest.raises(OutcomeUnknown),
    ):
        send(server.settings(answer_seconds=0.3))


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for_longer_than_one_that_does_not() -> (
    None
):
    with dripping_server() as port:
        server = SmtpConfig(HOST, port, tls="none", reply_timeout=0.5)
        with pytest.raises(OutcomeUnknown):
            send(server)


@contextmanager
def dripping_server() -> Iterator[int]:
    """Answer the message in many lines, each soon enough, and accept it in the end."""

    def talk() -> None:
        with listener.accept()[0] as connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 dripping\r\n")
            for line in lines:
                answer = b"354 go on\r\n" if line.upper().startswith(b"DATA") else b"250 ok\r\n"
                if line == b".\r\n":
                    for _ in range(100):
                        connection.sendall(b"250-wait\r\n")
                        time.sleep(0.05)
                if not line.startswith((b"Subject", b"Hello", b"\r\n")):
                    connection.sendall(answer)

    with socket.create_server((HOST, 0)) as listener, ThreadPoolExecutor(max_workers=1) as hands:
        hands.submit(talk)
        yield int(listener.getsockname()[1])


def test_a_slow_answer_is_waited_for() -> None:
    with smtp_server(Behaviour(hang_seconds=0.3)) as server:
        assert send(server.settings()) == "2.0.0 queued as 1"


def test_a_connection_that_ends_before_the_message_is_a_passing_refusal() -> None:
    """The server never said 354, so it has no message that it could deliver."""
    error = refusal(Behaviour(close_at_data_word=True))
    assert not isinstance(error, OutcomeUnknown)
    assert not error.permanent


def test_a_server_that_hangs_up_on_us_may_be_tried_again() -> None:
    error = refusal(Behaviour(close_on_connect=True))
    assert not isinstance(error, OutcomeUnknown)
    assert not error.permanent


def test_a_refused_connection_may_be_tried_again() -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransportError) as caught:
        send(SmtpConfig(HOST, port, tls="none"))
    assert not caught.value.permanent


@pytest.mark.parametrize("host", ["nowhere.invalid", "two..dots.invalid"])
def test_an_unknown_host_may_be_tried_again(host: str) -> None:
    with pytest.raises(TransportError) as caught:
        send(SmtpConfig(host, 25, tls="none"))
    assert not caught.value.permanent


def test_a_refused_login_is_the_settings_fault_and_passes() -> None:
    with (
        smtp_server(Behaviour(password="right")) as server,
        pytest.raises(TransportError) as caught,
    ):
        send(server.settings(password="wrong"))
    assert not caught.value.permanent
    assert "wrong" in server.logins
    assert server.asked == []


def test_several_messages_go_over_one_connection() -> None:
    with smtp_server() as server, open_session(server.settings()) as talk:
        answers = [talk.send(SENDER, f"desk-{n}@ministry.example", MESSAGE) for n in range(3)]
    assert answers == [f"2.0.0 queued as {n}" for n in (1, 2, 3)]
    assert server.connections == 1


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour(rcpt={"first@ministry.example": f"{code} no"}) for code in (450, 550, 552)],
    ids=("450", "550", "552"),
)
def test_after_a_refused_recipient_the_next_message_goes_over_the_same_connection(
    behaviour: Behaviour,
) -> None:
    with smtp_server(behaviour) as server, open_session(server.settings()) as talk:
        with pytest.raises(TransportError):
            talk.send(SENDER, "first@ministry.example", MESSAGE)
        talk.send(SENDER, "second@ministry.example", MESSAGE)
    assert server.connections == 1
    assert [message.recipients for message in server.received] == [("second@ministry.example",)]


@pytest.mark.parametrize(
    "behaviour", [Behaviour(mail="550 no"), Behaviour(data_word="451 no"), Behaviour(data="550 no")]
)
def test_a_refused_message_says_nothing_about_the_next_one(behaviour: Behaviour) -> None:
    with smtp_server(behaviour) as server, open_session(server.settings()) as talk:
        codes = []
        for _ in range(2):
            with pytest.raises(TransportError) as caught:
                talk.send(SENDER, TO, MESSAGE)
            codes.append(caught.value.code)
    assert len(set(codes)) == 1
    assert codes[0] in {"451", "550", "sender"}
