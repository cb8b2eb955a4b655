"""Today and the counts: the public numbers, crossed, filtered and exported as they stand."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.roles import Role
from tests.organiser import CAMPAIGN, Organiser, signed_in

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import House
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture
def viewer(house: House, app: Flask) -> Organiser:
    return signed_in(house, app, Role.VIEWER)


@pytest.fixture
def signed(supporter: Supporter, clock: Clock) -> Supporter:
    """Three signatures to two governments on two days, one from a poster."""
    supporter.sign()
    supporter.sign(email="two@example.org", government="FR")
    clock.advance(days=1)
    supporter.sign(email="three@example.org", government="FR")
    return supporter


def rows_of(page: str) -> list[list[str]]:
    """Return the cells of the page's last table, without tags."""
    table = page.rpartition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [
        [
            re.sub(r"<.*?>", "", cell).split()[0]
            for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
        ]
        for row in rows
    ]


@pytest.mark.usefixtures("signed")
def test_the_screen_and_the_export_have_the_same_columns_and_numbers(viewer: Organiser) -> None:
    page = viewer.get(f"{CAMPAIGN}/counts?by=government&by=day").text
    exported = viewer.post(f"{CAMPAIGN}/export/counts", by=["government", "day"], format="csv")
    table = list(csv.reader(StringIO(exported.text, newline="")))
    assert table[0] == ["government", "day", "signatures"]
    assert rows_of(page) == table[1:]
    assert table[1:] == [
        ["DE", "2026-11-02", "1"],
        ["FR", "2026-11-02", "1"],
        ["FR", "2026-11-03", "1"],
    ]


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 3),
        ("government=FR", 2),
        ("government=fr&first=2026-11-03", 1),
        ("last=2026-11-02", 2),
        ("language=en", 3),
        ("language=de", 0),
        ("source=(none)", 3),
        ("source=poster", 0),
        ("origin=paper", 0),
        ("revision=00", 0),
        ("government=%00", 0),
        ("by=no-such&origin=no-such", 3),
    ],
)
def test_filters_stand_in_the_address(viewer: Organiser, query: str, total: int) -> None:
    page = viewer.get(f"{CAMPAIGN}/counts?{query}")
    assert page.status_code == 200
    assert f"<strong>{total}</strong> confirmed signatures" in page.text


def test_a_day_that_is_none_is_said_at_its_field(viewer: Organiser) -> None:
    page = viewer.get(f"{CAMPAIGN}/counts?first=yesterday&last=2026-11-01")
    assert page.status_code == 422
    assert "A day is like 2026-11-24." in page.text
    assert 'value="yesterday"' in page.text
    assert 'id="first-error"' in page.text
    refused = viewer.post(f"{CAMPAIGN}/export/counts", first="yesterday", format="csv")
    assert refused.status_code == 422
    turned = viewer.get(f"{CAMPAIGN}/counts?first=2026-11-05&last=2026-11-01")
    assert "The last day comes before the first one." in turned.text


@pytest.mark.usefixtures("signed")
def test_each_format_has_the_same_rows_and_each_export_is_logged(
    viewer: Organiser, house: House
) -> None:
    lines = viewer.post(f"{CAMPAIGN}/export/counts", by="government", format="jsonl").text
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"government": "DE", "signatures": 1},
        {"government": "FR", "signatures": 2},
    ]
    marked = viewer.post(f"{CAMPAIGN}/export/counts", by="government", format="csv-bom")
    assert marked.data.startswith(b"\xef\xbb\xbfgovernment,signatures\r\n")
    workbook = viewer.post(f"{CAMPAIGN}/export/counts", by="government", format="xlsx")
    assert workbook.data.startswith(b"PK")
    assert "counts-eu-china-dialogue-2026-11-03.xlsx" in workbook.headers["Content-Disposition"]
    assert viewer.post(f"{CAMPAIGN}/export/counts", format="exe").status_code == 404
    with house.database.reading() as session:
        entries = log.entries(session, Wanted(who="Vic Example", words="export"), limit=9)
    assert [(one.action, one.number) for one in entries] == [("counts exported", 2)] * 3


def test_letters_are_exported_as_filtered_without_names(
    signed: Supporter, house: House, app: Flask
) -> None:
    signed.deliver()
    editor = signed_in(house, app, Role.EDITOR)
    exported = editor.post(f"{CAMPAIGN}/export/letters", government="FR", format="csv")
    table = list(csv.DictReader(StringIO(exported.text, newline="")))
    assert [row["government"] for row in table] == ["FR", "FR"]
    assert {row["state"] for row in table} == {"accepted"}
    assert "Testa" not in exported.text


@pytest.mark.usefixtures("signed")
def test_today_says_how_it_stands(viewer: Organiser, house: House, app: Flask) -> None:
    page = viewer.get(f"{CAMPAIGN}/").text
    assert re.search(r">3</a></strong> confirmed", page)
    assert "Confirmed in the last 48 hours (UTC): 3" in page
    assert "<title>2026-11-02: 2</title>" in page
    assert "no e-mail address" not in page
    editors = signed_in(house, app, Role.EDITOR).get(f"{CAMPAIGN}/").text
    assert "no e-mail address" in editors
    assert f"{CAMPAIGN}/letters?state=queued" in editors


def test_today_says_when_mail_stands_still(
    viewer: Organiser, supporter: Supporter, clock: Clock
) -> None:
    supporter.deliver()
    assert "Mail is not leaving" not in viewer.get(f"{CAMPAIGN}/").text
    supporter.submit()
    clock.advance(minutes=11)
    page = viewer.get(f"{CAMPAIGN}/").text
    assert "Mail is not leaving" in page
    assert "no worker was seen since 2026-11-02 10:00:00 UTC" in page
    assert "a confirmation waits unsent since 2026-11-02 10:00:00 UTC" in page


def test_an_empty_campaign_has_pages_too(house: House, app: Flask) -> None:
    owner = signed_in(house, app)
    assert "<strong>0</strong> confirmed signatures" in owner.get(f"{CAMPAIGN}/counts").text
    assert "Confirmed in the last 48 hours (UTC): 0" in owner.get(f"{CAMPAIGN}/").text
    assert owner.get("/console/c/none/counts").status_code == 404
