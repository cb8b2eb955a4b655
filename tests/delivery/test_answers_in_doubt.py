"""What may be no answer is shown as such, and counts and is passed on when a person says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery import answers, pacing
from campaign.delivery.rows.inbound import InboundRow
from campaign.delivery.rules.delivery import InboundKind
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import lists as letter_lists
from campaign.letters.rows import LetterRow
from campaign.operations.commands.prepare import load
from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.roles import Role
from campaign.recipients.verify import Check
from campaign.store import migrate
from tests.clock import START
from tests.inbound_for_tests import receive, sign
from tests.incoming_for_tests import answer
from tests.organiser import CAMPAIGN, signed_in
from tests.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from click.testing import Result
    from flask import Flask

    from campaign.container import House
    from tests.supporter import Supporter

ELSEWHERE = "Example Desk <desk@example.net>"
FROM_THERE = "It came from example.net, not from the ministry’s own domain."
LOOKED_AT = "The organisers look at it before it counts as an answer."
SEALED = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"


def the_letter(house: House) -> LetterRow:
    with house.database.reading() as session:
        return session.scalars(select(LetterRow)).one()


def the_message(house: House) -> InboundRow:
    with house.database.reading() as session:
        return session.scalars(select(InboundRow)).one()


def in_doubt(supporter: Supporter, house: House) -> tuple[str, UUID]:
    """Sign, and let something come in from elsewhere; return the private page and its id."""
    page, _, message_id = sign(supporter)
    receive(house, answer(message_id, "Thank you, Testa.", From=ELSEWHERE))
    return page, the_message(house).id


def pass_on(house: House, inbound_id: UUID) -> None:
    with house.database.writing() as session:
        answers.pass_on(session, house.keyring, inbound_id, "Ona Example", house.clock())


def set_aside(house: House, inbound_id: UUID) -> None:
    with house.database.writing() as session:
        answers.set_aside(session, inbound_id, "Ona Example", house.clock())


def answered(house: House) -> int:
    with house.database.reading() as session:
        return sum(letter_lists.answered(session, the_letter(house).campaign_id).values())


def test_what_came_from_another_domain_is_shown_as_such_and_counts_for_nothing(
    supporter: Supporter, house: House
) -> None:
    page, _, message_id = sign(supporter)
    before = len(supporter.mails("testa@example.org"))
    said = receive(house, answer(message_id, "Thank you, Testa.", From=ELSEWHERE))
    assert "not from the ministry's own domain" in said
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == before
    (call,) = supporter.mails("contact@example.org")
    assert "not from the ministry’s own domain" in call.text
    assert answered(house) == 0
    shown = supporter.browser.get(page).text
    text = supporter.browser.post(f"{page}/download", data={"as": "text"}).text
    for copy in (shown, text):
        assert "Thank you, Testa." in copy
        assert "An answer came in" not in copy
        assert FROM_THERE in copy
        assert LOOKED_AT in copy
    (held,) = supporter.browser.post(f"{page}/download").get_json()["letter"]["answers"]
    assert (held["kind"], held["doubt"]) == ("doubtful", "other_domain")


def test_what_an_owner_passes_on_counts_and_is_mailed(supporter: Supporter, house: House) -> None:
    page, inbound_id = in_doubt(supporter, house)
    pass_on(house, inbound_id)
    assert answered(house) == 1
    assert the_letter(house).answered_at == the_message(house).received_at
    mail = supporter.newest_mail("testa@example.org")
    assert "Thank you, Testa." in mail.text
    assert FROM_THERE in " ".join(mail.text.split())
    shown = supporter.browser.get(page).text
    assert "An answer came in" in shown
    assert FROM_THERE in shown
    assert LOOKED_AT not in shown
    with house.database.reading() as session:
        (entry,) = log.entries(session, Wanted(about=f"letter {the_letter(house).id}"), limit=5)
    assert (entry.who, entry.action) == ("Ona Example", "message in doubt passed on as an answer")


def test_what_is_no_answer_is_off_her_page_and_stays_under_the_letter(
    supporter: Supporter, house: House, app: Flask
) -> None:
    page, inbound_id = in_doubt(supporter, house)
    before = len(supporter.mails("testa@example.org"))
    set_aside(house, inbound_id)
    supporter.deliver()
    assert answered(house) == 0
    assert len(supporter.mails("testa@example.org")) == before
    assert "Thank you, Testa." not in supporter.browser.get(page).text
    assert (
        "Thank you, Testa."
        not in supporter.browser.post(f"{page}/download", data={"as": "text"}).text
    )
    (held,) = supporter.browser.post(f"{page}/download").get_json()["letter"]["answers"]
    assert (held["kind"], held["text"]) == ("no_answer", "Thank you, Testa.")
    owner = signed_in(house, app, Role.OWNER)
    seen = owner.get(f"{CAMPAIGN}/letters/{the_letter(house).id}").text
    assert "filed as no answer" in seen
    assert "Thank you, Testa." in seen
    with house.database.reading() as session:
        (entry,) = log.entries(session, Wanted(about=f"letter {the_letter(house).id}"), limit=5)
    assert (entry.who, entry.action) == ("Ona Example", "message in doubt filed as no answer")


def test_who_erred_can_still_pass_it_on_and_nobody_decides_twice(
    supporter: Supporter, house: House
) -> None:
    _, inbound_id = in_doubt(supporter, house)
    set_aside(house, inbound_id)
    with pytest.raises(NoLongerPossible):
        set_aside(house, inbound_id)
    pass_on(house, inbound_id)
    for decide in (pass_on, set_aside):
        with pytest.raises(NoLongerPossible):
            decide(house, inbound_id)
    assert answered(house) == 1


@pytest.mark.parametrize("sender", ["desk@press.ministry.example", "DESK@Ministry.Example"])
def test_the_ministrys_own_domain_and_its_parts_are_in_no_doubt(
    supporter: Supporter, house: House, sender: str
) -> None:
    _, _, message_id = sign(supporter)
    assert receive(house, answer(message_id, From=sender)).startswith("an answer to letter")
    assert the_message(house).doubt is None
    assert "own domain" not in supporter.newest_mail().text


def test_each_verified_address_of_a_ministry_names_a_domain_of_its_own(
    supporter: Supporter, house: House
) -> None:
    _, _, message_id = sign(supporter)
    with house.database.writing() as session:
        check = Check("Test", "phoned")
        verify(session, "DE", "desk@example.net", check, live=False, now=START, language="fr")
    assert receive(house, answer(message_id, From=ELSEWHERE)).startswith("an answer to letter")


def test_where_a_letter_went_counts_also_after_the_ministry_has_moved(
    supporter: Supporter, house: House
) -> None:
    _, _, message_id = sign(supporter)
    with house.database.writing() as session:
        verify(session, "DE", "new@example.net", Check("Test", "phoned"), live=False, now=START)
    assert receive(house, answer(message_id)).startswith("an answer to letter")


@pytest.mark.parametrize(
    ("sender", "said"), [("desk@ministry.example", "an answer"), (ELSEWHERE, "perhaps an answer")]
)
def test_an_answer_to_a_daily_mail_is_judged_alike(
    supporter: Supporter, house: House, sender: str, said: str
) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, "DE", on=True, by="Test", now=START)
    sign(supporter)
    wire = answer(f"<{the_letter(house).id}@example.org>", From=sender)
    assert receive(house, wire).startswith(said)


def test_a_message_that_hides_its_text_waits_for_a_person(
    supporter: Supporter, house: House, app: Flask
) -> None:
    page, _, message_id = sign(supporter)
    before = len(supporter.mails("testa@example.org"))
    wire = answer(message_id, "MIAGCSqGSIb3DQEHA6CAMIACAQ", Content_Type=SEALED)
    assert "only a mail program can open its text" in receive(house, wire)
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == before
    (call,) = supporter.mails("contact@example.org")
    assert "S/MIME" in call.text
    shown = supporter.browser.get(page).text
    assert "An answer came in" not in shown
    assert LOOKED_AT in shown
    assert "not from the ministry’s own domain" not in shown
    owner = signed_in(house, app, Role.OWNER)
    letter = f"{CAMPAIGN}/letters/{the_letter(house).id}"
    assert "smime.p7m: open it as it came in" in owner.get(letter).text
    assert owner.post(f"{letter}/answers/{the_message(house).id}").data == wire
    pass_on(house, the_message(house).id)
    assert "smime.p7m" in supporter.newest_mail("testa@example.org").text


def test_of_a_deleted_letter_nothing_is_kept_and_nobody_is_asked(
    supporter: Supporter, house: House, app: Flask
) -> None:
    page, inbound_id = in_doubt(supporter, house)
    supporter.browser.post(f"{page}/delete")
    message_id = f"<{the_letter(house).id}@example.org>"
    assert "it is not kept" in receive(house, answer(message_id, "Again.", From=ELSEWHERE))
    assert the_letter(house).answered_at is None
    assert "may be no answer" not in signed_in(house, app, Role.OWNER).get(f"{CAMPAIGN}/").text
    with pytest.raises(NotFound):
        pass_on(house, inbound_id)


def test_the_dashboard_leads_an_owner_to_what_she_decides_with_a_button(
    supporter: Supporter, house: House, app: Flask
) -> None:
    _, inbound_id = in_doubt(supporter, house)
    owner, editor = (signed_in(house, app, role) for role in (Role.OWNER, Role.EDITOR))
    letter = f"{CAMPAIGN}/letters/{the_letter(house).id}"
    assert f"{CAMPAIGN}/letters?doubtful=y" in owner.get(f"{CAMPAIGN}/").text
    assert letter in owner.get(f"{CAMPAIGN}/letters?doubtful=y").text
    assert "This came from <bdi>example.net</bdi>" in owner.get(letter).text
    assert "pass-on" not in editor.get(letter).text
    assert editor.post(f"{letter}/answers/{inbound_id}/pass-on").status_code == 403
    assert owner.post(f"{letter}/answers/{inbound_id}/pass-on").status_code == 303
    assert owner.post(f"{letter}/answers/{inbound_id}/set-aside").status_code == 409
    assert answered(house) == 1
    assert "doubtful=y" not in owner.get(f"{CAMPAIGN}/").text
    assert letter not in owner.get(f"{CAMPAIGN}/letters?doubtful=y").text
    assert "This came from" in owner.get(letter).text, "that stays true"


def test_an_owner_files_one_as_no_answer_with_a_button(
    supporter: Supporter, house: House, app: Flask
) -> None:
    _, inbound_id = in_doubt(supporter, house)
    owner = signed_in(house, app, Role.OWNER)
    act = f"{CAMPAIGN}/letters/{the_letter(house).id}/answers/{inbound_id}/set-aside"
    assert owner.post(act).status_code == 303
    assert the_message(house).kind is InboundKind.NO_ANSWER
    elsewhere = act.replace(str(the_letter(house).id), "0197f000-0000-7000-8000-000000000009")
    assert owner.post(elsewhere).status_code == 404


def test_the_commands_say_the_same(
    supporter: Supporter, house: House, command: Callable[..., Result]
) -> None:
    _, inbound_id = in_doubt(supporter, house)
    assert "say whether it is an answer" in command("letters", "answers").output
    done = command("letters", "set-aside", str(inbound_id), "--by", "Test")
    assert done.exit_code == 0, done.output
    assert "no answer" in command("letters", "answers").output
    assert command("letters", "pass-on", str(inbound_id), "--by", "Test").exit_code == 0
    again = command("letters", "pass-on", str(inbound_id), "--by", "Test")
    assert (again.exit_code, "in no doubt" in again.output) == (2, True)
    unknown = command("letters", "pass-on", "0197f000-0000-7000-8000-000000000009")
    assert unknown.exit_code == 2
    assert answered(house) == 1


def test_what_is_in_doubt_survives_going_back_and_on_as_what_a_person_reads(
    supporter: Supporter, house: House
) -> None:
    page, _ = in_doubt(supporter, house)
    migrate.downgrade(house.database, "0017")
    migrate.upgrade(house.database)
    load(house)
    row = the_message(house)
    assert (row.kind, row.letter_id) == (InboundKind.UNFILED, the_letter(house).id)
    assert supporter.browser.get(page).status_code == 200


def test_html_that_was_read_before_is_read_anew_at_the_next_start(
    supporter: Supporter, house: House
) -> None:
    page, _, message_id = sign(supporter)
    html = "<table><tr><td>Thank</td><td>you</td></tr></table>"
    receive(house, answer(message_id, html, Content_Type="text/html"))
    migrate.downgrade(house.database, "0017")
    migrate.upgrade(house.database)
    load(house)
    assert "Thank you" in supporter.browser.get(page).text
