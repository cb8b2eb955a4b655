"""Which revision is current, and which one a signature keeps."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.campaigns import publish as publishing, queries as campaigns
from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.document import canonical, digest
from campaign.campaigns.publish import Publication
from campaign.campaigns.rows import RevisionRow
from campaign.campaigns.rules.wording import WordingChange
from campaign.operations.commands.prepare import load
from campaign.signatures.rows.signatures import SignatureRow
from tests.supporter import Supporter, area_value, hidden_value

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import House
    from campaign.delivery.transports.memory import Memory
    from campaign.worker import Worker
    from tests.clock import Clock

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
SLUG = "harbour-quiet"
WORDS = "An example harbour should sleep at night"
NEW_WORDS = "An example harbour should sleep by day too"
DEMANDS = ["quiet_nights", "slow_ships"]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The bundle that the site starts with; tests edit it."""
    return shutil.copytree(HARBOUR, tmp_path / "campaigns" / "harbour")


@pytest.fixture
def environ(environ: dict[str, str], bundle: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(bundle.parent)}


@pytest.fixture
def supporter(app: Flask, worker: Worker, transport: Memory) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


def edit(bundle: Path, old: str, new: str, file: str = "en.toml") -> None:
    text = (bundle / file).read_text()
    assert old in text
    (bundle / file).write_text(text.replace(old, new))


def publish(house: House, bundle: Path) -> str:
    campaign = load_bundle(bundle, house.known)
    with house.database.writing() as session:
        stated = Publication("Test", WordingChange.CORRECTION, "a test")
        return publishing.publish(session, campaign, stated, house.clock())


def current(house: House) -> str:
    with house.database.reading() as session:
        return campaigns.by_slug(session, SLUG).digest


def hash_of(house: House, bundle: Path) -> str:
    return digest(canonical(load_bundle(bundle, house.known).revision))


def revisions(house: House) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(RevisionRow)) or 0


def endorsed(house: House) -> list[str]:
    """Return the hash that each signature stands under, the oldest first."""
    statement = (
        select(RevisionRow.digest)
        .join(SignatureRow, SignatureRow.revision_id == RevisionRow.id)
        .order_by(SignatureRow.created_at)
    )
    with house.database.reading() as session:
        return list(session.scalars(statement))


def test_a_start_stores_a_revision_and_the_next_starts_do_not_store_it_again(
    house: House, bundle: Path
) -> None:
    assert revisions(house) == 1
    for _ in range(3):
        load(house)
    assert revisions(house) == 1
    assert current(house) == hash_of(house, bundle)


def test_a_start_takes_over_facts_without_a_new_revision(
    house: House, bundle: Path, supporter: Supporter
) -> None:
    assert supporter.browser.get(supporter.path("/sign")).status_code == 200
    edit(bundle, "2999-12-31", "2002-12-31", "campaign.toml")
    load(house)
    assert revisions(house) == 1
    assert supporter.browser.get(supporter.path("/sign")).status_code == 410


def test_a_start_does_not_mix_its_facts_with_words_that_were_published_by_command(
    house: House, bundle: Path, supporter: Supporter, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(bundle, tmp_path / "elsewhere")
    edit(elsewhere, WORDS, "Decided on purpose, in an example")
    edit(elsewhere, 'default_language = "fr"', 'default_language = "en"', "campaign.toml")
    edit(elsewhere, 'fr = "source"', "", "campaign.toml")
    (elsewhere / "fr.toml").unlink()
    publish(house, elsewhere)
    edit(bundle, "2999-12-31", "2002-12-31", "campaign.toml")
    assert load(house) == [SLUG]
    assert "Decided on purpose" in supporter.browser.get(supporter.path()).text
    assert supporter.browser.get(supporter.path("/sign")).status_code == 200


def test_new_words_become_current_at_the_next_start_and_are_seen_at_once(
    house: House, bundle: Path, supporter: Supporter
) -> None:
    assert WORDS in supporter.browser.get(supporter.path()).text
    edit(bundle, WORDS, NEW_WORDS)
    load(house)
    assert revisions(house) == 2
    assert current(house) == hash_of(house, bundle)
    page = supporter.browser.get(supporter.path()).text
    assert NEW_WORDS in page
    assert WORDS not in page


def test_a_start_with_a_fault_in_a_bundle_loads_nothing(house: House, bundle: Path) -> None:
    before = current(house)
    edit(bundle, WORDS, "<b>no</b>")
    with pytest.raises(Exception, match=r"en\.toml: title: has markup"):
        load(house)
    assert (revisions(house), current(house)) == (1, before)


def test_a_start_does_not_go_back_to_words_that_were_current_before(
    house: House, bundle: Path
) -> None:
    edit(bundle, WORDS, NEW_WORDS)
    load(house)
    newer = current(house)
    edit(bundle, NEW_WORDS, WORDS)
    load(house)
    assert current(house) == newer
    assert revisions(house) == 2


def test_a_start_never_publishes_over_what_was_published_by_command(
    house: House, bundle: Path, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(bundle, tmp_path / "elsewhere")
    edit(elsewhere, WORDS, "Decided on purpose, in an example")
    chosen = publish(house, elsewhere)
    load(house)
    assert current(house) == chosen
    edit(bundle, WORDS, NEW_WORDS)
    load(house)
    assert current(house) == chosen == hash_of(house, elsewhere)
    assert revisions(house) == 3


def test_what_a_start_stored_in_vain_can_be_published_by_command(
    house: House, bundle: Path
) -> None:
    publish(house, bundle)
    edit(bundle, WORDS, NEW_WORDS)
    load(house)
    assert current(house) != hash_of(house, bundle)
    assert publish(house, bundle) == current(house) == hash_of(house, bundle)
    assert revisions(house) == 2


def test_publishing_makes_an_old_revision_current_again(house: House, bundle: Path) -> None:
    old = current(house)
    edit(bundle, WORDS, NEW_WORDS)
    assert publish(house, bundle) == current(house) != old
    edit(bundle, NEW_WORDS, WORDS)
    assert publish(house, bundle) == current(house) == old
    assert revisions(house) == 2


def test_an_old_revision_made_current_by_command_is_left_alone_by_a_start(
    house: House, bundle: Path
) -> None:
    old = current(house)
    edit(bundle, WORDS, NEW_WORDS)
    load(house)
    edit(bundle, NEW_WORDS, WORDS)
    publish(house, bundle)
    edit(bundle, WORDS, "A third title for an example harbour")
    load(house)
    assert current(house) == old


def test_signatures_keep_the_revision_that_they_endorsed(
    house: House, bundle: Path, supporter: Supporter, clock: Clock
) -> None:
    old = current(house)
    supporter.sign(demands=DEMANDS)
    clock.advance(minutes=1)
    supporter.submit(demands=DEMANDS, email="pending@example.org")
    edit(bundle, WORDS, NEW_WORDS)
    new = publish(house, bundle)
    clock.advance(minutes=1)
    supporter.confirm("pending@example.org")
    supporter.sign(demands=DEMANDS, email="later@example.org")
    assert endorsed(house) == [old, old, new]
    assert supporter.count() == 3


def test_the_public_file_names_the_current_revision_and_counts_all_of_them(
    house: House, bundle: Path, supporter: Supporter
) -> None:
    supporter.sign(demands=DEMANDS)
    edit(bundle, WORDS, NEW_WORDS)
    new = publish(house, bundle)
    counts = supporter.browser.get(f"/{SLUG}/counts.json").get_json()
    assert (counts["revision"], counts["signature_count"]) == (new, 1)


def test_nobody_endorses_words_that_she_was_not_shown(
    house: House, bundle: Path, supporter: Supporter
) -> None:
    """Either her signature stands under the words on her form, or she is shown the new ones."""
    old = current(house)
    form = supporter.form(demands=DEMANDS)
    edit(bundle, WORDS, NEW_WORDS)
    publish(house, bundle)
    response = supporter.post(form)
    if response.status_code == 303:
        assert endorsed(house) == [old]
    else:
        assert NEW_WORDS in response.text


def test_no_letter_leaves_with_words_that_came_after_the_preview(
    house: House, bundle: Path, supporter: Supporter
) -> None:
    form = supporter.form(demands=DEMANDS, government="GB", step="preview")
    preview = supporter.post(form)
    previewed = area_value(preview, "body")
    form |= {"body": previewed, "basis": hidden_value(preview, "basis"), "step": "send"}
    form["subject"] = "Quiet harbours in the United Kingdom"
    edit(bundle, "greeting", "salute")
    publish(house, bundle)
    response = supporter.post(form)
    if response.status_code == 303:
        supporter.confirm()
        supporter.deliver()
        (letter,) = supporter.letters()
        assert previewed in letter.text
    else:
        assert area_value(response, "body"), "she is asked again, with a text to read"
