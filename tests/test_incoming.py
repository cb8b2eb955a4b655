"""What came in is read as far as it can be, and nothing that comes in breaks the reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.incoming import read
from tests.incoming_for_tests import answer, report

TO = "bounce-x@example.org"


def test_a_delivery_report_says_what_became_of_the_message() -> None:
    seen = read(report(TO))
    assert seen.report is not None
    assert (seen.report.action, seen.report.status) == ("failed", "5.1.1")
    assert "user unknown" in seen.report.reply
    assert seen.recipients == (TO,)


@pytest.mark.parametrize(
    ("action", "status", "failed", "hard"),
    [
        ("failed", "5.1.1", True, True),
        ("failed", "5.7.1", True, True),
        ("Failed", "5.2.2", True, False),
        ("failed", "4.4.7", True, False),
        ("failed", "", True, False),
        ("delayed", "4.4.1", False, False),
        ("delivered", "2.0.0", False, False),
    ],
)
def test_hard_and_soft_are_told_apart(action: str, status: str, failed: bool, hard: bool) -> None:
    seen = read(report(TO, action, status, reply="550 no")).report
    assert seen is not None
    assert (seen.failed, seen.hard) == (failed, hard)


def test_a_status_that_is_missing_is_taken_from_the_servers_words() -> None:
    seen = read(report(TO, "failed", "", "550-5.1.10 RESOLVER.ADR.RecipientNotFound")).report
    assert seen is not None
    assert seen.status == "5.1.10"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "Auto-Generated; x=y"),
        ("X-Autoreply", "yes"),
        ("Return-Path", "<>"),
    ],
)
def test_what_a_program_wrote_is_known_by_its_headers(header: str, value: str) -> None:
    assert read(answer("<1@example.org>", **{header: value})).automatic


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "All"),
        ("List-Id", "<list.example.org>"),
    ],
)
def test_what_may_be_a_persons_or_a_lists_is_told_apart(header: str, value: str) -> None:
    seen = read(answer("<1@example.org>", **{header: value}))
    assert (seen.automatic, seen.bulk) == (False, True)


def test_a_person_who_forwards_a_report_is_a_person() -> None:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nWhy did this come back?\r\n--b\r\n"
    attached = b"Content-Type: message/rfc822\r\n\r\n" + report(TO) + b"\r\n--b--\r\n"
    head, _, _ = answer("", Content_Type='multipart/mixed; boundary="b"').partition(b"\r\n\r\n")
    seen = read(head + b"\r\n\r\n" + body + attached)
    assert seen.report is None
    assert seen.text == "Why did this come back?"
    assert seen.files == ("message.eml",)


def test_of_an_answer_with_her_own_letter_attached_the_answer_is_read() -> None:
    body = (
        "--b\r\nContent-Type: text/html\r\n\r\n<p>We thank you.</p>\r\n--b\r\n"
        "Content-Type: message/rfc822\r\n\r\nSubject: mine\r\n\r\nMy own letter.\r\n--b--"
    )
    seen = read(answer("<1@example.org>", body, Content_Type='multipart/mixed; boundary="b"'))
    assert seen.text == "We thank you."


def test_what_is_read_can_be_written_to_a_page() -> None:
    wire = answer(
        "", "+2AA-", Content_Type="text/plain; charset=utf-7", Subject="=?utf-7?q?+2AA-?="
    )
    seen = read(wire)
    f"{seen.text}{seen.subject}{seen.sender}".encode()


@pytest.mark.parametrize("value", ["no", "No", "no (a person)"])
def test_what_a_person_wrote_is_not_taken_for_a_programs(value: str) -> None:
    assert not read(answer("<1@example.org>", Auto_Submitted=value)).automatic
    assert not read(answer("<1@example.org>")).automatic


def test_an_answer_is_read_in_its_charset_and_tells_what_it_answers() -> None:
    wire = answer("<1@example.org>", References="<0@example.org> <1@example.org>", text="Grüße")
    seen = read(wire)
    assert seen.text == "Grüße"
    assert seen.references == ("<1@example.org>", "<0@example.org>")
    assert (seen.sender, seen.subject) == ("desk@ministry.example", "Re: My letter")


def test_of_html_alone_the_words_are_read() -> None:
    html = "<style>p{}</style><p>Dear Ms Example,</p><p>thank&nbsp;you &amp; so on.<br>Desk</p>"
    seen = read(answer("<1@example.org>", html, Content_Type="text/html; charset=utf-8"))
    assert seen.text == "Dear Ms Example,\n\nthank you & so on.\nDesk".replace("\n\n", "\n")


def test_files_are_named_and_are_not_its_text() -> None:
    body = (
        '--b\r\nContent-Type: text/plain; name="notes.txt"\r\n'
        'Content-Disposition: attachment; filename="notes.txt"\r\n\r\nnot the answer\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThe answer.\r\n--b--"
    )
    seen = read(answer("<1@example.org>", body, Content_Type='multipart/mixed; boundary="b"'))
    assert seen.text == "The answer."
    assert seen.files == ("notes.txt",)


@pytest.mark.parametrize("charset", ["x-unknown", "us-as\0cii", "\0"])
def test_bytes_above_ascii_in_a_charset_that_is_none_are_read_all_the_same(charset: str) -> None:
    wire = f'From: a@example.org\r\nContent-Type: text/plain; charset="{charset}"\r\n\r\n'
    assert read(wire.encode() + "Grüße".encode()).text == "Grüße"


@pytest.mark.parametrize("kind", ["multipart/report", "message/delivery-status"])
@pytest.mark.parametrize("charset", ["x-unknown", "us-as\0cii"])
def test_a_report_that_is_none_inside_is_read_all_the_same(kind: str, charset: str) -> None:
    wire = f'From: a@example.org\r\nContent-Type: {kind}; charset="{charset}"\r\n\r\n'
    assert read(wire.encode() + b"no boundary, and \xff").report is None


@pytest.mark.parametrize("charset", ["x-unknown", "utf-7", "idna", "\x00", "base64"])
def test_an_unknown_charset_is_read_as_well_as_can_be(charset: str) -> None:
    seen = read(answer("<1@example.org>", Content_Type=f'text/plain; charset="{charset}"'))
    assert isinstance(seen.text, str)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000), st.binary(max_size=200))
def test_nothing_that_comes_in_breaks_the_reading(noise: bytes, more: bytes) -> None:
    for wire in (
        noise,
        report(TO).replace(b"Action: failed", b"Action: " + more),
        report(TO).replace(b"report-type", more),
        answer("<1@example.org>").replace(b"text/plain", more),
        b"From: " + more + b"\r\nSubject: =?" + noise + b"?=\r\n\r\n" + noise,
    ):
        read(wire)


@pytest.mark.parametrize("garbage", ["<![ if foo]>", "<![x y]>", "&#" + "9" * 5_000 + ";"])
def test_of_html_that_the_parser_gives_up_on_what_came_before_is_read(garbage: str) -> None:
    html = f"<p>We thank you.</p>{garbage}<p>Desk</p>"
    assert read(answer("", html, Content_Type="text/html")).text.startswith("We thank you.")


def test_a_subject_that_cannot_be_decoded_is_shown_as_it_stands() -> None:
    assert read(answer("", Subject="=?utf-8?b?a?=")).subject == "=?utf-8?b?a?="
