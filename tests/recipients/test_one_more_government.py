"""One more government is data: a row in each file, and its name in a campaign's words."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from campaign.container import build_container
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import ContentError
from campaign.operations.commands.prepare import load_data
from campaign.recipients.public_holidays import PublicHolidays
from campaign.recipients.reference_data import load_reference_data
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR
from campaign.web_app import create_app
from tests.helpers.databases import delete_shipped_campaign
from tests.organiser import sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.container import Container
    from tests.clock import Clock

TABLES = (
    *(
        "governments",
        "memberships",
        "recipients",
        "recipient_names",
        "recipient_titles",
        "recipient_addresses",
    ),
    *("tiles", "complaint_bodies", "letter_forms"),
)
# No country, and of no calendar that the library for holidays knows.
ROWS = {
    "governments": {
        "alpha2": "EU",
        "alpha3": "EUE",
        "eu_code": "EU",
        "name_en": "Example Union",
        "official_languages": "en fr",
    },
    "memberships": {
        "government": "EU",
        "union": "EU",
        "joined": "1999-01-01",
        "source": "made up",
    },
    "recipients": {
        "recipient": "EU/foreign-affairs",
        "letter_languages": "en fr",
        "time_zone": "Asia/Nicosia",
    },
    "recipient_names": {
        "recipient": "EU/foreign-affairs",
        "language": "en",
        "name": "Example Service",
        "source": "made up",
    },
    "tiles": {"code": "EU", "column": "0", "row": "1"},
}

NAMES = {
    "en": 'name = "Example Union", in = "in the Example Union"',
    "fr": 'name = "Union d’exemple", de = "de l’Union d’exemple", en = "en Union d’exemple"',
}


def with_row(path: Path, values: dict[str, str]) -> None:
    names = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert values.keys() <= set(names)
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join(values.get(name, "") for name in names) + "\n")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The reference data with one more government."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in TABLES:
        shutil.copy(BASE_DIR / "campaign" / "data" / f"{name}.csv", folder)
    for name, values in ROWS.items():
        with_row(folder / f"{name}.csv", values)
    return folder


@pytest.fixture
def container(
    data: Path, environ: dict[str, str], tmp_path: Path, clock: Clock
) -> Iterator[Container]:
    """A site with that data, and with a campaign that names the new one."""
    bundle = tmp_path / "campaigns" / "harbour"
    shutil.copytree(BASE_DIR / "tests" / "bundles" / "harbour", bundle)
    for language, name in NAMES.items():
        path = bundle / f"{language}.toml"
        row = f"[governments]\nEU = {{ {name} }}\n"
        path.write_text(path.read_text(encoding="utf-8").replace("[governments]\n", row))
    given = environ | {"CAMPAIGN_CAMPAIGNS": str(tmp_path / "campaigns"), "CAMPAIGN_PACE": "always"}
    made = build_container(load_settings(given), clock, data)
    try:
        delete_shipped_campaign(made)
        load_data(made)
        yield made
    finally:
        made.database.close()


def test_it_is_signed_written_to_in_its_hours_and_shown(container: Container, clock: Clock) -> None:
    transport = MemoryTransport()
    browser = create_app(container).test_client()
    supporter = Supporter(browser, create_worker(container, transport), transport, "harbour-quiet")
    # Closed in London, open in Nicosia.
    clock.now = datetime(2026, 11, 3, 7, 30, tzinfo=UTC)
    for government in ("EU", "GB"):
        email = f"{government.lower()}@example.org"
        demands = ["quiet_nights", "slow_ships"]
        supporter.sign(government=government, email=email, demands=demands)
    supporter.deliver()
    assert [letter.to for letter in supporter.letters()] == ["eu@ministry.example"]
    assert "Example Union" in browser.get("/en/harbour-quiet").text
    counts = browser.get("/harbour-quiet/counts.json").get_json()
    signed = [one for one in counts["signatures_by_country"] if one["signature_count"]]
    assert {one["code"] for one in signed} == {"EU", "GB"}
    for path in ("/fr/privacy", "/en/harbour-quiet/card.png", "/en/harbour-quiet/poster.pdf"):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/c/harbour-quiet", "/recipients", "/recipients/EU/foreign-affairs"]
)
def test_organisers_see_it(container: Container, path: str) -> None:
    organiser = sign_in_organiser(container, create_app(container))
    assert "European Union" in organiser.get(f"/console{path}").text


def test_where_no_holidays_are_known_there_are_none() -> None:
    christmas = date(2026, 12, 25)
    assert PublicHolidays().is_holiday_in("DE")(christmas)
    assert not PublicHolidays().is_holiday_in("EU")(christmas)


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("recipients", "time_zone", "", "line 219: time_zone should be like Europe/Athens, not ''"),
        ("recipients", "time_zone", "Mars/Base", "should be like Europe/Athens, not 'Mars/Base'"),
        ("recipients", "recipient", "EU/justice", "recipients.csv: there is no EU/foreign-affairs"),
        ("memberships", "government", "XX", "memberships.csv: governments.csv does not have XX"),
        ("memberships", "source", "", "line 120: a membership needs a union and a source"),
        ("tiles", "column", "7", "tiles.csv: line 36: the map has columns 0 to 6 and rows 0 to 7"),
    ],
)
def test_what_is_missing_is_said(
    data: Path, table: str, column: str, value: str, said: str
) -> None:
    shutil.copy(BASE_DIR / "campaign" / "data" / f"{table}.csv", data)
    with_row(data / f"{table}.csv", ROWS[table] | {column: value})
    with pytest.raises(ContentError) as caught:
        load_reference_data(data)
    assert any(said in fault for fault in caught.value.faults), caught.value.faults
