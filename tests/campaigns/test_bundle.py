"""What a campaign bundle must be: every fault is named with file, key and reason."""

from __future__ import annotations

import re
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.site_words import BundleContext
from campaign.errors import ContentError
from campaign.language.text import clean_line, clean_paragraphs
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from tests.campaigns.bundle_editing import HARBOUR, edit_bundle, faults_of
from tests.languages import EU_LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = [(path, line) for path in HARBOUR.iterdir() for line in path.read_text().splitlines()]

# One slip of the pen each: the file, what stands in it (a pattern), what the slip puts there,
# and how the fault that is named for it begins.
# fmt: off
SLIPS = {
    "a key is missing in one language": ("en", "^asked_now.*", "", "asked_now: is missing"),
    "a table is missing": ("fr", r"^\[consents]", "[consent]", "consents: is missing"),
    "a placeholder is unknown": ("fr", "Monsieur", "$sir",
        "letter.salutation: has an unknown placeholder $sir (known: $author, $date, "),
    "a placeholder is another language's": ("en", "quieter harbours \\$gov.*_in", "$government_de",
        "letter.openings.north: has an unknown placeholder $government_de (known: "),
    "a placeholder is outside the letter": ("en", "It still", "$government still",
        "asked_now: has a $ in it; placeholders stand only in the letter"),
    "a placeholder has braces only": ("en", "happens in \\${government}", "happens in {government}",
        "letter.closings.shore: has government in braces only: write $government"),
    "a $ begins nothing": ("en", r"\$\$1", "$1",
        "letter.demands.quiet_nights.wave: has a $ that begins no placeholder"),
    "a date is a text": ("campaign", "2000-02-29", "'2000-02-29'",
        "source.date: write the date as 2000-02-29, without quotes"),
    "a day is in no calendar": ("campaign", "2000-02-29", "2001-02-29", "line 15: there is no suc"),
    "a date has a time": ("campaign", "2999-12-31", "2999-12-31T23:59:59Z",
        "closes_on: should be a date without a time"),
    "it closes before it opens": ("campaign", "2999-", "2000-", "closes_on: is before opens_on"),
    "a government is unknown": ("en", "^SE", "XX", "governments.XX: is not a known government"),
    "a government is missing": ("en", "^GB.*", "", "governments.GB: is missing"),
    "a case is missing": ("fr", 'de = "du Port.*l",', "", "governments.PT.de: is missing"),
    "a name is missing": ("fr", 'name = "Portugal",', "", "governments.PT.name: is missing"),
    "there is markup": ("en", '"Slow s', '"<b>Slow s', "demands.slow_ships.heading: has HTML"),
    "there is a script": ("en", "Dear", "javascript:Dear", "letter.salutation: has HTML or scri"),
    "there is a Jinja expression": ("fr", "Un port", "{{ 7*7 }}", "title: has HTML or script"),
    "a text is empty": ("en", "Dear Minister,", " ", "letter.salutation: is empty"),
    "a text has a line break": ("en", "Dear ", "Dear\\n", "letter.salutation: has a line break"),
    "a character reorders the text": ("en", "Dear", "\\u202eDear",
        "letter.salutation: has hidden or control characters"),
    "a subject fits no form": ("en", "Quiet harbours (?=\\$)", "Quiet " * 40, "letter.subject: "),
    "a subject is no header": ("en", "Quiet harbours (?=\\$)", "=?Quiet?=", "letter.subject: "),
    "a text has no end": ("en", "Dear", "Dear " * 1000, "letter.salutation: is longer than 4000"),
    "a text is a number": ("en", '"Dear.*', "7", "letter.salutation: should be a text"),
    "a list has a number in it": ("fr", "^retelling = ", "retelling = [7]\nx = ",
        "retelling: should be a list of texts"),
    "a key is unknown": ("en", "^summary", "sumary = 'x'\nsummary", "sumary: is not a known key"),
    "a consent is unknown": ("fr", "^show_name", "sell_name = 'x'\nshow_name",
        "consents.sell_name: is not a known key"),
    "a slug has other characters": ("campaign", "harbour-", "Harbour/", "slug: should be small"),
    "a slug ends with a hyphen": ("campaign", "-quiet", "-", "slug: should be small letters"),
    "a slug is too long to store": ("campaign", "-quiet", "-quiet" * 20, "slug: "),
    "a source has other characters": ("campaign", "pier-7", "Pier 7", "sources: 'Pier 7' should"),
    "nothing is kept": ("campaign", "= 30", "= 0", "retention_days: should be from 1 to 3650"),
    "a number is a yes": ("campaign", "= 30", "= true", "retention_days: should be a whole number"),
    "a demand stands twice": ("campaign", "slow_ships", "quiet_nights",
        "demands[2].key: quiet_nights stands twice"),
    "a demand's key has capitals": ("campaign", "slow_ships", "Slow", "demands[2].key: should"),
    "there is no demand": ("campaign", r"(?s)\[\[demands.*(?=\[review)", "", "demands: "),
    "a review state is made up": ("campaign", "reviewed", "perfect", "review.en: should be one of"),
    "nobody says who wrote it": ("campaign", "^retention", "by = 'us'\nretention",
        "by: should be one of operator, other"),
    "what is shown is made up": ("campaign", "^retention", "shown = 'text'\nretention",
        "shown: should be one of own text, retelling"),
    "a goal is nothing": ("campaign", "^retention", "goal = 0\nretention",
        "goal: should be from 1 to 1000000000"),
    "a total is shown from below nothing": ("campaign", "^retention",
        "show_count_from = -1\nretention", "show_count_from: should be from 0 to"),
    "a zone is made up": ("campaign", "^retention", "time_zone = 'Harbour time'\nretention",
        "time_zone: 'Harbour time' should be like Europe/Brussels"),
    "an author is empty": ("en", "^name", "author = ''\nname", "author: is empty"),
    "a language has no review": ("campaign", "^en = .*", "", "says nothing under review.en"),
    "a review has no file": ("campaign", r"^fr = ", "de = 'awaiting'\nfr = ",
        "review.de: there is no file de.toml"),
    "the default language has no file": ("campaign", '= "fr"$', '= "el"',
        "default_language: there is no file el.toml"),
    "a variant is missing": ("en", "^south.*", "", "letter.openings.south: is missing (fr.toml"),
    "a variant is one language's alone": ("en", "^south", "west = 'Quiet!'\nsouth",
        "letter.openings.west: fr.toml does not have it"),
    "a piece has no text": ("en", "^shore.*", "", "letter.closings: needs at least one text"),
}
# fmt: on

# What a text file can be as a whole, and what is said about it.
WHOLE_FILES = {
    "too large": (b"#" * 256 * 1024 + b"#", "is larger than 256 KiB"),
    "not UTF-8": ("name = 'Été'".encode("latin-1"), "is not UTF-8 text"),
    "broken": (b"name = [", "line 1: the list is not closed"),
    "too deep": (b"x = " + b"[" * 50_000, "is not valid TOML"),
    "a number without end": (b"x = " + b"9" * 5_000, "is not valid TOML"),
}

ODD_VALUES = st.sampled_from(
    "7|-0.0|nan|true|''|[]|{}|[[]]|[{}]|[7, 'x']|{ x = {} }|0001-01-01".split("|")  # noqa: SIM905
)

fuzzed = settings(deadline=None, database=None, max_examples=300)


@pytest.fixture(scope="module")
def fuzzed_bundle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bytes], Path]:
    """Give the harbour bundle anew each time, with other bytes in one file."""
    folder = tmp_path_factory.mktemp("fuzzed") / "harbour"

    def make(file: str, content: bytes) -> Path:
        shutil.copytree(HARBOUR, folder, dirs_exist_ok=True)
        (folder / file).write_bytes(content)
        return folder

    return make


def load_or_refuse(bundle: Path, known: BundleContext) -> None:
    try:
        load_bundle(bundle, known)
    except ContentError as refused:
        assert all(re.match(r"\w[\w.-]*\.toml: ", fault) for fault in refused.faults)  # noqa: PT017


def test_the_shipped_bundle_is_in_order(known: BundleContext) -> None:
    site = BundleContext(known.governments, EU_LANGUAGES, known.site_words)
    campaign = load_bundle(SHIPPED_CAMPAIGNS / "eu-china-dialogue", site)
    assert set(campaign.revision.languages) == set(EU_LANGUAGES)
    assert len(campaign.revision.demands) == 6


def test_a_very_different_bundle_is_in_order_too(known: BundleContext) -> None:
    campaign = load_bundle(HARBOUR, known)
    assert campaign.facts.default_language == "fr"
    assert campaign.facts.governments.on == date(2000, 9, 28)
    assert [demand.key for demand in campaign.revision.demands] == ["quiet_nights", "slow_ships"]
    assert set(campaign.words_in("fr").governments["GB"]) == {"name", "de", "en"}
    assert set(campaign.words_in("en").governments["GB"]) == {"name", "in"}


@pytest.mark.asvs("1.2.2", "1.3.7")
@pytest.mark.parametrize(("file", "pattern", "replacement", "said"), SLIPS.values(), ids=SLIPS)
def test_each_fault_is_named_with_file_key_and_reason(
    bundle: Path, known: BundleContext, file: str, pattern: str, replacement: str, said: str
) -> None:
    edit_bundle(bundle, file, pattern, replacement)
    faults = faults_of(bundle, known)
    where = "en.toml: campaign.toml" if "says nothing" in said else f"{file}.toml:"
    assert any(fault.startswith(f"{where} {said}") for fault in faults), faults


@pytest.mark.parametrize("file", ["campaign.toml", "fr.toml"])
@pytest.mark.parametrize(("content", "said"), WHOLE_FILES.values(), ids=WHOLE_FILES)
def test_a_file_that_is_no_good_as_a_whole_is_named(
    bundle: Path, known: BundleContext, file: str, content: bytes, said: str
) -> None:
    (bundle / file).write_bytes(content)
    assert any(fault.startswith(f"{file}: {said}") for fault in faults_of(bundle, known))


def test_a_folder_without_campaign_toml_is_no_bundle(bundle: Path, known: BundleContext) -> None:
    (bundle / "campaign.toml").unlink()
    assert faults_of(bundle, known) == ("campaign.toml: is missing",)


def test_a_folder_in_a_files_place_is_named(bundle: Path, known: BundleContext) -> None:
    (bundle / "en.toml").unlink()
    (bundle / "en.toml").mkdir()
    assert "en.toml: cannot be read (Is a directory)" in faults_of(bundle, known)


def test_a_language_for_which_the_site_has_no_catalogue_is_refused(
    bundle: Path, known: BundleContext
) -> None:
    shutil.copy(bundle / "en.toml", bundle / "nl.toml")
    edit_bundle(bundle, "campaign", "^fr = ", "nl = 'awaiting'\nfr = ")
    assert faults_of(bundle, known) == ("nl.toml: the site has no catalogue for this language",)


def test_all_faults_of_all_files_are_named_at_once(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "campaign", "harbour-quiet", "Harbour")
    edit_bundle(bundle, "en", "^asked_now.*", "")
    edit_bundle(bundle, "fr", "^GB.*", "")
    edit_bundle(bundle, "fr", "Un port", "<p>")
    faults = faults_of(bundle, known)
    keys = sorted(fault.split(": ")[1] for fault in faults)
    assert keys == ["asked_now", "governments.GB", "slug", "title"]


@pytest.mark.parametrize(
    "odd", ["Dear\\rMinister,", "Dear\\tMinister,", "De\\u00adar", "De\\u200bar", "Ete\\u0301"]
)
def test_a_text_is_in_the_form_that_is_kept_or_the_bundle_is_refused(
    bundle: Path, known: BundleContext, odd: str
) -> None:
    """Otherwise the letter as previewed is not the letter as it comes back from the form."""
    edit_bundle(bundle, "en", "Quiet harbours (?=\\$)", odd)
    edit_bundle(bundle, "en", "Dear Minister,", odd)
    try:
        letter = load_bundle(bundle, known).words_in("en").letter
    except ContentError as refused:
        assert len(refused.faults) == 2  # noqa: PT017 - either is fine
    else:
        assert letter.salutation == clean_paragraphs(letter.salutation)
        assert letter.subject == clean_line(letter.subject)


@pytest.mark.long
@fuzzed
@given(
    content=st.one_of(st.binary(), st.text().map(str.encode)), file=st.sampled_from(["en", "fr"])
)
def test_garbage_for_a_language_is_refused_and_nothing_worse(
    fuzzed_bundle: Callable[[str, bytes], Path], known: BundleContext, content: bytes, file: str
) -> None:
    assert faults_of(fuzzed_bundle(f"{file}.toml", content), known)


@pytest.mark.long
@fuzzed
@given(line=st.sampled_from(LINES), value=ODD_VALUES)
def test_a_value_of_another_kind_is_refused_and_nothing_worse(
    fuzzed_bundle: Callable[[str, bytes], Path],
    known: BundleContext,
    line: tuple[Path, str],
    value: str,
) -> None:
    path, old = line
    new = f"{old.partition(' = ')[0]} = {value}"
    changed = path.read_text().replace(old, new, 1)
    load_or_refuse(fuzzed_bundle(path.name, changed.encode()), known)


def test_a_day_before_the_union_fixes_no_governments(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "campaign", r"^governments_on = .*$", "governments_on = 1900-01-01")
    assert faults_of(bundle, known)[0] == (
        "campaign.toml: governments_on: no government was a member on that day"
    )


def test_markup_written_as_entities_is_markup(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "en", r'^title = ".*"$', 'title = "&lt;b&gt;Quiet&lt;/b&gt;"')
    assert "has HTML" in faults_of(bundle, known)[0]


def test_a_byte_order_mark_is_no_fault(bundle: Path, known: BundleContext) -> None:
    path = bundle / "en.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_bundle(bundle, known).facts.slug == "harbour-quiet"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("=?utf-8?q?A=0D=0Ax?=", "has =? in it"), ("x" * 101, "is longer than 100 characters")],
)
def test_a_name_that_no_header_takes_is_refused(
    bundle: Path, known: BundleContext, name: str, reason: str
) -> None:
    edit_bundle(bundle, "en", r'^name = ".*"$', f'name = "{name}"')
    assert reason in faults_of(bundle, known)[0]


def test_a_campaign_keeps_an_address_that_a_new_one_cannot_have(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(bundle, "campaign", "^slug = .*", 'slug = "un"')
    assert load_bundle(bundle, known).facts.slug == "un"
