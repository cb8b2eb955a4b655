"""The canonical form of a campaign: stored, read back, hashed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS
from campaign.campaigns.serialization import (
    canonical_json,
    facts_json,
    parse_campaign,
    sha256_hex,
    words_digest,
)
from campaign.campaigns.site_words import BundleContext, SiteWords
from campaign.container import DATA
from campaign.recipients.reference_data import load_reference_data
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from tests.languages import EU_LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.campaigns.rules.campaign import Campaign

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
HARBOURS_HASH = "bdef58106207c1b9711bc766a584289b64e406612c9a05797e2212ca43afad19"
BUNDLES = [HARBOUR, SHIPPED_CAMPAIGNS / "eu-china-dialogue"]


@pytest.fixture(scope="module")
def known() -> BundleContext:
    reference = load_reference_data(BASE_DIR / "campaign" / "data")
    return BundleContext(reference.governments, EU_LANGUAGES, SiteWords(DATA))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return shutil.copytree(HARBOUR, tmp_path / "harbour")


def change(bundle: Path, file: str, old: str, new: str) -> None:
    text = (bundle / file).read_text()
    assert old in text
    (bundle / file).write_text(text.replace(old, new))


def hash_of(campaign: Campaign) -> str:
    return sha256_hex(canonical_json(campaign.revision))


def hash_of_document(facts: str, document: dict[str, Any]) -> str:
    """Return the hash of what is read back from a stored document."""
    return hash_of(parse_campaign(facts, json.dumps(document)))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give every (container, key) in a document at which a text stands."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, str):
            yield value, key
        else:
            yield from places(item)


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda folder: folder.name)
def test_a_stored_campaign_is_read_back_whole(folder: Path, known: BundleContext) -> None:
    campaign = load_bundle(folder, known)
    read = parse_campaign(facts_json(campaign.facts), canonical_json(campaign.revision))
    assert read == campaign
    assert canonical_json(read.revision) == canonical_json(campaign.revision)


def test_facts_without_dates_are_read_back_without_dates(
    bundle: Path, known: BundleContext
) -> None:
    for line in ("governments_on", "opens_on", "closes_on", "sources"):
        change(bundle, "campaign.toml", f"{line} =", f"# {line} =")
    rows = [
        f'{code} = {{ name = "x", in = "x", de = "x", en = "x" }}' for code in known.governments
    ]
    for path in (bundle / "en.toml", bundle / "fr.toml"):
        words = path.read_text().partition("[governments]")[0]
        path.write_text("\n".join([words, "[governments]", *rows]))
    campaign = load_bundle(bundle, known)
    read = parse_campaign(facts_json(campaign.facts), canonical_json(campaign.revision))
    assert read == campaign
    assert read.facts.governments.on is read.facts.opens_on is read.facts.closes_on is None


def test_a_change_of_any_text_or_date_changes_the_hash(known: BundleContext) -> None:
    campaign = load_bundle(HARBOUR, known)
    facts = facts_json(campaign.facts)
    document = json.loads(canonical_json(campaign.revision))
    unchanged = hash_of_document(facts, document)
    hashes = set()
    everywhere = list(places(document))
    for container, key in everywhere:
        before = container[key]
        container[key] = "2001-07-07" if before.startswith("2000-") else f"{before} indeed"
        hashes.add(hash_of_document(facts, document))
        container[key] = before
    assert unchanged == hash_of(campaign)
    assert len(everywhere) > 130
    assert len(hashes - {unchanged}) == len(everywhere)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("en.toml", "Exampletown", "Examplecity"),
        ("fr.toml", "à ma propre", "à mon"),
        ("fr.toml", "sur le mur du port", "sur le mur"),
        ("en.toml", "let ships come", "let them come"),
        ("fr.toml", "du Royaume-Uni", "de Grande-Bretagne"),
        ("campaign.toml", "Example Harbour Society", "Other Harbour Society"),
        ("campaign.toml", "2000-02-29", "2000-02-28"),
    ],
)
def test_words_demands_consents_and_the_source_make_a_revision(
    bundle: Path, known: BundleContext, file: str, old: str, new: str
) -> None:
    before = hash_of(load_bundle(bundle, known))
    change(bundle, file, old, new)
    assert hash_of(load_bundle(bundle, known)) != before


def test_a_revision_without_what_came_later_keeps_its_hash(known: BundleContext) -> None:
    """Otherwise the next start would see new words where nobody has changed any."""
    assert hash_of(load_bundle(HARBOUR, known)) == HARBOURS_HASH


@pytest.mark.parametrize("line", ['author = "Another"', 'source_title = "Another"'])
def test_an_author_or_title_of_one_language_makes_a_revision(
    bundle: Path, known: BundleContext, line: str
) -> None:
    before = load_bundle(bundle, known)
    change(bundle, "en.toml", 'name = "Quiet', f'{line}\nname = "Quiet')
    after = load_bundle(bundle, known)
    assert hash_of(after) != hash_of(before)
    read = parse_campaign(facts_json(after.facts), canonical_json(after.revision))
    assert read == after
    assert canonical_json(read.revision) == canonical_json(after.revision)


def test_facts_from_before_somebody_asked_who_wrote_it_are_of_a_letter_of_others(
    known: BundleContext,
) -> None:
    campaign = load_bundle(HARBOUR, known)
    stored = json.loads(facts_json(campaign.facts))
    del stored["by"], stored["shown"]
    assert parse_campaign(json.dumps(stored), canonical_json(campaign.revision)) == campaign


def test_the_order_of_the_demands_is_part_of_the_revision(
    bundle: Path, known: BundleContext
) -> None:
    before = hash_of(load_bundle(bundle, known))
    change(bundle, "campaign.toml", "quiet_nights", "QUIET")
    change(bundle, "campaign.toml", "slow_ships", "quiet_nights")
    change(bundle, "campaign.toml", "QUIET", "slow_ships")
    assert hash_of(load_bundle(bundle, known)) != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("harbour-quiet", "harbour-other"),
        ('default_language = "fr"', 'default_language = "en"'),
        ("governments_on = 2000-09-28", "governments_on = 2000-09-27"),
        ("2001-01-01", "2001-01-02"),
        ("closes_on = 2999-12-31", ""),
        ("= 30", "= 31"),
        ("pier-7", "pier-8"),
        ("governments_on =", 'by = "operator"\ngovernments_on ='),
        ("governments_on =", 'shown = "own text"\ngovernments_on ='),
        ('en = "reviewed"', 'en = "awaiting"'),
        ("# A made-up", "# Another made-up"),
    ],
)
def test_facts_change_without_a_new_revision(
    bundle: Path, known: BundleContext, old: str, new: str
) -> None:
    before = load_bundle(bundle, known)
    change(bundle, "campaign.toml", old, new)
    after = load_bundle(bundle, known)
    assert hash_of(after) == hash_of(before)
    assert (after.facts == before.facts) is old.startswith("#")


def test_the_order_of_lines_in_a_file_makes_no_revision(bundle: Path, known: BundleContext) -> None:
    before = hash_of(load_bundle(bundle, known))
    for path in (bundle / "en.toml", bundle / "fr.toml"):
        words, heading, governments = path.read_text().partition("[governments]\n")
        lines = sorted(governments.splitlines(), reverse=True)
        path.write_text("\n".join([words + heading.strip(), *lines]))
    assert hash_of(load_bundle(bundle, known)) == before


def test_a_canonical_document_is_short_and_keeps_every_script_as_it_is(
    known: BundleContext,
) -> None:
    document = canonical_json(load_bundle(BUNDLES[1], known).revision)
    assert "\\u" not in document
    assert "Κίνα" in document
    assert document == json.dumps(
        json.loads(document), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def test_each_consent_in_each_language_has_a_hash_of_its_own(known: BundleContext) -> None:
    words = load_bundle(HARBOUR, known).revision.words.values()
    texts = {one.consents[purpose] for one in words for purpose in one.consents}
    assert (
        len({words_digest(text) for text in texts})
        == len(texts)
        == 2 * (len(OPTIONAL_CONSENTS) - 1)
    )
