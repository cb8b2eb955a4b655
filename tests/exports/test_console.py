"""Owners export signatures and packs, with a reason, and what was agreed to."""

from __future__ import annotations

import csv
import re
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from campaign.delivery import pause
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from tests.conftest import SLUG
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

WHY = "handed over on 9 November"


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


@pytest.fixture
def signed(supporter: Supporter) -> Supporter:
    """One who agreed to nothing, one who is shown, one who wants news."""
    supporter.sign(name="Nemo Example", email="nemo@example.org")
    supporter.sign(name="Shona Example", email="shona@example.org", show_name="y")
    supporter.sign(name="Newt Example", email="newt@example.org", send_news="y")
    return supporter


def newest_of(container: Container, words: str) -> Any:
    with container.database.reading() as session:
        return audit_log.search(session, AuditFilter(words=words), limit=1)[0]


@pytest.mark.usefixtures("signed")
def test_signatures_leave_with_what_was_agreed_to_and_nothing_else(
    owner: Organiser, container: Container
) -> None:
    fields = {"format": "csv", "state": "confirmed", "government": "", "reason": WHY}
    exported = owner.post(f"{CONSOLE_PATH}/exports/signatures", **fields)
    rows = list(csv.DictReader(StringIO(exported.text, newline="")))
    assert sorted((row["name"], row["email"]) for row in rows) == [
        ("", ""),
        ("Newt Example", "newt@example.org"),
        ("Shona Example", ""),
    ]
    entry = newest_of(container, "export")
    assert (entry.who, entry.reason, entry.number) == ("Ona Example", WHY, 3)


@pytest.mark.usefixtures("signed")
def test_without_a_reason_nothing_leaves(owner: Organiser, container: Container) -> None:
    for path, field in (("signatures", "signatures-reason"), ("packs", "pack-reason")):
        fields = {"format": "csv", "government": "DE", "reason": " "}
        refused = owner.post(f"{CONSOLE_PATH}/exports/{path}", **fields)
        assert refused.status_code == 422
        assert f'href="#{field}"' in refused.text
        assert f'id="{field}-error"' in refused.text
        assert "Shona" not in refused.text
    with container.database.reading() as session:
        assert not audit_log.search(session, AuditFilter(words="export"), limit=1)


def test_names_need_a_sign_in_of_the_last_ten_minutes(owner: Organiser, clock: Clock) -> None:
    clock.advance(minutes=11)
    asked = owner.post(f"{CONSOLE_PATH}/exports/signatures", format="csv", reason=WHY)
    assert asked.status_code == 403
    assert "<h1>Sign in again" in asked.text


@pytest.mark.usefixtures("signed")
def test_a_workbook_is_made_by_the_worker_and_offered_when_ready(
    owner: Organiser, supporter: Supporter
) -> None:
    fields = {"format": "xlsx", "reason": WHY, "csrf_token": owner.form()}
    for _ in range(2):
        asked = owner.post(f"{CONSOLE_PATH}/exports/signatures", **fields)
        assert path_of(asked) == f"{CONSOLE_PATH}/exports?said=asked&watching=1"
    page = owner.get(path_of(asked)).text
    assert page.count("Signatures, XLSX") == 1
    assert "waiting" in page
    assert 'http-equiv="refresh"' in page
    supporter.deliver()
    page = owner.get(f"{CONSOLE_PATH}/exports").text
    assert "ready" in page
    assert 'http-equiv="refresh"' not in page
    path = re.search(r'action="(/console/c/eu-china-dialogue/exports/[^"]+/file)"', page)
    assert path
    with owner.post(path.group(1)) as got:
        sheet = ZipFile(BytesIO(got.data)).read("xl/worksheets/sheet1.xml").decode()
        assert "signatures-eu-china-dialogue-2026-11-02.xlsx" in got.headers["Content-Disposition"]
    assert "Shona Example" in sheet


@pytest.mark.usefixtures("signed")
def test_a_pack_is_made_and_can_be_deleted_before_its_time(
    owner: Organiser, supporter: Supporter, clock: Clock
) -> None:
    owner.post(f"{CONSOLE_PATH}/exports/packs", government="DE", reason=WHY)
    supporter.deliver()
    page = owner.get(f"{CONSOLE_PATH}/exports").text
    assert "Hand-over pack, Germany" in page
    (job,) = set(
        re.findall(r'action="(/console/c/eu-china-dialogue/exports/[^"]+)/(?:file)"', page)
    )
    with owner.post(f"{job}/file") as got:
        pack = ZipFile(BytesIO(got.data))
    assert {"MANIFEST.txt", "HOW-TO-CHECK.txt"} <= {
        name.rpartition("/")[2] for name in pack.namelist()
    }
    assert owner.post(f"{job}/cancel").status_code == 303
    assert owner.post(f"{job}/file").status_code == 404
    clock.advance(minutes=1)
    assert "cancelled" in owner.get(f"{CONSOLE_PATH}/exports").text


def test_a_pack_is_for_a_government(owner: Organiser) -> None:
    refused = owner.post(f"{CONSOLE_PATH}/exports/packs", government="XX", reason=WHY)
    assert refused.status_code == 422
    assert "Choose the government" in refused.text
    assert WHY in refused.text


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(("name", "value"), [("state", "no-such"), ("government", "XX")])
def test_what_cannot_be_chosen_is_said_and_nothing_else_leaves_instead(
    owner: Organiser, name: str, value: str
) -> None:
    fields = {"format": "csv", "reason": WHY, name: value}
    refused = owner.post(f"{CONSOLE_PATH}/exports/signatures", **fields)
    assert refused.status_code == 422
    assert f'id="signatures-{name}-error"' in refused.text


@pytest.mark.usefixtures("signed")
def test_the_code_that_the_union_uses_is_taken_too(owner: Organiser, container: Container) -> None:
    asked = owner.post(f"{CONSOLE_PATH}/exports/packs", government="el", reason=WHY)
    assert asked.status_code == 303
    assert newest_of(container, "pack").detail == "government GR"


def test_letters_of_a_kind_are_printed_into_one_file_and_marked_as_posted(
    owner: Organiser, supporter: Supporter, container: Container
) -> None:
    with container.database.writing() as session:
        pause.pause(
            session, "DE/foreign-affairs", "they asked for paper", "Test", container.clock()
        )
    for name in ("Nemo", "Shona", "Newt"):
        supporter.sign(name=f"{name} Example", email=f"{name}@example.org")
    supporter.worker.run_housekeeping()
    page = owner.get(f"{CONSOLE_PATH}/letters?state=waiting&recipient=DE/foreign-affairs").text
    assert "Print 3 on paper" in page
    asked = owner.post(
        f"{CONSOLE_PATH}/exports/letters", state="waiting", recipient="DE/foreign-affairs"
    )
    assert path_of(asked) == f"{CONSOLE_PATH}/exports?said=asked&watching=1"
    entry = newest_of(container, "letters printed")
    assert (entry.detail, entry.number) == (f"waiting letters of {SLUG}", 3)
    supporter.deliver()
    page = owner.get(f"{CONSOLE_PATH}/exports").text
    (job,) = set(re.findall(r'action="(/console/c/eu-china-dialogue/exports/[^"]+)/file"', page))
    with owner.post(f"{job}/file") as got:
        pages = PdfReader(BytesIO(got.data)).pages
    text = " ".join(one.extract_text() for one in pages)
    names = {"Nemo Example", "Shona Example", "Newt Example"}
    assert names == set(re.findall(r"(?:Nemo|Shona|Newt) Example", text))
    owner.post(f"{job}/posted")
    printed = owner.get(f"{CONSOLE_PATH}/letters?state=printed&recipient=DE/foreign-affairs").text
    assert "<strong>3 letters</strong>" in printed
    assert "Status: printed" in printed
