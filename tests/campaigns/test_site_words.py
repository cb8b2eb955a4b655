"""Words that the site has for every campaign: governments' names, and how letters begin and end."""

from __future__ import annotations

import csv
import re
import shutil
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.bundle_warnings import folder_warnings
from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.site_words import NAME_FORMS, BundleContext, SiteWords
from campaign.container import DATA
from campaign.errors import ContentError
from campaign.recipients.rules.choice import RecipientChoice
from tests.campaigns.bundle_editing import HARBOUR, edit_bundle, faults_of
from tests.languages import EU_LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.campaigns.rules.letter import LetterText

TODAY = date(2026, 11, 2)
SPYWARE = HARBOUR.parent / "spyware"
EVERY_OFFICE = RecipientChoice(("head-of-government", "permanent-representation"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle without names of governments, to change."""
    return shutil.copytree(SPYWARE, tmp_path / "spyware")


def letter_to(campaign: Campaign, recipient: str, language: str) -> LetterText:
    keys = pick_variants(campaign, ["ban"], UUID(int=0))
    choices = LetterChoices(recipient[:2], keys, "", "Testa Example", recipient)
    return compose_letter(campaign, choices, language)


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_every_language_names_every_government(known: BundleContext, language: str) -> None:
    names = SiteWords(DATA).government_names(language)
    assert list(names) == list(known.governments)
    for forms in names.values():
        assert set(NAME_FORMS) <= forms.keys()
        assert all(text == text.strip() and "$" not in text for text in forms.values())


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_every_language_can_write_to_every_rank(language: str) -> None:
    forms = SiteWords(DATA).letter_forms(language, EVERY_OFFICE)
    wanted = {"", "head-of-government", "permanent-representation", "other"}
    assert wanted <= forms.salutations.keys() == forms.valedictions.keys()


def test_a_source_is_an_address_or_nothing() -> None:
    tables = [*DATA.glob("government_names/*.csv"), DATA / "letter_forms.csv"]
    assert len(tables) == len(EU_LANGUAGES) + 1
    for path in tables:
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            assert not row["source"] or row["source"].startswith("http"), (path, row)


def test_a_campaign_needs_no_names_of_its_own(bundle: Path, known: BundleContext) -> None:
    campaign = load_bundle(bundle, known)
    assert campaign.words_in("de").governments["DE"]["government"] == "die Bundesregierung"
    closing = "Ich bin gespannt, was die Bundesregierung tun wird."
    assert closing in letter_to(campaign, "DE/justice", "de").body


def test_it_keeps_the_names_of_whom_it_asks_or_asked_if_its_day_changed(
    bundle: Path, known: BundleContext
) -> None:
    campaign = load_bundle(bundle, known)
    names = campaign.words_in("de").governments
    assert len(names) == 28
    assert {"GB", "HR"} <= names.keys()
    assert "UA" not in names


def test_a_name_is_overridden_in_all_its_forms(bundle: Path, known: BundleContext) -> None:
    with (bundle / "de.toml").open("a") as file:
        file.write('\n[governments]\nDE = { government = "Berlin" }\n')
    assert faults_of(bundle, known) == (
        (
            "de.toml: governments.DE: write government_object and government_of and government_to "
            "too: letters would mix both names"
        ),
    )


def test_a_name_in_campaign_toml_belongs_into_a_languages_file(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(bundle, "campaign", r"^\[source", '[governments.IE]\ngovernment = "x"\n[source')
    assert faults_of(bundle, known) == (
        "campaign.toml: governments.IE: what a government is called belongs into a language’s file",
    )


def test_it_may_override_the_name_of_a_government(bundle: Path, known: BundleContext) -> None:
    with (bundle / "de.toml").open("a") as file:
        forms = ("government", "government_object", "government_of", "government_to")
        file.write("\n[governments.DE]\n" + "".join(f'{one} = "Berlin"\n' for one in forms))
    campaign = load_bundle(bundle, known)
    german = campaign.words_in("de").governments
    assert german["DE"]["government"] == "Berlin"
    assert german["DE"]["country"] == "Deutschland"
    assert german["FR"]["government"] == "die französische Regierung"
    assert "was Berlin tun wird" in letter_to(campaign, "DE/justice", "de").body


def test_a_form_that_the_language_does_not_have_is_a_slip(
    bundle: Path, known: BundleContext
) -> None:
    with (bundle / "de.toml").open("a") as file:
        file.write('\n[governments]\nDE = { goverment = "Berlin" }\n')
    fault, *_ = faults_of(bundle, known)
    assert "de.toml: governments.DE.goverment: is not a known form of its name" in fault


def test_a_table_of_its_own_is_as_it_was(known: BundleContext) -> None:
    campaign = load_bundle(HARBOUR, known)
    names = campaign.words_in("en").governments["NL"]
    assert names == {"name": "Netherlands", "in": "in the Netherlands"}
    assert campaign.words_in("en").country_name("NL") == "Netherlands"


def test_without_a_salutation_of_its_own_it_has_the_sites(
    bundle: Path, known: BundleContext
) -> None:
    for language in ("de", "en"):
        path = bundle / f"{language}.toml"
        text = path.read_text()
        path.write_text(re.sub(r"(?m)^(salutation|valediction|head-of-gov.*?) = .*\n", "", text))
    campaign = load_bundle(bundle, known)
    minister, premier = (
        letter_to(campaign, recipient, "de")
        for recipient in ("DE/justice", "LU/head-of-government")
    )
    assert minister.salutation == "Sehr geehrte Frau Ministerin, sehr geehrter Herr Minister,"
    assert "Premierminister" in premier.salutation
    chancellor = letter_to(campaign, "DE/head-of-government", "de")
    assert "Bundeskanzler" in chancellor.salutation
    assert letter_to(campaign, "IE/head-of-government", "en").salutation == "Dear Taoiseach,"
    assert letter_to(campaign, "IE/of-its-own", "en").salutation == "Dear Sir or Madam,"


def test_its_own_salutation_of_an_office_goes_before_the_sites_of_its_recipients(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(bundle, "en", "^salutation.*", "")
    letter = load_bundle(bundle, known).words_in("en").letter
    assert letter.salutation_for("IE/head-of-government") == "Dear Head of Government,"


def test_its_own_salutation_goes_before_all_of_the_sites(
    bundle: Path, known: BundleContext
) -> None:
    letter = load_bundle(bundle, known).words_in("en").letter
    assert letter.salutation == "Dear Minister,"
    assert letter.salutations == {"head-of-government": "Dear Head of Government,"}
    assert letter.valediction == "Yours faithfully,"


def test_a_salutation_for_an_office_that_gets_no_letter_is_pointed_out(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(bundle, "en", "^head-of-government", "head-of-goverment")
    told = folder_warnings(bundle, load_bundle(bundle, known), TODAY)
    assert "en.toml: letter.salutations.head-of-goverment: no letter goes to this office" in told


def test_a_fault_of_the_sites_own_words_is_named_with_its_line(
    bundle: Path, known: BundleContext, tmp_path: Path
) -> None:
    shutil.copytree(DATA / "government_names", tmp_path / "government_names")
    shutil.copy(DATA / "letter_forms.csv", tmp_path)
    names = tmp_path / "government_names" / "en.csv"
    names.write_text(names.read_text().replace(",in Austria,", ",,", 1))
    broken = BundleContext(known.governments, known.languages, SiteWords(tmp_path))
    with pytest.raises(ContentError, match=r"en\.csv: line 3: AT: country_in is empty"):
        load_bundle(bundle, broken)


def test_in_a_language_that_an_operator_added_a_campaign_has_words_of_its_own(
    bundle: Path, known: BundleContext
) -> None:
    added = BundleContext(known.governments, ("de", "en", "xx"), known.site_words)
    edit_bundle(bundle, "campaign", "^de = ", "xx = ")
    (bundle / "de.toml").rename(bundle / "xx.toml")
    assert faults_of(bundle, added) == ("xx.toml: governments: is missing",)
    names = {
        code: forms
        for code, forms in known.site_words.government_names("de").items()
        if "EU" in {has.union for has in known.governments[code].memberships}
    }
    with (bundle / "xx.toml").open("a") as file:
        for code, forms in names.items():
            file.write(f"\n[governments.{code}]\n")
            file.writelines(f'{form} = "{text}"\n' for form, text in forms.items())
    assert load_bundle(bundle, added).words_in("xx").governments == names
