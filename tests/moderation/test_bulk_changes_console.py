"""Organisers change many signatures by a rule: seen first, followed, stopped, undone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.moderation import bulk_batches, bulk_changes
from campaign.moderation.bulk_batches import BATCH_SIZE
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ChangeState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from tests.clock import START
from tests.helpers.signatures import add_confirmed
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from tests.clock import Clock

RULES = f"{CONSOLE_PATH}/signatures/rules"
SCRIPT = {"kind": "invalidate", "domain": "script.example"}
REFRESH = '<meta http-equiv="refresh" content="5">'


@pytest.fixture
def editor(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.EDITOR)


def total(container: Container) -> int:
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []
        return counts.total(session, 1)


def changes(container: Container) -> list[BulkChangeRow]:
    with container.database.reading() as session:
        return list(session.scalars(select(BulkChangeRow).order_by(BulkChangeRow.asked_at)))


def batch(container: Container) -> bool:
    """Let the worker do the next batch."""
    with container.database.writing() as session:
        return bulk_batches.process_next_batch(
            session, container.keyring, live=container.settings.live, now=container.clock()
        )


def seen_in(page: TestResponse) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page.text)
    assert found, page.text
    return found.group(1)


def start(organiser: Organiser, **fields: str) -> TestResponse:
    """Look first, then press the button."""
    asked = {**SCRIPT, "reason": "made by a script", **fields}
    seen = seen_in(organiser.post(f"{RULES}/preview", **asked))
    return organiser.post(RULES, **asked, seen=seen)


def test_the_form_shows_first_how_many_and_changes_nothing(
    container: Container, app: Flask, editor: Organiser
) -> None:
    add_confirmed(container, 30)
    add_confirmed(container, 1, "other.example")
    page = editor.post(f"{RULES}/preview", **SCRIPT)
    assert page.status_code == 200
    assert "30 signatures match" in page.text
    assert page.text.count(f'href="{CONSOLE_PATH}/signatures/0') == 20
    assert "Invalidate these 30" in page.text
    assert "Testa" not in page.text
    assert (
        "Testa Example" in sign_in_organiser(container, app).post(f"{RULES}/preview", **SCRIPT).text
    )
    none = editor.post(f"{RULES}/preview", kind="invalidate", government="MT")
    assert "0 signatures match" in none.text
    assert 'name="seen"' not in none.text
    assert (total(container), changes(container)) == (31, [])


def test_a_change_is_begun_once_and_followed_to_its_end(
    container: Container, editor: Organiser
) -> None:
    add_confirmed(container, BATCH_SIZE + 50)
    fields = {**SCRIPT, "reason": "made by a script", "seen": str(BATCH_SIZE + 50)}
    form = editor.form()
    for _ in range(2):
        done = editor.post(RULES, form, **fields)
        assert path_of(done).startswith(f"{RULES}?")
    (row,) = changes(container)
    own = f"{RULES}/{row.id}"
    for said in (
        f"0 of {BATCH_SIZE + 50} invalidated",
        f"{BATCH_SIZE} of {BATCH_SIZE + 50} invalidated",
    ):
        for path in (RULES, own):
            page = editor.get(path).text
            assert said in page
            assert REFRESH in page
            assert "mail domain script.example" in page
        assert REFRESH not in editor.get(f"{own}?act=stop").text
        batch(container)
    for path in (RULES, own):
        page = editor.get(path).text
        assert f"{BATCH_SIZE + 50} of {BATCH_SIZE + 50} invalidated" in page
        assert REFRESH not in page
    assert total(container) == 0
    with container.database.reading() as session:
        (entry,) = audit_log.search(
            session, AuditFilter(about=bulk_changes.audit_subject(row)), limit=5
        )
        out = session.scalars(select(SignatureRow.id).limit(1)).one()
    assert (entry.who, entry.number) == ("Edda Example", BATCH_SIZE + 50)
    assert f'href="{own}"' in editor.get(f"{CONSOLE_PATH}/signatures/{out}").text


def test_a_change_is_of_what_meets_every_part_of_its_rule_and_says_them(
    container: Container, editor: Organiser
) -> None:
    add_confirmed(container, 3)
    add_confirmed(container, 1, source="poster")
    add_confirmed(container, 1, created_at=START - timedelta(days=1))
    day = {"created_from": "2026-11-02T00:00", "created_until": "2026-11-03T00:00"}
    start(editor, source="(none)", **day)
    batch(container)
    rule = "source (none), from 2026-11-02 00:00 CET, until 2026-11-03 00:00 CET"
    for path in (RULES, f"{RULES}/{changes(container)[0].id}"):
        page = editor.get(path).text
        assert f"{rule}, mail domain script.example" in page
        assert "3 of 3 invalidated" in page
    assert total(container) == 2


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"domain": ""}, "source", "at least one field"),
        ({"domain": "no domain"}, "domain", "like example.org"),
        ({"created_from": "soon"}, "created_from", "Enter a time like"),
        ({"government": "XX"}, "government", "no such government"),
        ({"held": "no-such"}, "held", "Choose one of these"),
        ({"kind": "no-such"}, "kind", "Choose one of these"),
        ({"kind": ""}, "kind", "Choose one of these"),
        ({"reason": ""}, "reason", "Give a reason"),
    ],
)
def test_a_fault_is_said_at_its_field_and_what_was_typed_stays(
    container: Container, editor: Organiser, fields: dict[str, str], field: str, said: str
) -> None:
    add_confirmed(container, 2)
    asked = {**SCRIPT, "source": "(none)"} if field != "source" else SCRIPT
    page = editor.post(RULES, **{**asked, "seen": "2", "reason": "a script", **fields})
    assert page.status_code == 422
    assert said in page.text
    assert f'href="#{field}"' in page.text
    assert f'id="{field}-error"' in page.text
    if field != "source":
        assert 'value="(none)"' in page.text
    assert (total(container), changes(container)) == (2, [])


def test_a_mail_domain_in_an_address_is_not_read(editor: Organiser) -> None:
    page = editor.get(f"{RULES}/new?kind=drop&source=poster&domain=script.example")
    assert page.status_code == 200
    assert '<option selected value="drop">' in page.text
    assert 'value="poster"' in page.text
    assert "script.example" not in page.text


def test_many_more_than_were_seen_have_to_be_looked_at_again(
    container: Container, editor: Organiser
) -> None:
    add_confirmed(container, 5)
    asked = {**SCRIPT, "reason": "made by a script"}
    seen = seen_in(editor.post(f"{RULES}/preview", **asked))
    add_confirmed(container, 110)
    stale = editor.post(RULES, **asked, seen=seen)
    assert stale.status_code == 409
    assert "The signatures that match have changed." in stale.text
    assert seen_in(stale) == "115"
    for typed in ("made by a script", "script.example"):
        assert f'value="{typed}"' in stale.text
    assert (total(container), changes(container)) == (115, [])
    assert editor.post(RULES, **asked, seen="115").status_code == 303


def test_the_second_of_two_organisers_finds_nothing_left(
    container: Container, app: Flask, editor: Organiser
) -> None:
    add_confirmed(container, 5)
    start(editor)
    batch(container)
    second = sign_in_organiser(container, app).post(RULES, **SCRIPT, reason="me too", seen="5")
    assert second.status_code == 409
    assert "0 signatures match" in second.text
    assert len(changes(container)) == 1


def test_a_change_is_stopped_resumed_and_undone_except_who_signed_again(
    container: Container, app: Flask, editor: Organiser, clock: Clock
) -> None:
    ids = add_confirmed(container, BATCH_SIZE + 10)
    start(editor)
    batch(container)
    own = f"{RULES}/{changes(container)[0].id}"
    assert editor.post(f"{own}/stop", reason=" ").status_code == 422
    form = editor.form()
    for _ in range(2):
        assert path_of(editor.post(f"{own}/stop", form, reason="wait")) == f"{own}?said=change-stop"
    late = sign_in_organiser(container, app).post(f"{own}/stop", reason="me too")
    assert late.status_code == 409
    assert not batch(container)
    assert total(container) == 10
    editor.post(f"{own}/resume", reason="go on")
    batch(container)
    assert total(container) == 0
    with container.database.reading() as session:
        again = session.get_one(SignatureRow, ids[0]).identity_hash
    add_confirmed(container, 1, "again.example", identity_hash=again)
    assert "Up to 210 signatures are restored" in editor.get(f"{own}?act=undo").text
    editor.post(f"{own}/undo", reason="a mistake")
    assert "0 of 210 restored" in editor.get(own).text
    while batch(container):
        pass
    page = editor.get(own).text
    assert "209 of 210 restored, 1 skipped" in page
    assert re.findall(r'href="/console/c/eu-china-dialogue/signatures/([0-9a-f-]{36})"', page) == [
        str(ids[0])
    ]
    assert "Actions</h2>" not in page
    assert (total(container), changes(container)[0].state) == (210, ChangeState.UNDONE)
    for reason in ("wait", "go on", "a mistake"):
        assert f">{reason}</td>" in page


def test_all_held_ones_are_released_by_rule_from_their_list(
    container: Container, editor: Organiser
) -> None:
    add_confirmed(container, 3, held=True, source="poster")
    add_confirmed(container, 2, held=True)
    page = editor.get(f"{CONSOLE_PATH}/signatures?state=confirmed&held=y&source=poster").text
    found = re.search(r'href="([^"]*)">Release all 3', page)
    assert found
    form = editor.get(found.group(1).replace("&amp;", "&")).text
    assert '<option selected value="release">' in form
    assert 'value="poster"' in form
    start(editor, kind="release", source="poster", domain="")
    batch(container)
    row = changes(container)[0]
    page = editor.get(f"{RULES}/{row.id}").text
    assert "3 of 3 released" in page
    assert "Undo" not in page
    assert editor.post(f"{RULES}/{row.id}/undo", reason="no").status_code == 409
    assert total(container) == 3


def test_a_domain_that_cannot_be_opened_does_not_hide_the_rest(
    container: Container, editor: Organiser
) -> None:
    add_confirmed(container, 1)
    start(editor)
    with container.database.writing() as session:
        session.execute(update(BulkChangeRow).values(domain=b"broken"))
    assert "cannot be opened" in editor.get(RULES).text
    assert "cannot be opened" in editor.get(f"{RULES}/{changes(container)[0].id}").text
    with container.database.reading() as session:
        assert set(session.scalars(select(SignatureRow.state))) == {SignatureState.CONFIRMED}
