"""Organisers find signatures, look at one, and release those that are held."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select, update

from campaign.letters.queries import letters
from campaign.organisers.rules.roles import Role
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from tests.helpers.signatures import add_confirmed
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

LINK = re.compile(r'href="/console/c/eu-china-dialogue/signatures/([0-9a-f-]{36})"')


@pytest.fixture
def editor(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.EDITOR)


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


def rows(container: Container) -> Sequence[SignatureRow]:
    with container.database.reading() as session:
        return session.scalars(select(SignatureRow).order_by(SignatureRow.id)).all()


def listed(organiser: Organiser, query: str = "") -> list[str]:
    page = organiser.get(f"{CONSOLE_PATH}/signatures?{query}")
    assert page.status_code == 200, page.text
    return LINK.findall(page.text)


def test_signatures_are_listed_newest_first_and_narrowed_by_the_address(
    supporter: Supporter, editor: Organiser, clock: Clock
) -> None:
    supporter.sign(email="one@example.org", source="newsletter")
    clock.advance(minutes=20)
    supporter.submit(email="two@example.org", government="FR")
    clock.advance(minutes=1)
    newest, oldest = listed(editor)
    for query, found in (
        ("state=pending", [newest]),
        ("state=no-such", [newest, oldest]),
        ("government=FR", [newest]),
        ("source=newsletter", [oldest]),
        ("source=%28none%29", [newest]),
        ("created_from=2026-11-02T11:10", [newest]),
        ("created_until=2026-11-02T11:10", [oldest]),
        ("held=y", []),
        ("revision=no-such", [newest, oldest]),
        ("domain=nowhere.example", [newest, oldest]),
        (f"before={newest}", [oldest]),
        ("before=garbage", [newest, oldest]),
    ):
        assert listed(editor, query) == found, query


def test_pages_follow_each_other_with_the_same_filters(
    container: Container, editor: Organiser
) -> None:
    ids = add_confirmed(container, 60)
    first = editor.get(f"{CONSOLE_PATH}/signatures?state=confirmed&government=DE").text
    assert LINK.findall(first) == [str(one) for one in reversed(ids)][:50]
    found = re.search(r'href="([^"]*)">Older signatures', first)
    assert found
    second = editor.get(found.group(1).replace("&amp;", "&")).text
    assert "government=DE" in found.group(1)
    assert LINK.findall(second) == [str(one) for one in reversed(ids)][50:]
    assert "Older signatures" not in second


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("created_from=yesterday", "created_from", "Enter a time like"),
        ("created_from=2026-11-02T10:00Z", "created_from", "Enter a time like"),
        (
            "created_from=2026-11-02&created_until=2026-11-01",
            "created_until",
            "end is before the start",
        ),
        ("government=XX", "government", "no such government"),
        ("source=%00", "source", "at most 32"),
        ("id=garbage", "id", "no signature with this ID"),
        (f"id={UUID(int=1)}", "id", "no signature with this ID"),
    ],
)
def test_a_faulty_filter_is_said_at_its_field(
    editor: Organiser, query: str, field: str, said: str
) -> None:
    page = editor.get(f"{CONSOLE_PATH}/signatures?{query}")
    assert page.status_code == 422
    assert said in page.text
    assert f'href="#{field}"' in page.text
    assert f'id="{field}-error"' in page.text


def test_a_signature_is_found_by_its_id(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    supporter.sign()
    (row,) = rows(container)
    answer = editor.get(f"{CONSOLE_PATH}/signatures?id=+{row.id}")
    assert path_of(answer) == f"{CONSOLE_PATH}/signatures/{row.id}"


def test_an_owner_finds_a_person_by_another_spelling_and_by_the_name(
    supporter: Supporter, owner: Organiser
) -> None:
    supporter.sign(email="testa+one@example.org", town="Exampletown")
    for fields in ({"email": "Testa+two@EXAMPLE.org"}, {"name": "testa  example"}):
        page = owner.post(f"{CONSOLE_PATH}/signatures/find", **fields)
        assert len(LINK.findall(page.text)) == 1
        assert "testa+one@example.org" in page.text
        assert "Exampletown" in page.text
    assert (
        LINK.findall(owner.post(f"{CONSOLE_PATH}/signatures/find", email="no@example.org").text)
        == []
    )
    for fields in ({"email": "no address"}, {}, {"email": "a@example.org", "name": "Testa"}):
        page = owner.post(f"{CONSOLE_PATH}/signatures/find", **fields)
        assert page.status_code == 422
        assert 'href="#email"' in page.text
    assert "Testa Example" in owner.get(f"{CONSOLE_PATH}/signatures").text


@pytest.mark.asvs("8.2.3")
def test_an_editor_meets_no_name_address_or_town(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    supporter.sign(town="Exampletown", show_name="y")
    supporter.deliver()
    (row,) = rows(container)
    acts = ("", "invalidate", "hold", "delete", "restore")
    pages = [editor.get(f"{CONSOLE_PATH}/signatures/{row.id}?act={act}").text for act in acts]
    for page in (editor.get(f"{CONSOLE_PATH}/signatures").text, *pages):
        assert not {word for word in ("Testa", "testa@", "Exampletown") if word in page}
    assert "Delete on" not in "".join(pages)
    assert "By person" not in editor.get(f"{CONSOLE_PATH}/signatures").text
    assert (
        editor.post(f"{CONSOLE_PATH}/signatures/find", email="testa@example.org").status_code == 403
    )


def test_one_signature_shows_evidence_events_mails_and_its_letter(
    supporter: Supporter, owner: Organiser, container: Container
) -> None:
    supporter.sign(town="Exampletown")
    supporter.deliver()
    (row,) = rows(container)
    page = owner.get(f"{CONSOLE_PATH}/signatures/{row.id}").text
    for part in ("Testa Example", "testa@example.org", "Exampletown", "be counted", "+1"):
        assert part in page
    assert len(set(re.findall(r"<code>[0-9a-f]{64}</code>", page))) == 3
    assert "confirmation" in page
    with container.database.reading() as session:
        (letter,) = letters.of_signature(session, row.id)
    assert f'href="/console/c/eu-china-dialogue/letters/{letter.id}"' in page
    assert owner.get(f"{CONSOLE_PATH}/signatures/{UUID(int=1)}").status_code == 404


def test_a_broken_seal_does_not_hide_the_rest(
    supporter: Supporter, owner: Organiser, container: Container, clock: Clock
) -> None:
    supporter.sign()
    clock.advance(minutes=1)
    supporter.sign(email="two@example.org", name="Otta Example")
    broken, _ = rows(container)
    with container.database.writing() as session:
        session.execute(
            update(SignatureRow).where(SignatureRow.id == broken.id).values(sealed=b"broken")
        )
    page = owner.get(f"{CONSOLE_PATH}/signatures").text
    assert "(cannot be opened)" in page
    assert "Otta Example" in page
    assert "(cannot be opened)" in owner.get(f"{CONSOLE_PATH}/signatures/{broken.id}").text


def test_held_ones_are_selected_and_released_once(
    container: Container, supporter: Supporter, editor: Organiser
) -> None:
    ids = add_confirmed(container, 3, held=True)
    page = editor.get(f"{CONSOLE_PATH}/signatures?state=confirmed&held=y").text
    assert page.count('name="ids"') == 3
    fields = {"held": "y", "state": "confirmed"}
    nothing = editor.post(f"{CONSOLE_PATH}/signatures/release", **fields, reason="looked at them")
    assert nothing.status_code == 422
    assert "Select at least one" in nothing.text
    chosen = [str(one) for one in ids[:2]]
    no_reason = editor.post(f"{CONSOLE_PATH}/signatures/release", **fields, ids=chosen, reason=" ")
    assert no_reason.status_code == 422
    assert no_reason.text.count(" checked>") == 2
    form = editor.form()
    for _ in range(2):
        done = editor.post(
            f"{CONSOLE_PATH}/signatures/release",
            form,
            **fields,
            ids=chosen,
            reason="ok",
        )
        assert "held=y" in path_of(done)
        assert "said=signature-release" in path_of(done)
    assert supporter.count() == 2
    assert listed(editor, "held=y") == [str(ids[2])]
    late = editor.post(
        f"{CONSOLE_PATH}/signatures/release", **fields, ids=chosen, reason="too late"
    )
    assert late.status_code == 409
    assert "This has changed since you opened the page" in late.text
    assert 'value="too late"' in late.text


def test_the_figures_of_today_lead_to_the_lists(
    container: Container, app: Flask, editor: Organiser
) -> None:
    ids = add_confirmed(container, 2, held=True)
    today = editor.get(f"{CONSOLE_PATH}/").text
    assert "2 signatures are held" in today
    found = re.search(r'href="([^"]*held=y[^"]*)">2 held</a>', today)
    assert found
    page = editor.get(found.group(1).replace("&amp;", "&")).text
    assert LINK.findall(page) == [str(one) for one in reversed(ids)]
    assert (
        f"{CONSOLE_PATH}/signatures"
        not in sign_in_organiser(container, app, Role.VIEWER).get(f"{CONSOLE_PATH}/").text
    )
    assert {row.state for row in rows(container)} == {SignatureState.CONFIRMED}
