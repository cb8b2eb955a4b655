"""Organisers invalidate, restore, hold, release and delete one signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

    from campaign.container import Container
    from campaign.organisers.rows import AuditLogRow
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture
def editor(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.EDITOR)


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


def signature(container: Container, position: int = 0) -> SignatureRow:
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []
        return session.scalars(select(SignatureRow).order_by(SignatureRow.id)).all()[position]


def path(container: Container, act: str = "", position: int = 0) -> str:
    return f"{CONSOLE_PATH}/signatures/{signature(container, position).id}/{act}".rstrip("/")


def entries(container: Container) -> Sequence[AuditLogRow]:
    with container.database.reading() as session:
        return audit_log.search(
            session, AuditFilter(about=f"signature {signature(container).id}"), limit=10
        )


def test_one_signature_is_taken_out_and_brought_back_once_each(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    supporter.sign()
    for act, state, count in (
        ("invalidate", SignatureState.INVALIDATED, 0),
        ("restore", SignatureState.CONFIRMED, 1),
    ):
        assert 'name="reason"' in editor.get(f"{path(container)}?act={act}").text
        form = editor.form()
        for _ in range(2):
            done = editor.post(path(container, act), form, reason="a test of ours")
            assert path_of(done) == f"{path(container)}?said=signature-{act}"
        assert (signature(container).state, supporter.count()) == (state, count)
    page = editor.get(path(container)).text
    assert page.count("a test of ours") == page.count("Edda Example</td>") == 2


def test_one_signature_is_held_and_released(
    supporter: Supporter, editor: Organiser, container: Container, clock: Clock
) -> None:
    supporter.sign()
    editor.post(path(container, "hold"), reason="looks odd")
    assert (signature(container).held, supporter.count()) == (True, 0)
    assert "confirmed, held" in editor.get(path(container)).text
    clock.advance(minutes=20)
    editor.post(path(container, "release"), reason="it is fine")
    assert (signature(container).held, supporter.count()) == (False, 1)
    assert [row.action for row in entries(container)] == ["signature released", "signature held"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (" ", "Give a reason"),
        ("x" * 501, "longer than 500"),
        ("a" + "\u0316" * 5, "cannot be stored"),
    ],
)
def test_a_faulty_reason_is_said_and_kept(
    supporter: Supporter, editor: Organiser, container: Container, reason: str, said: str
) -> None:
    supporter.sign()
    page = editor.post(path(container, "invalidate"), reason=reason)
    assert page.status_code == 422
    assert said in page.text
    assert 'href="#reason"' in page.text
    assert supporter.count() == 1


def test_two_organisers_at_once_do_it_once(
    supporter: Supporter, editor: Organiser, owner: Organiser, container: Container
) -> None:
    supporter.sign()
    assert editor.post(path(container, "invalidate"), reason="first").status_code == 303
    second = owner.post(path(container, "invalidate"), reason="second")
    assert second.status_code == 409
    assert "Somebody else changed this" in second.text
    assert [row.reason for row in entries(container)] == ["first"]
    late = owner.post(path(container, "release"), reason="third")
    assert late.status_code == 409


def test_who_signed_again_is_not_restored(
    supporter: Supporter, editor: Organiser, container: Container, clock: Clock
) -> None:
    supporter.sign()
    editor.post(path(container, "invalidate"), reason="a mistake")
    clock.advance(minutes=1)
    supporter.sign()
    answer = editor.post(path(container, "restore"), reason="it was one")
    assert answer.status_code == 409
    assert "has signed again" in answer.text
    assert 'value="it was one"' in answer.text
    assert supporter.count() == 1


def test_deleting_on_request_leaves_nothing_but_the_count_of_what_was(
    supporter: Supporter, owner: Organiser, container: Container, clock: Clock
) -> None:
    supporter.sign()
    clock.advance(minutes=1)
    supporter.submit(email="other@example.org")
    asked = owner.get(f"{path(container)}?act=delete").text
    assert "The count falls by <strong>1</strong>" in asked
    target, form = path(container, "delete"), owner.form()
    for _ in range(2):
        done = owner.post(target, form, reason="asked by letter of 2 November")
        assert path_of(done).endswith("?said=signature-delete")
    row = signature(container)
    assert (row.state, row.sealed, row.email_hash) == (SignatureState.WITHDRAWN, None, None)
    assert supporter.count() == 0
    ledger = (container.settings.instance / "erased.ledger").read_text()
    assert [line.split()[1:] for line in ledger.splitlines()] == [["deleted", str(row.id)]]
    (entry,) = entries(container)
    assert (entry.action, entry.who) == ("signature deleted", "Ona Example")
    found = owner.post(f"{CONSOLE_PATH}/signatures/find", email="testa@example.org")
    assert "0 found" in found.text
    page = owner.get(path(container)).text
    assert "Testa" not in page
    assert "deleted" in page
    assert owner.post(target, reason="once more").status_code == 409


@pytest.mark.parametrize("reason", ["Testa  EXAMPLE asked", "mail of testa@example.org"])
def test_the_reason_of_a_deletion_names_nobody(
    supporter: Supporter, owner: Organiser, container: Container, reason: str
) -> None:
    supporter.sign()
    answer = owner.post(path(container, "delete"), reason=reason)
    assert answer.status_code == 422
    assert "Leave out names" in answer.text
    assert (supporter.count(), list(entries(container))) == (1, [])


def test_deleting_needs_an_owner_who_signed_in_just_now(
    supporter: Supporter, owner: Organiser, editor: Organiser, container: Container, clock: Clock
) -> None:
    supporter.sign()
    assert editor.post(path(container, "delete"), reason="asked").status_code == 403
    clock.advance(minutes=11)
    late = owner.post(path(container, "delete"), reason="asked by letter")
    assert late.status_code == 403
    assert "asked by letter" in late.text
    assert supporter.count() == 1
