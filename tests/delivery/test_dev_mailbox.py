"""The development mailbox: mails, letters, and what did not leave and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.container import outbox_folder
from campaign.delivery import pacing
from campaign.delivery.transports.outbox import OutboxTransport
from campaign.errors import TransportError
from campaign.services import create_worker
from campaign.web_app import create_mailbox_app
from tests.clock import START
from tests.helpers.settings import live_environ
from tests.helpers.transports import RefusingTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from campaign.container import Container
    from tests.supporter import Supporter


@pytest.fixture
def mailbox(container: Container) -> FlaskClient:
    return create_mailbox_app(container).test_client()


@pytest.fixture
def writer(supporter: Supporter, container: Container) -> Supporter:
    """A supporter whose mail goes into the outbox folder and into memory."""
    supporter.worker = create_worker(container, OutboxTransport(outbox_folder(container.settings)))
    return supporter


def sign_through_files(supporter: Supporter, mailbox: FlaskClient) -> None:
    supporter.submit(government="GR")
    supporter.deliver()
    listed = mailbox.get("/").text
    name = listed.split('href="/message/')[1].split('"')[0]
    link = mailbox.get(f"/message/{name}").text.split('href="http://localhost')[1].split('"')[0]
    assert "/confirm/" in link
    assert supporter.browser.post(link).status_code == 303
    supporter.deliver()


def test_it_lists_mails_and_letters_and_opens_each(writer: Supporter, mailbox: FlaskClient) -> None:
    sign_through_files(writer, mailbox)
    listed = mailbox.get("/").text
    assert "Mails from the site (1)" in listed
    assert "Letters to recipients (1)" in listed
    assert "Not sent (0)" in listed
    assert "Υπουργείο Εξωτερικών &lt;gr@ministry.example&gt;" in listed
    name = listed.split("letter-GR-")[1].split('"')[0]
    opened = mailbox.get(f"/message/letter-GR-{name}").text
    assert "Testa Example" in opened
    longest = max(opened.split('<pre class="message">')[1].split("</pre>")[0].split("\n"), key=len)
    assert len(longest) > 78, "paragraphs are whole"
    assert "<dt>Content-Language</dt><dd><bdi>el</bdi></dd>" in opened
    assert '<pre class="message">' in opened, "its lines are there before a stylesheet is"
    raw = mailbox.get(f"/message/letter-GR-{name}/raw")
    assert raw.mimetype == "text/plain"
    assert raw.data.startswith(b"From: ")


def test_what_was_not_sent_stands_there_with_the_reason(
    supporter: Supporter, container: Container, mailbox: FlaskClient
) -> None:
    def refusal(envelope: object) -> TransportError | None:
        if "letter-" in repr(envelope):
            return TransportError("550 no such user", permanent=True, code="550")
        return None

    transport = RefusingTransport(refusal)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    supporter.sign()
    supporter.deliver()
    listed = mailbox.get("/").text
    assert "Not sent (1)" in listed
    assert "letter to DE/foreign-affairs" in listed
    assert "550 no such user" in listed


def test_a_mail_that_could_not_leave_stands_there_too(
    supporter: Supporter, container: Container, mailbox: FlaskClient
) -> None:
    transport = RefusingTransport(
        lambda _: TransportError("451 later", permanent=False, code="451")
    )
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    supporter.submit()
    supporter.deliver()
    listed = mailbox.get("/").text
    assert "mail to a supporter (confirmation)" in listed
    assert "451 later" in listed


def test_text_in_a_message_stays_text(writer: Supporter, mailbox: FlaskClient) -> None:
    writer.submit(paragraph="<b>bold</b> & http://example.org/?a=1&b=<i>")
    writer.deliver()
    mail = mailbox.get("/").text.split('href="/message/')[1].split('"')[0]
    link = mailbox.get(f"/message/{mail}").text.split('href="http://localhost')[1].split('"')[0]
    writer.browser.post(link)
    writer.deliver()
    letter = "letter-DE" + mailbox.get("/").text.split("letter-DE")[1].split('"')[0]
    opened = mailbox.get(f"/message/{letter}").text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; " in opened
    assert "<i>" not in opened


@pytest.mark.asvs("5.3.2")
@pytest.mark.parametrize(
    "name", ["..%2Fidentity_key.secret", "nothing.eml", "%00.eml", "a/b.eml", ".eml", "x.part"]
)
def test_only_messages_are_opened(mailbox: FlaskClient, name: str) -> None:
    assert mailbox.get(f"/message/{name}").status_code == 404


def test_it_answers_to_local_names_only(mailbox: FlaskClient) -> None:
    assert mailbox.get("/", headers={"Host": "mailbox.example.org"}).status_code == 400


def test_odd_files_in_the_outbox_break_nothing(container: Container, mailbox: FlaskClient) -> None:
    folder = outbox_folder(container.settings)
    folder.mkdir()
    (folder / "mail-empty.eml").write_bytes(b"")
    (folder / "mail-headless.eml").write_bytes(b"Subject: No recipient\r\n\r\nText\r\n")
    (folder / "mail-parts.eml").write_bytes(
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n'
        b"Content-Type: image/png\r\n\r\nx\r\n--x--\r\n"
    )
    assert "Mails from the site (3)" in mailbox.get("/").text
    for name in ("mail-empty.eml", "mail-headless.eml", "mail-parts.eml"):
        assert mailbox.get(f"/message/{name}").status_code == 200
    assert mailbox.get(f"/message/{'x' * 300}.eml").status_code == 404


def test_a_live_sites_mailbox_does_not_call_its_mail_files(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    container = make_container(live_environ(environ))
    listed = create_mailbox_app(container).test_client().get("/").text
    assert "LIVE: letters leave for ministries" in listed
    assert "files: nothing leaves" not in listed


def test_a_letter_that_failed_for_now_stands_there_with_what_was_said(
    supporter: Supporter, container: Container, mailbox: FlaskClient
) -> None:
    later = TransportError("450 come back", permanent=False, code="450")
    transport = RefusingTransport(lambda envelope: later if "letter-" in envelope.name else None)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    supporter.sign()
    supporter.deliver()
    assert "450 come back" in mailbox.get("/").text


def test_what_will_never_leave_stands_there_too(supporter: Supporter, mailbox: FlaskClient) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/withdraw")
    for _ in range(4):
        supporter.submit(email="capped@example.org")
    supporter.submit(email="pending@example.org")
    listed = mailbox.get("/").text
    assert "consent to send it was taken back" in listed
    assert "had its mails for today" in listed
    assert listed.count("letter to DE/foreign-affairs") == 1


def test_nothing_may_frame_it_or_send_it_elsewhere(mailbox: FlaskClient) -> None:
    policy = mailbox.get("/").headers["Content-Security-Policy"]
    for directive in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in policy


def test_a_daily_mail_is_listed_and_its_files_open(
    writer: Supporter, mailbox: FlaskClient, container: Container
) -> None:
    with container.database.writing() as session:
        pacing.set_digest(session, "GR/foreign-affairs", on=True, by="Test", now=START)
    sign_through_files(writer, mailbox)
    listed = mailbox.get("/").text
    assert "Letters to recipients (1)" in listed
    name = listed.split('href="/message/letters-GR-')[1].split('"')[0]
    opened = mailbox.get(f"/message/letters-GR-{name}").text
    assert opened.count("/file/") == 2
    pdf = mailbox.get(f"/message/letters-GR-{name}/file/0")
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert b"Testa Example" in mailbox.get(f"/message/letters-GR-{name}/file/1").data
    assert mailbox.get(f"/message/letters-GR-{name}/file/2").status_code == 404
