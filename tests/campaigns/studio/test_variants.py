"""Letters are put together from variants that an organiser writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle_document import BundleDocument
from tests.helpers.studio import (
    GERMAN,
    RIVERS,
    add_german,
    base_of,
    draft_of,
    publish,
    save,
    values_of,
)
from tests.organiser import (
    CONSOLE_PATH,
    Organiser,
)
from tests.supporter import Supporter

if TYPE_CHECKING:
    from flask import Flask

    from campaign.campaigns.bundle_document import Path as Keys
    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

pytestmark = pytest.mark.usefixtures("rivers")


VARIANTS = f"{RIVERS}/draft/variants"


def letters_of(owner: Organiser, path: str = VARIANTS) -> int:
    found = re.search(r"<strong>([\d,]+) different letters?</strong>", owner.get(path).text)
    assert found
    return int(found[1].replace(",", ""))


def in_file(
    container: Container, path: Keys, language: str = "en", slug: str = "clean-rivers"
) -> object:
    return BundleDocument(draft_of(container, slug)[f"{language}.toml"]).get(path)


def test_without_sentences_of_its_own_a_campaign_has_those_of_the_site(owner: Organiser) -> None:
    page = owner.get(VARIANTS).text
    assert "I support the open letter “$title” by $author" in page
    assert "Stop the dumping of waste into rivers." in page
    assert letters_of(owner) == 2 * 2 + 2 * 2  # two openings and closings in each of two voices


def test_an_organiser_begins_with_the_sites_sentences_and_adds_to_them(
    owner: Organiser, container: Container, app: Flask, worker: Worker, transport: MemoryTransport
) -> None:
    save(owner, VARIANTS, act="own")
    assert letters_of(owner) == 2 * 2
    added = {
        "openings.NEW": "Rivers matter to me, and so I ask $government_object:",
        "demands.measure.NEW": "Have the water measured, month by month.",
    }
    save(owner, VARIANTS, act="save", **added)
    assert letters_of(owner) == 3 * 2 * 2
    assert in_file(container, ("letter", "openings", "list3")) == added["openings.NEW"]
    assert publish(owner, RIVERS).status_code == 303
    supporter = Supporter(app.test_client(), worker, transport, "clean-rivers")
    bodies = set()
    for number in range(12):
        supporter.sign(email=f"testa{number}@example.org", demands=["stop_dumping", "measure"])
        supporter.deliver()
    bodies = {letter.text for letter in supporter.letters()}
    assert any("Rivers matter to me" in body for body in bodies)
    assert any("month by month" in body for body in bodies)


def test_a_variant_is_removed_in_every_language(owner: Organiser, container: Container) -> None:
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    owner.post(f"{RIVERS}/draft/languages/add", base=base, language="de")
    save(owner, VARIANTS, act="own")
    assert in_file(container, ("letter", "openings", "list2"), "de")
    save(owner, VARIANTS, act="remove:openings.list2")
    assert list(in_file(container, ("letter", "openings"), "de")) == ["list1"]  # type: ignore[call-overload]
    assert list(in_file(container, ("letter", "openings"))) == ["list1"]  # type: ignore[call-overload]
    assert "openings.list2" not in values_of(owner.get(VARIANTS))


def test_a_new_variant_is_missing_in_the_other_languages_until_it_is_translated(
    owner: Organiser,
) -> None:
    add_german(owner)
    save(owner, VARIANTS, act="own")
    save(owner, VARIANTS, act="save", **{"closings.NEW": "I shall read your answer with care."})
    assert "1 text is missing" in owner.get(f"{RIVERS}/draft/languages").text
    assert letters_of(owner) == 2 * 3
    save(owner, GERMAN, **{"letter.closings.list3": "Ich lese Ihre Antwort genau."})
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text


def test_the_sites_sentences_come_back(owner: Organiser, container: Container) -> None:
    save(owner, VARIANTS, act="own")
    save(owner, VARIANTS, act="sites")
    assert in_file(container, ("letter",)) is None
    assert letters_of(owner) == 8


def test_in_a_campaign_with_voices_a_new_sentence_is_for_one_of_them(
    owner: Organiser, container: Container
) -> None:
    path = f"{CONSOLE_PATH}/draft/variants"
    before = letters_of(owner, path)
    page = owner.get(path).text
    assert "Opening 1 (running text)" in page
    assert "Use the site’s sentences" not in page
    save(owner, path, act="save", voice="short", **{"openings.NEW": "In short, I ask $government:"})
    facts = BundleDocument(draft_of(container, "eu-china-dialogue")["campaign.toml"])
    assert facts.get(("voices", "short")) == ["short1", "short2", "short3"]
    opening = ("letter", "openings", "short3")
    assert in_file(container, opening, slug="eu-china-dialogue") == "In short, I ask $government:"
    assert letters_of(owner, path) > before


def test_a_demand_that_is_added_later_has_a_sentence_in_letters(owner: Organiser) -> None:
    save(owner, VARIANTS, act="own")
    new = {"heading-NEW": "Plant trees", "text-NEW": "Plant trees for $5 each.", "act": "save"}
    save(owner, f"{RIVERS}/draft/demands", **new)
    shown = values_of(owner.get(VARIANTS))
    assert "Plant trees for $$5 each." in shown.values()
    assert "demands.plant_trees.NEW" in shown
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text


def test_a_demand_that_is_written_anew_takes_its_sentence_along(
    owner: Organiser,
) -> None:
    save(owner, VARIANTS, act="own")
    demands = f"{RIVERS}/draft/demands"
    for text in ("", "Measure the water every day."):
        save(owner, demands, act="next", **{"text-measure": text})
    assert "Measure the water every day." in values_of(owner.get(VARIANTS)).values()
    new = {"heading-NEW": "Plant trees", "text-NEW": "", "act": "save"}
    save(owner, demands, **new)
    save(owner, demands, act="next", **{"text-plant_trees": "Plant trees on each bank."})
    assert "Plant trees on each bank." in values_of(owner.get(VARIANTS)).values()
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text


def test_a_sentence_with_a_name_that_nobody_knows_is_pointed_out(owner: Organiser) -> None:
    save(owner, VARIANTS, act="own")
    save(owner, VARIANTS, act="save", **{"openings.NEW": "Dear $minister, I ask:"})
    page = owner.get(f"{RIVERS}/publication").text
    assert "It cannot be published yet." in page
    (field,) = re.findall(rf'href="{VARIANTS}#([^"]+)"', page)
    assert f' id="{field}"' in owner.get(VARIANTS).text
    assert "$minister" in page
