"""A campaign of a few lines is whole: what it does not say, the site says."""

from __future__ import annotations

import re
import shutil
import tomllib
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.bundle_warnings import folder_warnings
from campaign.campaigns.compose import (
    LetterChoices,
    all_letter_texts,
    compose_letter,
    pick_variants,
)
from campaign.campaigns.letter_checks import variant_advice
from campaign.campaigns.rules.campaign import LetterDisplay
from campaign.campaigns.rules.wording import all_demands_equal
from campaign.campaigns.serialization import canonical_json, parse_revision, sha256_hex
from campaign.campaigns.site_words import DEFAULT_VOICES, BundleContext, SiteWords
from campaign.container import DATA
from campaign.errors import ContentError
from campaign.language.review import ReviewStatus
from campaign.recipients.reference_data import load_reference_data
from campaign.settings.settings import BASE_DIR
from tests.campaigns.bundle_editing import HARBOUR, edit_bundle, faults_of
from tests.languages import EU_LANGUAGES
from tests.supporter import Supporter

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

BICYCLES = HARBOUR.parent / "bicycles"
SLUG = "safe-cycling"
DEMANDS = ["lanes", "speed"]
MOST_LINES, MOST_TEXTS = 30, 25
SEEDS = [UUID(int=number) for number in range(200)]


@pytest.fixture(scope="module")
def every_language() -> BundleContext:
    return BundleContext(load_reference_data(DATA).governments, EU_LANGUAGES, SiteWords(DATA))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return shutil.copytree(BICYCLES, tmp_path / "bicycles")


def written(campaign: Campaign, language: str, seed: UUID, government: str = "DE") -> str:
    keys = pick_variants(campaign, DEMANDS, seed)
    choices = LetterChoices(government, keys, "", "Testa Example")
    letter = compose_letter(campaign, choices, language)
    return f"{letter.subject}\n{letter.salutation}\n{letter.body}"


def test_it_has_thirty_lines_at_most_and_each_further_language_25_texts() -> None:
    lines = [path.read_text().splitlines() for path in BICYCLES.iterdir()]
    assert sum(map(len, lines)) <= MOST_LINES
    words = tomllib.loads((BICYCLES / "en.toml").read_text())
    texts = [text for text in words.values() if isinstance(text, str)]
    texts += [text for row in words["demands"].values() for text in row.values()]
    assert len(texts) <= MOST_TEXTS - 2 * 8  # ten demands fit, too


def test_what_it_does_not_say_goes_without_saying(known: BundleContext) -> None:
    campaign = load_bundle(BICYCLES, known)
    facts = campaign.facts
    assert (facts.default_language, facts.retention_days) == ("en", 180)
    assert facts.review == {"en": ReviewStatus.SOURCE}
    assert campaign.source_title_in("en") == "Let children cycle to school in safety"
    assert campaign.words_in("en").consents["show_name"].startswith("Show my name")


def test_its_letter_is_the_sites_sentences_around_its_demands(known: BundleContext) -> None:
    campaign = load_bundle(BICYCLES, known)
    numbered = next(
        letter
        for letter in (written(campaign, "en", seed) for seed in SEEDS)
        if "\n1. Build" in letter and "I support" in letter
    )
    assert numbered.startswith("Let children cycle to school in safety\nDear ")
    assert (
        "I support the open letter “Let children cycle to school in safety” by Example Cycling "
        "Society, and I ask the German government to do the following:\n\n"
        "1. Build cycle lanes that are separated from cars on every road to a school.\n\n"
        "2. Limit the speed of cars to 30 kilometres an hour"
    ) in numbered
    assert any("\n\n– Separate cycle lanes\n– 30 km/h" in written(campaign, "en", s) for s in SEEDS)


def test_its_letters_differ(known: BundleContext) -> None:
    campaign = load_bundle(BICYCLES, known)
    letters = {written(campaign, "en", seed) for seed in SEEDS}
    assert len(letters) == sum(len(keys) ** 2 for keys in DEFAULT_VOICES.values())
    # Nothing would be gained by advice about every demand.
    assert len(variant_advice(campaign)) == 1


def test_every_language_of_the_site_has_all_of_its_words(
    bundle: Path, every_language: BundleContext
) -> None:
    for language in EU_LANGUAGES:
        shutil.copy(bundle / "en.toml", bundle / f"{language}.toml") if language != "en" else None
    edit_bundle(bundle, "campaign", "^slug", 'default_language = "en"\nslug')
    campaign = load_bundle(bundle, every_language)
    assert set(campaign.revision.languages) == set(EU_LANGUAGES)
    english = campaign.words_in("en")
    for language in EU_LANGUAGES:
        words = campaign.words_in(language)
        assert words.consents.keys() == english.consents.keys()
        assert words.letter.openings.keys() == english.letter.openings.keys()
        for text in words.letter.openings.values():
            assert text.endswith(":")
            assert {"$author", "$title"} <= set(re.findall(r"\$\w+", text))
        if language != "en":
            assert not set(words.consents.values()) & set(english.consents.values())
        for government in words.governments:
            assert not re.search(r"\$\w", "".join(all_letter_texts(campaign, government, language)))


def test_what_a_revision_hashes_is_what_is_shown(bundle: Path, known: BundleContext) -> None:
    small = load_bundle(bundle, known).revision
    consents = "".join(f'{key} = "{text}"\n' for key, text in small.words["en"].consents.items())
    with (bundle / "en.toml").open("a") as words:
        words.write(f"\n[consents]\n{consents}")
    assert canonical_json(load_bundle(bundle, known).revision) == canonical_json(small)
    edit_bundle(bundle, "en", "^show_name.*", 'show_name = "Show me."')
    changed = load_bundle(bundle, known).revision
    assert sha256_hex(canonical_json(changed)) != sha256_hex(canonical_json(small))
    assert parse_revision(canonical_json(small)) == small


def test_each_of_the_sites_words_can_be_other_ones(bundle: Path, known: BundleContext) -> None:
    with (bundle / "en.toml").open("a") as words:
        words.write('\n[letter]\nsubject = "Cycling $country_in"\nsalutation = "Good morning,"\n')
        words.write('[letter.closings]\nride = "Will $government ride with us?"\n')
    edit_bundle(bundle, "en", "^name", 'thanks = "Thank you, cyclist."\nshare = "Ride on"\nname')
    campaign = load_bundle(bundle, known)
    letters = {written(campaign, "en", seed) for seed in SEEDS}
    assert all(letter.startswith("Cycling in Germany\nGood morning,") for letter in letters)
    assert all("Will the German government ride with us?" in letter for letter in letters)
    # Its one closing fits numbered lists, so these are what is left of the site's.
    assert all("\n1. Build" in letter for letter in letters)


def test_what_one_language_has_beyond_the_least_all_have(
    bundle: Path, known: BundleContext
) -> None:
    shutil.copy(bundle / "en.toml", bundle / "de.toml")
    edit_bundle(bundle, "campaign", "^slug", 'default_language = "en"\nslug')
    edit_bundle(bundle, "en", "^name", 'asked_now = "It is asked today."\nname')
    assert faults_of(bundle, known) == ("de.toml: asked_now: is missing (en.toml has it)",)


def test_the_example_in_the_documentation_is_whole(tmp_path: Path, known: BundleContext) -> None:
    text = (BASE_DIR / "docs" / "running.md").read_text("utf-8")
    for name, words in re.findall(r"```\n# (campaign|en)\.toml\n(.*?)```", text, re.DOTALL):
        (tmp_path / f"{name}.toml").write_text(words)
    campaign = load_bundle(tmp_path, known)
    assert campaign.facts.recipients.offices == ("interior",)
    (own,) = re.findall(r"```\n(thanks = .*?)```", text, re.DOTALL)
    words = (tmp_path / "en.toml").read_text()
    (tmp_path / "en.toml").write_text(own.replace("[letter]", f"{words}\n[letter]", 1))
    changed = load_bundle(tmp_path, known).words_in("en")
    assert changed.thanks == "Thank you, cyclist."
    assert changed.letter.closings.keys() == {"ride", "wait"}


def test_with_two_languages_somebody_has_to_say_which_is_the_main_one(
    bundle: Path, known: BundleContext
) -> None:
    shutil.copy(bundle / "en.toml", bundle / "de.toml")
    (fault,) = faults_of(bundle, known)
    assert fault == (
        "campaign.toml: default_language: is missing: write the one that you wrote first, "
        '"de" or "en", above the first line that begins with ['
    )


def test_a_file_of_words_has_the_name_of_a_language(bundle: Path, known: BundleContext) -> None:
    (bundle / "en.toml").rename(bundle / "english.toml")
    (fault,) = faults_of(bundle, known)
    assert fault.startswith(
        "campaign.toml: default_language: is missing: there is no file of words"
    )


def test_a_text_of_the_letter_may_be_called_as_it_likes_with_a_warning(
    bundle: Path, known: BundleContext
) -> None:
    with (bundle / "en.toml").open("a") as words:
        words.write('\n[letter.closings]\nthanks = "Thank you for reading."\n')
    campaign = load_bundle(bundle, known)
    assert campaign.words_in("en").letter.closings == {"thanks": "Thank you for reading."}
    (warning,) = folder_warnings(bundle, campaign, date(2026, 11, 2))
    assert warning.startswith("en.toml: letter.closings.thanks: is a text of the letter; if it is")


def test_the_sites_sentences_need_the_sites_names(bundle: Path, known: BundleContext) -> None:
    choice = '[governments]\nwithout = ["GB"]\n'
    edit_bundle(bundle, "campaign", r"^\[source]", f"{choice}\n[source]")
    names = "".join(f'{code} = {{ name = "{code}" }}\n' for code in known.governments)
    with (bundle / "en.toml").open("a") as words:
        words.write(f"\n[governments]\n{names}")
    faults = faults_of(bundle, known)
    assert any(
        fault.startswith("en.toml: letter.openings: is missing: the site's sentences need $govern")
        for fault in faults
    )


def test_what_is_too_long_is_said_once_and_where_it_stands(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(bundle, "en", "^title = .*", f'title = "{"Long " * 50}"')
    edit_bundle(bundle, "en", "^text = .*", f'text = "{"Build cycle lanes. " * 208}"')
    title, letter = faults_of(bundle, known)
    assert title == "en.toml: title: is over 200 characters as the letter's subject"
    assert letter.startswith("en.toml: demands: letters for ")
    assert letter.endswith(" characters too long, with a paragraph of her own")


def test_more_closings_are_no_other_demands(bundle: Path, known: BundleContext) -> None:
    before = load_bundle(bundle, known).revision
    with (bundle / "en.toml").open("a") as words:
        words.write('\n[letter.closings]\nride = "Will you ride with us?"\n')
    assert all_demands_equal(before, load_bundle(bundle, known).revision)


def test_the_title_is_the_subject_in_each_language_whatever_the_source_is_called(
    bundle: Path, known: BundleContext
) -> None:
    shutil.copy(bundle / "en.toml", bundle / "de.toml")
    edit_bundle(bundle, "de", "^title = .*", 'title = "Sicher zur Schule für 100 $"')
    edit_bundle(bundle, "campaign", "^author", 'title = "On roads"\nauthor')
    edit_bundle(bundle, "campaign", "^slug", 'default_language = "en"\nslug')
    campaign = load_bundle(bundle, known)
    assert written(campaign, "de", SEEDS[0]).startswith("Sicher zur Schule für 100 $\n")
    assert written(campaign, "en", SEEDS[0]).startswith("Let children cycle to school in safety\n")


def test_faults_of_the_sites_own_words_are_all_named(tmp_path: Path) -> None:
    shutil.copytree(DATA / "government_names", tmp_path / "government_names")
    folder = shutil.copytree(DATA / "campaign_words", tmp_path / "campaign_words")
    text = (folder / "de.toml").read_text()
    (folder / "de.toml").write_text(
        text.replace("short1 =", "short9 =").replace("$title", "$titel")
    )
    with pytest.raises(ContentError) as refused:
        SiteWords(tmp_path).default_words("en")
    faults = refused.value.faults
    assert "de.toml: letter.openings.short1: is missing" in faults
    assert sum("has an unknown placeholder $titel" in fault for fault in faults) == 3


# What is written at the end of a file, and what is said about it: it belongs to the last table.
AT_THE_END = {
    "a word": (
        "en",
        'thanks = "Thank you."',
        "en.toml: demands.speed.thanks: is not a known key here",
    ),
    "a fact": ("campaign", "goal = 7", "campaign.toml: demands[2].goal: is not a known key here"),
    "a word below the governments": (
        *("en", '[governments]\nthanks = "Thank you."'),
        "en.toml: governments.thanks: is not a known government, such as GB",
    ),
    "a fact below the recipients": (
        *("campaign", '[recipients]\noffices = ["interior"]\ngoal = 7'),
        "campaign.toml: recipients.goal: is not a known key here",
    ),
}


@pytest.mark.parametrize(("file", "written", "said"), AT_THE_END.values(), ids=AT_THE_END)
def test_a_key_below_the_tables_is_told_where_it_belongs(
    bundle: Path, known: BundleContext, file: str, written: str, said: str
) -> None:
    with (bundle / f"{file}.toml").open("a") as words:
        words.write(f"\n{written}\n")
    move = "move it above the first line that begins with ["
    assert faults_of(bundle, known) == (f"{said}: {move}",)


def test_a_demand_may_name_a_price(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "en", "Build cycle lanes", "Spend $100 a year and person, and build lanes")
    campaign = load_bundle(bundle, known)
    assert any("1. Spend $100 a year" in written(campaign, "en", seed) for seed in SEEDS)


def test_it_is_the_letter_itself_unless_its_source_has_a_title_of_its_own(
    bundle: Path, known: BundleContext
) -> None:
    assert load_bundle(bundle, known).facts.shown is LetterDisplay.OWN_TEXT
    edit_bundle(bundle, "campaign", "^author", 'title = "On roads"\nauthor')
    assert load_bundle(bundle, known).facts.shown is LetterDisplay.RETELLING


def test_the_language_of_the_source_is_a_code(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "campaign", "^author", 'language = "English"\nauthor')
    assert faults_of(bundle, known) == (
        "campaign.toml: source.language: 'English' should be like en",
    )


def test_the_date_of_a_letter_without_one_is_no_placeholder(
    bundle: Path, known: BundleContext
) -> None:
    with (bundle / "en.toml").open("a") as words:
        words.write('\n[letter]\nsubject = "Your letter of $date"\n')
    (fault,) = faults_of(bundle, known)
    assert fault.startswith("en.toml: letter.subject: has an unknown placeholder $date (known: ")


class TestOnASite:
    @pytest.fixture
    def environ(self, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
        shutil.copytree(BICYCLES, tmp_path / "only-bicycles" / "bicycles")
        return environ | {"CAMPAIGN_CAMPAIGNS": str(tmp_path / "only-bicycles")}

    @pytest.fixture
    def supporter(self, app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
        return Supporter(app.test_client(), worker, transport, SLUG)

    def test_it_is_signed_with_a_letter(self, supporter: Supporter) -> None:
        page = supporter.browser.get(f"/en/{SLUG}")
        assert "By Example Cycling Society." in page.text
        assert "<cite" not in page.text
        assert "What the letter says" not in page.text
        assert 'class="kind"' not in page.text
        done = supporter.sign(demands=DEMANDS)
        supporter.deliver()
        (letter,) = supporter.letters()
        assert "cycl" in letter.text
        assert "Example Cycling Society" in letter.text
        thanks = supporter.browser.get(done.replace("/private/", "/done/"))
        assert "<h1>Thank you. Your signature counts.</h1>" in thanks.text
