"""Whatever comes in is parsed in a time that nobody can make long."""

from __future__ import annotations

import pytest

from campaign.mail.mime import MAX_PARTIAL_BYTES, MAX_WHOLE_BYTES, parse

PLAIN = b"Subject: Testa\r\n\r\n"
MIXED = b"Subject: Testa\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"


def test_a_message_of_usual_size_is_parsed_whole() -> None:
    parsed = parse(PLAIN + b"x" * (MAX_WHOLE_BYTES - len(PLAIN)))
    assert not parsed.truncated
    assert len(parsed.message.get_payload(decode=True)) == MAX_WHOLE_BYTES - len(PLAIN)


@pytest.mark.parametrize(
    "body",
    [b"x" * MAX_WHOLE_BYTES, b"\n" * 30_000, b"\r" * 30_000, b"\r\n" * 30_000, b"a\n\r" * 30_000],
    ids=["bytes", "LF", "CR", "CRLF", "LF and CR"],
)
def test_of_too_many_bytes_or_lines_the_beginning_is_parsed(body: bytes) -> None:
    parsed = parse(PLAIN + body)
    assert parsed.truncated
    assert parsed.message["Subject"] == "Testa"
    assert len(parsed.message.get_payload(decode=True)) <= MAX_PARTIAL_BYTES


def nested(depth: int) -> bytes:
    opened = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    return b"Subject: Testa\r\n" + b"".join(opened % (level, level) for level in range(depth))


@pytest.mark.parametrize(
    "wire",
    [
        nested(60) + b"\r\n" + b"\n" * 10_000,
        nested(2_000),
        MIXED + b"--b\r\n\r\nx\r\n" * 600,
        b"Subject: Testa\r\nContent-Type: message/rfc822\r\n\r\n" * 600,
    ],
    ids=["lines in parts in parts", "parts in parts", "parts", "messages in messages"],
)
def test_of_parts_that_are_an_attack_there_are_the_headers_alone(wire: bytes) -> None:
    parsed = parse(wire)
    assert parsed.truncated
    assert parsed.message["Subject"] == "Testa"
    assert not parsed.message.is_multipart()


def test_a_few_parts_in_parts_are_parsed_however_they_are_written() -> None:
    wire = nested(5) + b"\r\nWe thank you.\r\n"
    leaves = [part for part in parse(wire).message.walk() if not part.is_multipart()]
    assert [part.get_payload(decode=True) for part in leaves] == [b"We thank you."]


def test_no_more_than_a_few_hundred_headers_are_kept_and_each_is_short() -> None:
    parsed = parse(
        b"Subject: Testa\r\n" + b"X-Many: %s\r\n" % (b"x" * 50_000) + b"To: a@b\r\n" * 9_000
    )
    assert parsed.message["Subject"] == "Testa"
    assert len(parsed.message) <= 500
    assert len(parsed.message["X-Many"]) <= 2_000


def test_of_a_headers_parameters_a_few_are_kept() -> None:
    parsed = parse(b"Content-Type: text/plain; charset=utf-8; " + b'a=";";' * 100 + b"\r\n\r\nx")
    assert parsed.message.get_param("charset") == "utf-8"
    assert str(parsed.message["Content-Type"]).count(";") < 20
