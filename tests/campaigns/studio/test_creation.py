"""An organiser makes a campaign: from nothing, from a copy, from a bundle."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from campaign.campaigns.bundle_archive import write_archive
from tests.campaigns.bundle_editing import HARBOUR
from tests.campaigns.test_bundle_archive import texts_in
from tests.helpers.studio import (
    NEW,
    RIVERS,
    begin,
    draft_of,
    publish,
    save,
    upload,
    values_of,
    write_rivers,
)
from tests.organiser import (
    Organiser,
    path_of,
)
from tests.supporter import Supporter

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker


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
        ({"slug": "en"}, "used by the site itself"),
        ({"slug": f"rehearsal-{'0' * 32}"}, "used by the site itself"),
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


@pytest.mark.parametrize(
    ("author", "wrote"),
    [("Example River Trust", "other"), ("EXAMPLE operator", "operator")],
)
def test_who_runs_the_site_and_asks_has_written_the_letter(
    owner: Organiser, author: str, wrote: str
) -> None:
    begin(owner, author=author)
    assert values_of(owner.get(f"{RIVERS}/draft/letter"))["by"] == wrote


def test_the_list_asks_the_database_as_often_for_many_campaigns_as_for_one(
    owner: Organiser, container: Container
) -> None:
    def statements() -> int:
        asked: list[str] = []
        listen = (container.database.engine, "before_cursor_execute")
        note = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(*listen, note)
        page = owner.get("/console/campaigns")
        event.remove(*listen, note)
        assert "Clean rivers" in page.text
        return len(asked)

    write_rivers(owner)
    before = statements()
    for number in range(5):
        begin(owner, name=f"Campaign {number}")
    assert statements() == before
