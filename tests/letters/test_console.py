"""Organisers look at letters and decide about those that the worker cannot."""

from __future__ import annotations

import csv
import re
from html import unescape
from io import StringIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from campaign.console import listing
from campaign.errors import OutcomeUnknown
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from tests.helpers.digests import supporter_with_refusals
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from campaign.errors import TransportError
    from tests.supporter import Supporter


@pytest.fixture
def editor(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.EDITOR)


def letters(container: Container) -> Sequence[LetterRow]:
    with container.database.reading() as session:
        return session.scalars(select(LetterRow).order_by(LetterRow.id)).all()


def become(container: Container, state: LetterState) -> list[UUID]:
    """Let every letter be in a state that is hard to bring about."""
    with container.database.writing() as session:
        rows = session.scalars(select(LetterRow)).all()
        for row in rows:
            row.state = state
        return [row.id for row in rows]


def test_one_letter_is_a_sentence_and_no_table_of_zeros(
    supporter: Supporter, editor: Organiser
) -> None:
    assert "No letters yet." in editor.get(f"{CONSOLE_PATH}/letters").text
    supporter.sign()
    supporter.deliver()
    page = editor.get(f"{CONSOLE_PATH}/letters").text
    assert "<strong>1 letter</strong>" in page
    assert 'class="matrix"' not in page
    supporter.sign(email="two@example.org")
    page = editor.get(f"{CONSOLE_PATH}/letters").text
    matrix = page[page.index('class="matrix"') :]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)', matrix)
    assert heads == ["Office", "queued", "accepted"]


def test_letters_are_listed_by_supporter_ministry_and_date_and_without_names_by_the_latter(
    supporter: Supporter, editor: Organiser, container: Container, app: Flask
) -> None:
    supporter.sign()
    supporter.deliver()
    path = f"{CONSOLE_PATH}/letters?state=accepted"
    row = re.compile(r'<th scope="row"><a href="[^"]*/letters/[^"]*">(.*?)</a>.*?</tr>', re.DOTALL)
    for organiser, shown in (
        (sign_in_organiser(container, app, Role.OWNER), '<bdi class="breaks">Testa Example</bdi>'),
        (editor, "Germany, foreign affairs"),
    ):
        found = row.search(organiser.get(path).text)
        assert found
        assert found.group(1) == shown
        assert "Germany" in found.group()
        assert '<td data-label="Signed">2026-11-02</td>' in found.group()
    assert "Testa" not in editor.get(path).text


def test_letters_are_counted_by_state_and_ministry_and_link_to_their_rows(
    supporter: Supporter, editor: Organiser
) -> None:
    supporter.sign()
    supporter.sign(email="two@example.org", government="FR")
    supporter.deliver()
    page = editor.get(f"{CONSOLE_PATH}/letters").text
    links = re.findall(
        r'href="(/console/c/eu-china-dialogue/letters\?state=accepted[^"]*)"[^>]*>(\d+)</a>', page
    )
    assert [number for _, number in links] == ["2", "1", "1"]
    listed = editor.get(f"{CONSOLE_PATH}/letters?state=accepted&recipient=FR/foreign-affairs").text
    assert "<strong>1 letter</strong>" in listed
    assert "Status: accepted" in listed
    assert "Office: France, foreign affairs" in listed
    assert listed.count(f"{CONSOLE_PATH}/letters/0") == 1


def test_answered_letters_are_a_list_of_their_own(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    supporter.sign()
    supporter.sign(email="two@example.org")
    supporter.deliver()
    with container.database.writing() as session:
        session.scalars(select(LetterRow)).first().answered_at = container.clock()  # type: ignore[union-attr]
    page = editor.get(f"{CONSOLE_PATH}/letters?answered=y").text
    assert "<strong>1 letter</strong>" in page
    assert "Answered: yes" in page
    assert page.count(f"{CONSOLE_PATH}/letters/0") == 1


def test_an_editor_sees_what_happened_and_no_name(
    supporter: Supporter, editor: Organiser, container: Container, app: Flask
) -> None:
    supporter.sign()
    supporter.deliver()
    (row,) = letters(container)
    page = editor.get(f"{CONSOLE_PATH}/letters/{row.id}").text
    assert "accepted" in page
    assert "Testa" not in page
    owners = sign_in_organiser(container, app).get(f"{CONSOLE_PATH}/letters/{row.id}").text
    assert "Testa Example" in owners


def test_an_owner_gets_the_bytes_and_the_print(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    supporter.sign()
    supporter.deliver()
    (row,) = letters(container)
    owner = sign_in_organiser(container, app)
    wire = owner.post(f"{CONSOLE_PATH}/letters/{row.id}/message")
    assert wire.mimetype == "message/rfc822"
    assert wire.data == supporter.transport.sent[-1].message
    printed = owner.post(f"{CONSOLE_PATH}/letters/{row.id}/print")
    assert printed.mimetype == "application/pdf"
    assert printed.data.startswith(b"%PDF")
    with container.database.reading() as session:
        newest = audit_log.search(session, AuditFilter(), limit=1)[0]
    assert (newest.action, newest.number) == ("letters printed", 1)


@pytest.mark.parametrize(
    ("state", "verdict", "becomes"),
    [
        (LetterState.UNCERTAIN, "release", LetterState.QUEUED),
        (LetterState.UNCERTAIN, "drop", LetterState.DROPPED),
        (LetterState.BOUNCED, "retry", LetterState.QUEUED),
        (LetterState.REFUSED, "retry", LetterState.QUEUED),
    ],
)
def test_one_letter_is_decided_about_once(
    supporter: Supporter,
    editor: Organiser,
    container: Container,
    state: LetterState,
    verdict: str,
    becomes: LetterState,
) -> None:
    supporter.sign()
    supporter.deliver()
    (letter_id,) = become(container, state)
    fields = {"verdict": verdict, "reason": "they have it not", "csrf_token": editor.form()}
    for _ in range(2):
        answer = editor.post(f"{CONSOLE_PATH}/letters/{letter_id}/decide", **fields)
        assert path_of(answer) == f"{CONSOLE_PATH}/letters/{letter_id}?said=decided"
    assert letters(container)[0].state is becomes
    page = editor.get(path_of(answer)).text
    assert "they have it not" in page
    assert page.count("Edda Example") == 2


def test_a_retried_letter_leaves_again_under_the_same_message_id(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    supporter.sign()
    supporter.deliver()
    (letter_id,) = become(container, LetterState.BOUNCED)
    editor.post(
        f"{CONSOLE_PATH}/letters/{letter_id}/decide",
        verdict="retry",
        reason="new address",
    )
    supporter.deliver()
    first, second = supporter.letters()
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_all_of_a_kind_are_decided_about_with_their_number_first(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    for number in range(3):
        supporter.sign(email=f"testa{number}@example.org")
    supporter.deliver()
    become(container, LetterState.UNCERTAIN)
    page = editor.get(f"{CONSOLE_PATH}/letters?state=uncertain&recipient=DE/foreign-affairs").text
    assert "these 3 letters" in page
    fields = {"state": "uncertain", "recipient": "DE/foreign-affairs", "verdict": "release"}
    stale = editor.post(
        f"{CONSOLE_PATH}/letters/decide", **fields, expected="2", reason="asked them"
    )
    assert stale.status_code == 409
    assert {row.state for row in letters(container)} == {LetterState.UNCERTAIN}
    nothing = editor.post(f"{CONSOLE_PATH}/letters/decide", **fields, expected="3", reason="")
    assert nothing.status_code == 422
    assert "Give a reason" in nothing.text
    done = editor.post(
        f"{CONSOLE_PATH}/letters/decide", **fields, expected="3", reason="asked them"
    )
    assert done.status_code == 303
    assert {row.state for row in letters(container)} == {LetterState.QUEUED}
    with container.database.reading() as session:
        newest = audit_log.search(session, AuditFilter(), limit=1)[0]
    assert (newest.who, newest.about, newest.detail, newest.number) == (
        "Edda Example",
        "campaign eu-china-dialogue",
        "uncertain letters to DE/foreign-affairs",
        3,
    )


def test_a_list_that_was_narrowed_further_is_decided_about_as_it_was_shown(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    for number in range(2):
        supporter.sign(email=f"testa{number}@example.org")
    supporter.deliver()
    answered, other = become(container, LetterState.BOUNCED)
    with container.database.writing() as session:
        session.get_one(LetterRow, answered).answered_at = container.clock()
    page = editor.get(f"{CONSOLE_PATH}/letters?state=bounced&answered=y")
    assert "This letter did not arrive" in page.text
    form = re.search(r"<form[^>]*/letters/decide.*?</form>", page.text, re.DOTALL)
    assert form
    shown = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group()))
    fields = {**shown, "csrf_token": editor.form(), "verdict": "retry", "reason": "new address"}
    done = editor.browser.post(f"{CONSOLE_PATH}/letters/decide", data=fields)
    assert done.status_code == 303
    states = {row.id: row.state for row in letters(container)}
    assert states == {answered: LetterState.QUEUED, other: LetterState.BOUNCED}
    with container.database.reading() as session:
        newest = audit_log.search(session, AuditFilter(), limit=1)[0]
    assert newest.detail == "answered bounced letters"


def test_older_letters_keep_to_the_filter(
    supporter: Supporter,
    editor: Organiser,
    container: Container,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    for number in range(3):
        supporter.sign(email=f"testa{number}@example.org")
    supporter.deliver()
    page = editor.get(f"{CONSOLE_PATH}/letters?state=accepted&recipient=DE/foreign-affairs").text
    older = re.search(r'href="([^"]*before=[^"]*)">Older letters', page)
    assert older
    query = parse_qs(urlsplit(unescape(older.group(1))).query)
    newest = letters(container)[-1]
    assert query == {
        "state": ["accepted"],
        "recipient": ["DE/foreign-affairs"],
        "before": [str(newest.id)],
    }
    following = editor.get(unescape(older.group(1))).text
    assert f"letters/{newest.id}" not in following
    assert f"letters/{letters(container)[1].id}" in following


def test_a_letter_that_moved_on_is_not_decided_about(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    supporter.sign()
    supporter.deliver()
    (row,) = letters(container)
    answer = editor.post(
        f"{CONSOLE_PATH}/letters/{row.id}/decide", verdict="release", reason="asked"
    )
    assert answer.status_code == 409
    assert "has changed since you opened the page" in answer.text
    assert letters(container)[0].state is LetterState.ACCEPTED


@pytest.mark.parametrize(
    "query",
    [
        "state=no-such",
        "government=XX",
        "state=draft",
        "before=no-id",
        "state=queued&government=%00",
    ],
)
def test_garbage_in_the_address_is_left_out(editor: Organiser, query: str) -> None:
    assert editor.get(f"{CONSOLE_PATH}/letters?{query}").status_code == 200


def test_an_uncertain_letter_comes_about_for_real_and_is_released(
    container: Container, app: Flask
) -> None:
    answers: list[TransportError | None] = [OutcomeUnknown("gone"), None]

    def answer(_envelope: Envelope) -> TransportError | None:
        return answers.pop(0)

    supporter = supporter_with_refusals(container, answer)
    supporter.sign()
    supporter.deliver()
    (row,) = letters(container)
    assert row.state is LetterState.UNCERTAIN
    editor = sign_in_organiser(container, app, Role.EDITOR)
    editor.post(
        f"{CONSOLE_PATH}/letters/{row.id}/decide",
        verdict="release",
        reason="they lost it",
    )
    supporter.deliver()
    assert letters(container)[0].state is LetterState.ACCEPTED


def test_what_is_exported_is_what_is_listed(
    supporter: Supporter, editor: Organiser, container: Container
) -> None:
    for number in range(2):
        supporter.sign(email=f"testa{number}@example.org")
    supporter.deliver()
    answered, _ = become(container, LetterState.BOUNCED)
    with container.database.writing() as session:
        session.get_one(LetterRow, answered).answered_at = container.clock()
    page = editor.get(f"{CONSOLE_PATH}/letters?state=bounced&answered=y").text
    form = re.search(r"<form[^>]*/export/letters.*?</form>", page, re.DOTALL)
    assert form
    shown = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group()))
    fields = {**shown, "csrf_token": editor.form(), "format": "csv"}
    exported = editor.browser.post(f"{CONSOLE_PATH}/export/letters", data=fields).text
    assert [row["id"] for row in csv.DictReader(StringIO(exported))] == [str(answered)]
