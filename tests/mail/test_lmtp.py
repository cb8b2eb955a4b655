"""Messages over LMTP: an answer for each recipient, whatever comes, and whoever stands still."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from campaign.mail.lmtp import LmtpLimits, LmtpServer, bind_socket
from tests.helpers.lmtp import LIMITS, PATIENCE, Client, lmtp_server, short_temp_dir

if TYPE_CHECKING:
    from pathlib import Path

A, B = "bounce-a@letters.example.org", "b@letters.example.org"
WIRE = b"From: desk@ministry.example\r\nSubject: Re\r\n\r\nThank you."
NOBODYS = b"Return-Path: <>\r\n"


@dataclass
class Desk:
    """Keeps what it is given, unless it is told otherwise."""

    kept: list[tuple[bytes, str]] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def keep(self, wire: bytes, to: str) -> bool:
        if to in self.broken:
            raise MemoryError
        if to in self.away:
            return False
        self.kept.append((wire, to))
        return True


def test_a_message_is_kept_as_it_came_under_its_return_path() -> None:
    desk = Desk()
    with lmtp_server(desk.keep) as path, Client(str(path)) as client:
        assert client.deliver(WIRE, A)[0][0] == 250
        assert client.deliver(WIRE, A, sender="desk@ministry.example")[0][0] == 250
    assert desk.kept == [
        (NOBODYS + WIRE + b"\r\n", A),
        (b"Return-Path: <desk@ministry.example>\r\n" + WIRE + b"\r\n", A),
    ]


def test_each_recipient_has_an_answer_of_its_own() -> None:
    desk = Desk(away={B}, broken={"c@letters.example.org"})
    with lmtp_server(desk.keep) as path, Client(str(path)) as client:
        answers = client.deliver(WIRE, A, B, "c@letters.example.org", "d@letters.example.org")
        assert [code for code, _ in answers] == [250, 451, 451, 250]
        assert answers[1][1].startswith("4.3.0 ")
        assert client.noop()[0] == 250
    assert [to for _, to in desk.kept] == [A, "d@letters.example.org"]


def test_the_answer_comes_only_when_the_message_is_kept() -> None:
    going_on = threading.Event()
    with lmtp_server(lambda _wire, _to: going_on.wait(PATIENCE)) as path:
        client = Client(str(path))
        client.ehlo()
        assert client.sock is not None
        client.sock.settimeout(0.5)
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            client.deliver(WIRE, A)
        going_on.set()


def test_more_than_the_limit_is_refused_for_each_recipient_and_before_it_is_sent() -> None:
    desk = Desk()
    large = b"Subject: large\r\n\r\n" + b"x" * LIMITS.size
    with lmtp_server(desk.keep) as path, Client(str(path)) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(LIMITS.size)
        assert [one[:9] for _, one in client.deliver(large, A, B)] == ["5.3.4 a m"] * 2
        (told,) = client.deliver(large, A, options=[f"SIZE={len(large)}"])
        assert told[0] == 552
        assert client.deliver(WIRE, A, options=["SIZE=10"])[0][0] == 250
    assert len(desk.kept) == 1


GARBAGE = {
    "bare line ends": b"Subject: x\n\nfirst\n.\nsecond\rthird",
    "NUL and bytes": bytes(range(256)).replace(b"\r", b"").replace(b"\n", b""),
    "a long line": b"Subject: x\r\n\r\n" + b"y" * 5_000 + b"\r\n" + b"." * 3_000 + b"\r\nend",
    "dots": b".\r\n..\r\n.x\r\n...",
    "nothing": b"",
}


@pytest.mark.parametrize("wire", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_kept_byte_by_byte(wire: bytes) -> None:
    desk = Desk()
    with lmtp_server(desk.keep) as path:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(path))
            dotted = b"\r\n".join(
                b"." + one if one.startswith(b".") else one for one in wire.split(b"\r\n")
            )
            said = talk(line, dotted)
        assert b"\r\n250 2.0.0 " in said
        assert desk.kept == [(NOBODYS + wire + b"\r\n", A)]


def talk(line: socket.socket, dotted: bytes) -> bytes:
    """Say everything at once, as a client that pipelines, and read until the other side ends."""
    line.settimeout(PATIENCE)
    head = f"LHLO mx.example.org\r\nMAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<{A}>\r\nDATA\r\n"
    line.sendall(head.encode() + dotted + b"\r\n.\r\nQUIT\r\n")
    said = b""
    while piece := line.recv(4096):
        said += piece
    return said


def test_an_address_in_letters_of_any_script_is_taken() -> None:
    desk = Desk()
    with lmtp_server(desk.keep) as path, Client(str(path)) as client:
        client.ehlo()
        assert client.has_extn("smtputf8")
        client.command_encoding = "utf-8"
        answers = client.deliver(
            WIRE,
            "δοκιμή@letters.example.org",
            sender="ψηφίο@ministry.example",
            options=["SMTPUTF8"],
        )
        assert answers[0][0] == 250
    assert desk.kept[0][1] == "δοκιμή@letters.example.org"
    assert desk.kept[0][0].startswith("Return-Path: <ψηφίο@ministry.example>\r\n".encode())


@pytest.mark.parametrize(
    "line",
    [
        b"EHLO x",
        b"\xff\xfe hello",
        b"MAIL FROM:\xff<",
        b"\x00\x01\x02",
        b"x" * 100_000,
        b"RCPT TO:<a@b>",
        b"DATA",
        b"AUTH PLAIN AAAA",
        b"BDAT 10 LAST",
    ],
)
def test_what_is_no_command_here_is_refused_and_the_next_message_taken(line: bytes) -> None:
    desk = Desk()
    with lmtp_server(desk.keep) as path, Client(str(path)) as client:
        client.send(line + b"\r\n")
        assert client.getreply()[0] >= 400
        assert client.deliver(WIRE, A)[0][0] == 250


def test_who_breaks_off_in_a_message_leaves_none_of_it() -> None:
    desk = Desk()
    with lmtp_server(desk.keep) as path:
        client = Client(str(path))
        client.ehlo()
        client.mail("")
        client.rcpt(A)
        client.docmd("DATA")
        client.send(b"Subject: half\r\n\r\nand then\r\n")
        client.close()
        with Client(str(path)) as other:
            assert other.deliver(WIRE, A)[0][0] == 250
    assert [wire for wire, _ in desk.kept] == [NOBODYS + WIRE + b"\r\n"]


def test_who_stalls_holds_up_nobody_else_and_is_let_go_after_a_while() -> None:
    desk = Desk()
    with lmtp_server(desk.keep, LmtpLimits(size=10_000, seconds=1.0)) as path:
        stalled = Client(str(path))
        stalled.ehlo()
        stalled.mail("")
        stalled.rcpt(A)
        stalled.docmd("DATA")
        with Client(str(path)) as other:
            assert other.deliver(WIRE, A)[0][0] == 250
        with pytest.raises(OSError, match=r"closed|reset|broken"):
            stalled.getreply()
        stalled.close()


def test_who_leaves_before_the_greeting_takes_no_place() -> None:
    with lmtp_server(Desk().keep, LmtpLimits(size=10_000, connections=2)) as path:
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(path))
        time.sleep(0.5)
        with Client(str(path)) as client:
            assert client.deliver(WIRE, A)[0][0] == 250


def test_a_slow_message_holds_up_no_other() -> None:
    slow = threading.Event()

    def keep(_wire: bytes, to: str) -> bool:
        return slow.wait(PATIENCE) if to == A else True

    with lmtp_server(keep) as path:
        first, second = Client(str(path)), Client(str(path))
        thread = threading.Thread(target=first.deliver, args=(WIRE, A))
        thread.start()
        time.sleep(0.2)
        assert second.deliver(WIRE, B)[0][0] == 250
        slow.set()
        thread.join(PATIENCE)
        first.close()
        second.close()


def test_more_connections_than_the_limit_are_told_to_come_again() -> None:
    with lmtp_server(Desk().keep, LmtpLimits(size=10_000, connections=2)) as path:
        kept = [Client(str(path)) for _ in range(2)]
        with pytest.raises(OSError, match="421"):
            Client(str(path))
        kept.pop().close()
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                Client(str(path)).close()
                break
            except OSError:
                assert time.monotonic() < deadline
        kept.pop().close()


def test_more_recipients_than_the_limit_are_told_to_come_again() -> None:
    with lmtp_server(Desk().keep) as path, Client(str(path)) as client:
        client.ehlo()
        client.mail("")
        codes = [client.rcpt(A)[0] for _ in range(101)]
        assert codes == [250] * 100 + [452]


def test_the_message_in_hand_is_answered_before_the_end_and_an_idle_client_waits_for_nothing() -> (
    None
):
    slow, answers = threading.Event(), []
    began = threading.Event()

    def keep(_wire: bytes, _to: str) -> bool:
        began.set()
        return slow.wait(PATIENCE)

    with lmtp_server(keep) as path:
        idle, busy = Client(str(path)), Client(str(path))
        thread = threading.Thread(target=lambda: answers.extend(busy.deliver(WIRE, A)))
        thread.start()
        assert began.wait(PATIENCE)
        threading.Timer(0.5, slow.set).start()
    thread.join(PATIENCE)
    assert [code for code, _ in answers] == [250]
    idle.close()
    busy.close()


def test_owner_and_group_may_connect_and_nobody_else() -> None:
    with lmtp_server(Desk().keep) as path:
        assert path.stat().st_mode & 0o777 == 0o660


def test_the_socket_of_a_process_that_was_killed_is_replaced_and_of_one_that_runs_is_not() -> None:
    with short_temp_dir() as folder:
        path = folder / "lmtp.sock"
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
        bind_socket(path).close()
    with (
        lmtp_server(Desk().keep) as path,
        pytest.raises(OSError, match="another process takes messages in there"),
    ):
        bind_socket(path)


@pytest.mark.parametrize("name", ["file", "missing/lmtp.sock", "x" * 120])
def test_a_place_where_no_socket_can_be_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("somebody's")
    with pytest.raises(OSError, match=r".") as caught:
        bind_socket(tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)
    assert caught.value.strerror
    assert (tmp_path / "file").read_text() == "somebody's"


def test_who_comes_at_the_moment_of_the_end_is_let_go() -> None:
    async def served(path: Path, client: socket.socket) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        server = LmtpServer("letters.example.org", Desk().keep, LIMITS)
        serving = asyncio.create_task(server.serve(bind_socket(path), stop))
        await asyncio.sleep(0.1)
        client.connect(str(path))
        # In the loop's next round: first this, and then the connection is taken.
        loop.call_soon(stop.set)
        await serving

    with short_temp_dir() as folder, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE / 10)
        asyncio.run(served(folder / "lmtp.sock", client))
        said = b"".join(iter(lambda: client.recv(1_000), b""))
    assert not said or said.startswith(b"220 ")
