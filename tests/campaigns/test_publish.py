"""Which revision is current, and which one a signature keeps."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.campaigns import publish as publishing
from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.publish import PublishRequest
from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rows import RevisionRow
from campaign.campaigns.rules.wording import WordingChange
from campaign.campaigns.serialization import canonical_json, sha256_hex
from campaign.campaigns.site_words import SiteWords
from campaign.container import DATA
from campaign.operations.commands.prepare import load_data
from campaign.signatures.rows import SignatureRow
from tests.campaigns.bundle_editing import bundle_in
from tests.supporter import Supporter, area_value, hidden_value

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
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
def supporter(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


def edit(bundle: Path, old: str, new: str, file: str = "en.toml") -> None:
    text = (bundle / file).read_text()
    assert old in text
    (bundle / file).write_text(text.replace(old, new))


def publish(container: Container, bundle: Path) -> str:
    with container.database.writing() as session:
        stated = PublishRequest("Test", WordingChange.CORRECTION, "a test")
        return publishing.publish(session, bundle_in(bundle, container), stated, container.clock())


def current(container: Container) -> str:
    with container.database.reading() as session:
        return queries.by_slug(session, SLUG).digest


def hash_of(container: Container, bundle: Path) -> str:
    return sha256_hex(canonical_json(load_bundle(bundle, container.bundle_context).revision))


def revisions(container: Container) -> int:
    with container.database.reading() as session:
        return session.scalar(select(func.count()).select_from(RevisionRow)) or 0


def endorsed(container: Container) -> list[str]:
    """Return the hash that each signature stands under, the oldest first."""
    statement = (
        select(RevisionRow.digest)
        .join(SignatureRow, SignatureRow.revision_id == RevisionRow.id)
        .order_by(SignatureRow.created_at)
    )
    with container.database.reading() as session:
        return list(session.scalars(statement))


def test_a_start_stores_a_revision_and_the_next_starts_do_not_store_it_again(
    container: Container, bundle: Path
) -> None:
    assert revisions(container) == 1
    for _ in range(3):
        load_data(container)
    assert revisions(container) == 1
    assert current(container) == hash_of(container, bundle)


def test_a_start_takes_over_facts_without_a_new_revision(
    container: Container, bundle: Path, supporter: Supporter
) -> None:
    assert supporter.browser.get(supporter.path("/sign")).status_code == 303
    edit(bundle, "2999-12-31", "2002-12-31", "campaign.toml")
    load_data(container)
    assert revisions(container) == 1
    assert supporter.browser.get(supporter.path("/sign")).status_code == 410


def test_a_start_does_not_mix_its_facts_with_words_that_were_published_by_command(
    container: Container, bundle: Path, supporter: Supporter, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(bundle, tmp_path / "elsewhere")
    edit(elsewhere, WORDS, "Decided on purpose, in an example")
    edit(elsewhere, 'default_language = "fr"', 'default_language = "en"', "campaign.toml")
    edit(elsewhere, 'fr = "source"', "", "campaign.toml")
    (elsewhere / "fr.toml").unlink()
    publish(container, elsewhere)
    edit(bundle, "2999-12-31", "2002-12-31", "campaign.toml")
    assert load_data(container) == [SLUG]
    assert "Decided on purpose" in supporter.browser.get(supporter.path()).text
    assert supporter.browser.get(supporter.path("/sign")).status_code == 303


def test_new_words_become_current_at_the_next_start_and_are_seen_at_once(
    container: Container, bundle: Path, supporter: Supporter
) -> None:
    assert WORDS in supporter.browser.get(supporter.path()).text
    edit(bundle, WORDS, NEW_WORDS)
    load_data(container)
    assert revisions(container) == 2
    assert current(container) == hash_of(container, bundle)
    page = supporter.browser.get(supporter.path()).text
    assert NEW_WORDS in page
    assert WORDS not in page


def test_a_start_with_a_fault_in_a_bundle_loads_nothing(container: Container, bundle: Path) -> None:
    before = current(container)
    edit(bundle, WORDS, "<b>no</b>")
    with pytest.raises(Exception, match=r"en\.toml: title: has HTML"):
        load_data(container)
    assert (revisions(container), current(container)) == (1, before)


def test_a_start_does_not_go_back_to_words_that_were_current_before(
    container: Container, bundle: Path
) -> None:
    edit(bundle, WORDS, NEW_WORDS)
    load_data(container)
    newer = current(container)
    edit(bundle, NEW_WORDS, WORDS)
    load_data(container)
    assert current(container) == newer
    assert revisions(container) == 2


def test_a_start_never_publishes_over_what_was_published_by_command(
    container: Container, bundle: Path, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(bundle, tmp_path / "elsewhere")
    edit(elsewhere, WORDS, "Decided on purpose, in an example")
    chosen = publish(container, elsewhere)
    load_data(container)
    assert current(container) == chosen
    edit(bundle, WORDS, NEW_WORDS)
    load_data(container)
    assert current(container) == chosen == hash_of(container, elsewhere)
    assert revisions(container) == 3


def test_what_a_start_stored_in_vain_can_be_published_by_command(
    container: Container, bundle: Path
) -> None:
    publish(container, bundle)
    edit(bundle, WORDS, NEW_WORDS)
    load_data(container)
    assert current(container) != hash_of(container, bundle)
    assert publish(container, bundle) == current(container) == hash_of(container, bundle)
    assert revisions(container) == 2


def test_publishing_makes_an_old_revision_current_again(container: Container, bundle: Path) -> None:
    old = current(container)
    edit(bundle, WORDS, NEW_WORDS)
    assert publish(container, bundle) == current(container) != old
    edit(bundle, NEW_WORDS, WORDS)
    assert publish(container, bundle) == current(container) == old
    assert revisions(container) == 2


def test_an_old_revision_made_current_by_command_is_left_alone_by_a_start(
    container: Container, bundle: Path
) -> None:
    old = current(container)
    edit(bundle, WORDS, NEW_WORDS)
    load_data(container)
    edit(bundle, NEW_WORDS, WORDS)
    publish(container, bundle)
    edit(bundle, WORDS, "A third title for an example harbour")
    load_data(container)
    assert current(container) == old


def test_signatures_keep_the_revision_that_they_endorsed(
    container: Container, bundle: Path, supporter: Supporter, clock: Clock
) -> None:
    old = current(container)
    supporter.sign(demands=DEMANDS)
    clock.advance(minutes=1)
    supporter.submit(demands=DEMANDS, email="pending@example.org")
    edit(bundle, WORDS, NEW_WORDS)
    new = publish(container, bundle)
    clock.advance(minutes=1)
    supporter.confirm("pending@example.org")
    supporter.sign(demands=DEMANDS, email="later@example.org")
    assert endorsed(container) == [old, old, new]
    assert supporter.count() == 3


def test_the_public_file_names_the_current_revision_and_counts_all_of_them(
    container: Container, bundle: Path, supporter: Supporter
) -> None:
    supporter.sign(demands=DEMANDS)
    edit(bundle, WORDS, NEW_WORDS)
    new = publish(container, bundle)
    counts = supporter.browser.get(f"/{SLUG}/counts.json").get_json()
    assert (counts["revision"], counts["signature_count"]) == (new, 1)


def test_nobody_endorses_words_that_she_was_not_shown(
    container: Container, bundle: Path, supporter: Supporter
) -> None:
    """Either her signature stands under the words on her form, or she is shown the new ones."""
    old = current(container)
    form = supporter.form(demands=DEMANDS)
    edit(bundle, WORDS, NEW_WORDS)
    publish(container, bundle)
    response = supporter.post(form)
    if response.status_code == 303:
        assert endorsed(container) == [old]
    else:
        assert NEW_WORDS in response.text


def test_no_letter_leaves_with_words_that_came_after_the_preview(
    container: Container, bundle: Path, supporter: Supporter
) -> None:
    form = supporter.form(demands=DEMANDS, government="GB", step="preview")
    preview = supporter.post(form)
    previewed = area_value(preview, "body")
    form |= {"body": previewed, "basis": hidden_value(preview, "basis"), "step": "send"}
    form["subject"] = "Quiet harbours in the United Kingdom"
    edit(bundle, "greeting", "salute")
    publish(container, bundle)
    response = supporter.post(form)
    if response.status_code == 303:
        supporter.confirm()
        supporter.deliver()
        (letter,) = supporter.letters()
        assert previewed in letter.text
    else:
        assert area_value(response, "body"), "she is asked again, with a text to read"


SPYWARE = HARBOUR.parent / "spyware"


class TestSiteWords:
    """A campaign that has the site's names of governments, published by command."""

    @pytest.fixture
    def bundle(self, tmp_path: Path) -> Path:
        return shutil.copytree(SPYWARE, tmp_path / "campaigns" / "spyware")

    @pytest.fixture
    def published(self, container: Container, bundle: Path) -> str:
        edit(bundle, "Stop", "Halt")
        return publish(container, bundle)

    def renamed(self, container: Container, tmp_path: Path) -> Container:
        """Return a site whose own words are newer."""
        shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("fonts"))
        names = tmp_path / "data" / "government_names" / "en.csv"
        names.write_text(names.read_text().replace("the French government", "Paris"))
        return replace(container, site_words=SiteWords(tmp_path / "data"))

    def test_newer_words_of_the_site_are_no_other_words_of_the_campaign(
        self, container: Container, bundle: Path, published: str, tmp_path: Path
    ) -> None:
        edit(bundle, "closes_on = 2999-12-31", "closes_on = 2999-11-30", "campaign.toml")
        before = revisions(container)
        assert load_data(self.renamed(container, tmp_path)) == []
        with container.database.reading() as session:
            row = queries.by_slug(session, "spyware-stop")
        assert row.digest == published
        assert "2999-11-30" in row.facts
        assert revisions(container) == before

    @pytest.mark.usefixtures("published")
    def test_other_words_of_its_own_are(
        self, container: Container, bundle: Path, tmp_path: Path
    ) -> None:
        edit(bundle, "Halt", "End")
        assert load_data(self.renamed(container, tmp_path)) == ["spyware-stop"]

    @pytest.mark.usefixtures("published")
    def test_an_office_that_the_published_words_do_not_greet_is_not_taken_over(
        self, container: Container, bundle: Path
    ) -> None:
        new = "permanent-representation"
        edit(bundle, '"head-of-government"]', f'"{new}"]', "campaign.toml")
        for file in ("en.toml", "de.toml"):
            edit(bundle, "head-of-government", new, file)
        assert load_data(container) == ["spyware-stop"]
