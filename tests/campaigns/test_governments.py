"""Which governments a campaign asks: members of another union, more states, or fewer."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import BASE_DIR
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

SLUG = "harbour-quiet"
CHOICE = '[governments]\nunion = "CoE"\nalso = ["UK"]\nwithout = ["BA", "FR"]\n\n[source]'
NAMED = (  # the members, and two that do not take part
    *("AL", "AT", "BA", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR"),
    *("GB", "GE", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MD", "ME"),
    *("MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "TR", "UA"),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The harbour's campaign, which asks the members of the Council of Europe."""
    folder = tmp_path / "campaigns" / "harbour"
    shutil.copytree(BASE_DIR / "tests" / "bundles" / "harbour", folder)
    facts = folder / "campaign.toml"
    text = facts.read_text().replace("governments_on = 2000-09-28\n", "")
    facts.write_text(text.replace("[source]", CHOICE))
    for language in ("en", "fr"):
        words = folder / f"{language}.toml"
        text, _, _ = words.read_text().partition("[governments]")
        names = "\n".join(
            f'{code} = {{ name = "Example {code}", in = "in {code}", de = "de {code}", '
            f'en = "en {code}" }}'
            for code in NAMED
        )
        words.write_text(f"{text}[governments]\n{names}\n")
    return folder


@pytest.fixture
def environ(environ: dict[str, str], bundle: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(bundle.parent)}


@pytest.fixture
def supporter(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


def test_her_government_is_one_of_another_union(supporter: Supporter) -> None:
    demands = ["quiet_nights", "slow_ships"]
    form = supporter.browser.get(supporter.path()).text
    assert '<option value="NO"' in form
    assert '<option value="FR"' not in form
    assert '<option value="BA"' not in form
    for code in ("NO", "UA", "AL"):
        supporter.sign(government=code, email=f"{code.lower()}@example.org", demands=demands)
    supporter.deliver()
    assert {letter.to for letter in supporter.letters()} == {
        "no@ministry.example",
        "ua@ministry.example",
        "al@ministry.example",
    }
    refused = supporter.post(supporter.form(government="FR", demands=demands))
    assert refused.status_code == 422


def test_states_without_a_place_on_the_map_stand_below_it(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path()).text
    places = dict(
        re.findall(r'class="tile (col-\d+ row-\d+) [^>]*>.*?<span class="iso">(\w+)<', page)
    )
    by_code = {code: place for place, code in places.items()}
    assert len(by_code) == 39
    assert by_code["NO"] == "col-4 row-1"
    assert by_code["AL"] == "col-1 row-9"
    counted = supporter.browser.get(f"/{SLUG}/counts.json").get_json()
    assert {one["code"] for one in counted["signatures_by_country"]} == set(by_code)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('union = "NATO"', "governments.union: should be one of CoE, EEA, EFTA, EU, EU-candidate"),
        ('also = ["XX"]', "governments.also: 'XX' is not a known government, such as GR"),
        ('without = ["Norway"]', "governments.without: 'Norway' is not a known government"),
        ("only = 1", "governments.only: is not a known key"),
    ],
)
def test_a_slip_is_named(
    command: Callable[..., Result], bundle: Path, wrong: str, said: str
) -> None:
    facts = bundle / "campaign.toml"
    kept = [
        line
        for line in CHOICE.splitlines()
        if line.partition("=")[0].strip() != wrong.partition("=")[0].strip()
    ]
    choice = "\n".join(kept).replace("[governments]", f"[governments]\n{wrong}")
    facts.write_text(facts.read_text().replace(CHOICE, choice))
    refused = command("content", "check", str(bundle))
    assert said in str(refused.exception)


def test_every_language_names_every_government(
    command: Callable[..., Result], bundle: Path
) -> None:
    words = bundle / "en.toml"
    words.write_text(re.sub(r"\nNO = .*", "", words.read_text()))
    refused = command("content", "check", str(bundle))
    assert "en.toml: governments.NO: is missing" in str(refused.exception)
