"""What comes back to a letter: as mail programs, machines and people with ill intent write it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.helpers.incoming_messages import bounce_report, reply_message

if TYPE_CHECKING:
    from collections.abc import Callable

DESK = "desk@discarding.example"
ANSWER, IN_DOUBT = "an answer to letter", "perhaps an answer to letter"
BY_ITSELF, PROGRAM = "an automatic answer to letter", "an automatic message"
UNFILED, NOTHING = "a message that fits no letter", "a report about nothing"
NO_CONSEQUENCE = "a report of no consequence"
SHOWN = "We have read it, {name}."
"""What each of the answers says."""


@dataclass(frozen=True)
class Letter:
    """What whoever answers knows of a letter: its Message-ID, and the return path if a machine."""

    message_id: str
    return_path: str
    forged_path: str


@dataclass(frozen=True)
class Reply:
    """One reply: what it must be taken for, and how it is made.

    `sender`: of the envelope. `to`: which of the letter's addresses it goes to; empty for the
    supporter's readable one.
    """

    name: str
    said: str
    wire: Callable[[Letter, str], bytes]
    sender: str = DESK
    to: str = ""

    @property
    def words(self) -> str:
        return SHOWN.format(name=self.name)


def _answer(text: str = "", /, **headers: str) -> Callable[[Letter, str], bytes]:
    def made(letter: Letter, words: str) -> bytes:
        given = {"From": f"Example Desk <{DESK}>", **headers}
        return reply_message(
            letter.message_id, text.format(words=words) if text else words, **given
        )

    return made


def _bytes(head: str, body: Callable[[str], bytes]) -> Callable[[Letter, str], bytes]:
    """Return a reply whose body is no plain text in UTF-8."""

    def made(letter: Letter, words: str) -> bytes:
        fields = f"From: {DESK}\r\nIn-Reply-To: {letter.message_id}\r\n{head}\r\n\r\n"
        return fields.encode() + body(words)

    return made


def _no_reference(**headers: str) -> Callable[[Letter, str], bytes]:
    return lambda _letter, words: reply_message("", words, **{"From": DESK, **headers})


def _thread(letter: Letter, words: str) -> bytes:
    """Return a reply out of a ticket system that names the letter last of thirty."""
    others = "".join(f" <{number}@tickets.example>\r\n" for number in range(30))
    named = {"From": DESK, "References": f"{letter.message_id}\r\n{others}".rstrip()}
    return reply_message("<30@tickets.example>", words, **named)


def _nested(words: str) -> bytes:
    opened = "".join(
        f'--b{number}\r\nContent-Type: multipart/mixed; boundary="b{number + 1}"\r\n\r\n'
        for number in range(60)
    )
    return f"{opened}--b60\r\nContent-Type: text/plain\r\n\r\n{words}\r\n".encode()


def _two_parts(kind: str, name: str, content: bytes) -> Callable[[str], bytes]:
    def made(words: str) -> bytes:
        head = f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
        file = f'--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"'
        encoded = b64encode(content)
        coded = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded + b"\r\n--b--\r\n"
        return head.encode() + file.encode() + coded

    return made


def _html(words: str) -> bytes:
    text = f"<html><script>alert(1)</script><table><tr><td>{words}</td><td>B</td></tr></table>"
    return text.encode()


SIGNED = 'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b'
MIXED = "Content-Type: multipart/mixed; boundary=b"
INJECTED = "=?utf-8?q?Re=0D=0ABcc:_victim@example.org?="

REPLIES = (
    # What people write, with the programs that they have.
    Reply("plain", ANSWER, _answer()),
    Reply("only references", ANSWER, _answer(In_Reply_To="", References="{id}")),
    Reply("last of thirty", ANSWER, _thread),
    Reply("part of its domain", ANSWER, _answer(From="press@mail.discarding.example")),
    Reply("ticket system", ANSWER, _answer(Precedence="bulk", X_Auto_Response_Suppress="All")),
    Reply(
        "latin",
        ANSWER,
        _bytes(
            "Content-Type: text/plain; charset=iso-8859-1", lambda w: f"{w} Grüße".encode("latin-1")
        ),
    ),
    Reply(
        "base64",
        ANSWER,
        _bytes(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
            lambda w: b64encode(w.encode()),
        ),
    ),
    Reply("html", ANSWER, _bytes("Content-Type: text/html; charset=utf-8", _html)),
    Reply("pdf", ANSWER, _bytes(MIXED, _two_parts("application/pdf", "Antwort.pdf", b"%PDF-1.7"))),
    Reply(
        "winmail", ANSWER, _bytes(MIXED, _two_parts("application/ms-tnef", "winmail.dat", b"x\x9f"))
    ),
    Reply(
        "signed in the open",
        ANSWER,
        _bytes(SIGNED, _two_parts("application/pgp-signature", "signature.asc", b"no signature")),
    ),
    Reply("no charset", ANSWER, _answer(Content_Type="text/plain; charset=x-no-such-thing")),
    # What is meant to break something, or to end up in front of somebody else.
    Reply("header injection", ANSWER, _answer(Subject=INJECTED)),
    Reply("script", ANSWER, _answer(Subject="<script>alert(1)</script>")),
    Reply("nul", ANSWER, _bytes("X-Nothing: \0", lambda w: f"{w}\0\0".encode())),
    Reply("long line", ANSWER, _answer("{words} " + "x" * 20_000)),
    Reply("deep nesting", ANSWER, _bytes('Content-Type: multipart/mixed; boundary="b0"', _nested)),
    Reply("other domain", IN_DOUBT, _answer(From="desk@example.net")),
    Reply("look-alike", IN_DOUBT, _answer(From="desk@discarding.example.attacker.example")),
    Reply("name like an address", IN_DOUBT, _answer(From=f'"{DESK}" <somebody@example.net>')),
    Reply("two senders", IN_DOUBT, _answer(From=f"somebody@example.net\r\nFrom: {DESK}")),
    Reply("no sender", IN_DOUBT, _answer(From="")),
    Reply(
        "encrypted",
        IN_DOUBT,
        _answer(
            "MIAGCSqGSIb3DQEHA6CAMIACAQ", Content_Type="application/pkcs7-mime; name=smime.p7m"
        ),
    ),
    # What no person wrote.
    Reply("away", BY_ITSELF, _answer(Auto_Submitted="auto-replied")),
    Reply("away, from nobody", BY_ITSELF, _answer(), sender="", to="return path"),
    Reply("away, of old", BY_ITSELF, _answer(X_Autoreply="yes")),
    Reply(
        "read receipt",
        BY_ITSELF,
        _answer(
            "--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n--b--",
            Content_Type="multipart/report; report-type=disposition-notification; boundary=b",
        ),
    ),
    Reply("newsletter", PROGRAM, _no_reference(List_Id="<news.ministry.example>")),
    Reply("list", UNFILED, _answer(List_Id="<news.ministry.example>")),
    Reply("no reference", UNFILED, _no_reference()),
    Reply(
        "made-up reference",
        UNFILED,
        _answer(In_Reply_To="<0197f000-0000-7000-8000-000000000009@example.org>"),
    ),
    Reply("no header", UNFILED, lambda _letter, words: f"\r\n{words}\r\n".encode()),
    # Bounces that are none of ours.
    Reply(
        "bounce to nobody", NOTHING, lambda _l, _w: bounce_report("testa.example@example.org"), ""
    ),
    Reply(
        "bounce to a forged path",
        NOTHING,
        lambda one, _w: bounce_report(one.forged_path),
        "",
        "forged",
    ),
    Reply(
        "bounce in a person’s words",
        ANSWER,
        _answer("{words} 550 5.1.1 User unknown is what our law says."),
        to="return path",
    ),
    Reply(
        "delivered",
        NO_CONSEQUENCE,
        lambda one, _w: bounce_report(one.return_path, "delivered", "2.0.0"),
        "",
        "return path",
    ),
)
