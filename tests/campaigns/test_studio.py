"""An organiser makes a campaign in the console: from nothing, from a copy, from a bundle."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.bundle_archive import write_archive
from campaign.campaigns.queries import bundle_versions, campaigns as queries
from campaign.campaigns.rows import CampaignRow, ScheduledPublicationRow
from campaign.campaigns.rules.wording import WordingChange
from campaign.container import create_worker
from campaign.operations.commands.prepare import load_data
from campaign.organisers.rules.roles import Role
from tests.campaigns.bundle_editing import HARBOUR, both_campaigns, edit_bundle
from tests.campaigns.test_bundle_archive import texts_in
from tests.organiser import Organiser, path_of, sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock

NEW = "/console/campaigns/new"
RIVERS = "/console/c/clean-rivers"
HARBOURS = "/console/c/harbour-quiet"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def base_of(page: TestResponse) -> str:
    found = re.search(r'name="(?:base|version)" value="(\d+)"', page.text)
    assert found, page.text
    return found.group(1)


class Fields(HTMLParser):
    """What a browser would send of a page's forms, beside buttons and tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "input" and name not in {"", "csrf_token"}:
            if kind not in {"radio", "checkbox"} or "checked" in given:
                self.values[name] = given.get("value", "")
        elif tag == "textarea":
            self._area, self.values[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in given or self._select not in self.values):
            self.values[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data.removeprefix("\r\n").removeprefix("\n")


def values_of(page: TestResponse) -> dict[str, str]:
    fields = Fields()
    fields.feed(page.text)
    return fields.values


def save(organiser: Organiser, path: str, **fields: str) -> TestResponse:
    """Send a step of a draft as its page stands now, with some fields written."""
    return organiser.post(path, **{**values_of(organiser.get(path)), **fields})


def begin(owner: Organiser, **fields: str) -> TestResponse:
    given = {"name": "Clean rivers", "author": "Example River Trust", "language": "en", **fields}
    return owner.post(f"{NEW}/blank", **given)


def write_rivers(owner: Organiser) -> None:
    begin(owner)
    letter = {
        "title": "Let our rivers run clean",
        "summary": "The Example River Trust asks governments to keep rivers clean.",
    }
    save(owner, f"{RIVERS}/draft/letter", **letter)
    for heading, text in (
        ("Stop dumping", "Stop the dumping of waste into rivers."),
        ("Measure", "Measure the quality of the water each month."),
    ):
        new = {"heading-NEW": heading, "text-NEW": text}
        save(owner, f"{RIVERS}/draft/demands", act="save", **new)


def publish(owner: Organiser, path: str, **fields: str) -> TestResponse:
    page = owner.get(f"{path}/publication")
    return owner.post(f"{path}/publication/publish", version=base_of(page), **fields)


def draft_of(container: Container, slug: str) -> dict[str, str]:
    with container.database.reading() as session:
        row = session.scalars(select(CampaignRow).where(CampaignRow.slug == slug)).one()
        assert row.draft_version is not None
        return bundle_versions.files(session, row.id, row.draft_version)


@pytest.mark.both_databases
def test_a_campaign_goes_from_nothing_to_a_signature(
    owner: Organiser,
    app: Flask,
    browser: FlaskClient,
    worker: Worker,
    transport: MemoryTransport,
) -> None:
    write_rivers(owner)
    assert browser.get("/en/clean-rivers").status_code == 404
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text
    done = publish(owner, RIVERS)
    assert "Published." in owner.get(path_of(done)).text
    page = browser.get("/en/clean-rivers").text
    assert "Let our rivers run clean" in page
    assert "Stop the dumping of waste into rivers." in page
    supporter = Supporter(app.test_client(), worker, transport, "clean-rivers")
    supporter.sign(demands=["stop_dumping", "measure"])
    supporter.deliver()
    (letter,) = supporter.letters()
    assert "dumping" in letter.text
    listed = owner.get("/console/campaigns").text
    assert "Clean rivers" in listed


def test_a_language_is_added_translated_and_published(
    owner: Organiser, browser: FlaskClient
) -> None:
    write_rivers(owner)
    publish(owner, RIVERS)
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    added = owner.post(f"{RIVERS}/draft/languages/add", base=base, language="de")
    assert path_of(added) == f"{RIVERS}/draft/words/de"
    assert "6 texts are missing" in owner.get(f"{RIVERS}/draft/languages").text
    blocked = owner.get(f"{RIVERS}/publication").text
    assert "It cannot be published yet." in blocked
    assert f'href="{RIVERS}/draft/words/de">German, Title</a> is missing' in blocked
    texts = {
        "name": "Saubere Flüsse",
        "title": "Lasst unsere Flüsse sauber",
        "summary": "Der Example River Trust bittet um saubere Flüsse.",
        "demands.stop_dumping.heading": "Nichts kippen",
        "demands.stop_dumping.text": "Kippen Sie keinen Müll in Flüsse.",
        "demands.measure.heading": "Messen",
        "demands.measure.text": "Messen Sie jeden Monat die Güte des Wassers.",
    }
    save(owner, f"{RIVERS}/draft/words/de", **texts)
    assert "complete" in owner.get(f"{RIVERS}/draft/languages").text
    assert browser.get("/de/clean-rivers").status_code == 302
    unstated = publish(owner, RIVERS)
    assert unstated.status_code == 422
    assert "Say what changes" in unstated.text
    publish(owner, RIVERS, change="translation", reason="German is new.")
    assert "Lasst unsere Flüsse sauber" in browser.get("/de/clean-rivers").text
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    owner.post(f"{RIVERS}/draft/languages/de/remove", base=base)
    assert "German" not in owner.get(f"{RIVERS}/draft/languages").text.partition("<h2>")[0]


def test_a_translator_writes_in_her_own_languages_only(
    owner: Organiser, container: Container, app: Flask
) -> None:
    write_rivers(owner)
    for language in ("de", "fr"):
        base = base_of(owner.get(f"{RIVERS}/draft/languages"))
        owner.post(f"{RIVERS}/draft/languages/add", base=base, language=language)
    owner.post(
        "/console/people/invite",
        name="Tara Example",
        email="tara@example.org",
        role="translator",
        campaign="clean-rivers",
        languages=["fr"],
    )
    tara = sign_in_organiser(container, app, Role.TRANSLATOR, "Tara Example")
    for language, status in (("fr", 200), ("de", 403), ("en", 403), ("el", 404)):
        assert tara.get(f"{RIVERS}/draft/words/{language}").status_code == status
    save(tara, f"{RIVERS}/draft/words/fr", title="Des rivières propres")
    assert "Des rivières propres" in draft_of(container, "clean-rivers")["fr.toml"]
    base = base_of(tara.get(f"{RIVERS}/draft/words/fr"))
    refused = tara.post(f"{RIVERS}/draft/words/de", base=base, title="Saubere Flüsse")
    assert refused.status_code == 403
    assert "Saubere" not in draft_of(container, "clean-rivers")["de.toml"]


def keys_of(container: Container) -> list[str]:
    facts = draft_of(container, "clean-rivers")["campaign.toml"]
    return re.findall(r'key = "(\w+)"', facts)


def test_demands_move_and_go_without_scripts(owner: Organiser, container: Container) -> None:
    write_rivers(owner)
    step = f"{RIVERS}/draft/demands"
    save(owner, step, act="down:stop_dumping")
    assert keys_of(container) == ["measure", "stop_dumping"]
    save(owner, step, act="up:stop_dumping", **{"heading-measure": "Measure the water"})
    files = draft_of(container, "clean-rivers")
    assert keys_of(container) == ["stop_dumping", "measure"]
    assert "Measure the water" in files["en.toml"]
    save(owner, step, act="remove:measure")
    files = draft_of(container, "clean-rivers")
    assert keys_of(container) == ["stop_dumping"]
    assert "measure" not in files["en.toml"]


def test_what_two_write_at_once_is_both_kept(
    owner: Organiser, container: Container, app: Flask
) -> None:
    write_rivers(owner)
    other = sign_in_organiser(container, app, Role.OWNER, "Otto Example")
    step = f"{RIVERS}/draft/letter"
    mine = values_of(owner.get(step))
    save(other, step, summary="Another summary.")
    assert owner.post(step, **{**mine, "title": "A better title"}).status_code == 303
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "A better title" in words
    assert "Another summary." in words


def test_where_two_changed_the_same_words_both_are_shown_and_nothing_is_lost(
    owner: Organiser, container: Container, app: Flask
) -> None:
    write_rivers(owner)
    other = sign_in_organiser(container, app, Role.OWNER, "Otto Example")
    step = f"{RIVERS}/draft/letter"
    mine = values_of(owner.get(step))
    save(other, step, title="Otto’s title")
    refused = owner.post(step, **{**mine, "title": "Ona’s title"})
    assert refused.status_code == 409
    assert "Somebody else changed the same words" in refused.text
    assert "Ona’s title" in values_of(refused).values()
    assert "Otto’s title" in refused.text
    assert "Otto’s title" in draft_of(container, "clean-rivers")["en.toml"]
    again = {**values_of(refused), "title:0:else": "Both titles"}
    assert owner.post(step, **again).status_code == 303
    assert "Both titles" in draft_of(container, "clean-rivers")["en.toml"]
    history = owner.get(f"{RIVERS}/draft/history").text
    assert history.count("Letter edited") == 3
    assert "Otto Example" in history


def test_any_version_comes_back(owner: Organiser, container: Container) -> None:
    write_rivers(owner)
    before = draft_of(container, "clean-rivers")
    number = base_of(owner.get(f"{RIVERS}/draft/letter"))
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    assert draft_of(container, "clean-rivers") != before
    owner.post(f"{RIVERS}/draft/history/{number}/restore")
    assert draft_of(container, "clean-rivers") == before
    assert owner.post(f"{RIVERS}/draft/history/999/restore").status_code == 404


def test_what_is_downloaded_is_a_bundle_byte_for_byte(
    owner: Organiser, container: Container, tmp_path: Path
) -> None:
    number = base_of(owner.get(f"{HARBOURS}/draft/letter"))
    answer = owner.post(f"{HARBOURS}/draft/versions/{number}/download")
    with ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(tmp_path / "taken")
    taken = tmp_path / "taken" / "harbour-quiet"
    assert texts_in(taken) == texts_in(HARBOUR)
    assert load_bundle(taken, container.bundle_context).facts.slug == "harbour-quiet"


def upload(owner: Organiser, content: bytes, **fields: str) -> TestResponse:
    data = {"csrf_token": owner.form(), "bundle": (io.BytesIO(content), "bundle.zip"), **fields}
    return owner.browser.post(f"{NEW}/upload", data=data)


def test_a_bundle_is_uploaded_under_another_address(owner: Organiser, container: Container) -> None:
    archive = write_archive(texts_in(HARBOUR), "harbour")
    taken = upload(owner, archive)
    assert taken.status_code == 422
    assert "Another campaign has this address" in taken.text
    made = upload(owner, archive, slug="harbour-two")
    assert path_of(made).startswith("/console/c/harbour-two/draft/letter")
    files = draft_of(container, "harbour-two")
    assert files["en.toml"] == texts_in(HARBOUR)["en.toml"]
    assert 'slug = "harbour-two"' in files["campaign.toml"]
    assert publish(owner, "/console/c/harbour-two").status_code == 303


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no archive", "not a ZIP archive"),
        (write_archive({"campaign.toml": "slug = 'x'"}, "x"), "campaign.toml: source: is missing"),
        (write_archive({"campaign.toml": "#" * 10**7}, "x"), "larger than 256 KiB"),
    ],
    ids=["no archive", "faults", "a file that swells"],
)
def test_what_is_no_bundle_is_refused_with_each_fault(
    owner: Organiser, content: bytes, said: str
) -> None:
    refused = upload(owner, content, slug="harbour-two")
    assert refused.status_code == 422
    assert said in unescape(refused.text)


def test_a_copy_has_its_own_address_and_changes_alone(
    owner: Organiser, container: Container
) -> None:
    made = owner.post(f"{NEW}/copy", source="harbour-quiet", name="Quiet lakes", slug="")
    assert path_of(made).startswith("/console/c/quiet-lakes/draft/letter")
    save(
        owner,
        "/console/c/quiet-lakes/draft/letter",
        title="Quiet!",
    )
    assert draft_of(container, "harbour-quiet")["en.toml"] == texts_in(HARBOUR)["en.toml"]
    assert publish(owner, "/console/c/quiet-lakes").status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "x" * 101}, "longer than 100"),
        ({"slug": "Rivers!"}, "Use small letters"),
        ({"slug": "console"}, "used by the site itself"),
        ({"slug": "harbour-quiet"}, "Another campaign has this address"),
        ({"author": " "}, "Say who asks."),
        ({"language": "xx"}, "Choose one of these."),
        ({"name": "ρ" * 40, "slug": "", "language": ""}, "Choose one of these."),
    ],
)
def test_what_cannot_begin_is_said_at_its_field(
    owner: Organiser, fields: dict[str, str], said: str
) -> None:
    refused = begin(owner, **fields)
    assert refused.status_code == 422
    assert said in refused.text
    assert "clean-rivers" not in owner.get("/console/campaigns").text


SCRIPT = '<script>alert("x")</script>'


def test_script_in_every_field_is_shown_as_text_and_blocks_publishing(
    owner: Organiser, container: Container
) -> None:
    write_rivers(owner)
    step = f"{RIVERS}/draft/letter"
    texts = dict.fromkeys(("name", "title", "summary", "author", "text", "source_title"), SCRIPT)
    save(owner, step, **texts)
    for path in ("letter", "demands", "languages", "history", "words/en"):
        assert "<script>alert" not in owner.get(f"{RIVERS}/draft/{path}").text
    page = owner.get(f"{RIVERS}/publication").text
    assert "<script>alert" not in page
    assert "has markup or script in it" in page
    number = base_of(owner.get(step))
    refused = owner.post(f"{RIVERS}/publication/publish", version=number)
    assert refused.status_code == 409


def test_a_paste_from_a_word_processor_is_mended(owner: Organiser, container: Container) -> None:
    write_rivers(owner)
    pasted = "Our\u00a0rivers\u200b are “ours”\r\n\r\n\r\nKeep\x0bthem clean.\r\nAll."
    save(
        owner,
        f"{RIVERS}/draft/letter",
        text=pasted,
        title="Clean\r\nrivers",
    )
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert 'title = "Clean rivers"' in words
    assert "\u200b" not in words
    assert "Our\u00a0rivers are “ours”" in words
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text


def test_the_draft_that_was_shown_is_what_is_published(owner: Organiser) -> None:
    write_rivers(owner)
    version = base_of(owner.get(f"{RIVERS}/publication"))
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    late = owner.post(f"{RIVERS}/publication/publish", version=version)
    assert late.status_code == 409
    assert "The draft has changed since" in late.text


def test_another_letter_in_the_place_of_one_needs_a_yes(owner: Organiser) -> None:
    save(owner, f"{HARBOURS}/draft/letter", author="Somebody Else")
    stated = {"change": "correction", "reason": "A test."}
    refused = publish(owner, HARBOURS, **stated)
    assert refused.status_code == 422
    assert "This looks like another letter" in refused.text
    assert publish(owner, HARBOURS, **stated, replace="y").status_code == 303


def test_a_start_with_a_changed_folder_never_overwrites_a_draft(
    owner: Organiser, container: Container
) -> None:
    save(owner, f"{HARBOURS}/draft/letter", summary="My summary.")
    folder = container.settings.campaigns / "harbour"
    edit_bundle(folder, "en", "^summary = .*", 'summary = "The folder’s summary."')
    load_data(container)
    assert "My summary." in draft_of(container, "harbour-quiet")["fr.toml"]
    page = owner.get(f"{HARBOURS}/publication").text
    assert "The public page has other words than this draft" in page
    publish(owner, HARBOURS, change="correction", reason="Ours.")
    load_data(container)
    assert "My summary." in owner.browser.get("/fr/harbour-quiet").text


def test_a_start_leaves_what_the_console_changed_while_the_folder_stays(
    owner: Organiser, container: Container
) -> None:
    owner.post(f"{HARBOURS}/publication/close", reason="Enough.", letters="send")
    save(owner, f"{HARBOURS}/draft/letter", goal="777")
    publish(owner, HARBOURS)
    load_data(container)
    with container.database.reading() as session:
        facts = container.campaign_cache.by_slug(session, "harbour-quiet").campaign.facts
    assert facts.goal == 777
    assert facts.closed_on is not None


def housekeeping(container: Container, transport: MemoryTransport) -> None:
    """Let a worker that has just started do everything that is due."""
    worker = create_worker(container, transport)
    while worker.step():
        pass


def test_a_publication_waits_for_its_time_in_the_campaigns_zone(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
) -> None:
    write_rivers(owner)
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    version = base_of(owner.get(f"{RIVERS}/publication"))
    path = f"{RIVERS}/publication/schedule"
    past = owner.post(path, version=version, at="2001-01-01T10:00")
    assert "This time has already passed." in past.text
    assert "Enter a day and a time." in owner.post(path, version=version, at="").text
    done = owner.post(path, version=version, at=at)
    assert "will be published on" in owner.get(path_of(done)).text
    assert "scheduled" in owner.get("/console/campaigns").text
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    housekeeping(container, transport)
    assert browser.get("/en/clean-rivers").status_code == 404
    clock.advance(hours=2, minutes=1)
    housekeeping(container, transport)
    page = browser.get("/en/clean-rivers").text
    assert "Measure the quality of the water" in page


def test_a_scheduled_publication_can_be_cancelled(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
) -> None:
    write_rivers(owner)
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    version = base_of(owner.get(f"{RIVERS}/publication"))
    owner.post(f"{RIVERS}/publication/schedule", version=version, at=at)
    owner.post(f"{RIVERS}/publication/cancel")
    clock.advance(hours=3)
    housekeeping(container, transport)
    assert browser.get("/en/clean-rivers").status_code == 404


def test_a_publication_that_has_become_impossible_says_why_and_waits_for_a_person(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
) -> None:
    write_rivers(owner)
    publish(owner, RIVERS)
    save(owner, f"{RIVERS}/draft/letter", summary="Other words.")
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    page = owner.get(f"{RIVERS}/publication")
    stated = {"change": "correction", "reason": "Better words."}
    owner.post(f"{RIVERS}/publication/schedule", version=base_of(page), at=at, **stated)
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    publish(owner, RIVERS, change="demands", reason="One less.", replace="y")
    assert "will be published on" not in owner.get(f"{RIVERS}/publication").text
    # The demands differ now, which nobody stated of the version that is scheduled again.
    number = base_of(page)
    with container.database.writing() as session:
        row = queries.find_by_address(session, "clean-rivers")
        assert row is not None
        session.add(
            ScheduledPublicationRow(
                campaign_id=row.id,
                version=int(number),
                publish_at=clock(),
                change=WordingChange.CORRECTION,
                reason="Better words.",
                stated_by="Ona Example",
                replaces_letter=True,
            )
        )
    housekeeping(container, transport)
    page = owner.get(f"{RIVERS}/publication")
    assert "The scheduled publication was not possible" in page.text
    housekeeping(container, transport)
    owner.post(f"{RIVERS}/publication/cancel")
    assert "was not possible" not in owner.get(f"{RIVERS}/publication").text
