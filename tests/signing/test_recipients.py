"""Whom a letter is for: the campaign's first office that can be written to, said beforehand."""

from __future__ import annotations

import shutil
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.verify import AddressCheck, verify
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from tests.organiser import sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

SLUG, SHIPPED = "spyware-stop", "eu-china-dialogue"
JUSTICE, CHANCELLERY = "DE/justice", "DE/head-of-government"
CHECK = AddressCheck("Tester", "made up")


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A site with a campaign that writes to ministries of justice, beside the shipped one."""
    folder = tmp_path / "both"
    shutil.copytree(BASE_DIR / "tests" / "bundles" / "spyware", folder / "spyware")
    shutil.copytree(SHIPPED_CAMPAIGNS / SHIPPED, folder / SHIPPED)
    return environ | {"CAMPAIGN_CAMPAIGNS": str(folder)}


@pytest.fixture
def supporter(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


@pytest.fixture
def live(live: tuple[Supporter, Container]) -> Supporter:
    """A supporter on a live site whose addresses nobody has verified yet."""
    supporter, _ = live
    supporter.slug = SLUG
    return supporter


def verified(supporter: Supporter, recipient: str, email: str) -> None:
    container = container_of(supporter)
    with container.database.writing() as session:
        verify(session, recipient, email, CHECK, now=container.clock())


def container_of(supporter: Supporter) -> Container:
    container: Container = supporter.browser.application.extensions["campaign"]
    return container


def letters(supporter: Supporter) -> list[tuple[str, LetterState]]:
    with container_of(supporter).database.reading() as session:
        rows = session.scalars(select(LetterRow).order_by(LetterRow.id))
        return [(row.recipient, row.state) for row in rows]


def demands(**changes: str) -> dict[str, object]:
    return {"demands": ["ban", "courts"], **changes}


def test_a_letter_goes_to_the_office_that_its_campaign_names(supporter: Supporter) -> None:
    supporter.sign(**demands())
    supporter.sign(**demands(government="LU", email="lu@example.org"))
    shipped = Supporter(supporter.browser, supporter.worker, supporter.transport, SHIPPED)
    shipped.sign(email="shipped@example.org")
    supporter.deliver()
    assert {recipient for recipient, _ in letters(supporter)} == {
        JUSTICE,
        "LU/interior",
        "DE/foreign-affairs",
    }
    assert [letter.to for letter in supporter.letters()][:1] == ["de@justice.example"]


def test_where_nobody_is_verified_she_reads_that_letters_wait_before_she_types(
    live: Supporter,
) -> None:
    assert "Letters are on hold for now" in live.browser.get(live.path()).text
    live.sign(**demands())
    assert letters(live) == [(JUSTICE, LetterState.WAITING)]


def test_an_office_that_stands_in_is_named_before_she_types_and_saluted_in_its_own_way(
    live: Supporter,
) -> None:
    verified(live, CHANCELLERY, "desk@chancellery.example")
    page = live.browser.get(live.path("?government=DE")).text
    assert "Germany: your letter goes to " in page
    preview = live.post(live.form(**demands()))
    assert "Sehr geehrte Damen und Herren," in preview.text
    live.sign(**demands())
    live.deliver()
    (letter,) = live.letters()
    assert letter.to == "desk@chancellery.example"
    assert letter.text.startswith("Sehr geehrte Damen und Herren,")


def test_the_office_that_the_campaign_prefers_is_written_to_once_it_is_verified(
    live: Supporter,
) -> None:
    verified(live, CHANCELLERY, "desk@chancellery.example")
    form = live.form_after_preview(**demands())
    verified(live, JUSTICE, "desk@justice.example")
    again = live.post(form)
    assert again.status_code == 200, "she has not seen this letter yet"
    assert "Frau Ministerin" in again.text
    live.sign(**demands())
    live.deliver()
    assert [letter.to for letter in live.letters()] == ["desk@justice.example"]
    assert "your letter goes to" not in live.browser.get(live.path()).text


def test_where_no_office_is_known_she_signs_without_a_letter_and_reads_so_before(
    supporter: Supporter,
) -> None:
    page = supporter.browser.get(supporter.path()).text
    assert "There is no office to write to in: United Kingdom." in page
    done = supporter.post(supporter.form(**demands(government="GB")))
    assert done.status_code == 303
    assert "/check/" in done.location
    supporter.deliver()
    supporter.browser.post(supporter.mails()[-1].link("confirm"))
    supporter.deliver()
    assert letters(supporter) == []
    assert supporter.browser.get(f"/{SLUG}/counts.json").get_json()["signature_count"] == 1


@pytest.mark.parametrize("step", ["preview", "send", "next", "keep"])
def test_a_letter_whose_office_is_gone_becomes_no_signature_without_one(
    supporter: Supporter, step: str
) -> None:
    form = supporter.form_after_preview(**demands()) | {"government": "GB", "step": step}
    answer = supporter.post(form)
    assert answer.status_code == 409
    assert "No letter can be written to this government at the moment." in answer.text
    assert supporter.mails() == []
    only = form | {"choice": "sign", "step": "next"}
    assert supporter.post(only).status_code == 303


def test_without_an_office_every_fault_is_shown_where_it_can_be_mended(
    supporter: Supporter,
) -> None:
    form = supporter.form(**demands(government="GB", town="1234567", paragraph="x" * 1501))
    answer = supporter.post(form)
    assert answer.status_code == 422
    assert 'href="#town"' in answer.text
    assert 'href="#paragraph"' not in answer.text
    assert supporter.post(form | {"town": "Leeds"}).status_code == 303


def test_a_bundle_that_leaves_a_government_without_a_recipient_is_warned_about(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    bundle = tmp_path / "spyware"
    shutil.copytree(BASE_DIR / "tests" / "bundles" / "spyware", bundle)
    facts = bundle / "campaign.toml"
    facts.write_text(facts.read_text().replace('"LU/interior"', '"LU/intelior"'))
    said = command("content", "check", str(bundle)).output
    assert "recipients: nobody is in the directory for GB: signatures from there have no" in said
    assert "recipients.governments: LU/intelior is not in the directory" in said
    facts.write_text(facts.read_text().replace('"justice", "head', '"Justice", "head'))
    refused = command("content", "check", str(bundle))
    assert "recipients.offices: 'Justice' should be like head-of-government or EU/high" in str(
        refused.exception
    )


def test_where_no_office_is_known_a_pack_is_for_the_government_itself(
    command: Callable[..., Result], supporter: Supporter, tmp_path: Path
) -> None:
    form = supporter.form(**demands(government="GB", show_name="y"))
    assert supporter.post(form).status_code == 303
    target = tmp_path / "pack.zip"
    options = ("--campaign", SLUG, "--government", "GB", "--output", str(target))
    assert command("export", "pack", *options, "--reason", "x").exit_code == 0
    with ZipFile(target) as pack:
        text = PdfReader(BytesIO(pack.read("letter.pdf"))).pages[0].extract_text()
    assert "United Kingdom" in text


def test_letters_are_printed_to_known_recipients_only(
    command: Callable[..., Result], container: Container, app: Flask, tmp_path: Path
) -> None:
    output = tmp_path / "letters.pdf"
    options = ("--campaign", SLUG, "--recipient", "DE/fisheries", "--output", str(output))
    refused = command("letters", "print", *options)
    assert refused.exit_code == 2
    assert "DE/fisheries is no recipient known here" in refused.output
    owner = sign_in_organiser(container, app)
    wanted = {"state": "waiting", "recipient": "DE/fisheries"}
    assert owner.post(f"/console/c/{SLUG}/exports/letters", **wanted).status_code == 404
