"""Answers reach her, programs' words do nothing, and what fits no letter is kept for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select, update

from campaign.delivery.answers import MAX_ANSWERS
from campaign.delivery.rows import InboundRow
from campaign.delivery.rules.delivery import SEND_LEASE
from campaign.delivery.sealing import unseal_inbound
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.mail.mime import MAX_WHOLE_BYTES
from campaign.operations.commands.prepare import load_data
from campaign.organisers.rules.roles import Role
from campaign.store import migrate
from tests.conftest import SLUG
from tests.helpers.inbound import letter_states, receive, sign, start_letter
from tests.helpers.incoming_messages import reply_message
from tests.organiser import sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_an_answer_is_filed_and_passed_on_to_her(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    said = receive(container, reply_message(message_id, "Dear Ms Example,\n\nthank you. Grüße"))
    assert said.startswith("an answer to letter")
    mail = supporter.newest_mail()
    assert mail.message["Subject"].startswith("An answer to your letter")
    assert "desk@ministry.example" in mail.text
    assert "thank you. Grüße" in mail.text
    shown = supporter.browser.get(page).text
    assert "thank you. Grüße" in shown
    assert "Answered on" in shown
    held = supporter.browser.post(f"{page}/download").get_json()
    assert held["letters"][0]["answers"][0]["from"] == "desk@ministry.example"
    assert letter_states(container) == [LetterState.ACCEPTED]


def test_an_answer_that_quotes_the_ministrys_link_is_passed_on_without_it(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    token = supporter.letters()[0].link("clerk").rpartition("/")[2]
    quoted = "".join(f"> {line}\n" for line in supporter.letters()[0].text.splitlines())
    receive(container, reply_message(message_id, f"Thank you.\n\n{quoted}"))
    copies = [supporter.newest_mail().text, supporter.browser.get(page).text]
    copies.append(supporter.browser.post(f"{page}/download").text)
    assert all("Thank you." in copy for copy in copies)
    assert not any(token in copy for copy in copies)


def test_files_of_an_answer_are_named_and_kept_back(
    supporter: Supporter, container: Container
) -> None:
    _, _, message_id = sign(supporter)
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n"
        '--b\r\nContent-Type: application/pdf; name="answer.pdf"\r\n\r\n%PDF\r\n--b--'
    )
    receive(
        container, reply_message(message_id, body, Content_Type='multipart/mixed; boundary="b"')
    )
    mail = supporter.newest_mail()
    assert "answer.pdf" in mail.text
    assert not mail.message.is_multipart()


READ = "multipart/report; report-type=disposition-notification; boundary=b"


def test_an_automatic_answer_is_neither_a_bounce_nor_an_answer(
    supporter: Supporter, container: Container
) -> None:
    page, path, message_id = sign(supporter)
    before = len(supporter.mails())
    receive(container, reply_message(message_id, "I am away.", Auto_Submitted="auto-replied"))
    receive(container, reply_message("", "I am away too.", Return_Path="<>"), path)
    receive(
        container,
        reply_message(message_id, "I am away as well.", Return_Path="<MAILER-DAEMON>"),
        path,
    )
    receive(container, reply_message(message_id, "", Content_Type=READ))
    supporter.deliver()
    assert letter_states(container) == [LetterState.ACCEPTED]
    assert len(supporter.mails()) == before
    shown = supporter.browser.get(page).text
    assert shown.count("an automatic message came back") == 4
    assert "Answered on" not in shown


@pytest.mark.parametrize("header", [{"Precedence": "bulk"}, {"X-Auto-Response-Suppress": "All"}])
def test_a_persons_words_out_of_a_ticket_system_are_passed_on(
    supporter: Supporter, container: Container, header: dict[str, str]
) -> None:
    _, _, message_id = sign(supporter)
    assert "an answer to letter" in receive(
        container, reply_message(message_id, "Thank you.", **header)
    )
    assert "Thank you." in supporter.newest_mail().text
    without = reply_message("", "Your letter has number 7.", **header)
    assert "fits no letter" in receive(container, without), "it is kept for a person"


def test_what_a_list_brings_is_nobodys_answer(supporter: Supporter, container: Container) -> None:
    page, _, message_id = sign(supporter)
    listed = {"List-Id": "<all.ministry.example>"}
    assert (
        receive(container, reply_message("", "News of ours.", **listed)) == "an automatic message"
    )
    assert "fits no letter" in receive(container, reply_message(message_id, "See below.", **listed))
    assert "See below." not in supporter.browser.get(page).text


def test_an_answer_to_a_letter_that_was_deleted_is_not_kept(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    supporter.browser.post(f"{page}/delete")
    supporter.deliver()
    before = len(supporter.mails())
    assert "deleted" in receive(container, reply_message(message_id))
    supporter.deliver()
    assert len(supporter.mails()) == before
    with container.database.reading() as session:
        assert session.execute(select(InboundRow.sealed, InboundRow.content)).all() == [
            (None, None)
        ]


def test_deleting_everything_deletes_what_was_answered(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    receive(container, reply_message(message_id))
    supporter.browser.post(f"{page}/delete")
    supporter.deliver()
    with container.database.reading() as session:
        assert session.execute(select(InboundRow.sealed, InboundRow.content)).all() == [
            (None, None)
        ]


def test_what_fits_no_letter_is_kept_and_the_organisers_are_told_once_a_day(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    for number in range(3):
        said = receive(
            container, reply_message("", f"An answer without a reference, number {number}")
        )
        assert "fits no letter" in said
    supporter.deliver()
    assert len(supporter.mails("contact@example.org")) == 1
    clock.advance(days=2)
    receive(container, reply_message("<0197f000-0000-7000-8000-000000000009@example.org>"))
    supporter.deliver()
    assert len(supporter.mails("contact@example.org")) == 2


def test_nobody_can_answer_a_letter_that_was_never_on_its_way(
    supporter: Supporter, container: Container
) -> None:
    supporter.submit()
    supporter.deliver()
    with container.database.reading() as session:
        letter_id = session.scalars(select(LetterRow.id)).one()
    said = receive(container, reply_message(f"<{letter_id}@example.org>", "Buy something."))
    supporter.deliver()
    assert "fits no letter" in said
    assert len(supporter.mails("testa@example.org")) == 1


def test_answers_keep_the_days_cap_and_all_stand_on_her_page(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    before = len(supporter.mails("testa@example.org"))
    for number in range(5):
        receive(container, reply_message(message_id, f"Answer number {number}."))
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) - before == 2, "one mail asked to confirm"
    shown = supporter.browser.get(page).text
    assert all(f"Answer number {number}." in shown for number in range(5))


def test_answers_without_end_are_kept_for_a_person_and_do_not_fill_her_page(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    for number in range(MAX_ANSWERS):
        assert "an answer to letter" in receive(
            container, reply_message(message_id, f"Number {number}.")
        )
    assert "fits no letter" in receive(container, reply_message(message_id, "One too many."))
    shown = supporter.browser.get(page).text
    assert f"Number {MAX_ANSWERS - 1}." in shown
    assert "One too many." not in shown


def test_an_automatic_answer_that_is_faster_than_the_workers_result_sends_nothing_twice(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    letter_id = start_letter(container)
    message_id = f"<{letter_id}@example.org>"
    receive(container, reply_message(message_id, "I am away.", Auto_Submitted="auto-replied"))
    clock.now += SEND_LEASE * 2
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert supporter.letters() == []
    assert letter_states(container) == [LetterState.UNCERTAIN]


def test_a_message_that_cannot_be_read_is_kept_for_a_person(container: Container) -> None:
    wire = b"From: " + b"(" * 20_000 + b"\r\n\r\nHello"
    assert "fits no letter" in receive(container, wire)
    with container.database.reading() as session:
        row = session.scalars(select(InboundRow)).one()
        assert row.sealed is not None
        assert unseal_inbound(container.keyring, row.id, row.sealed) == wire


ONLY_THE_BEGINNING = "this is only the beginning"


def long_answer(message_id: str) -> bytes:
    return reply_message(
        message_id, "Thank you.\r\n" + ("x" * 70 + "\r\n") * (MAX_WHOLE_BYTES // 72)
    )


def test_of_a_long_answer_the_beginning_is_shown_and_the_whole_is_kept(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    wire = long_answer(message_id)
    receive(container, wire)
    copies = [supporter.newest_mail().text, supporter.browser.get(page).text]
    copies.append(supporter.browser.post(f"{page}/download", data={"as": "text"}).text)
    for copy in copies:
        assert "Thank you." in copy
        assert ONLY_THE_BEGINNING in " ".join(copy.split())
        assert len(copy) < 100_000
    held = supporter.browser.post(f"{page}/download").get_json()
    assert held["letters"][0]["answers"][0]["truncated"] is True
    with container.database.reading() as session:
        row = session.scalars(select(InboundRow)).one()
        assert row.sealed is not None
        assert unseal_inbound(container.keyring, row.id, row.sealed) == wire


def test_of_an_answer_that_is_shown_whole_nothing_is_said_to_be_missing(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    receive(container, reply_message(message_id))
    assert ONLY_THE_BEGINNING not in supporter.newest_mail().text
    assert ONLY_THE_BEGINNING not in supporter.browser.get(page).text
    held = supporter.browser.post(f"{page}/download").get_json()
    assert held["letters"][0]["answers"][0]["truncated"] is False


def test_organisers_read_the_beginning_of_a_long_answer_and_are_told_so(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    _, _, message_id = sign(supporter)
    receive(container, long_answer(message_id))
    with container.database.reading() as session:
        letter_id = session.scalars(select(LetterRow.id)).one()
    page = (
        sign_in_organiser(container, app, Role.OWNER)
        .get(f"/console/c/{SLUG}/letters/{letter_id}")
        .text
    )
    assert "Thank you." in page
    assert "this is only the beginning" in page


def test_what_came_in_is_not_read_again_when_it_is_shown(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    """The bytes are made unreadable: whoever opened them again would fail."""
    page, _, message_id = sign(supporter)
    receive(container, reply_message(message_id, "Thank you, Testa."))
    with container.database.writing() as session:
        session.execute(update(InboundRow).values(sealed=b"\x01 broken"))
        letter_id = session.scalars(select(LetterRow.id)).one()
    assert "Thank you, Testa." in supporter.newest_mail().text
    assert "Thank you, Testa." in supporter.browser.get(page).text
    assert "Thank you, Testa." in supporter.browser.post(f"{page}/download").text
    owner = sign_in_organiser(container, app, Role.OWNER)
    assert "Thank you, Testa." in owner.get(f"/console/c/{SLUG}/letters/{letter_id}").text


def test_an_answer_that_came_in_before_its_text_was_stored_is_read_at_the_next_start(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    receive(container, reply_message(message_id, "Thank you, Testa."))
    migrate.downgrade(container.database, "0011")
    migrate.upgrade(container.database)
    load_data(container)
    assert "Thank you, Testa." in supporter.browser.get(page).text
    assert "Thank you, Testa." in supporter.newest_mail().text


def test_an_answer_that_cannot_be_opened_keeps_no_site_from_starting(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    receive(container, reply_message(message_id))
    with container.database.writing() as session:
        session.execute(update(InboundRow).values(sealed=b"\x01" + b"broken" * 9, content=None))
    load_data(container)
    assert supporter.browser.get(page).status_code == 200


def test_the_letter_is_looked_for_in_one_query_however_many_messages_are_named(
    supporter: Supporter, container: Container
) -> None:
    _, _, message_id = sign(supporter)
    others = [f"<0197f000-0000-7000-8000-{number:012}@example.org>" for number in range(15)]
    asked: list[str] = []
    event.listen(
        container.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2])
    )
    wire = reply_message("", "Thank you.", References=" ".join([message_id, *others]))
    assert "an answer to letter" in receive(container, wire)
    assert len([one for one in asked if "FROM attempts" in one]) == 1


@pytest.mark.parametrize("charset", ["punycode", "x-stranger", "utf-7"])
def test_an_answer_in_a_charset_of_no_mail_program_is_passed_on(
    supporter: Supporter, container: Container, charset: str
) -> None:
    page, _, message_id = sign(supporter)
    wire = reply_message(
        message_id, "Thank you. Mnchen-3ya", Content_Type=f"text/plain; charset={charset}"
    )
    receive(container, wire)
    assert "Thank you. Mnchen-3ya" in supporter.newest_mail().text
    assert "Thank you. Mnchen-3ya" in supporter.browser.get(page).text
