"""What may be no answer is shown as such, and counts and is passed on when a person says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery import answers, pacing
from campaign.delivery.queries import letter_lists
from campaign.delivery.rows import InboundRow
from campaign.delivery.rules.delivery import InboundKind
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.rows import LetterRow
from campaign.operations.commands.prepare import load_data
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from campaign.recipients.verify import AddressCheck
from campaign.store import migrate
from tests.clock import START
from tests.helpers.inbound import receive, sign
from tests.helpers.incoming_messages import reply_message
from tests.helpers.verifying import verify
from tests.organiser import CONSOLE_PATH, sign_in_organiser

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Flask

    from campaign.container import Container
    from tests.supporter import Supporter

ELSEWHERE = "Example Desk <desk@example.net>"
FROM_THERE = "It came from example.net, not from the office’s own domain."
LOOKED_AT = "The organisers will review it before it counts as an answer."
SEALED = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"


def the_letter(container: Container) -> LetterRow:
    with container.database.reading() as session:
        return session.scalars(select(LetterRow)).one()


def the_message(container: Container) -> InboundRow:
    with container.database.reading() as session:
        return session.scalars(select(InboundRow)).one()


def in_doubt(supporter: Supporter, container: Container) -> tuple[str, UUID]:
    """Sign, and let something come in from elsewhere; return the private page and its id."""
    page, _, message_id = sign(supporter)
    receive(container, reply_message(message_id, "Thank you, Testa.", From=ELSEWHERE))
    return page, the_message(container).id


def pass_on(container: Container, inbound_id: UUID) -> None:
    with container.database.writing() as session:
        answers.accept_answer(
            session, container.keyring, inbound_id, "Ona Example", container.clock()
        )


def set_aside(container: Container, inbound_id: UUID) -> None:
    with container.database.writing() as session:
        answers.reject_answer(session, inbound_id, "Ona Example", container.clock())


def answered(container: Container) -> int:
    with container.database.reading() as session:
        return sum(letter_lists.count_answered(session, the_letter(container).campaign_id).values())


def test_what_came_from_another_domain_is_shown_as_such_and_counts_for_nothing(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    before = len(supporter.mails("testa@example.org"))
    said = receive(container, reply_message(message_id, "Thank you, Testa.", From=ELSEWHERE))
    assert "not from the ministry's own domain" in said
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == before
    (call,) = supporter.mails("contact@example.org")
    assert "did not come from the office’s own domain" in call.text
    assert answered(container) == 0
    shown = supporter.browser.get(page).text
    text = supporter.browser.post(f"{page}/download", data={"as": "text"}).text
    for copy in (shown, text):
        assert "Thank you, Testa." in copy
        assert "Answered on" not in copy
        assert FROM_THERE in copy
        assert LOOKED_AT in copy
    (held,) = supporter.browser.post(f"{page}/download").get_json()["letters"][0]["answers"]
    assert (held["kind"], held["doubt"]) == ("doubtful", "other_domain")


def test_what_an_owner_passes_on_counts_and_is_mailed(
    supporter: Supporter, container: Container
) -> None:
    page, inbound_id = in_doubt(supporter, container)
    pass_on(container, inbound_id)
    assert answered(container) == 1
    assert the_letter(container).answered_at == the_message(container).received_at
    mail = supporter.newest_mail("testa@example.org")
    assert "Thank you, Testa." in mail.text
    assert FROM_THERE in " ".join(mail.text.split())
    shown = supporter.browser.get(page).text
    assert "Answered on" in shown
    assert FROM_THERE in shown
    assert LOOKED_AT not in shown
    with container.database.reading() as session:
        (entry,) = audit_log.search(
            session, AuditFilter(about=f"letter {the_letter(container).id}"), limit=5
        )
    assert (entry.who, entry.action) == ("Ona Example", "message in doubt passed on as an answer")


def test_what_is_no_answer_is_off_her_page_and_stays_under_the_letter(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    page, inbound_id = in_doubt(supporter, container)
    before = len(supporter.mails("testa@example.org"))
    set_aside(container, inbound_id)
    supporter.deliver()
    assert answered(container) == 0
    assert len(supporter.mails("testa@example.org")) == before
    assert "Thank you, Testa." not in supporter.browser.get(page).text
    assert (
        "Thank you, Testa."
        not in supporter.browser.post(f"{page}/download", data={"as": "text"}).text
    )
    (held,) = supporter.browser.post(f"{page}/download").get_json()["letters"][0]["answers"]
    assert (held["kind"], held["text"]) == ("no_answer", "Thank you, Testa.")
    owner = sign_in_organiser(container, app, Role.OWNER)
    seen = owner.get(f"{CONSOLE_PATH}/letters/{the_letter(container).id}").text
    assert "marked as not an answer" in seen
    assert "Thank you, Testa." in seen
    with container.database.reading() as session:
        (entry,) = audit_log.search(
            session, AuditFilter(about=f"letter {the_letter(container).id}"), limit=5
        )
    assert (entry.who, entry.action) == ("Ona Example", "message in doubt filed as no answer")


def test_who_erred_can_still_pass_it_on_and_nobody_decides_twice(
    supporter: Supporter, container: Container
) -> None:
    _, inbound_id = in_doubt(supporter, container)
    set_aside(container, inbound_id)
    with pytest.raises(NoLongerPossible):
        set_aside(container, inbound_id)
    pass_on(container, inbound_id)
    for decide in (pass_on, set_aside):
        with pytest.raises(NoLongerPossible):
            decide(container, inbound_id)
    assert answered(container) == 1


@pytest.mark.parametrize("sender", ["desk@press.ministry.example", "DESK@Ministry.Example"])
def test_the_ministrys_own_domain_and_its_parts_are_in_no_doubt(
    supporter: Supporter, container: Container, sender: str
) -> None:
    _, _, message_id = sign(supporter)
    assert receive(container, reply_message(message_id, From=sender)).startswith(
        "an answer to letter"
    )
    assert the_message(container).review_reason is None
    assert "own domain" not in supporter.newest_mail().text


def test_each_verified_address_of_a_ministry_names_a_domain_of_its_own(
    supporter: Supporter, container: Container
) -> None:
    _, _, message_id = sign(supporter)
    with container.database.writing() as session:
        check = AddressCheck("Test", "phoned")
        verify(
            session,
            "DE/foreign-affairs",
            "desk@example.net",
            check,
            live=False,
            now=START,
            language="fr",
        )
    assert receive(container, reply_message(message_id, From=ELSEWHERE)).startswith(
        "an answer to letter"
    )


def test_where_a_letter_went_counts_also_after_the_ministry_has_moved(
    supporter: Supporter, container: Container
) -> None:
    _, _, message_id = sign(supporter)
    with container.database.writing() as session:
        verify(
            session,
            "DE/foreign-affairs",
            "new@example.net",
            AddressCheck("Test", "phoned"),
            live=False,
            now=START,
        )
    assert receive(container, reply_message(message_id)).startswith("an answer to letter")


@pytest.mark.parametrize(
    ("sender", "said"), [("desk@ministry.example", "an answer"), (ELSEWHERE, "perhaps an answer")]
)
def test_an_answer_to_a_daily_mail_is_judged_alike(
    supporter: Supporter, container: Container, sender: str, said: str
) -> None:
    with container.database.writing() as session:
        pacing.set_digest(session, "DE/foreign-affairs", on=True, by="Test", now=START)
    sign(supporter)
    wire = reply_message(f"<{the_letter(container).id}@example.org>", From=sender)
    assert receive(container, wire).startswith(said)


def test_a_message_that_hides_its_text_waits_for_a_person(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    page, _, message_id = sign(supporter)
    before = len(supporter.mails("testa@example.org"))
    wire = reply_message(message_id, "MIAGCSqGSIb3DQEHA6CAMIACAQ", Content_Type=SEALED)
    assert "only a mail program can open its text" in receive(container, wire)
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == before
    (call,) = supporter.mails("contact@example.org")
    assert "S/MIME" in call.text
    shown = supporter.browser.get(page).text
    assert "Answered on" not in shown
    assert LOOKED_AT in shown
    assert "own domain" not in shown
    owner = sign_in_organiser(container, app, Role.OWNER)
    letter = f"{CONSOLE_PATH}/letters/{the_letter(container).id}"
    assert "It has no text, only attachments: smime.p7m." in owner.get(letter).text
    assert owner.post(f"{letter}/answers/{the_message(container).id}").data == wire
    pass_on(container, the_message(container).id)
    assert "smime.p7m" in supporter.newest_mail("testa@example.org").text


def test_of_a_deleted_letter_nothing_is_kept_and_nobody_is_asked(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    page, inbound_id = in_doubt(supporter, container)
    supporter.browser.post(f"{page}/delete")
    message_id = f"<{the_letter(container).id}@example.org>"
    assert "it is not kept" in receive(
        container, reply_message(message_id, "Again.", From=ELSEWHERE)
    )
    assert the_letter(container).answered_at is None
    assert (
        "may be no answer"
        not in sign_in_organiser(container, app, Role.OWNER).get(f"{CONSOLE_PATH}/").text
    )
    with pytest.raises(NotFound):
        pass_on(container, inbound_id)


def test_the_dashboard_leads_an_owner_to_what_she_decides_with_a_button(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    _, inbound_id = in_doubt(supporter, container)
    owner, editor = (sign_in_organiser(container, app, role) for role in (Role.OWNER, Role.EDITOR))
    letter = f"{CONSOLE_PATH}/letters/{the_letter(container).id}"
    assert f"{CONSOLE_PATH}/letters?doubtful=y" in owner.get(f"{CONSOLE_PATH}/").text
    assert letter in owner.get(f"{CONSOLE_PATH}/letters?doubtful=y").text
    assert "It came from <bdi>example.net</bdi>" in owner.get(letter).text
    assert "pass-on" not in editor.get(letter).text
    assert editor.post(f"{letter}/answers/{inbound_id}/pass-on").status_code == 403
    assert owner.post(f"{letter}/answers/{inbound_id}/pass-on").status_code == 303
    assert owner.post(f"{letter}/answers/{inbound_id}/set-aside").status_code == 409
    assert answered(container) == 1
    assert "doubtful=y" not in owner.get(f"{CONSOLE_PATH}/").text
    assert letter not in owner.get(f"{CONSOLE_PATH}/letters?doubtful=y").text
    assert "It came from" in owner.get(letter).text, "that stays true"


def test_an_owner_files_one_as_no_answer_with_a_button(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    _, inbound_id = in_doubt(supporter, container)
    owner = sign_in_organiser(container, app, Role.OWNER)
    act = f"{CONSOLE_PATH}/letters/{the_letter(container).id}/answers/{inbound_id}/set-aside"
    assert owner.post(act).status_code == 303
    assert the_message(container).kind is InboundKind.NO_ANSWER
    elsewhere = act.replace(str(the_letter(container).id), "0197f000-0000-7000-8000-000000000009")
    assert owner.post(elsewhere).status_code == 404


def test_what_is_in_doubt_survives_going_back_and_on_as_what_a_person_reads(
    supporter: Supporter, container: Container
) -> None:
    page, _ = in_doubt(supporter, container)
    migrate.downgrade(container.database, "0017")
    migrate.upgrade(container.database)
    load_data(container)
    row = the_message(container)
    assert (row.kind, row.letter_id) == (InboundKind.UNFILED, the_letter(container).id)
    assert supporter.browser.get(page).status_code == 200


def test_html_that_was_read_before_is_read_anew_at_the_next_start(
    supporter: Supporter, container: Container
) -> None:
    page, _, message_id = sign(supporter)
    html = "<table><tr><td>Thank</td><td>you</td></tr></table>"
    receive(container, reply_message(message_id, html, Content_Type="text/html"))
    migrate.downgrade(container.database, "0017")
    migrate.upgrade(container.database)
    load_data(container)
    assert "Thank you" in supporter.browser.get(page).text
