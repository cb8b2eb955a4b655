"""The letter of a submission that is held as it comes lies sealed with it until it is released."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import unseal_letter
from campaign.moderation.hold import release
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.moderation.rules import ChangeKind
from campaign.organisers.rules.audit_log import Justification
from campaign.privacy import retention
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.criteria import ALL_SIGNATURES
from campaign.signatures.rules.signature import SignatureState
from tests.conftest import SLUG
from tests.helpers.bulk_changes import finish, make_order, start_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

CAUSE = Justification("Ada Example", "a look at it")
HELD = {"comment": "Buy pills"}
"""Filled in the field that people leave empty."""


def the_letters(container: Container) -> list[LetterRow]:
    with container.database.reading() as session:
        rows = list(session.scalars(select(LetterRow)))
        session.expunge_all()
    return rows


def the_signature(container: Container) -> SignatureRow:
    with container.database.reading() as session:
        row = session.scalars(select(SignatureRow)).one()
        session.expunge(row)
    return row


def let_go(container: Container) -> None:
    with container.database.writing() as session:
        ids = [the_signature(container).id]
        assert (
            release(session, container.keyring, ids, CAUSE, live=False, now=container.clock()) == 1
        )


def text_of(page: str) -> str:
    """Return the letter that a private page shows."""
    found = re.search(r'<textarea[^>]* name="body"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found, page
    return unescape(found.group(1))


@pytest.mark.parametrize("when", ["pending", "confirmed"])
def test_it_leaves_as_it_was_previewed_when_the_signature_is_released(
    supporter: Supporter, container: Container, clock: Clock, when: str
) -> None:
    form = supporter.form_after_preview(**HELD, paragraph="My own words.", reply_directly="y")
    form |= {"subject": "One & two? 100 %", "body": "Be brief.\r\n\r\n.Dot\r\n\r\nTesta Example"}
    assert supporter.post(form | {"step": "preview"}).status_code == 200
    assert supporter.post(form).status_code == 303
    assert the_letters(container) == []
    if when == "pending":
        let_go(container)
    supporter.confirm()
    supporter.deliver()
    if when == "confirmed":
        assert (supporter.letters(), the_letters(container), supporter.count()) == ([], [], 0)
        clock.advance(days=3)
        let_go(container)
        supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["Subject"] == "One & two? 100 %"
    assert "Be brief.\n\n.Dot\n\nTesta Example" in letter.text
    assert letter.message["Reply-To"]
    (row,) = the_letters(container)
    assert (row.state, row.edited, row.language) == (LetterState.ACCEPTED, True, "de")
    assert row.letter_date == the_signature(container).created_at.date()
    assert the_signature(container).held_letter is None
    opened = unseal_letter(container.keyring, row.signature_id, row.sealed or b"")
    assert opened[1] == "My own words."


def test_a_letter_that_was_released_is_the_very_one_that_another_gets(
    supporter: Supporter, container: Container
) -> None:
    stamped = supporter.form()["stamp"]
    wires = []
    for email, more in (("first@example.org", {}), ("second@example.org", HELD)):
        form = supporter.form_after_preview(email=email, paragraph="My own words.", **more)
        wires.append((form["subject"], form["body"]))
        supporter.post(form)
        supporter.confirm(email)
    assert stamped
    start_change(container, make_order(container, ALL_SIGNATURES, ChangeKind.RELEASE))
    finish(container)
    supporter.deliver()
    bodies = [letter.text for letter in supporter.letters()]
    assert len(bodies) == 2
    for (subject, body), letter in zip(wires, supporter.letters(), strict=True):
        assert letter.message["Subject"] == subject
        assert body.replace("\r\n", "\n") in letter.text


def test_she_sees_it_and_corrects_it_on_her_page(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(**HELD, paragraph="My own words.")
    page = supporter.browser.get(private).text
    assert "Your letter is on hold until the organisers release it." in page
    assert "My own words." in text_of(page)
    correction = {"name": "Other Example", "send_letter": "y"}
    assert supporter.browser.post(f"{private}/correct", data=correction).status_code == 303
    assert text_of(supporter.browser.get(private).text).endswith("Other Example")
    text = {"subject": "Mine", "body": "Quite\r\nanother.\r\n\r\nOther Example"}
    assert supporter.browser.post(f"{private}/letter", data=text).status_code == 303
    downloaded = supporter.browser.post(f"{private}/download").get_json()["letters"][0]
    assert (downloaded["state"], downloaded["waiting_for"]) == ("waiting", "release")
    assert downloaded["subject"] == "Mine"
    assert "Quite\nanother." in downloaded["text"]
    assert downloaded["own_paragraph"] == "My own words."
    assert "Quite\nanother." in supporter.browser.post(
        f"{private}/download", data={"as": "text"}
    ).text.replace("\r\n", "\n")
    assert the_letters(container) == []
    let_go(container)
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["Subject"] == "Mine"
    assert "Quite\nanother." in letter.text


@pytest.mark.parametrize(
    ("way", "state"), [("own_mail", LetterState.SELF_REPORTED), ("print", LetterState.PRINTED)]
)
def test_she_sends_it_herself_while_her_signature_is_held(
    supporter: Supporter, container: Container, way: str, state: LetterState
) -> None:
    private = supporter.sign(**HELD, way=way)
    if way == "print":
        pdf = supporter.browser.post(f"{private}/pdf", data={"postal": ""})
        assert pdf.mimetype == "application/pdf"
    assert supporter.browser.post(f"{private}/sent").status_code == 303
    assert "You told us that you have" in supporter.browser.get(private).text
    assert the_letters(container) == []
    let_go(container)
    assert [row.state for row in the_letters(container)] == [state]
    supporter.deliver()
    assert supporter.letters() == []


def test_taking_back_the_consent_ends_it_also_if_it_is_given_again(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(**HELD)
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Example"})
    assert "was not sent, and it will not be" in supporter.browser.get(private).text
    again = {"name": "Testa Example", "send_letter": "y"}
    supporter.browser.post(f"{private}/correct", data=again)
    let_go(container)
    supporter.deliver()
    assert supporter.letters() == []
    assert supporter.count() == 1


@pytest.mark.parametrize("act", ["withdraw", "delete"])
def test_it_goes_with_what_she_takes_back(
    supporter: Supporter, container: Container, act: str
) -> None:
    private = supporter.sign(**HELD)
    supporter.browser.post(f"{private}/{act}")
    row = the_signature(container)
    assert row.state is SignatureState.WITHDRAWN
    assert (row.held_letter is None) == (act == "delete")
    if act == "withdraw":
        assert "was not sent, and it will not be" in supporter.browser.get(private).text
    with container.database.writing() as session:
        assert not release(
            session, container.keyring, [row.id], CAUSE, live=False, now=container.clock()
        )
    supporter.deliver()
    assert supporter.letters() == []


def test_it_goes_when_nobody_confirms(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit(**HELD)
    clock.advance(days=8)
    supporter.worker.run_housekeeping()
    assert the_signature(container).held_letter is None


def test_an_invalidation_and_its_undoing_leave_it_where_it_is(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(**HELD)
    only, now = the_signature(container).id, container.clock()
    with container.database.writing() as session:
        invalidate_one(session, only, CAUSE, now)
    assert "was not sent, and it will not be" in supporter.browser.get(private).text
    with container.database.writing() as session:
        restore_one(session, container.keyring, only, CAUSE, live=False, now=now)
    let_go(container)
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_form_that_is_sent_twice_is_one_submission(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form_after_preview(**HELD)
    for _ in range(2):
        assert supporter.post(form).status_code == 303
    assert the_signature(container).held_letter is not None


def test_it_is_counted_where_what_is_held_about_people_is_counted(
    supporter: Supporter, container: Container, command: Callable[..., Result]
) -> None:
    supporter.submit(**HELD)
    said = command("breach-report", "--since", "2026-11-01").output
    assert re.search(r"\b1 +letters \(sealed", said)
    with container.database.reading() as session:
        held = retention.build_report(session, container.campaign_cache.by_slug(session, SLUG)).held
    assert (held.signatures, held.letters, held.unsent) == (1, 1, 1)
    private = supporter.confirm().replace("/done/", "/private/")
    supporter.browser.post(f"{private}/delete")
    said = command("breach-report", "--since", "2026-11-01").output
    assert re.search(r"\b1 +letters \(sealed", said)


def test_one_that_cannot_be_opened_holds_up_no_other(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(**HELD)
    with container.database.writing() as session:
        damaged = (the_signature(container).held_letter or b"")[:-1] + b"?"
        session.execute(update(SignatureRow).values(held_letter=damaged))
    supporter.sign(**HELD, email="testa2@example.org")
    start_change(container, make_order(container, ALL_SIGNATURES, ChangeKind.RELEASE))
    finish(container)
    supporter.deliver()
    assert (supporter.count(), len(supporter.letters())) == (2, 1)
