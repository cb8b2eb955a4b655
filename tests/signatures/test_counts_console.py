"""Today and the counts: the public numbers, crossed, filtered and exported as they stand."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from tests.organiser import CONSOLE_PATH, Organiser, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture
def viewer(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.VIEWER)


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
    page = viewer.get(f"{CONSOLE_PATH}/counts?by=government&by=day").text
    exported = viewer.post(f"{CONSOLE_PATH}/export/counts", by=["government", "day"], format="csv")
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
    page = viewer.get(f"{CONSOLE_PATH}/counts?{query}")
    assert page.status_code == 200
    assert f"<strong>{total}</strong> confirmed signatures" in page.text


def test_a_day_that_is_none_is_said_at_its_field(viewer: Organiser) -> None:
    page = viewer.get(f"{CONSOLE_PATH}/counts?first=yesterday&last=2026-11-01")
    assert page.status_code == 422
    assert "Enter a date such as 2026-11-24." in page.text
    assert 'value="yesterday"' in page.text
    assert 'id="first-error"' in page.text
    refused = viewer.post(f"{CONSOLE_PATH}/export/counts", first="yesterday", format="csv")
    assert refused.status_code == 422
    turned = viewer.get(f"{CONSOLE_PATH}/counts?first=2026-11-05&last=2026-11-01")
    assert "The last day is before the first one." in turned.text


@pytest.mark.usefixtures("signed")
def test_each_format_has_the_same_rows_and_each_export_is_logged(
    viewer: Organiser, container: Container
) -> None:
    lines = viewer.post(f"{CONSOLE_PATH}/export/counts", by="government", format="jsonl").text
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"government": "DE", "signatures": 1},
        {"government": "FR", "signatures": 2},
    ]
    marked = viewer.post(f"{CONSOLE_PATH}/export/counts", by="government", format="csv-bom")
    assert marked.data.startswith(b"\xef\xbb\xbfgovernment,signatures\r\n")
    workbook = viewer.post(f"{CONSOLE_PATH}/export/counts", by="government", format="xlsx")
    assert workbook.data.startswith(b"PK")
    assert "counts-eu-china-dialogue-2026-11-03.xlsx" in workbook.headers["Content-Disposition"]
    assert viewer.post(f"{CONSOLE_PATH}/export/counts", format="exe").status_code == 404
    with container.database.reading() as session:
        entries = audit_log.search(session, AuditFilter(who="Vic Example", words="export"), limit=9)
    assert [(one.action, one.number) for one in entries] == [("counts exported", 2)] * 3


def test_letters_are_exported_as_filtered_without_names(
    signed: Supporter, container: Container, app: Flask
) -> None:
    signed.deliver()
    editor = sign_in_organiser(container, app, Role.EDITOR)
    exported = editor.post(
        f"{CONSOLE_PATH}/export/letters", recipient="FR/foreign-affairs", format="csv"
    )
    table = list(csv.DictReader(StringIO(exported.text, newline="")))
    assert [row["government"] for row in table] == ["FR", "FR"]
    assert {row["state"] for row in table} == {"accepted"}
    assert "Testa" not in exported.text


@pytest.mark.usefixtures("signed")
def test_today_says_how_it_stands(viewer: Organiser, container: Container, app: Flask) -> None:
    page = viewer.get(f"{CONSOLE_PATH}/").text
    assert re.search(r"<strong>3</strong> confirmed", page)
    assert "3 in seven days" in page
    assert "<title>2026-11-02: 2</title>" in page
    assert "no e-mail address" not in page
    editors = sign_in_organiser(container, app, Role.EDITOR).get(f"{CONSOLE_PATH}/").text
    assert "no e-mail address" in editors
    assert f"{CONSOLE_PATH}/letters?state=queued" in editors


def test_today_says_when_mail_stands_still(
    viewer: Organiser, supporter: Supporter, clock: Clock
) -> None:
    supporter.deliver()
    assert "No mail is being sent" not in viewer.get(f"{CONSOLE_PATH}/").text
    supporter.submit()
    clock.advance(minutes=11)
    page = viewer.get(f"{CONSOLE_PATH}/").text
    assert "No mail is being sent" in page
    assert "no worker has been seen since 2026-11-02 10:00 UTC" in page
    assert "a confirmation has been waiting since 2026-11-02 10:00 UTC" in page


def test_an_empty_campaign_has_pages_too(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    assert "<strong>0</strong> confirmed signatures" in owner.get(f"{CONSOLE_PATH}/counts").text
    assert "Nobody has signed yet." in owner.get(f"{CONSOLE_PATH}/").text
    assert owner.get("/console/c/none/counts").status_code == 404
