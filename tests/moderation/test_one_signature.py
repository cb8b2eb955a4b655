"""Organisers invalidate, restore, hold, release and delete one signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.roles import Role
from campaign.signatures.queries import counts
from campaign.signatures.rows.signatures import SignatureRow
from campaign.signatures.rules.signature import State
from tests.organiser import CAMPAIGN, Organiser, path_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

    from campaign.container import House
    from campaign.organisers.rows.audit_log import LogRow
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture
def editor(house: House, app: Flask) -> Organiser:
    return signed_in(house, app, Role.EDITOR)


@pytest.fixture
def owner(house: House, app: Flask) -> Organiser:
    return signed_in(house, app)


def signature(house: House, position: int = 0) -> SignatureRow:
    with house.database.reading() as session:
        assert counts.differences(session) == []
        return session.scalars(select(SignatureRow).order_by(SignatureRow.id)).all()[position]


def path(house: House, act: str = "", position: int = 0) -> str:
    return f"{CAMPAIGN}/signatures/{signature(house, position).id}/{act}".rstrip("/")


def entries(house: House) -> Sequence[LogRow]:
    with house.database.reading() as session:
        return log.entries(session, Wanted(about=f"signature {signature(house).id}"), limit=10)


def test_one_signature_is_taken_out_and_brought_back_once_each(
    supporter: Supporter, editor: Organiser, house: House
) -> None:
    supporter.sign()
    for act, state, count in (
        ("invalidate", State.INVALIDATED, 0),
        ("restore", State.CONFIRMED, 1),
    ):
        assert 'name="reason"' in editor.get(f"{path(house)}?act={act}").text
        form = editor.form()
        for _ in range(2):
            done = editor.post(path(house, act), form, reason="a test of ours")
            assert path_of(done) == f"{path(house)}?said=signature-{act}"
        assert (signature(house).state, supporter.count()) == (state, count)
    page = editor.get(path(house)).text
    assert page.count("a test of ours") == page.count("Edda Example</td>") == 2


def test_one_signature_is_held_and_released(
    supporter: Supporter, editor: Organiser, house: House, clock: Clock
) -> None:
    supporter.sign()
    editor.post(path(house, "hold"), reason="looks odd")
    assert (signature(house).held, supporter.count()) == (True, 0)
    assert "confirmed, held" in editor.get(path(house)).text
    clock.advance(minutes=20)
    editor.post(path(house, "release"), reason="it is fine")
    assert (signature(house).held, supporter.count()) == (False, 1)
    assert [row.action for row in entries(house)] == ["signature released", "signature held"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [(" ", "Say why"), ("x" * 501, "longer than 500"), ("a" + "\u0316" * 5, "cannot be kept")],
)
def test_a_faulty_reason_is_said_and_kept(
    supporter: Supporter, editor: Organiser, house: House, reason: str, said: str
) -> None:
    supporter.sign()
    page = editor.post(path(house, "invalidate"), reason=reason)
    assert page.status_code == 422
    assert said in page.text
    assert 'href="#reason"' in page.text
    assert supporter.count() == 1


def test_two_organisers_at_once_do_it_once(
    supporter: Supporter, editor: Organiser, owner: Organiser, house: House
) -> None:
    supporter.sign()
    assert editor.post(path(house, "invalidate"), reason="first").status_code == 303
    second = owner.post(path(house, "invalidate"), reason="second")
    assert second.status_code == 409
    assert "Somebody changed this" in second.text
    assert [row.reason for row in entries(house)] == ["first"]
    late = owner.post(path(house, "release"), reason="third")
    assert late.status_code == 409


def test_who_signed_again_is_not_restored(
    supporter: Supporter, editor: Organiser, house: House, clock: Clock
) -> None:
    supporter.sign()
    editor.post(path(house, "invalidate"), reason="a mistake")
    clock.advance(minutes=1)
    supporter.sign()
    answer = editor.post(path(house, "restore"), reason="it was one")
    assert answer.status_code == 409
    assert "has signed again" in answer.text
    assert 'value="it was one"' in answer.text
    assert supporter.count() == 1


def test_deleting_on_request_leaves_nothing_but_the_count_of_what_was(
    supporter: Supporter, owner: Organiser, house: House, clock: Clock
) -> None:
    supporter.sign()
    clock.advance(minutes=1)
    supporter.submit(email="other@example.org")
    asked = owner.get(f"{path(house)}?act=delete").text
    assert "The count falls by <strong>1</strong>" in asked
    target, form = path(house, "delete"), owner.form()
    for _ in range(2):
        done = owner.post(target, form, reason="asked by letter of 2 November")
        assert path_of(done).endswith("?said=signature-delete")
    row = signature(house)
    assert (row.state, row.sealed, row.email_hash) == (State.WITHDRAWN, None, None)
    assert supporter.count() == 0
    ledger = (house.settings.instance / "erased.ledger").read_text()
    assert [line.split()[1:] for line in ledger.splitlines()] == [["deleted", str(row.id)]]
    (entry,) = entries(house)
    assert (entry.action, entry.who) == ("signature deleted", "Ona Example")
    found = owner.post(f"{CAMPAIGN}/signatures/find", email="testa@example.org")
    assert "0 found" in found.text
    page = owner.get(path(house)).text
    assert "Testa" not in page
    assert "deleted" in page
    assert owner.post(target, reason="once more").status_code == 409


@pytest.mark.parametrize("reason", ["Testa  EXAMPLE asked", "mail of testa@example.org"])
def test_the_reason_of_a_deletion_names_nobody(
    supporter: Supporter, owner: Organiser, house: House, reason: str
) -> None:
    supporter.sign()
    answer = owner.post(path(house, "delete"), reason=reason)
    assert answer.status_code == 422
    assert "without the name" in answer.text
    assert (supporter.count(), list(entries(house))) == (1, [])


def test_deleting_needs_an_owner_who_signed_in_just_now(
    supporter: Supporter, owner: Organiser, editor: Organiser, house: House, clock: Clock
) -> None:
    supporter.sign()
    assert editor.post(path(house, "delete"), reason="asked").status_code == 403
    clock.advance(minutes=11)
    late = owner.post(path(house, "delete"), reason="asked by letter")
    assert late.status_code == 403
    assert "asked by letter" in late.text
    assert supporter.count() == 1
