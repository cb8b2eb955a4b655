"""A campaign that another organisation runs than the site: whom people deal with, and where."""

from __future__ import annotations

import re
import shutil
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from campaign.campaigns.bundle import load_bundle, parse_bundle
from campaign.campaigns.bundle_files import bundle_files
from campaign.campaigns.bundle_writer import write_bundle
from campaign.campaigns.serialization import facts_json, parse_facts
from campaign.exports.handover import HandoverPack
from campaign.services import create_handover_pack_writer
from tests.campaigns.bundle_editing import HARBOUR, both_campaigns, faults_of
from tests.supporter import Supporter

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from campaign.campaigns.site_words import BundleContext
    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

SLUG, DEMANDS = "harbour-quiet", ["quiet_nights", "slow_ships"]
SITE, SHIPPED = "Example Operator", "eu-china-dialogue"
OPERATOR = """
[operator]
name = "Example Harbour Watch"
address = "Example Quay 2, 00000 Exampletown"
contact = "harbour@example.org"
privacy_contact = "privacy@example.org"
privacy_url = "https://www.example.org/privacy"
processors = ["Example Hosting"]
"""
NAME = "Example Harbour Watch"


def name_operator(bundle: Path, text: str = OPERATOR) -> Path:
    path = bundle / "campaign.toml"
    path.write_text(path.read_text() + text)
    return bundle


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    folder = both_campaigns(tmp_path)
    name_operator(folder / "harbour")
    return environ | {"CAMPAIGN_CAMPAIGNS": str(folder), "CAMPAIGN_PROCESSORS": "Example Data"}


@pytest.fixture
def harbour(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


def footer_of(page: str) -> str:
    return unescape(re.findall(r"<footer.*?</footer>", page, re.DOTALL)[-1])


def test_its_pages_name_it_and_those_of_other_campaigns_the_site(harbour: Supporter) -> None:
    browser = harbour.browser
    for path in (f"/en/{SLUG}", f"/embed/en/{SLUG}"):
        footer = footer_of(browser.get(path).text)
        assert f"This campaign is run by {NAME}." in footer
        assert SITE not in footer
    footer = footer_of(browser.get(f"/en/{SLUG}").text)
    assert "harbour@example.org" in footer
    assert "Example Quay 2" in footer
    assert f'href="/en/{SLUG}/privacy"' in footer
    footer = footer_of(browser.get(f"/en/{SHIPPED}").text)
    assert f"This site is run by {SITE}." in footer
    assert 'href="/en/privacy"' in footer


def test_its_privacy_notice_says_who_is_responsible_and_that_the_site_works_for_it(
    harbour: Supporter,
) -> None:
    page = unescape(harbour.browser.get(f"/en/{SLUG}/privacy").text)
    assert f"{NAME} runs this campaign and is responsible for your data." in page
    assert 'href="mailto:privacy@example.org"' in page
    assert 'href="https://www.example.org/privacy"' in page
    assert f"on behalf of {NAME}, and for no other purpose: {SITE}, Example Data" in page
    assert "Example Hosting" in page
    assert "Quiet harbours" in page
    assert "dialogue" not in page


def test_the_sites_notice_leads_to_it_and_speaks_of_the_other_campaigns(
    harbour: Supporter,
) -> None:
    page = unescape(harbour.browser.get("/en/privacy").text)
    assert f"{SITE} runs this site and is responsible for your data." in page
    assert re.findall(rf'<a href="/en/{SLUG}/privacy">[^<]+</a>: {NAME}', page)
    kept = page.split("How long we keep it")[1].split("Your rights")[0]
    assert "uman rights" in kept
    assert "arbour" not in kept
    response = harbour.browser.get(f"/en/{SHIPPED}/privacy")
    assert (response.status_code, response.location) == (303, "/en/privacy")


def test_mails_and_letters_come_from_it_through_the_sites_address(
    harbour: Supporter, supporter: Supporter
) -> None:
    harbour.sign(demands=DEMANDS, government="GB")
    supporter.sign(email="testo@example.org", government="IE")
    harbour.deliver()
    mail, other = harbour.mails("testa@example.org")[0], harbour.mails("testo@example.org")[0]
    assert mail.message["From"] == f"{NAME} <letters@example.org>"
    assert mail.text.endswith(
        f"-- \n{NAME}, Example Quay 2, 00000 Exampletown\nharbour@example.org\n"
    )
    assert other.message["From"] == f"{SITE} <letters@example.org>"
    letters = {one.to: one.text for one in harbour.letters()}
    assert f"a campaign run by {NAME}, Example Quay 2" in letters["gb@ministry.example"]
    assert "Questions: harbour@example.org" in letters["gb@ministry.example"]
    assert f"a site run by {SITE}" in letters["ie@ministry.example"]


def test_the_preview_shows_the_footer_that_will_leave(harbour: Supporter) -> None:
    preview = harbour.post(harbour.form(demands=DEMANDS, government="GB"))
    assert f"a campaign run by {NAME}" in unescape(preview.text)


def test_a_poster_and_a_hand_over_pack_name_it(harbour: Supporter, container: Container) -> None:
    poster = harbour.browser.get(f"/en/{SLUG}/poster.pdf").data
    assert f"This campaign is run by {NAME}." in PdfReader(BytesIO(poster)).pages[0].extract_text()
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        pack, out = HandoverPack(session, loaded, "GB", container.clock().date()), BytesIO()
        for _ in create_handover_pack_writer(container).write(pack, out):
            pass
    with ZipFile(out) as file:
        assert "Questions: harbour@example.org" in file.read("HOW-TO-CHECK.txt").decode()
        (page, *_) = PdfReader(BytesIO(file.read("letter.pdf"))).pages
    assert f"Handed over by {NAME}" in " ".join(page.extract_text().split())


def test_it_comes_back_from_the_database_and_from_a_bundle_that_is_written_anew(
    tmp_path: Path, known: BundleContext
) -> None:
    bundle = name_operator(shutil.copytree(HARBOUR, tmp_path / "harbour"))
    campaign = load_bundle(bundle, known)
    assert parse_facts(facts_json(campaign.facts)) == campaign.facts
    assert parse_bundle(bundle_files(write_bundle(campaign, known)), known) == campaign


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('name = "Example Harbour Watch"\n', "", "operator.name: is missing"),
        ('address = "Example Quay 2, 00000 Exampletown"\n', "", "operator.address: is missing"),
        (
            "harbour@example.org",
            "not an address",
            "operator.contact: 'not an address' should be like contact@example.org",
        ),
        (
            "https://www",
            "ftp://www",
            (
                "operator.privacy_url: 'ftp://www.example.org/privacy'"
                " should be like https://www.example.org/privacy"
            ),
        ),
        ("privacy_url", "privacy", "operator.privacy: is not a known key"),
    ],
)
def test_an_operator_that_cannot_be_dealt_with_is_a_fault(
    tmp_path: Path, known: BundleContext, before: str, after: str, fault: str
) -> None:
    bundle = shutil.copytree(HARBOUR, tmp_path / "harbour")
    assert before in OPERATOR
    name_operator(bundle, OPERATOR.replace(before, after, 1))
    assert faults_of(bundle, known) == (f"campaign.toml: {fault}",)
