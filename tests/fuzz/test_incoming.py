"""Whatever comes in by mail becomes a report, an automatic message or a person's words."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from campaign.mail.html_to_text import html_to_text
from campaign.mail.incoming import MAX_TEXT_LENGTH, IncomingMessage, parse_message
from campaign.mail.outgoing import build_message
from tests.fuzz import bounded
from tests.fuzz.strategies import (
    ANY_BYTES,
    ANY_TEXT,
    ASCII_UNITS,
    WHOLE_TEXT,
    corrupted,
    superlinear_units,
)
from tests.helpers.incoming_messages import bounce_report, reply_message
from tests.mail.test_outgoing import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

TO = "bounce-x@example.org"
REPORT, ANSWER = bounce_report(TO), reply_message("<1@example.org>")
PARTED = reply_message(
    "<1@example.org>",
    "--b\r\nContent-Type: text/html\r\n\r\n<p>We thank you.</p>\r\n--b\r\n"
    'Content-Disposition: attachment; filename="notes.txt"\r\n\r\nnotes\r\n--b--',
    Content_Type='multipart/mixed; boundary="b"',
)
HEADERS = (
    *("From", "To", "Delivered-To", "Subject", "In-Reply-To", "References", "Return-Path"),
    *("Auto-Submitted", "Precedence", "Content-Type", "Content-Disposition"),
    *("Content-Transfer-Encoding", "Status", "Action", "Diagnostic-Code", ""),
)
VALUES = st.one_of(
    ANY_BYTES,
    st.sampled_from(
        [
            b"multipart/mixed; boundary=b",
            b"multipart/report; boundary*=a; boundary*0=b",
            b"message/rfc822",
            b"message/delivery-status",
            b"text/html; charset=utf-7",
            b"text/plain; charset=unicode_escape",
            b"text/plain; charset*=a; charset*0=b",
            b"attachment; filename*=a; filename*0=b",
            b"attachment; filename*9999999999999999999=a",
            b"attachment; filename*=utf-7'x'+2AA-",
            b"=?utf-8?b?a?= =?x?q?=00?= =?idna?q?xn--?=",
            b"base64",
            b"x-uuencode",
            b"quoted-printable",
            b"(((((Testa)",
            b"a: b: c: <x@example.org>;",
        ]
    ),
)
LINES = st.tuples(st.sampled_from(HEADERS), VALUES).map(
    lambda one: one[0].encode() + b": " + one[1] + b"\r\n"
)
BLOCKS = st.tuples(
    st.lists(LINES, max_size=5).map(b"".join),
    st.lists(st.one_of(ANY_BYTES, st.sampled_from([b"--b\r\n", b"\r\n--b--\r\n"]))).map(b"".join),
).map(b"\r\n".join)
MESSAGES = st.one_of(
    ANY_BYTES,
    st.lists(BLOCKS, min_size=1, max_size=4).map(b"\r\n--b\r\n".join),
    *(corrupted(good) for good in (REPORT, ANSWER, PARTED)),
)


def is_storable(seen: IncomingMessage) -> bool:
    texts = (seen.sender, seen.subject, seen.text, *seen.files)
    lengths = [(seen.sender, 254), (seen.subject, 500), (seen.text, MAX_TEXT_LENGTH)]
    return (
        all("\0" not in text and text.encode().decode() == text for text in texts)
        and all(len(text) <= most for text, most in lengths)
        and len(seen.files) <= 20
    )


@bounded
@given(wire=MESSAGES)
def test_what_is_read_of_any_bytes_can_be_stored_and_mailed_on(wire: bytes) -> None:
    seen = parse_message(wire)
    assert is_storable(seen)
    assert build_message(replace(PLAIN, text=seen.text))
    if seen.report is not None:
        assert re.fullmatch(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})?", seen.report.status)
        assert "\n" not in seen.report.reply


@bounded
@given(line=LINES)
def test_no_header_that_is_added_to_an_answer_keeps_it_from_being_read(line: bytes) -> None:
    assert is_storable(parse_message(line + ANSWER))
    assert is_storable(parse_message(ANSWER.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n", 1)))


@bounded
@given(text=WHOLE_TEXT.filter(str.isprintable))
def test_what_a_person_writes_in_plain_text_is_read_as_it_is(text: str) -> None:
    assert parse_message(reply_message("", text)).text == text


@bounded
@given(text=WHOLE_TEXT)
@example(text="&#1; &amp; <p>")
def test_text_that_was_made_safe_for_html_is_read_as_it_was(text: str) -> None:
    assert html_to_text(html.escape(text)) == " ".join(text.split())


@bounded
@given(markup=ANY_TEXT)
def test_the_words_of_any_markup_are_short_lines_without_its_tags(markup: str) -> None:
    words = html_to_text(f"{markup}<b title='a > b'>Dear</b> <i>Ms</i><br>")
    assert "<b title" not in words
    assert "\n\n\n" not in words
    assert all(line == " ".join(line.split()) for line in words.split("\n"))


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<b>Dear</b> <i>Ms</i>\n<i>Testa</i>", "Dear Ms Testa"),
        ("<p title='a > b' lang=en>One<br/>two", "One\ntwo"),
        ("<head><title>x</title><meta a><style>p</style></head><body>We thank", "We thank"),
        ("<head><meta a><body>We thank", "We thank"),
        ("We<!-- <p>not --> thank<!--> you<!-- <p>never", "We thank you"),
        ("We<script>if (a<b) document.write('<p>x</p>')</SCRIPT> thank", "We thank"),
        ("We thank<style>p { }", "We thank"),
        ("3 < 4 <3 <", "3 < 4 <3 <"),
        ("We thank <b class=", "We thank"),
        ('We <b class="x>thank</b> you', "We thank you"),
        ("&lt;b&gt; &#0; &nbsp;&euro;", "<b> \ufffd €"),
    ],
)
def test_the_words_of_markup_are_what_a_browser_shows(markup: str, words: str) -> None:
    assert html_to_text(markup) == words


DEEP = {
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 2_000,
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(600)
    ),
    "comments in comments": b"From: " + b"(" * 5_000 + b"\r\n\r\nhi",
    "groups in groups": b"To: " + b"a:" * 5_000 + b"\r\n\r\nhi",
    "parameters that cannot be put in order": (
        b"Content-Type: multipart/mixed; boundary*=a; boundary*0=b\r\n\r\n--b\r\n\r\nhi"
    ),
    "files that cannot be named": (
        b"Content-Disposition: attachment; filename*=a; filename*0=b\r\n\r\nhi"
    ),
}


@pytest.mark.parametrize("wire", DEEP.values(), ids=DEEP)
def test_what_would_take_the_library_too_deep_is_read_without_it(wire: bytes) -> None:
    seen = parse_message(b"Subject: Testa\r\nAuto-Submitted: auto-replied\r\n" + wire)
    assert (seen.subject, seen.is_automatic) == ("Testa", True)


def test_of_a_message_in_thousands_of_parts_the_headers_are_read() -> None:
    """Each empty line of a report begins a part, and each part takes memory."""
    seen = parse_message(REPORT.replace(b"Reporting-MTA", b"\r\n" * 5_000 + b"Reporting-MTA"))
    assert seen.report is None
    assert seen.is_automatic
    assert seen.recipients == (TO,)


def message(place: str) -> Callable[[str], IncomingMessage]:
    """Read a message in one place of which a text stands."""

    def reading(text: str) -> IncomingMessage:
        line = text.replace("\r", " ").replace("\n", " ")
        filled = place.replace("{line}", line).replace("{text}", text)
        return parse_message(filled.encode())

    return reading


PLACES = {
    "subject": "Subject: {line}\r\n\r\nhi",
    "sender": "From: {line}\r\n\r\nhi",
    "references": "References: {line}\r\n\r\nhi",
    "parameters": "Content-Type: text/plain; {line}\r\n\r\nhi",
    "charset": 'Content-Type: text/plain; charset="{line}"\r\n\r\nhi',
    "boundary": 'Content-Type: multipart/mixed; boundary="{line}"\r\n\r\nhi',
    "file name": 'Content-Disposition: attachment; filename="{line}"\r\n\r\nhi',
    "plain text": "Content-Type: text/plain; charset=utf-8\r\n\r\n{text}",
    "HTML": "Content-Type: text/html; charset=utf-8\r\n\r\n{text}",
    "punycode": "Content-Type: text/plain; charset=punycode\r\n\r\n{text}",
    "a subject in punycode": "Subject: =?punycode?q?{line}?=\r\n\r\nhi",
    "recipients": "To: {line}\r\n\r\nhi",
    "quoted-printable": "Content-Transfer-Encoding: quoted-printable\r\n\r\n{text}",
    "uuencoded": "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n{text}",
    "a report": (
        "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n{text}"
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_no_message_is_looked_at_again_and_again(place: str) -> None:
    assert superlinear_units(message(PLACES[place]), ASCII_UNITS) == []
