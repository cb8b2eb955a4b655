"""What came in is read as far as it can be, and nothing that comes in breaks the reading."""

from __future__ import annotations

import codecs
import encodings
import pkgutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from campaign.mail import mime
from campaign.mail.incoming import MAX_TEXT_LENGTH, parse_message
from campaign.mail.mime import MAX_WHOLE_BYTES
from tests.helpers.incoming_messages import bounce_report, reply_message

if TYPE_CHECKING:
    from collections.abc import Iterator

TO = "bounce-x@example.org"


def test_a_delivery_report_says_what_became_of_the_message() -> None:
    seen = parse_message(bounce_report(TO))
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
    seen = parse_message(bounce_report(TO, action, status, reply="550 no")).report
    assert seen is not None
    assert (seen.failed, seen.is_hard_bounce) == (failed, hard)


def test_a_status_that_is_missing_is_taken_from_the_servers_words() -> None:
    seen = parse_message(
        bounce_report(TO, "failed", "", "550-5.1.10 RESOLVER.ADR.RecipientNotFound")
    ).report
    assert seen is not None
    assert seen.status == "5.1.10"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "Auto-Generated; x=y"),
        ("X-Autoreply", "yes"),
        ("Precedence", "auto_reply"),
        ("Return-Path", "<>"),
        ("Return-Path", ""),
        ("Return-Path", "<MAILER-DAEMON>"),
        ("Return-Path", "<mailer-daemon@mx.ministry.example>"),
        ("Content-Type", "multipart/report; report-type=disposition-notification; boundary=b"),
        ("Content-Type", "multipart/report; report-type=feedback-report; boundary=b"),
        ("Content-Type", "message/disposition-notification"),
    ],
)
def test_what_a_program_wrote_is_known_by_its_headers(header: str, value: str) -> None:
    seen = parse_message(reply_message("<1@example.org>", **{header: value}))
    assert seen.is_automatic
    assert (seen.report, seen.bounce) == (None, None)


@pytest.mark.parametrize("value", ["<desk@ministry.example>", "<daemon@ministry.example>"])
def test_a_return_path_with_somebody_in_it_makes_no_message_a_programs(value: str) -> None:
    assert not parse_message(reply_message("<1@example.org>", Return_Path=value)).is_automatic


@pytest.mark.parametrize("header", [{"Precedence": "bulk"}, {"X-Auto-Response-Suppress": "All"}])
def test_a_wish_for_no_automatic_answer_makes_no_message_a_programs(header: dict[str, str]) -> None:
    seen = parse_message(reply_message("<1@example.org>", **header))
    assert (seen.is_automatic, seen.is_list_mail) == (False, False)


@pytest.mark.parametrize(
    ("header", "value"),
    [("Precedence", "list"), ("Precedence", "Junk"), ("List-Id", "<list.example.org>")],
)
def test_what_was_for_many_is_told_apart(header: str, value: str) -> None:
    seen = parse_message(reply_message("<1@example.org>", **{header: value}))
    assert (seen.is_automatic, seen.is_list_mail) == (False, True)


@pytest.mark.parametrize(
    "kind",
    [
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "application/x-pkcs7-mime; smime-type=signed-data",
        "application/octet-stream; name=smime.p7m",
        'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
    ],
)
def test_what_hides_its_text_is_known(kind: str) -> None:
    body = (
        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        "--b\r\nContent-Type: application/octet-stream\r\n\r\nhidden\r\n--b--"
    )
    assert parse_message(reply_message("<1@example.org>", body, Content_Type=kind)).is_encrypted


@pytest.mark.parametrize("signature", ["application/pkcs7-signature", "application/pgp-signature"])
def test_of_a_message_that_is_signed_in_the_open_the_text_is_read(signature: str) -> None:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nWe thank you.\r\n"
        f"--b\r\nContent-Type: {signature}; name=smime.p7s\r\n\r\nx\r\n--b--"
    )
    kind = f'multipart/signed; protocol="{signature}"; boundary=b'
    seen = parse_message(reply_message("<1@example.org>", body, Content_Type=kind))
    assert (seen.text, seen.is_encrypted, seen.is_automatic) == ("We thank you.", False, False)


QMAIL = """\
Hi. This is the qmail-send program at mx.ministry.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<desk@ministry.example>:
{reason}

--- Below this line is a copy of the message.

Subject: 5.9.9 is what I wrote about
"""
EXIM = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  desk@ministry.example
    {reason}

------ This is a copy of the message, including all the headers. ------

554 5.9.9 is what I wrote about
"""
LATE = """\
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue.

  desk@ministry.example
    Delay reason: host mx.ministry.example [192.0.2.1]: 451 4.7.1 try again
"""


@pytest.mark.parametrize(
    ("words", "action", "status"),
    [
        (QMAIL.format(reason="Sorry, no mailbox here by that name. (#5.1.1)"), "failed", "5.1.1"),
        (QMAIL.format(reason="I could not find any host."), "failed", ""),
        (EXIM.format(reason="host mx [192.0.2.1]: 550 No such user"), "failed", "5.0.0"),
        (EXIM.format(reason="SMTP error: said: 452-4.2.2 full"), "failed", "4.2.2"),
        (EXIM.format(reason="552 Mailbox size limit exceeded"), "failed", "5.2.2"),
        (LATE, "delayed", "4.7.1"),
    ],
)
def test_what_a_server_says_in_plain_words_is_a_report(
    words: str, action: str, status: str
) -> None:
    seen = parse_message(
        reply_message("", words, From="MAILER-DAEMON@mx.ministry.example", Return_Path="<>")
    )
    assert seen.bounce is not None
    assert (seen.bounce.action, seen.bounce.status) == (action, status)
    assert seen.bounce.reply in " ".join(words.split())


def test_who_failed_may_stand_in_a_header_of_exims() -> None:
    words = EXIM.format(reason="Unrouteable address")
    named = {"From": "x@ministry.example", "X-Failed-Recipients": "desk@ministry.example"}
    seen = parse_message(reply_message("", words, Return_Path="<>", **named))
    assert seen.bounce is not None
    assert (seen.bounce.failed, seen.bounce.is_hard_bounce) == (True, False)


@pytest.mark.parametrize(
    ("sender", "path", "words"),
    [
        ("desk@ministry.example", "<>", "550 5.1.1 stands in our law of 1990."),
        ("postmaster@ministry.example", "<>", "Thank you. The desk is open from 450 to 500."),
        ("postmaster@ministry.example", "<>", "Our server is 5.1.1.7, and its release 15.4.3."),
        ("postmaster@ministry.example", "<postmaster@ministry.example>", "550 5.1.1 unknown"),
    ],
)
def test_what_only_looks_like_a_servers_words_is_no_report(
    sender: str, path: str, words: str
) -> None:
    assert parse_message(reply_message("", words, From=sender, Return_Path=path)).bounce is None


def test_a_person_who_forwards_a_report_is_a_person() -> None:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nWhy did this come back?\r\n--b\r\n"
    attached = b"Content-Type: message/rfc822\r\n\r\n" + bounce_report(TO) + b"\r\n--b--\r\n"
    head, _, _ = reply_message("", Content_Type='multipart/mixed; boundary="b"').partition(
        b"\r\n\r\n"
    )
    seen = parse_message(head + b"\r\n\r\n" + body + attached)
    assert seen.report is None
    assert seen.text == "Why did this come back?"
    assert seen.files == ("message.eml",)


def test_of_an_answer_with_her_own_letter_attached_the_answer_is_read() -> None:
    body = (
        "--b\r\nContent-Type: text/html\r\n\r\n<p>We thank you.</p>\r\n--b\r\n"
        "Content-Type: message/rfc822\r\n\r\nSubject: mine\r\n\r\nMy own letter.\r\n--b--"
    )
    seen = parse_message(
        reply_message("<1@example.org>", body, Content_Type='multipart/mixed; boundary="b"')
    )
    assert seen.text == "We thank you."


def test_what_is_read_can_be_written_to_a_page() -> None:
    wire = reply_message(
        "", "+2AA-", Content_Type="text/plain; charset=utf-7", Subject="=?utf-7?q?+2AA-?="
    )
    seen = parse_message(wire)
    f"{seen.text}{seen.subject}{seen.sender}".encode()


@pytest.mark.parametrize("value", ["no", "No", "no (a person)"])
def test_what_a_person_wrote_is_not_taken_for_a_programs(value: str) -> None:
    assert not parse_message(reply_message("<1@example.org>", Auto_Submitted=value)).is_automatic
    assert not parse_message(reply_message("<1@example.org>")).is_automatic


def test_an_answer_is_read_in_its_charset_and_tells_what_it_answers() -> None:
    wire = reply_message(
        "<1@example.org>", References="<0@example.org> <1@example.org>", text="Grüße"
    )
    seen = parse_message(wire)
    assert seen.text == "Grüße"
    assert seen.references == ("<1@example.org>", "<0@example.org>")
    assert (seen.sender, seen.subject) == ("desk@ministry.example", "Re: My letter")


def test_of_html_alone_the_words_are_read() -> None:
    html = "<style>p{}</style><p>Dear Ms Example,</p><p>thank&nbsp;you &amp; so on.<br>Desk</p>"
    seen = parse_message(
        reply_message("<1@example.org>", html, Content_Type="text/html; charset=utf-8")
    )
    assert seen.text == "Dear Ms Example,\n\nthank you & so on.\nDesk".replace("\n\n", "\n")


def test_files_are_named_and_are_not_its_text() -> None:
    body = (
        '--b\r\nContent-Type: text/plain; name="notes.txt"\r\n'
        'Content-Disposition: attachment; filename="notes.txt"\r\n\r\nnot the answer\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThe answer.\r\n--b--"
    )
    seen = parse_message(
        reply_message("<1@example.org>", body, Content_Type='multipart/mixed; boundary="b"')
    )
    assert seen.text == "The answer."
    assert seen.files == ("notes.txt",)


@pytest.mark.parametrize("charset", ["x-unknown", "us-as\0cii", "\0"])
def test_bytes_above_ascii_in_a_charset_that_is_none_are_read_all_the_same(charset: str) -> None:
    wire = f'From: a@example.org\r\nContent-Type: text/plain; charset="{charset}"\r\n\r\n'
    assert parse_message(wire.encode() + "Grüße".encode()).text == "Grüße"


@pytest.mark.parametrize("kind", ["multipart/report", "message/delivery-status"])
@pytest.mark.parametrize("charset", ["x-unknown", "us-as\0cii"])
def test_a_report_that_is_none_inside_is_read_all_the_same(kind: str, charset: str) -> None:
    wire = f'From: a@example.org\r\nContent-Type: {kind}; charset="{charset}"\r\n\r\n'
    assert parse_message(wire.encode() + b"no boundary, and \xff").report is None


@pytest.mark.parametrize("charset", ["x-unknown", "utf-7", "idna", "\x00", "base64"])
def test_an_unknown_charset_is_read_as_well_as_can_be(charset: str) -> None:
    seen = parse_message(
        reply_message("<1@example.org>", Content_Type=f'text/plain; charset="{charset}"')
    )
    assert isinstance(seen.text, str)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000), st.binary(max_size=200))
def test_nothing_that_comes_in_breaks_the_reading(noise: bytes, more: bytes) -> None:
    for wire in (
        noise,
        bounce_report(TO).replace(b"Action: failed", b"Action: " + more),
        bounce_report(TO).replace(b"report-type", more),
        reply_message("<1@example.org>").replace(b"text/plain", more),
        b"From: " + more + b"\r\nSubject: =?" + noise + b"?=\r\n\r\n" + noise,
    ):
        parse_message(wire)


@pytest.mark.parametrize("garbage", ["<![ if foo]>", "<![x y]>", "&#" + "9" * 5_000 + ";"])
def test_of_html_that_the_parser_gives_up_on_what_came_before_is_read(garbage: str) -> None:
    html = f"<p>We thank you.</p>{garbage}<p>Desk</p>"
    assert parse_message(reply_message("", html, Content_Type="text/html")).text.startswith(
        "We thank you."
    )


def test_a_subject_that_cannot_be_decoded_is_shown_as_it_stands() -> None:
    assert parse_message(reply_message("", Subject="=?utf-8?b?a?=")).subject == "=?utf-8?b?a?="


STRANGER = "x-stranger"
NAMED_BY_A_STRANGER = {
    "a text": f"Content-Type: text/plain; charset={STRANGER}\r\n\r\nGrüße",
    "HTML": f"Content-Type: text/html; charset={STRANGER}\r\n\r\n<p>Grüße</p>",
    "a charset's own charset": f"Content-Type: text/plain; charset*={STRANGER}''utf-8\r\n\r\nx",
    "a subject": f"Subject: =?{STRANGER}?q?Gr=FC=DFe?=\r\n\r\nx",
    "a sender": f"From: =?{STRANGER}?b?/w==?= <desk@ministry.example>\r\n\r\nx",
    "a file's name": f"Content-Disposition: attachment; filename*={STRANGER}''a%FC\r\n\r\nx",
    "another file's name": f"Content-Type: image/png; name*={STRANGER}''a%FC\r\n\r\nx",
    "a boundary": f"Content-Type: multipart/mixed; boundary*={STRANGER}''b\r\n\r\n--b\r\n\r\nx",
    "a report": f"Content-Type: multipart/report; boundary*={STRANGER}''b\r\n\r\n--b\r\n\r\nx",
}


@pytest.fixture
def looked_up() -> Iterator[list[str]]:
    """The names that Python was asked for a codec of, which it did not have yet."""
    names: list[str] = []

    def note(name: str) -> None:
        names.append(name)

    codecs.register(note)
    yield names
    codecs.unregister(note)


@pytest.mark.parametrize("wire", NAMED_BY_A_STRANGER.values(), ids=NAMED_BY_A_STRANGER)
def test_python_is_asked_for_no_codec_that_a_stranger_names(
    wire: str, looked_up: list[str]
) -> None:
    parse_message(wire.encode())
    assert looked_up == []


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "utf-7", "undefined"])
def test_what_is_in_no_charset_of_mails_is_read_as_utf_8(charset: str) -> None:
    said = "Mnchen-3ya +AFs- \\u00fc Grüße"
    seen = parse_message(reply_message("", said, Content_Type=f"text/plain; charset={charset}"))
    assert seen.text == said


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("ISO-8859-15", "iso8859-15"),
        ("windows-1253", "cp1253"),
        ("KOI8-R", "koi8-r"),
        ("Shift_JIS", "shift_jis"),
        ("gb2312", "gb2312"),
        ("us-ascii", "utf-8"),
        ("UTF8", "utf-8"),
    ],
)
def test_what_mail_programs_write_is_read_in_its_charset(charset: str, codec: str) -> None:
    said = {"cp1253": "Ευχαριστώ", "koi8-r": "Спасибо"}.get(codec, "")
    said = said or {"shift_jis": "あり", "gb2312": "谢谢"}.get(codec, "Grüße")
    head = f"Subject: =?{charset}?q?" + "".join(f"={byte:02X}" for byte in said.encode(codec))
    wire = f"{head}?=\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    seen = parse_message(wire + said.encode(codec))
    assert (seen.text, seen.subject) == (said, said)


def test_every_charset_that_is_read_is_a_codec_of_text_that_never_fails() -> None:
    noise = bytes(range(256)) * 2
    there = {module.name for module in pkgutil.iter_modules(encodings.__path__)}
    assert there > mime.CODECS
    for name in mime.CODECS:
        assert mime.decode(noise, name) == noise.decode(name, "replace")


def test_of_a_hundred_references_twenty_are_kept_the_nearest_first() -> None:
    thread = [f"<{number}@example.org>" for number in range(100)]
    seen = parse_message(reply_message("<99@example.org>", References="\r\n ".join(thread)))
    assert len(seen.references) == 20
    assert seen.references[:3] == ("<99@example.org>", "<98@example.org>", "<97@example.org>")
    assert seen.references[-1] == "<0@example.org>", "the first message may be ours"


def test_of_references_that_fill_a_message_the_first_and_the_last_are_read() -> None:
    thread = [f"<{number:0200}@example.org>" for number in range(4_000)]
    seen = parse_message(reply_message("", References=" ".join(thread)))
    assert len(seen.references) == 20
    assert (seen.references[0], seen.references[-1]) == (thread[-1], thread[0])


def test_of_a_large_message_only_the_beginning_is_looked_at() -> None:
    long = "We thank you.\r\n" + "x" * 70 + "\r\n"
    seen = parse_message(
        reply_message("<1@example.org>", long + ("y" * 70 + "\r\n") * (MAX_WHOLE_BYTES // 72))
    )
    assert seen.text.startswith("We thank you.")
    assert seen.references == ("<1@example.org>",)
    assert seen.truncated


def test_a_report_is_read_that_brings_a_large_message_back() -> None:
    wire = bounce_report(TO).replace(
        b"--b1--", b"x" * 70 + b"\r\n" + b"y" * MAX_WHOLE_BYTES + b"\r\n--b1--"
    )
    seen = parse_message(wire)
    assert seen.report is not None
    assert seen.report.status == "5.1.1"


@pytest.mark.parametrize(
    ("text", "truncated"),
    [("x" * MAX_TEXT_LENGTH, False), ("x" * (MAX_TEXT_LENGTH + 1), True), ("€" * 100_000, True)],
)
def test_a_text_that_is_too_long_to_be_shown_whole_says_so(text: str, truncated: bool) -> None:
    seen = parse_message(reply_message("", text))
    assert seen.truncated == truncated
    assert seen.text == text[:MAX_TEXT_LENGTH]


def test_a_message_with_a_large_file_is_read_whole_up_to_a_megabyte() -> None:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\n"
        'Content-Type: application/pdf; name="answer.pdf"\r\n\r\n'
        + ("A" * 76 + "\r\n") * 12_000
        + '--b\r\nContent-Type: image/png; name="last.png"\r\n\r\nx\r\n--b--'
    )
    seen = parse_message(reply_message("", body, Content_Type='multipart/mixed; boundary="b"'))
    assert (seen.text, seen.files) == ("See the file.", ("answer.pdf", "last.png"))
    assert not seen.truncated


LONG = "We thank you for your letter, which we have read, and answer that \nwe agree."
WHOLE = "We thank you for your letter, which we have read, and answer that we agree."


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("format=flowed", LONG, WHOLE),
        ("Format=Flowed", LONG, WHOLE),
        ('charset=utf-8; format="flowed"', LONG, WHOLE),
        ("format=flowed; delsp=no", LONG, WHOLE),
        ("format=flowed; DelSp=Yes", LONG.replace("that ", "that  "), WHOLE),
        ("format=flowed; delsp=yes", "\u4e2d\u56fd \n\u4eba", "\u4e2d\u56fd\u4eba"),
        ("format=fixed", LONG, LONG),
        ("charset=utf-8", LONG, LONG),
        ("format=", LONG, LONG),
        ("format=flowed; delsp=", LONG, WHOLE),
        ("format=flowed", "> You wrote \n> this.\nYes.", "> You wrote this.\nYes."),
        ("format=flowed", ">> a \n> b \nc", ">> a \n> b \nc"),
        ("format=flowed", ">>a \n>> b\n>c", ">> a b\n> c"),
        ("format=flowed", ">a\n>\n>b", "> a\n>\n> b"),
        ("format=flowed", " From us\n >5 days\n  two", "From us\n>5 days\n two"),
        ("format=flowed", "Yes. \n-- \nDesk", "Yes. \n-- \nDesk"),
        ("format=flowed", "> Yes. \n> -- \n> Desk", "> Yes. \n> -- \n> Desk"),
        ("format=flowed", "Yes. \n \nNo.", "Yes. \nNo."),
        ("format=flowed", ">>>>", ">>>>"),
        ("format=flowed", "ends in a space ", "ends in a space "),
        ("format=flowed; format=fixed", LONG, WHOLE),
        ("format*=utf-8''flowed; delsp*0=y; delsp*1=es", "one \ntwo", "onetwo"),
    ],
)
def test_a_flowed_answer_is_read_with_its_paragraphs_whole(
    kind: str, text: str, shown: str
) -> None:
    """RFC 3676; what is none of it is read as it stands."""
    wire = reply_message("", text, Content_Type=f"text/plain; charset=utf-8; {kind}")
    assert parse_message(wire).text == shown


def test_html_is_never_flowed() -> None:
    wire = reply_message(
        "", "<p>one \ntwo</p><p>&gt; x</p>", Content_Type="text/html; format=flowed"
    )
    assert parse_message(wire).text == parse_message(wire.replace(b"; format=flowed", b"")).text


@settings(deadline=None, database=None)
@given(st.text(alphabet=st.sampled_from("> -\r\nab\u00a0\0")), st.sampled_from(["yes", "no"]))
def test_nothing_that_comes_in_flowed_breaks_the_reading(text: str, delsp: str) -> None:
    kind = f"text/plain; charset=utf-8; format=flowed; delsp={delsp}"
    letters = parse_message(reply_message("", text, Content_Type=kind)).text
    assert letters.count("a") + letters.count("b") == text.count("a") + text.count("b")
