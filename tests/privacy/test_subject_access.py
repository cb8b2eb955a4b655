"""What is said about data, what she can take with her, and what a recipient is told."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from campaign.errors import ContentError
from campaign.recipients.reference_data import load_reference_data
from campaign.recipients.verify import AddressCheck
from campaign.services import create_worker
from campaign.settings.settings import BASE_DIR
from campaign.web_app import create_app
from tests.helpers.campaign_facts import set_fact
from tests.helpers.digests import csv_rows, enable_digest
from tests.helpers.inbound import receive, sign
from tests.helpers.incoming_messages import bounce_report, reply_message
from tests.helpers.transports import LiveMemoryTransport
from tests.helpers.verifying import verify
from tests.languages import MAIN_LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container
    from tests.supporter import Supporter


def test_the_notice_says_who_what_why_how_long_and_where_to_complain(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    container = make_container(
        environ
        | {
            "CAMPAIGN_PRIVACY_CONTACT": "data@example.org",
            "CAMPAIGN_PROCESSORS": "Made-up Hosting; Made-up Mail",
            "CAMPAIGN_PRIVACY_URL": "https://example.org/more",
        }
    )
    page = words_of(create_app(container).test_client().get("/en/privacy").text)
    for said in (
        "Example Operator runs this site and is responsible for your data.",
        "Example Street 1, 00000 Exampletown",
        "data@example.org",
        "Made-up Hosting and Made-up Mail",
        "https://example.org/more",
        "Articles 6(1)(a) and 9(2)(a)",
        "All personal data is erased 180 days after the letter closes.",
        "Denmark Datatilsynet",
        # Nobody has found a source for this one yet.
        "Cyprus your country’s data protection authority",
    ):
        assert said in page, said


def test_without_processors_the_notice_says_that_there_are_none(supporter: Supporter) -> None:
    page = supporter.browser.get("/en/privacy").text
    assert "Nobody processes data on behalf of Example Operator." in page


def test_the_notice_names_the_day_when_one_is_set(
    supporter: Supporter, container: Container
) -> None:
    set_fact(container, "closes_on", "2027-03-31")
    page = supporter.browser.get("/en/privacy").text
    assert "The letter closes on 31 March 2027." in page
    assert "All personal data will be erased on 27 September 2027 or soon after." in page


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
def test_every_page_leads_to_the_notice_in_its_language(supporter: Supporter, lang: str) -> None:
    for path in (f"/{lang}/eu-china-dialogue", f"/{lang}/"):
        assert f'href="/{lang}/privacy"' in supporter.browser.get(path).text, path
    assert supporter.browser.get(f"/{lang}/privacy").status_code == 200


def test_the_form_says_what_signing_shows_before_anything_is_sent(supporter: Supporter) -> None:
    assert "A signature reveals a political opinion" in supporter.browser.get(supporter.path()).text


@pytest.mark.parametrize(
    ("government", "named"),
    [("DK", "Datatilsynet"), ("CY", "your country’s data protection authority")],
)
def test_her_private_page_names_the_authority_of_her_country(
    supporter: Supporter, government: str, named: str
) -> None:
    private = supporter.browser.get(supporter.sign(government=government)).text
    assert f"You can complain to: {named}" in words_of(private)


_RECIPIENTS = ("recipients", "recipient_names", "recipient_titles", "recipient_addresses")


@pytest.mark.parametrize(
    "row", ["DE,A name,de,https://example.org,", "XX,,,,", "DE,A name,,https://example.org,x"]
)
def test_an_authority_without_a_source_is_refused(tmp_path: Path, row: str) -> None:
    for name in ("governments", "memberships", "tiles", *_RECIPIENTS):
        source = BASE_DIR / "campaign" / "data" / f"{name}.csv"
        (tmp_path / f"{name}.csv").write_bytes(source.read_bytes())
    (tmp_path / "complaint_bodies.csv").write_text(
        f"government,name,language,website,source\n{row}\n"
    )
    with pytest.raises(ContentError, match="complaint_bodies"):
        load_reference_data(tmp_path)


def test_everything_can_be_taken_along_to_read(supporter: Supporter, container: Container) -> None:
    private, _, message_id = sign(
        supporter, town="Exampletown", paragraph="Words of my own.", show_name="y", source="partner"
    )
    receive(container, reply_message(message_id, "We have read it."))
    supporter.deliver()
    supporter.browser.post(f"{private}/report", data={"report": "It has moved."})
    taken = supporter.browser.post(f"{private}/download", data={"as": "text"})
    assert taken.mimetype == "text/plain"
    assert taken.headers["Content-Disposition"].endswith('.txt"')
    for said in (
        "Your name: Testa Example",
        "Your e-mail address: testa@example.org",
        "Your town: Exampletown",
        "Your government: Germany",
        "The link that brought you here: partner",
        "given: Show my name in the public list of signatories.",
        "given: Count my signature.",
        ": confirmed",
        ": we asked you to confirm",
        ": we forwarded an answer to your letter",
        "Words of my own.",
        "delivered in rehearsal, not sent to the office",
        "We have read it.",
        "It has moved.",
    ):
        assert said in taken.text, said
    assert "&" not in taken.text
    assert "\n\n\n" not in taken.text
    assert supporter.browser.post(f"{private}/download", data={"as": "json"}).get_json()


def test_a_letter_that_left_is_asked_back_and_she_is_told_so(
    supporter: Supporter, container: Container
) -> None:
    transport = LiveMemoryTransport()
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    with container.database.writing() as session:
        check = AddressCheck("Tester", "made up")
        verify(
            session,
            "DE/foreign-affairs",
            "de@ministry.example",
            check,
            live=True,
            now=container.clock(),
        )
    private = supporter.sign()
    assert "we will tell the office" not in supporter.browser.get(private).text
    supporter.deliver()
    assert "we will tell the office" in supporter.browser.get(private).text
    gone = supporter.browser.post(f"{private}/delete").text
    assert "We will tell the office that you want it deleted there, too." in gone
    supporter.deliver()
    assert supporter.mails("de@ministry.example")


def test_a_delivered_letter_is_asked_back_when_its_writer_deletes_everything(
    supporter: Supporter,
) -> None:
    private, _, message_id = sign(supporter)
    # In rehearsal no recipient has it, and nobody is told that one was written to.
    assert "to the ministry" not in supporter.browser.post(f"{private}/delete").text
    supporter.deliver()
    mail = supporter.mails("de@ministry.example")[-1]
    assert mail.message["Subject"] == "Bitte um Löschung eines Briefs"
    assert message_id in mail.text
    assert "2. November 2026" in mail.text
    assert "Testa" not in mail.text
    assert "testa@" not in mail.text


def test_a_letter_in_a_daily_mail_is_named_by_its_line(
    supporter: Supporter, container: Container
) -> None:
    enable_digest(container)
    private, _, message_id = sign(supporter)
    (row,) = csv_rows(supporter.daily_mails()[-1])
    supporter.browser.post(f"{private}/delete")
    supporter.deliver()
    mail = supporter.mails("de@ministry.example")[-1]
    assert message_id in mail.text
    assert row["id"] in mail.text


def test_a_letter_that_the_ministry_has_not_got_is_not_asked_back(
    supporter: Supporter, container: Container
) -> None:
    queued = supporter.sign()
    assert "we will tell the office" not in supporter.browser.get(queued).text
    supporter.browser.post(f"{queued}/delete")
    bounced, path, _ = sign(supporter, email="testa2@example.org")
    receive(container, bounce_report(path), path)
    supporter.browser.post(f"{bounced}/delete")
    supporter.deliver()
    assert supporter.mails("de@ministry.example") == []


def words_of(page: str) -> str:
    """Return a page's words, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
