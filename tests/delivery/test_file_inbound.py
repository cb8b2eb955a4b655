"""What comes in and fits no letter: an owner files it under what it answers, or deletes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery import pacing
from campaign.delivery.rows import InboundRow
from campaign.delivery.rules.delivery import InboundKind
from campaign.letters.rows import LetterRow
from campaign.operations.commands.prepare import load_data
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from campaign.services import create_retention_eraser
from campaign.store import migrate
from tests.clock import START
from tests.helpers.campaign_facts import set_fact
from tests.helpers.inbound import receive, sign
from tests.helpers.incoming_messages import reply_message
from tests.organiser import CONSOLE_PATH, Organiser, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

STRANGE = "<not-one-of-ours@ministry.example>"
TEXT = "Thank you for the letter of Testa Example."
NOBODYS = "0197f000-0000-7000-8000-000000000009"
MESSAGES = "/console/messages"


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


def the_letter(container: Container) -> LetterRow:
    with container.database.reading() as session:
        return session.scalars(select(LetterRow)).one()


def the_message(container: Container) -> InboundRow:
    with container.database.reading() as session:
        return session.scalars(select(InboundRow)).one()


def is_kept(container: Container) -> bool:
    with container.database.reading() as session:
        row = session.scalars(select(InboundRow)).one()
        return (row.sealed, row.content) != (None, None)


def come_in(
    container: Container, references: str = STRANGE, text: str = TEXT, **headers: str
) -> str:
    """Let a message come in that fits no letter; return its page."""
    assert "fits no letter" in receive(container, reply_message(references, text, **headers))
    return f"{MESSAGES}/{the_message(container).id}"


def last_entry(container: Container) -> tuple[str, str, str]:
    with container.database.reading() as session:
        (entry,) = audit_log.search(session, AuditFilter(), limit=1)
    return entry.who, entry.action, entry.about


def in_a_daily_mail(supporter: Supporter, container: Container) -> str:
    """Sign to a recipient that gets one mail a day; return that mail's Message-ID."""
    with container.database.writing() as session:
        pacing.set_digest(session, "DE/foreign-affairs", on=True, by="Test", now=START)
    _, _, message_id = sign(supporter)
    return message_id


def test_the_dashboard_leads_to_what_came_in_and_an_owner_reads_it(
    container: Container, owner: Organiser
) -> None:
    assert "could not be matched" not in owner.get(f"{CONSOLE_PATH}/").text
    page = come_in(container)
    assert (
        f'file or delete it. <a class="button small quiet" href="{MESSAGES}">'
        in owner.get(f"{CONSOLE_PATH}/").text
    )
    listed = owner.get(MESSAGES).text
    assert page in listed
    assert "desk@ministry.example" in listed
    assert "Re: My letter" in listed
    assert TEXT in owner.get(page).text


def test_what_belongs_to_no_campaign_is_for_who_runs_the_site(
    container: Container, app: Flask, owner: Organiser
) -> None:
    page = come_in(container)
    assert "could not be matched to a letter" in owner.get(f"{CONSOLE_PATH}/").text
    for role in (Role.OWNER, Role.EDITOR, Role.VIEWER):
        other = sign_in_organiser(
            container, app, role, f"Only{role.value} Example", ["eu-china-dialogue"]
        )
        assert "could not be matched" not in other.get(f"{CONSOLE_PATH}/").text
        assert other.get(MESSAGES).status_code == 403
        # An owner reads what is filed under her campaign; this is not.
        refused = 404 if role is Role.OWNER else 403
        assert other.get(page).status_code == refused
        assert other.post(f"{page}/source").status_code == refused
        for act in ("file", "forget"):
            assert other.post(f"{page}/{act}", campaign="eu-china-dialogue").status_code == 403
    assert the_message(container).kind is InboundKind.UNFILED


def test_under_a_letter_it_counts_as_an_answer_and_reaches_who_wrote_that(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    private, _, _ = sign(supporter)
    page, letter_id = come_in(container), the_letter(container).id
    assert owner.post(f"{page}/file", number=str(letter_id)).status_code == 303
    assert the_letter(container).answered_at == the_message(container).received_at
    assert TEXT in supporter.newest_mail("testa@example.org").text
    assert TEXT in supporter.browser.get(private).text
    assert TEXT in owner.get(f"{CONSOLE_PATH}/letters/{letter_id}").text
    assert last_entry(container) == ("Ona Example", "message filed by hand", f"letter {letter_id}")
    assert page not in owner.get(MESSAGES).text
    assert owner.get(page).status_code == 404


def test_the_address_of_the_letters_page_names_it_too(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    sign(supporter)
    page, letter_id = come_in(container), the_letter(container).id
    address = f" https://example.org{CONSOLE_PATH}/letters/{letter_id}?said=decided "
    assert owner.post(f"{page}/file", number=address).status_code == 303
    assert the_message(container).letter_id == letter_id


def test_one_from_another_domain_says_so_to_who_wrote_the_letter(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    private, _, _ = sign(supporter)
    page = come_in(container, From="Example Desk <desk@example.net>")
    owner.post(f"{page}/file", number=str(the_letter(container).id))
    shown = supporter.browser.get(private).text
    assert "It came from example.net, not from the office’s own domain." in shown
    assert "Answered on" in shown


def test_a_letter_on_paper_can_be_answered_by_mail(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    private = supporter.sign(way="print")
    supporter.browser.post(f"{private}/sent")
    page = come_in(container)
    assert owner.post(f"{page}/file", number=str(the_letter(container).id)).status_code == 303
    assert TEXT in supporter.browser.get(private).text


def test_an_answer_to_a_daily_mail_is_recognised_and_stays_with_the_organisers(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    daily = in_a_daily_mail(supporter, container)
    page, before = come_in(container, daily), len(supporter.mails("testa@example.org"))
    number = daily[1:37]
    shown = owner.get(page).text
    assert "It refers to a digest to Germany, foreign affairs with 1 letter." in shown
    assert f'name="number" value="{number}"' in shown
    assert owner.post(f"{page}/file", number=number).status_code == 303
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == before
    assert the_letter(container).answered_at is None
    assert page in owner.get(f"{CONSOLE_PATH}/letters/{the_letter(container).id}").text
    assert f"{CONSOLE_PATH}/messages" in owner.get(f"{CONSOLE_PATH}/letters").text
    assert page in owner.get(f"{CONSOLE_PATH}/messages").text
    assert f"filed under the daily digest <code>{number}</code>" in owner.get(page).text
    assert last_entry(container)[2] == f"daily mail {number}"


def test_what_is_filed_under_a_campaign_can_be_filed_elsewhere(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    sign(supporter)
    page = come_in(container)
    assert owner.post(f"{page}/file", campaign="eu-china-dialogue").status_code == 303
    assert page in owner.get(f"{CONSOLE_PATH}/messages").text
    assert page not in owner.get(MESSAGES).text
    assert owner.post(f"{page}/file", number=str(the_letter(container).id)).status_code == 303
    assert page not in owner.get(f"{CONSOLE_PATH}/messages").text
    assert the_message(container).campaign_id is None
    assert owner.post(f"{page}/file", campaign="eu-china-dialogue").status_code == 404


def test_a_number_of_nothing_is_said_and_what_was_typed_stands_there(
    container: Container, owner: Organiser
) -> None:
    page = come_in(container)
    for typed in (NOBODYS, "the one of last week", ""):
        refused = owner.post(f"{page}/file", number=typed)
        assert refused.status_code == 422
        assert "No letter or digest has this ID." in refused.text
        assert f'value="{typed}"' in refused.text
    assert owner.post(f"{page}/file", campaign="no-such-campaign").status_code == 422
    assert the_message(container).kind is InboundKind.UNFILED


def test_nothing_is_kept_that_answers_a_letter_that_was_deleted(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    private, _, _ = sign(supporter)
    supporter.browser.post(f"{private}/delete")
    refused = owner.post(f"{come_in(container)}/file", number=str(the_letter(container).id))
    assert refused.status_code == 409
    assert "That letter was deleted" in refused.text
    assert the_message(container).kind is InboundKind.UNFILED


def test_an_owner_deletes_what_is_junk(container: Container, owner: Organiser) -> None:
    page = come_in(container)
    assert owner.post(f"{page}/forget").status_code == 303
    assert not is_kept(container)
    assert owner.get(page).status_code == 404
    assert "fits no letter" not in owner.get(f"{CONSOLE_PATH}/").text
    assert last_entry(container)[1] == "message deleted"


def test_two_owners_file_the_same_message_and_it_is_mailed_once(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    sign(supporter)
    page, form = come_in(container), owner.form()
    for _ in range(2):
        again = owner.post(f"{page}/file", form, number=str(the_letter(container).id))
    assert again.status_code == 303, "a second click leads where the first one led"
    assert owner.post(f"{page}/file", number=str(the_letter(container).id)).status_code == 404
    supporter.deliver()
    mails = [mail for mail in supporter.mails("testa@example.org") if TEXT in mail.text]
    assert len(mails) == 1


def test_the_source_with_its_files_is_handed_out_and_logged(
    container: Container, owner: Organiser
) -> None:
    page = come_in(container)
    assert owner.post(f"{page}/source").data == reply_message(STRANGE, TEXT)
    assert last_entry(container)[1] == "answer fetched as it came"


def test_what_cannot_be_read_is_listed_and_can_be_fetched(
    container: Container, owner: Organiser
) -> None:
    wire = b"\0\xff no header at all"
    receive(container, wire)
    page = f"{MESSAGES}/{the_message(container).id}"
    assert page in owner.get(MESSAGES).text
    assert owner.get(page).status_code == 200
    assert owner.post(f"{page}/source").data == wire


def test_what_a_message_says_of_itself_is_text_and_nothing_else(
    container: Container, owner: Organiser
) -> None:
    script = "<script>alert(1)</script>"
    page = come_in(container, text=script, Subject=script, From=f'"{script}" <a@example.net>')
    for shown in (owner.get(MESSAGES).text, owner.get(page).text):
        assert script not in shown


def test_the_list_shows_fifty_at_a_time(container: Container, owner: Organiser) -> None:
    for number in range(52):
        receive(container, reply_message(STRANGE, f"Message {number}"))
    first = owner.get(MESSAGES).text
    assert "52 messages" in first
    assert first.count(f'href="{MESSAGES}/') == 50
    older = first.partition("?before=")[2].partition('"')[0]
    assert owner.get(f"{MESSAGES}?before={older}").text.count(f'href="{MESSAGES}/') == 2


def test_unfiled_mail_goes_after_ninety_days_and_filed_mail_with_its_campaign(
    supporter: Supporter, container: Container, owner: Organiser, clock: Clock
) -> None:
    page = come_in(container)
    owner.post(f"{page}/file", campaign="eu-china-dialogue")
    clock.advance(days=91)
    supporter.worker.run_housekeeping()
    assert is_kept(container)
    set_fact(container, "closes_on", "2026-05-13")
    eraser = create_retention_eraser(container)
    eraser.tell()
    clock.advance(days=8)
    while eraser.erase_batch():
        pass
    assert not is_kept(container)
    again = reply_message(STRANGE, "Later.")
    receive(container, again)
    with container.database.reading() as session:
        newest = session.scalars(select(InboundRow).order_by(InboundRow.id.desc())).first()
    assert newest is not None
    late = sign_in_organiser(container, owner.browser.application)
    refused = late.post(f"{MESSAGES}/{newest.id}/file", campaign="eu-china-dialogue")
    assert refused.status_code == 409
    assert "data has been erased" in refused.text


def test_filed_mail_survives_going_back_and_on_as_what_fits_no_letter(
    container: Container, owner: Organiser
) -> None:
    page = come_in(container)
    owner.post(f"{page}/file", campaign="eu-china-dialogue")
    migrate.downgrade(container.database, "0021")
    migrate.upgrade(container.database)
    load_data(container)
    assert the_message(container).kind is InboundKind.UNFILED
    assert page in owner.get(MESSAGES).text
    assert TEXT in owner.get(page).text


def test_what_cannot_be_opened_any_more_says_so_and_stays_where_it_is(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    sign(supporter)
    page = come_in(container)
    with container.database.writing() as session:
        row = session.scalars(select(InboundRow)).one()
        row.sealed = row.content = b"\x02nobody's key" + bytes(40)
    assert "cannot be read" in owner.get(MESSAGES).text
    assert "It cannot be shown here" in owner.get(page).text
    for answered in (
        owner.post(f"{page}/file", number=str(the_letter(container).id)),
        owner.post(f"{page}/source"),
    ):
        assert answered.status_code == 409
        assert "encrypted with a key that is missing" in answered.text
    assert the_message(container).kind is InboundKind.UNFILED
    assert the_letter(container).answered_at is None
