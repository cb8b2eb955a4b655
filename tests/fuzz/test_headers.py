"""Whatever stands in a message, its headers are the expected ones, or it is not sent."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes

import pytest
from hypothesis import example, given, strategies as st

from campaign.errors import UnsafeMessage
from campaign.mail.flowed import strip_trailing_spaces
from campaign.mail.outgoing import (
    Attachment,
    Mailbox,
    OutgoingMessage,
    build_message,
    clean_header_value,
    format_readable,
)
from tests.fuzz import bounded
from tests.fuzz.strategies import (
    ANY_TEXT,
    ASCII_UNITS,
    STRANGE_TEXTS,
    superlinear_units,
    with_examples,
)
from tests.mail.test_outgoing import HEADERS, PLAIN, Wire

INJECTED = "=?utf-8?q?A=0D=0A=0D=0Ainjected?="
EXPECTED = sorted([*HEADERS, "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post"])
OF_A_FILE = ["Content-Disposition", "Content-Transfer-Encoding", "Content-Type", "MIME-Version"]
ADDRESSES = st.one_of(
    st.sampled_from(["testa@example.org", "tes'ta+=?x@example.org", "a@b\r\nBcc: c@d"]), ANY_TEXT
)
# Mostly values that pass, so that many drafts are built and not refused for one of them.
VALUES = st.one_of(
    st.sampled_from(["Testa Example", "Ж" * 90, "a, b <c>", "=", "?", "= ?", "", "x" * 2_000]),
    ANY_TEXT,
)
DRAFTS = st.builds(
    OutgoingMessage,
    sender=st.builds(Mailbox, VALUES, st.just("letters@example.org")),
    recipient=st.builds(Mailbox, VALUES, ADDRESSES),
    subject=VALUES,
    text=st.one_of(st.just("Hello.\n"), ANY_TEXT),
    language=st.sampled_from(["en", "el\r\nBcc: x@example.org"]),
    message_id=st.just("<1@example.org>"),
    date=st.just(PLAIN.date),
    reply_to=st.builds(Mailbox, VALUES, st.just("testa@example.org")),
    automatic=st.just(True),
    unsubscribe_url=st.sampled_from(["https://a.example/x", "https://a.example/>\r\nBcc: x@b.c"]),
)


@bounded
@given(draft=DRAFTS)
@example(draft=replace(PLAIN, automatic=True, unsubscribe_url=f"https://a.example/{INJECTED}"))
def test_the_headers_of_any_draft_are_the_expected_ones(draft: OutgoingMessage) -> None:
    try:
        wire = Wire(build_message(draft))
    except UnsafeMessage:
        return
    assert wire.names == EXPECTED
    assert b"\ninjected" not in wire.raw.split(b"\r\n\r\n")[0]
    assert wire.text.rstrip("\n") == strip_trailing_spaces(draft.text).rstrip("\n")
    assert max(map(len, wire.raw.split(b"\r\n"))) <= 998
    assert re.fullmatch(r"[!-;=?-~]+@[A-Za-z0-9.-]+", draft.recipient.address)
    assert wire.mailbox("To")[1] == draft.recipient.address
    assert format_readable(wire.raw)


@pytest.mark.parametrize("field", ["subject", "language", "message_id", "unsubscribe_url"])
@pytest.mark.parametrize("around", ["{}", "Ж {}", "{}{}", "a{}b", "{} "])
def test_an_encoded_word_is_sent_in_no_header(field: str, around: str) -> None:
    for hidden in (INJECTED, INJECTED.replace("=?", "=\u200b?"), INJECTED.replace("=?", "=\n?")):
        try:
            wire = Wire(build_message(replace(PLAIN, **{field: around.replace("{}", hidden)})))  # type: ignore[arg-type]
        except UnsafeMessage:
            continue
        assert b"=?utf-8?q?A" not in wire.raw
        assert wire.body == b"Hello.\r\n"


@bounded
@given(name=ANY_TEXT)
@with_examples("name", STRANGE_TEXTS)
def test_a_file_of_any_name_arrives_or_is_not_sent(name: str) -> None:
    content = bytes(range(256))
    file = Attachment(name, "application/pdf", content)
    try:
        wire = build_message(replace(PLAIN, attachments=(file,)))
    except UnsafeMessage:
        return
    _, _, read = message_from_bytes(wire).walk()
    assert (read.get_filename(), read.get_payload(decode=True)) == (name, content)
    assert sorted(read.keys()) == OF_A_FILE


@bounded
@given(value=ANY_TEXT)
@with_examples("value", STRANGE_TEXTS)
def test_what_may_stand_in_a_header_is_one_line_without_an_encoded_word(value: str) -> None:
    try:
        kept = clean_header_value(value)
    except UnsafeMessage:
        return
    assert len(kept.splitlines()) <= 1
    assert "=?" not in kept
    assert kept.encode().decode() == kept == clean_header_value(kept)


@pytest.mark.parametrize("field", ["subject", "text"])
def test_no_draft_is_looked_at_again_and_again(field: str) -> None:
    def built(text: str) -> bytes:
        return build_message(replace(PLAIN, **{field: text}))  # type: ignore[arg-type]

    assert superlinear_units(built, ASCII_UNITS) == []


def test_no_name_is_looked_at_again_and_again() -> None:
    def built(name: str) -> bytes:
        return build_message(replace(PLAIN, sender=replace(PLAIN.sender, name=name)))

    assert superlinear_units(built, ("a", "(", '"', "\\", "@,", "a ")) == []
