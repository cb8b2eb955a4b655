"""What is meant is what is sent, whatever a name or subject contains."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from campaign.errors import UnsafeMessage
from campaign.mail.flowed import strip_trailing_spaces
from campaign.mail.outgoing import (
    Attachment,
    Mailbox,
    OutgoingMessage,
    build_message,
    format_readable,
)
from tests.helpers.flowed_text import plain_text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Spoil = Callable[[OutgoingMessage, str], OutgoingMessage]

PLAIN = OutgoingMessage(
    sender=Mailbox("Testa Example via Example campaign", "letters@example.org"),
    recipient=Mailbox("Example ministry", "desk@ministry.example"),
    subject="An example",
    text="Hello.\n",
    language="en",
    message_id="<1@example.org>",
    date=datetime(2026, 11, 2, 10, 0, tzinfo=UTC),
    reply_to=Mailbox("Testa Example", "testa@example.org"),
)
HEADERS = [
    *("Content-Language", "Content-Transfer-Encoding", "Content-Type", "Date", "From"),
    *("MIME-Version", "Message-ID", "Reply-To", "Subject", "To"),
    "X-Auto-Response-Suppress",
]
FIELDS: dict[str, Spoil] = {
    "From": lambda d, v: replace(d, sender=replace(d.sender, name=v)),
    "From address": lambda d, v: replace(d, sender=replace(d.sender, address=v)),
    "To": lambda d, v: replace(d, recipient=replace(d.recipient, name=v)),
    "To address": lambda d, v: replace(d, recipient=replace(d.recipient, address=v)),
    "Reply-To": lambda d, v: replace(d, reply_to=Mailbox(v, "testa@example.org")),
    "Reply-To address": lambda d, v: replace(d, reply_to=Mailbox("Testa Example", v)),
    "Subject": lambda d, v: replace(d, subject=v),
    "Message-ID": lambda d, v: replace(d, message_id=v),
    "Content-Language": lambda d, v: replace(d, language=v),
}
PAYLOADS = {
    "CR and LF": "A\r\nX-Evil: 1\r\n\r\ninjected",
    "Bcc on a new line": "A\nBcc: x@example.org",
    "Bcc after a folded line": "A\r\n Bcc: x@example.org",
    "lone CR": "A\rBcc: x@example.org\r\rinjected",
    "NEL": "A\x85Bcc: x@example.org\x85\x85injected",
    "line separator": "A\u2028Bcc: x@example.org\u2028\u2028injected",
    "paragraph separator": "A\u2029Bcc: x@example.org",
    "vertical tab": "A\vBcc: x@example.org\v\vinjected",
    "form feed": "A\fBcc: x@example.org\f\finjected",
    "NUL": "A\0Bcc: x@example.org",
    "encoded word, quoted": "=?utf-8?q?A=0D=0A=0D=0Ainjected?=",
    "encoded word, quoted, with a header": "=?utf-8?q?A=0D=0ABcc=3A_x=40example.org?=",
    "encoded word, base64": "=?utf-8?b?QQ0KQmNjOiB4QGV4YW1wbGUub3JnDQoNCmluamVjdGVk?=",
    "encoded word inside a text": "A =?utf-8?q?=0D=0ABcc=3A_x=40example.org?= B",
    "encoded word split by a control": "=\0?utf-8?q?A=0D=0A=0D=0Ainjected?\0=",
    "encoded word split by a format character": "=\u200b?utf-8?q?A=0D=0A=0D=0Ainjected?\u200b=",
    "encoded word split by an unassigned character": "=\uffff?utf-8?q?A=0D=0A=0D=0Ainjected?=",
    "bidi override": "A\u202egro.elpmaxe@x\u202c",
    "bidi isolate": "A\u2067gro.elpmaxe@x\u2069",
    "lone surrogate": "A\ud800\udc0aB",
    "quotes and brackets": 'A" <x@example.org>, "B',
    "second address": "testa@example.org, x@example.org",
    "comment": "A (x@example.org) \\",
}


@dataclass(frozen=True)
class Wire:
    """A message as another program reads it: with the older parser, and cut by hand."""

    raw: bytes

    @property
    def names(self) -> list[str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
        by_hand = sorted(re.split(rb"[\s:]", line)[0].decode() for line in lines if line[:1] > b" ")
        assert sorted(message_from_bytes(self.raw, policy=policy.compat32).keys()) == by_hand
        return by_hand

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def text(self) -> str:
        return plain_text_of(message_from_bytes(self.raw, policy=policy.compat32))

    def header(self, name: str) -> str:
        return _decoded(self._unfolded(name))

    def mailbox(self, name: str) -> tuple[str, str]:
        said, address = parseaddr(self._unfolded(name))
        return _decoded(said), address

    def said(self, name: str) -> str:
        return self.header(name) if name == "Subject" else self.mailbox(name)[0]

    def _unfolded(self, name: str) -> str:
        value = str(message_from_bytes(self.raw, policy=policy.compat32)[name])
        return re.sub(r"\r?\n(?=[ \t])", "", value)


@pytest.mark.asvs("1.2.1", "1.3.11")
@pytest.mark.parametrize("name", FIELDS)
def test_no_value_adds_a_header_or_starts_the_body(name: str) -> None:
    around = ["{}", "Testa {}", "Ж {}", "testa{}@example.org", "<{}>"]
    built = 0
    for value in [one.format(payload) for one in around for payload in PAYLOADS.values()]:
        with suppress(UnsafeMessage):
            check_headers_and_body(Wire(build_message(FIELDS[name](PLAIN, value))))
            built += 1
    # No address is mended; of other values what is harmful is taken out of some.
    assert bool(built) is not name.endswith("address")


def check_headers_and_body(wire: Wire) -> None:
    assert wire.names == HEADERS
    assert wire.body == b"Hello.\r\n"
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[\0\v\f\x1c\x85]", wire.raw)
    for name in HEADERS:
        assert not re.search("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", wire.header(name))


@pytest.mark.parametrize("name", ["From", "To", "Reply-To"])
@pytest.mark.parametrize("character", list("\n\0\u202e\u200b\ue000\uffff\u2028ж"), ids=ascii)
def test_an_address_is_never_mended_but_refused(name: str, character: str) -> None:
    """Without the character it would be another person's address."""
    with pytest.raises(UnsafeMessage):
        build_message(FIELDS[f"{name} address"](PLAIN, f"tes{character}ta@example.org"))


@pytest.mark.parametrize("spoil", FIELDS.values(), ids=FIELDS)
def test_an_encoded_word_is_refused_in_every_header(spoil: Spoil) -> None:
    with pytest.raises(UnsafeMessage):
        build_message(spoil(PLAIN, "=?utf-8?q?A=0D=0A=0D=0Ainjected?="))


def test_a_plain_draft_has_each_header_once() -> None:
    wire = Wire(build_message(PLAIN))
    assert wire.names == HEADERS
    assert wire.mailbox("From") == ("Testa Example via Example campaign", "letters@example.org")
    assert wire.mailbox("Reply-To") == ("Testa Example", "testa@example.org")
    assert wire.header("Message-ID") == "<1@example.org>"
    assert wire.header("Content-Language") == "en"
    assert wire.header("Date") == "Mon, 02 Nov 2026 10:00:00 +0000"


def test_a_draft_without_a_reply_address_has_no_such_header() -> None:
    names = Wire(build_message(replace(PLAIN, reply_to=None))).names
    assert names == [name for name in HEADERS if name != "Reply-To"]


def test_only_mail_that_no_person_wrote_is_marked_as_automatic() -> None:
    assert "Auto-Submitted" not in Wire(build_message(PLAIN)).names
    automatic = Wire(build_message(replace(PLAIN, automatic=True)))
    assert automatic.names == sorted([*HEADERS, "Auto-Submitted"])
    assert automatic.header("Auto-Submitted") == "auto-generated"


@pytest.mark.parametrize("automatic", [True, False])
def test_no_message_is_answered_by_a_program_but_one_that_refuses_it(automatic: bool) -> None:
    """MS-OXCMAIL, section 2.1.3.2.20: `All` would keep reports of non-delivery (NDR) away too."""
    wire = Wire(build_message(replace(PLAIN, automatic=automatic)))
    assert wire.header("X-Auto-Response-Suppress") == "DR, RN, NRN, OOF, AutoReply"


@pytest.mark.parametrize(
    "value",
    [
        "Ελένη Παπαδοπούλου",
        "ж" * 120,
        "x" * 120,
        "Example, Testa",
        "Testa \\ Example; <Example>: @",
        'Άννα, (Test) "Example" via Επιστολές',
        "María-José O'Neill Παπαδοπούλου via EU-China human rights dialogue",
        "Dialogue sur les droits humains entre l’UE et la Chine" * 3,
        "Testa 🕊️ Example",
        "a=b?c",
        "Bcc: x@example.org",
        'A" <x@example.org>, "B',
    ],
)
@pytest.mark.parametrize("name", ["From", "To", "Reply-To", "Subject"])
def test_names_and_subjects_of_many_kinds_survive(name: str, value: str) -> None:
    wire = Wire(build_message(FIELDS[name](PLAIN, value)))
    assert value == wire.said(name)
    assert max(len(line) for line in wire.raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "text",
    [
        ".\n..two dots\n.one\nFrom here on\n>From there\n",
        "-- \nwith a space at the end \n",
        "two\n\n\nblank lines and a last line without an end",
        "=3D and = and =\n",
        "ж" * 3000 + "\n",
        "word " * 600 + "\n",
        "x" * 3000 + "\n",
        "🕊️ Κ" * 300 + "\n",
        "",
    ],
    ids=lambda text: text[:12],
)
def test_a_text_arrives_unchanged_in_lines_that_every_server_takes(text: str) -> None:
    """RFC 5322, section 2.1.1: at most 998 bytes in a line."""
    wire = Wire(build_message(replace(PLAIN, text=text)))
    assert wire.text.rstrip("\n") == strip_trailing_spaces(text).rstrip("\n")
    assert max(len(line) for line in wire.raw.split(b"\r\n")) <= 998
    assert wire.raw.isascii()


@pytest.mark.parametrize("words", ["Διάλογος για όλους", "Dialog für alle"])
@pytest.mark.parametrize("name", ["From", "To", "Reply-To", "Subject"])
def test_wherever_a_long_header_is_folded_no_space_is_lost(name: str, words: str) -> None:
    for n in range(160):
        value = f"{'aж'[n % 2] * (n // 2)} {words} {words} {words}".strip()
        assert Wire(build_message(FIELDS[name](PLAIN, value))).said(name) == value


@settings(deadline=None, database=None)
@given(st.sampled_from(["From", "To", "Reply-To", "Subject"]), st.text())
def test_any_name_or_subject_arrives_or_is_refused(name: str, value: str) -> None:
    try:
        wire = Wire(build_message(FIELDS[name](PLAIN, value)))
    except UnsafeMessage:
        return
    assert _visible(wire.said(name)) == _visible(value)
    assert (wire.names, wire.body) == (HEADERS, b"Hello.\r\n")


@settings(deadline=None, database=None)
@given(st.text())
def test_any_text_arrives_or_is_refused(text: str) -> None:
    try:
        wire = Wire(build_message(replace(PLAIN, text=text)))
    except UnsafeMessage:
        return
    assert wire.names == HEADERS
    assert wire.text.rstrip("\n") == strip_trailing_spaces(text).rstrip("\n")


_FILE = Attachment("letters.csv", "text/csv", b"name\r\n")


@pytest.mark.parametrize("attachments", [(), (_FILE,)], ids=["alone", "with a file"])
@pytest.mark.parametrize("word", ["word ", "Wörter "], ids=["7bit", "quoted-printable"])
def test_a_long_paragraph_is_broken_on_the_wire_and_whole_for_its_reader(
    word: str, attachments: tuple[Attachment, ...]
) -> None:
    text = f"Hello,\n\n{word * 90}end\n\n>{word * 9}x\nFrom {word}x\n  {word * 20}x\n\n-- \nfoot\n"
    wire = build_message(replace(PLAIN, text=text, attachments=attachments))
    body = next(
        part for part in message_from_bytes(wire).walk() if part.get_content_type() == "text/plain"
    )
    assert body["Content-Type"].endswith('; format="flowed"' if attachments else "; format=flowed")
    assert body["Content-Transfer-Encoding"] == ("7bit" if word.isascii() else "quoted-printable")
    sent = body.get_payload(decode=True)
    assert isinstance(sent, bytes)
    assert max(map(len, sent.decode().splitlines())) <= 78
    assert plain_text_of(body) == text
    assert format_readable(wire).endswith(f"\n\n{text}")


_LINES = st.sampled_from(["word ", "Ж", "x" * 90, " ", "  ", "\n", ">", "From ", "-- ", "-- \n"])


@settings(deadline=None, database=None)
@given(st.lists(_LINES, max_size=60).map("".join), st.sampled_from([(), (_FILE,)]))
def test_whatever_is_flowed_is_whole_for_its_reader(
    text: str, attachments: tuple[Attachment, ...]
) -> None:
    wire = build_message(replace(PLAIN, text=text, attachments=attachments))
    read = message_from_bytes(wire)
    said = plain_text_of(next(read.walk()) if not attachments else list(read.walk())[1])
    assert said.rstrip("\n") == strip_trailing_spaces(text).rstrip("\n")


def _decoded(value: str) -> str:
    """Decode as RFC 2047 says; runs of spaces count as one, because folding may double one."""
    return re.sub(" +", " ", str(make_header(decode_header(value)))).strip(" ")


def _visible(value: str) -> str:
    """Return what a reader sees of a value: without spaces and control characters."""
    return "".join(character for character in value if character.isprintable()).replace(" ", "")


def test_files_arrive_byte_for_byte_beside_a_text_in_any_alphabet() -> None:
    files = (
        Attachment("letters.pdf", "application/pdf", bytes(range(256)) * 50),
        Attachment("letters.csv", "text/csv", "\ufeffname\r\nΤέστα\r\n".encode()),
    )
    read = message_from_bytes(
        build_message(replace(PLAIN, text="Γεια.\n", attachments=files)), policy=policy.default
    )
    assert read.get_content_type() == "multipart/mixed"
    text, *parts = read.iter_parts()
    assert plain_text_of(text).strip() == "Γεια."
    assert [part.get_filename() for part in parts] == ["letters.pdf", "letters.csv"]
    assert [part.get_payload(decode=True) for part in parts] == [one.content for one in files]


@pytest.mark.asvs("5.4.2")
def test_a_file_whose_name_would_be_another_header_is_refused() -> None:
    file = Attachment("a.pdf\r\nBcc: x@example.org", "application/pdf", b"%PDF")
    with pytest.raises(UnsafeMessage):
        build_message(replace(PLAIN, attachments=(file,)))
