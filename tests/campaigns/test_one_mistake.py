"""One slip is one fault: what only follows from it is not reported."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS
from campaign.campaigns.site_words import NAME_FORMS, BundleContext
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from tests.campaigns.bundle_editing import edit_bundle, faults_of
from tests.languages import EU_LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

WRITE_BOTH = (
    "write [demands.{0}] with heading and text and [letter.demands.{0}] with at least one text"
)

# One slip each: the file, what stands in it (a pattern), what the slip puts there, and all that is
# said about it.
ON_SITE = "known: " + ", ".join(
    f"${one}" for one in sorted((*NAME_FORMS, "author", "date", "title"))
)
IN_ENGLISH = "(en.toml has it): add it here or delete it there"
# fmt: off
ONE_FAULT = {
    "a language's file is broken": ("en", "^title = ", "title ", [
        'en.toml: line 2: there is no = after the name: write name = "text", or put # before a note'
    ]),
    "the default language's file is broken": ("fr", "^title = ", "title ", [
        'fr.toml: line 2: there is no = after the name: write name = "text", or put # before a note'
    ]),
    "a demand has no words": ("en", r"(?s)^\[demands.slow_ships].*(?=^\[consents])", "", [
        "en.toml: demands.slow_ships: is missing: write [demands.slow_ships] with heading and text"
    ]),
    "a demand has no letter": ("en", r"(?s)^\[letter.demands.slow_ships].*(?=^\[letter.clos)", "", [
        ("en.toml: letter.demands.slow_ships: is missing: "
        "write [letter.demands.slow_ships] with at least one text")
    ]),
    "the default language has no letter for a demand": (
        "fr", r"(?s)^\[letter.demands.slow_ships].*(?=^\[letter.clos)", "", [
        ("fr.toml: letter.demands.slow_ships: is missing: "
        "write [letter.demands.slow_ships] with at least one text")
    ]),
    "no demand has words": ("en", r"(?s)^\[demands.quiet.*(?=^\[consents])", "", [
        ("en.toml: demands: is missing: write [demands.quiet_nights] with heading and text, "
        "and so on for every demand")
    ]),
    "a demand's table is misspelt": ("en", r"^\[demands.slow_ships]", "[demand.slow_ships]", [
        "en.toml: demands.slow_ships: is missing: write [demands.slow_ships] with heading and text",
        "en.toml: demand: is not a known key",
    ]),
    "a demand's key is misspelt": ("en", r"^\[demands.slow_ships]", "[demands.slow]", [
        "en.toml: demands.slow_ships: is missing: write [demands.slow_ships] with heading and text",
        ("en.toml: demands.slow: is not a known key: campaign.toml has no such demand. "
        "Delete [demands.slow], or add the demand there"),
    ]),
    "a demand's table has no key": ("en", r"^\[demands.quiet_nights]", "[demands]", [
        ("en.toml: demands.quiet_nights: is missing: "
        "write [demands.quiet_nights] with heading and text"),
        ("en.toml: demands.heading: is not a known key: "
        "it belongs under a table such as [demands.quiet_nights]"),
        ("en.toml: demands.text: is not a known key: "
        "it belongs under a table such as [demands.quiet_nights]"),
    ]),
    "a demand lacks its heading": ("en", '^heading = "Slow ships"', "", [
        "en.toml: demands.slow_ships.heading: is missing"
    ]),
    "the letter is missing": ("en", r"(?s)^\[letter].*(?=^\[governments])", "", [
        ("en.toml: letter: is missing: write [letter] with subject, openings, demands, closings, "
        "as in fr.toml, or delete them there")
    ]),
    "the ticks are missing": ("fr", r"(?s)^\[consents].*?(?=^\[letter])", "", [
        f"fr.toml: consents: is missing {IN_ENGLISH}"
    ]),
    "the ticks are misspelt": ("fr", r"^\[consents]", "[consent]", [
        f"fr.toml: consents: is missing {IN_ENGLISH}", "fr.toml: consent: is not a known key"
    ]),
    "the kinds are misspelt": ("en", r"^\[demand_kinds]", "[kinds]", [
        "en.toml: demand_kinds: is missing", "en.toml: kinds: is not a known key"
    ]),
    "the openings are misspelt": ("fr", r"^\[letter.openings]", "[letter.opening]", [
        f"fr.toml: letter.openings: is missing {IN_ENGLISH}",
        "fr.toml: letter.opening: is not a known key",
    ]),
    "the governments are missing": ("en", r"(?s)^\[governments].*", "", [
        f"en.toml: {where}: has an unknown placeholder $government_in ({ON_SITE})"
        for where in ("letter.subject", "letter.openings.north", "letter.openings.south")
    ]),
    "two governments are missing": ("en", "(?s)^IE = .*?^LU", "LU", [
        "en.toml: governments: IE, IT are missing"
    ]),
    "a case is misspelt": ("fr", 'de = "du Portugal"', 'die = "du Portugal"', [
        "fr.toml: governments.PT.de: is missing",
        "fr.toml: governments.PT.die: most governments do not have this case",
    ]),
    "the source is misspelt": ("campaign", r"^\[source]", "[sources_]", [
        "campaign.toml: source: is missing", "campaign.toml: sources_: is not a known key"
    ]),
    "the review is empty": ("campaign", '^fr = "source"\nen = "reviewed"', "", [
        'campaign.toml: review: names no language: write en = "reviewed", and so on for each',
    ]),
    "the demands are missing": ("campaign", r"(?s)^\[\[demands]].*(?=^\[review])", "", [
        "campaign.toml: demands: is missing"
    ]),
    "the demands are misspelt": ("campaign", r"(?s)^\[\[demands]](.*)^\[\[demands]].*?(?=^\[rev)",
        '[[demand]]\nkey = "slow_ships"\nkind = "wish"\n', [
        "campaign.toml: demands: is missing", "campaign.toml: demand: is not a known key"
    ]),
    "the only demand has one bracket": (
        "campaign", r"(?s)^\[\[demands]].*(?=^\[review])",
        '[demands]\nkey = "slow_ships"\nkind = "wish"\n', [
        "campaign.toml: demands: write [[demands]] before each of them, with two brackets"
    ]),
    "a demand has no kind": ("campaign", '^kind = "wish"', "", [
        "campaign.toml: demands[1].kind: is missing"
    ]),
    "a demand has no key": ("campaign", '^key = "slow_ships"', "", [
        "campaign.toml: demands[2].key: is missing"
    ]),
    "a demand's key has a space": ("campaign", '^key = "slow_ships"', 'key = "slow ships"', [
        "campaign.toml: demands[2].key: should be small letters, digits and _"
    ]),
    "the slug is missing": ("campaign", "^slug = .*", "", ["campaign.toml: slug: is missing"]),
    "the default language is missing": ("campaign", "^default_language = .*", "", [
        ("campaign.toml: default_language: is missing: write the one that you wrote first, "
        '"en" or "fr", above the first line that begins with [')
    ]),
    "a text that may be missing is faulty": ("en", "^asked_now = .*", 'asked_now = "<b>"', [
        "en.toml: asked_now: has HTML or script in it: leave out what is like <b>, &nbsp; or {{x}}"
    ]),
    "a fact is below the tables": ("campaign", r"(?s)$(?!.)", "goal = 7\n", [
        ("campaign.toml: review.goal: is no language: move it above the first line that begins "
        "with [")
    ]),
    "a review is a number": ("campaign", '^en = "reviewed"', "en = 1", [
        "campaign.toml: review.en: should be a text"
    ]),
    "the day of the governments is in quotes": ("campaign", "= 2000-09-28", '= "28.09.2000"', [
        "campaign.toml: governments_on: write the date as 2000-09-28, without quotes"
    ]),
}
# fmt: on


@pytest.mark.parametrize(
    ("file", "pattern", "written", "faults"), ONE_FAULT.values(), ids=ONE_FAULT
)
def test_nothing_is_reported_that_only_follows_from_a_slip(
    bundle: Path, known: BundleContext, file: str, pattern: str, written: str, faults: list[str]
) -> None:
    edit_bundle(bundle, file, pattern, written)
    assert faults_of(bundle, known) == tuple(faults)


def test_slips_in_every_file_are_told_at_once(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "campaign", "^closes_on.*", "closes_on = 31.03.2027")
    edit_bundle(bundle, "en", '^title = "', "title = “")
    edit_bundle(bundle, "fr", '^summary = "', 'summary = "Le "')
    files = [fault.partition(": line ")[0] for fault in faults_of(bundle, known)]
    assert files == ["campaign.toml", "en.toml", "fr.toml"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_language_without_a_demand_is_told_once_what_to_write(
    bundle: Path, known: BundleContext, language: str
) -> None:
    edit_bundle(bundle, language, r"(?s)^\[demands.slow_ships].*(?=^\[consents])", "")
    edit_bundle(bundle, language, r"(?s)^\[letter.demands.slow_ships].*(?=^\[letter.closings])", "")
    missing = f"demands.slow_ships: is missing: {WRITE_BOTH.format('slow_ships')}"
    assert faults_of(bundle, known) == (f"{language}.toml: {missing}",)


def test_a_demand_that_no_language_has_yet_is_one_fault_in_each(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(
        bundle, "campaign", r"^\[review]", '[[demands]]\nkey = "bells"\nkind = "wish"\n[review]'
    )
    missing = f"demands.bells: is missing: {WRITE_BOTH.format('bells')}"
    assert faults_of(bundle, known) == (f"en.toml: {missing}", f"fr.toml: {missing}")


def test_a_demand_that_only_the_languages_still_have_is_one_fault_in_each(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(bundle, "campaign", r'(?s)^\[\[demands]]\nkey = "slow_ships".*(?=^\[review])', "")
    said = (
        "demands.slow_ships: is not a known key: campaign.toml has no such demand. Delete "
        "[demands.slow_ships] and [letter.demands.slow_ships], or add the demand there"
    )
    assert faults_of(bundle, known) == (f"en.toml: {said}", f"fr.toml: {said}")


def test_in_24_languages_a_forgotten_demand_is_24_faults(
    tmp_path: Path, known: BundleContext
) -> None:
    bundle = shutil.copytree(SHIPPED_CAMPAIGNS / "eu-china-dialogue", tmp_path / "shipped")
    path = bundle / "campaign.toml"
    kind = re.findall(r'(?m)^kind = "(\w+)"', path.read_text())[0]
    edit_bundle(
        bundle, "campaign", r"^\[review]", f'[[demands]]\nkey = "x"\nkind = "{kind}"\n[review]'
    )
    assert len(
        faults_of(bundle, BundleContext(known.governments, EU_LANGUAGES, known.site_words))
    ) == len(EU_LANGUAGES)


def test_an_optional_tick_is_not_compared_with_a_language_that_has_no_ticks(
    bundle: Path, known: BundleContext
) -> None:
    assert "send_copy" in OPTIONAL_CONSENTS
    edit_bundle(bundle, "en", "^show_name", 'send_copy = "Send me a copy."\nshow_name')
    edit_bundle(bundle, "fr", r"^\[consents]", "[consent]")
    assert "en.toml: consents.send_copy: fr.toml does not have it" not in faults_of(bundle, known)


def test_a_missing_file_is_named_once(bundle: Path, known: BundleContext) -> None:
    (bundle / "fr.toml").unlink()
    assert faults_of(bundle, known) == ("campaign.toml: review.fr: there is no file fr.toml",)


@pytest.mark.parametrize("name", ["EN.toml", "en.toml.txt", "En.toml.bak"])
def test_a_file_with_nearly_its_name_is_named_beside_the_missing_one(
    bundle: Path, known: BundleContext, name: str
) -> None:
    (bundle / "en.toml").rename(bundle / name)
    assert faults_of(bundle, known) == (
        (
            "campaign.toml: review.en: there is no file en.toml; "
            f"if {name} is meant to be that file, rename it to en.toml"
        ),
    )


def test_an_ending_that_nobody_sees_is_named(bundle: Path, known: BundleContext) -> None:
    (bundle / "campaign.toml").rename(bundle / "campaign.toml.txt")
    assert faults_of(bundle, known) == (
        (
            "campaign.toml: is missing; "
            "if campaign.toml.txt is meant to be that file, rename it to campaign.toml"
        ),
    )


def test_the_facts_are_no_language(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "campaign", "^default_language = .*", 'default_language = "campaign"')
    assert faults_of(bundle, known) == (
        "campaign.toml: default_language: there is no file campaign.toml",
    )


def test_what_all_other_languages_have_is_missing_in_the_default_one(
    bundle: Path, known: BundleContext
) -> None:
    shutil.copy(bundle / "en.toml", bundle / "de.toml")
    edit_bundle(bundle, "campaign", "^en = ", 'de = "awaiting"\nen = ')
    edit_bundle(bundle, "fr", "^south = .*", "")
    assert faults_of(bundle, known) == (
        "fr.toml: letter.openings.south: is missing (all others have it)",
    )
