"""What the signing form takes goes the whole way: confirmed, sent as it was read, exported."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import parseaddr
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.rules.letter import MAX_PARAGRAPH_LENGTH, MAX_SUBJECT_LENGTH
from campaign.delivery import pacing
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs
from campaign.mail.outgoing import decode_header_value
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.rules.signature import MAX_NAME, MAX_TOWN
from tests.exports.workbook import first_sheet
from tests.helpers.digests import csv_rows
from tests.helpers.flowed_text import plain_text_of
from tests.naughty.pages import clean_page
from tests.naughty.strings import pack_into_fields, stored_form
from tests.organiser import CONSOLE_PATH, Organiser, sign_in_organiser
from tests.supporter import carried

if TYPE_CHECKING:
    from email.message import Message

    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.supporter import Supporter

ALWAYS = [
    *("Content-Language", "Content-Transfer-Encoding", "Content-Type", "Date", "From"),
    *("MIME-Version", "Message-ID", "Subject", "To", "X-Auto-Response-Suppress"),
]
OF_A_MAIL = sorted([*ALWAYS, "Auto-Submitted"])
VIA = "Menschenrechtsdialog der EU mit China"
DAILY = "AT"
"""The government that gets one mail a day; the other one gets single letters."""


@dataclass(frozen=True)
class Signed:
    """What one supporter typed, in the form in which it is kept."""

    email: str
    name: str
    town: str
    subject: str
    body: str
    government: str


def sign(supporter: Supporter, form: dict[str, object]) -> Signed:
    """Fill in, read, change the subject, send; some read it once more before."""
    subject = str(form.pop("subject"))
    shown = supporter.post(form)
    assert shown.status_code == 200, form
    for name in ("name", "town", "paragraph"):
        assert clean_page(shown.text, form.values()).fields[name] == [form[name]], form
    form |= carried(shown) | {"subject": subject}
    if form["government"] == DAILY:
        again = supporter.post(form)
        assert again.status_code == 200, form
        assert clean_page(again.text, form.values()).fields["subject"] == [subject], form
    sent = supporter.post(form | {"step": "send"})
    assert sent.status_code == 303, form
    fields = ("email", "name", "town", "subject", "body", "government")
    return Signed(*(str(form[name]) for name in fields))


@pytest.fixture
def everybody(supporter: Supporter, container: Container, strings: tuple[str, ...]) -> list[Signed]:
    """One supporter for each name or subject that is taken, the others in turn."""
    with container.database.writing() as session:
        pacing.set_digest(session, recipient_key(DAILY), on=True, by="Test", now=container.clock())
    names = pack_into_fields(strings, clean_name, MAX_NAME)
    towns = pack_into_fields(strings, clean_town, MAX_TOWN)
    subjects = pack_into_fields(strings, clean_line, MAX_SUBJECT_LENGTH)
    paragraphs = pack_into_fields(strings, clean_paragraphs, MAX_PARAGRAPH_LENGTH, "\n\n")
    empty, signed = supporter.form(show_name="y", send_news="y"), []
    for number in range(max(len(names), len(subjects))):
        typed = {
            "name": stored_form(clean_name, names[number % len(names)], MAX_NAME),
            "town": stored_form(clean_town, towns[number % len(towns)], MAX_TOWN),
            "subject": stored_form(
                clean_line, subjects[number % len(subjects)], MAX_SUBJECT_LENGTH
            ),
            "paragraph": stored_form(clean_paragraphs, paragraphs[number % len(paragraphs)], 10**6),
            "email": f"testa{number}@example.org",
            "government": DAILY if number % 4 == 1 else "DE",
        }
        signed.append(sign(supporter, {**empty, **typed}))
    return signed


def test_what_was_taken_leaves_as_it_was_read_and_can_be_exported(
    supporter: Supporter, container: Container, app: Flask, everybody: list[Signed]
) -> None:
    supporter.deliver()
    envelopes = list(supporter.transport.sent)
    assert sorted(one.recipient for one in envelopes) == sorted(one.email for one in everybody)
    for mail, envelope in zip(supporter.mails(), envelopes, strict=True):
        must_be_a_confirmation(envelope)
        assert supporter.browser.post(mail.link("confirm")).status_code == 303
    supporter.deliver()
    letters = [one for one in supporter.transport.sent if one.name.startswith("letter-")]
    single = [one for one in everybody if one.government != DAILY]
    assert sorted(map(said, letters)) == sorted(
        (f"{spaced(one.name)} via {VIA}", spaced(one.subject), one.body) for one in single
    )
    (daily,) = supporter.daily_mails()
    assert len(csv_rows(daily)) == len(everybody) - len(single)
    assert supporter.count() == len(everybody)
    must_be_exported(
        sign_in_organiser(container, app), supporter, sorted(one.name for one in everybody)
    )
    must_be_shown(supporter, everybody)


def must_be_a_confirmation(envelope: Envelope) -> None:
    """Nothing that was typed stands in a mail to whoever was named."""
    read = read_headers(envelope)
    assert sorted(read.keys()) == OF_A_MAIL
    assert read["Subject"] == "Please confirm your signature: EU-China human rights dialogue"
    assert read["From"] == "Example Operator <letters@example.org>"
    assert read["To"] == envelope.recipient


def said(envelope: Envelope) -> tuple[str, str, str]:
    """Return whom a letter is from, its subject and text, if it has the usual headers only."""
    read = read_headers(envelope)
    assert sorted(read.keys()) == ALWAYS
    assert envelope.recipient == "de@ministry.example"
    assert decode_header_value(read["To"]) == "Auswärtiges Amt <de@ministry.example>"
    name, address = parseaddr(re.sub(r"\r?\n", "", read["From"]))
    assert re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*@example\.org", address)
    salutation, _, rest = plain_text_of(read).partition("\n\n")
    assert salutation.startswith("Sehr geehrte")
    return (
        spaced(decode_header_value(name)),
        decode_header_value(read["Subject"]),
        rest.rpartition("\n\n-- \n")[0],
    )


def read_headers(envelope: Envelope) -> Message:
    """Return a message whose head is ASCII in short lines, each a header or the rest of one."""
    head = envelope.message.partition(b"\r\n\r\n")[0].decode("ascii")
    for line in head.split("\r\n"):
        assert re.fullmatch(r"(?:[A-Z][A-Za-z-]+: | )[\x20-\x7e]{1,900}", line), line
    return message_from_bytes(envelope.message, policy=policy.compat32)


def spaced(text: str) -> str:
    """Return a text as a header says it: runs of spaces count as one."""
    return " ".join(text.split())


def must_be_exported(owner: Organiser, supporter: Supporter, names: list[str]) -> None:
    """The names stand in CSV and XLSX as they are kept, and a pack is made with them."""
    asked = {"state": "confirmed", "government": "", "reason": "For the meeting"}
    exported = owner.post(f"{CONSOLE_PATH}/exports/signatures", format="csv", **asked)
    rows = list(csv.DictReader(StringIO(exported.text, newline=""), strict=True))
    assert sorted(plain(row["name"], names) for row in rows) == names
    owner.post(f"{CONSOLE_PATH}/exports/signatures", format="xlsx", **asked)
    owner.post(f"{CONSOLE_PATH}/exports/packs", government="DE", reason="For the meeting")
    supporter.deliver()
    page = clean_page(owner.get(f"{CONSOLE_PATH}/exports").text)
    jobs = {one["action"] for _, one in page.elements if one.get("action", "").endswith("/file")}
    files = {}
    for job in jobs:
        with owner.post(job) as got:
            files[str(got.mimetype).rpartition(".")[2]] = got.data
    assert set(files) == {"sheet", "application/zip"}
    header, *cells = first_sheet(files["sheet"])
    assert sorted(dict(zip(header, row, strict=True))["name"] for row in cells) == names


def plain(cell: str, names: list[str]) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell if cell in names else cell.removeprefix("'")


def must_be_shown(supporter: Supporter, everybody: list[Signed]) -> None:
    """The public list has every name as text."""
    names = [one.name for one in everybody]
    address, seen = supporter.path("/signatories"), 0
    while address:
        page = clean_page(supporter.browser.get(address).text, names)
        seen += sum(tag == "bdi" for tag, _ in page.elements)
        links = [given.get("href", "") for _, given in page.elements]
        address = next((link for link in links if "/signatories?from=" in link), "")
    assert seen >= len(everybody)
