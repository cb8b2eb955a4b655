"""What a recipient's staff can ask for, and that only its own address can confirm it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from sqlalchemy import select

from campaign.delivery import pause
from campaign.delivery.links import redact_preferences_links
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import unseal_message
from campaign.recipients.rows import RecipientRow, RecipientWishRow
from campaign.recipients.verify import AddressCheck
from campaign.store.ids import uuid7
from tests.helpers.inbound import letter_states, receive
from tests.helpers.incoming_messages import bounce_report
from tests.helpers.outgoing import only_letter_message
from tests.helpers.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock
    from tests.organiser import Organiser
    from tests.supporter import Supporter

DESK = "de@ministry.example"


def sent(supporter: Supporter) -> str:
    """Sign and let the letter leave; return the private page."""
    private = supporter.sign()
    supporter.deliver()
    return private


def ask(supporter: Supporter, wish: str) -> str:
    """Press a button behind the newest letter's link; return the page that answers."""
    link = supporter.letters()[-1].link("clerk")
    return supporter.browser.post(link, data={"wish": wish}).text


def recipient(container: Container) -> RecipientRow:
    with container.database.reading() as session:
        return session.get_one(RecipientRow, "DE/foreign-affairs")


def test_a_daily_mail_is_asked_for_and_begins_when_the_ministry_confirms(
    supporter: Supporter, container: Container
) -> None:
    sent(supporter)
    link = supporter.letters()[0].link("clerk")
    assert "Eine E-Mail pro Tag mit allen Briefen" in supporter.browser.get(link).text
    assert "Wir haben eine E-Mail an die Adresse gesendet" in ask(supporter, "digest")
    grant = supporter.newest_mail(DESK).link("digest")
    assert not recipient(container).digest
    assert "Vorher ändert sich nichts" in supporter.browser.get(grant).text
    assert not recipient(container).digest
    assert "Erledigt" in supporter.browser.post(grant).text
    assert recipient(container).digest
    assert "eine E-Mail pro Tag mit allen Briefen." in supporter.browser.get(link).text


def test_an_objection_pauses_the_letters_and_calls_the_organisers(
    supporter: Supporter, container: Container
) -> None:
    sent(supporter)
    ask(supporter, "objection")
    grant = supporter.newest_mail(DESK).link("objection")
    for _ in range(2):
        assert "keine Briefe mehr" in supporter.browser.post(grant).text
    assert recipient(container).pause_reason == "the ministry asked for no more letters"
    page = supporter.sign(email="second@example.org")
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.letters()) == 1
    shown = supporter.browser.get(page).text
    assert "the office has asked for a pause" in shown
    assert "the organisers have paused" not in shown
    (call,) = supporter.mails("contact@example.org")
    assert "asked for no more letters" in call.message["Subject"]


def test_a_pause_of_the_organisers_own_is_called_theirs(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    with container.database.writing() as session:
        pause.pause(session, "DE/foreign-affairs", "elections", "Test", clock())
    page = supporter.sign(email="second@example.org")
    supporter.worker.run_housekeeping()
    shown = supporter.browser.get(page).text
    assert "the organisers have paused letters to this office" in shown
    assert "has asked for a pause" not in shown


def test_an_objection_that_was_settled_with_the_organisers_pauses_nothing_again(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sent(supporter)
    ask(supporter, "objection")
    grant = supporter.newest_mail(DESK).link("objection")
    supporter.browser.post(grant)
    clock.advance(hours=1)
    with container.database.writing() as session:
        pause.resume(session, "DE/foreign-affairs", "Test", live=False, now=clock())
    assert supporter.browser.post(grant).status_code == 409
    assert recipient(container).paused_on is None


def test_somebody_else_with_the_letter_changes_nothing(
    supporter: Supporter, container: Container
) -> None:
    sent(supporter)
    for wish in ("digest", "objection"):
        ask(supporter, wish)
    supporter.deliver()
    assert not recipient(container).digest
    assert recipient(container).paused_on is None
    assert {mail.to for mail in supporter.mails()} == {"testa@example.org", DESK}


def test_a_ministry_gets_three_such_mails_a_day_at_most(supporter: Supporter, clock: Clock) -> None:
    sent(supporter)
    for _ in range(5):
        assert "Wir haben eine E-Mail an die Adresse gesendet" in ask(supporter, "digest")
    supporter.deliver()
    assert len(supporter.mails(DESK)) == 3
    clock.advance(days=1)
    ask(supporter, "digest")
    supporter.deliver()
    assert len(supporter.mails(DESK)) == 4


def test_live_the_mail_goes_to_the_verified_address_and_to_no_other(
    live: tuple[Supporter, Container],
) -> None:
    supporter, container = live
    with container.database.writing() as session:
        verify(
            session,
            "DE/foreign-affairs",
            "desk@example.org",
            AddressCheck("Testa", "called"),
            live=True,
            now=container.clock(),
        )
    sent(supporter)
    ask(supporter, "digest")
    assert "bestätigen" in supporter.newest_mail("desk@example.org").message["Subject"]


def test_copies_for_the_supporter_leave_the_ministrys_link_out(
    supporter: Supporter, container: Container
) -> None:
    page = supporter.sign(send_copy="y")
    supporter.deliver()
    link = supporter.letters()[0].link("clerk")
    held = supporter.browser.post(f"{page}/download").get_json()
    assert "/ministry/de/clerk/…" in held["letters"][0]["message"]
    assert "From: Testa Example via" in held["letters"][0]["message"]
    copies = [supporter.newest_mail().text, str(held), supporter.browser.get(page).text]
    token = link.rpartition("/")[2]
    assert not any(token in copy for copy in copies)
    row = only_letter_message(container)
    assert row.message is not None
    kept = unseal_message(container.keyring, row.id, row.message)
    assert kept == supporter.transport.sent[-2].message


def test_the_preview_says_that_the_ministry_gets_a_link(supporter: Supporter) -> None:
    preview = supporter.post(supporter.form())
    assert "(ein Link, den nur die Behörde bekommt)" in preview.text
    assert "/clerk/" not in preview.text


@pytest.mark.parametrize("wish", ["", "everything", "digest\0"])
def test_other_wishes_are_not_granted(supporter: Supporter, wish: str) -> None:
    sent(supporter)
    link = supporter.letters()[-1].link("clerk")
    assert supporter.browser.post(link, data={"wish": wish}).status_code == 404


def test_a_link_is_good_for_its_own_purpose_only(supporter: Supporter) -> None:
    sent(supporter)
    clerk = supporter.letters()[-1].link("clerk")
    ask(supporter, "digest")
    grant = supporter.newest_mail(DESK).link("digest")
    for path in (
        clerk.replace("/clerk/", "/digest/"),
        grant.replace("/digest/", "/objection/"),
        grant.replace("/digest/", "/clerk/"),
        grant.replace("/de/", "/xx/"),
    ):
        assert supporter.browser.post(path, data={"wish": "digest"}).status_code == 404, path


def test_a_link_that_is_too_old_says_whom_to_ask(supporter: Supporter, clock: Clock) -> None:
    sent(supporter)
    ask(supporter, "digest")
    grant = supporter.newest_mail(DESK).link("digest")
    clock.advance(days=8)
    answer = supporter.browser.post(grant)
    assert answer.status_code == 410
    assert "contact@example.org" in answer.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: f"> <{link}>",
        lambda link: f"https://links.example/?url={quote(link, safe='')}&data=1",
        lambda link: f"{link[:76]}\n> {link[76:]}",
        lambda link: f"{link.partition('/clerk/')[0]}/clerk/\n> > {link.partition('/clerk/')[2]}",
        lambda link: "\n".join(link[start : start + 20] for start in range(0, len(link), 20)),
    ],
)
def test_the_link_is_found_however_a_mail_program_writes_it(
    container: Container, clock: Clock, spoil: Callable[[str], str]
) -> None:
    letter_id = uuid7(clock.now)
    link = container.links.preferences_url("de", letter_id, clock.now)
    token = link.rpartition("/")[2]
    shown = redact_preferences_links(f"Thank you.\n\n{spoil(link)}\n\nBest wishes", letter_id)
    joined = re.sub(r"[\s>]", "", shown)
    assert not any(part in joined for part in (token[:22], token[-20:], token[33:60]))
    assert shown.startswith("Thank you.")
    assert shown.endswith("Best wishes")


def wish(supporter: Supporter, **typed: str) -> str:
    """Ask for something and press the button in the mail; return the page that answers."""
    link = supporter.letters()[-1].link("clerk")
    assert supporter.browser.post(link, data=typed).status_code == 200
    confirm = supporter.newest_mail(DESK).link("preference")
    assert "Vorher ändert sich nichts" in supporter.browser.get(confirm).text
    first, second = (supporter.browser.post(confirm).text for _ in range(2))
    assert first == second
    return first


def test_a_mail_a_week_and_back_to_single_letters(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sent(supporter)
    wish(supporter, wish="weekly")
    assert (recipient(container).digest, recipient(container).weekly) == (True, True)
    supporter.sign(email="second@example.org")
    supporter.deliver()
    assert len(supporter.daily_mails()) == 1
    clock.advance(days=1)
    supporter.sign(email="third@example.org")
    supporter.deliver()
    assert len(supporter.daily_mails()) == 1, "not before a week is over"
    clock.advance(days=6)
    supporter.deliver()
    assert len(supporter.daily_mails()) == 2
    page = supporter.browser.get(supporter.letters()[-1].link("clerk")).text
    assert 'value="digest"' in page
    assert 'value="single"' in page
    wish(supporter, wish="single")
    assert not recipient(container).digest
    supporter.sign(email="fourth@example.org")
    supporter.deliver()
    assert len(supporter.letters()) == 2


def test_a_pause_of_some_days_ends_by_itself_and_supporters_read_until_when(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sent(supporter)
    wish(supporter, wish="pause", days="14")
    assert recipient(container).pause_reason == "the ministry asked for a pause"
    page = supporter.sign(email="second@example.org")
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.letters()) == 1
    shown = supporter.browser.get(page).text
    assert "the office has asked for a pause until 16 November 2026" in shown
    clock.advance(days=14)
    supporter.worker.run_housekeeping()
    assert recipient(container).paused_on is not None, "the last day counts"
    clock.advance(days=1)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert recipient(container).paused_on is None
    assert len(supporter.letters()) == 2


def test_letters_that_belong_elsewhere_wait_and_the_organisers_read_where(
    supporter: Supporter, container: Container, owner: Organiser
) -> None:
    sent(supporter)
    wish(supporter, wish="address", place="desk@elsewhere.example, 3rd floor")
    page = supporter.sign(email="second@example.org")
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert "another one is responsible" in supporter.browser.get(page).text
    (call,) = supporter.mails("contact@example.org")
    assert "letters should go elsewhere" in call.message["Subject"]
    assert "desk@elsewhere.example, 3rd floor" in call.text
    shown = owner.get("/console/recipients/DE/foreign-affairs").text
    assert "desk@elsewhere.example, 3rd floor" in shown
    with container.database.reading() as session:
        stored = session.scalars(select(RecipientWishRow)).one()
    assert b"elsewhere" not in (stored.sealed or b"")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"wish": "pause", "days": ""}, "days"),
        ({"wish": "pause", "days": "0"}, "days"),
        ({"wish": "pause", "days": "91"}, "days"),
        ({"wish": "pause", "days": "²"}, "days"),
        ({"wish": "address", "place": "  "}, "place"),
        ({"wish": "address", "place": "x" * 301}, "place"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_no_mail_leaves(
    supporter: Supporter, typed: dict[str, str], field: str
) -> None:
    sent(supporter)
    link = supporter.letters()[-1].link("clerk")
    page = supporter.browser.post(link, data=typed)
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    supporter.deliver()
    assert supporter.mails(DESK) == []
    assert supporter.browser.post(link, data={"wish": "everything"}).status_code == 404


def test_a_pause_that_organisers_ended_is_not_begun_again_by_an_old_link(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sent(supporter)
    supporter.browser.post(
        supporter.letters()[-1].link("clerk"), data={"wish": "pause", "days": "5"}
    )
    confirm = supporter.newest_mail(DESK).link("preference")
    clock.advance(hours=1)
    with container.database.writing() as session:
        pause.resume(session, "DE/foreign-affairs", "Test", live=False, now=clock())
    assert supporter.browser.post(confirm).status_code == 409
    assert recipient(container).paused_on is None


def test_where_a_server_delays_by_sender_the_letters_of_a_day_share_a_return_path(
    supporter: Supporter, container: Container, command: Callable[..., Result], clock: Clock
) -> None:
    done = command("recipients", "pace", "DE/foreign-affairs", "--shared-return-path")
    assert done.exit_code == 0, done.output
    for number in range(2):
        supporter.sign(email=f"testa{number}@example.org")
    supporter.deliver()
    first, second = (one for one in supporter.transport.sent if one.name.startswith("letter-"))
    assert first.sender == second.sender
    returned = supporter.letters()[1].message["Message-ID"]
    report = bounce_report(second.sender).replace(
        b"Subject: My letter", f"Message-ID: {returned}\r\nSubject: My letter".encode()
    )
    receive(container, report)
    assert sorted(letter_states(container)) == [LetterState.ACCEPTED, LetterState.BOUNCED]
    assert "a report about nothing" in receive(container, bounce_report(second.sender))
    clock.advance(days=1)
    supporter.sign(email="third@example.org")
    supporter.deliver()
    third = [one for one in supporter.transport.sent if one.name.startswith("letter-")][-1]
    assert third.sender != first.sender


def confirmation(supporter: Supporter, purpose: str = "preference", **typed: str) -> str:
    """Ask for something; return the link in the mail that confirms it."""
    supporter.browser.post(supporter.letters()[-1].link("clerk"), data=typed)
    return supporter.newest_mail(DESK).link(purpose)


@pytest.mark.parametrize(
    "typed", [{"wish": "pause", "days": "1"}, {"wish": "address", "place": "x"}]
)
def test_a_wish_shortens_no_pause_that_has_no_end(
    supporter: Supporter, container: Container, clock: Clock, typed: dict[str, str]
) -> None:
    sent(supporter)
    link = confirmation(supporter, **typed)
    objection = confirmation(supporter, "objection", wish="objection")
    supporter.browser.post(objection)
    assert supporter.browser.post(link).status_code == 200
    assert recipient(container).pause_reason == "the ministry asked for no more letters"
    clock.advance(days=3)
    supporter.worker.run_housekeeping()
    assert recipient(container).paused_on is not None


def test_a_pause_is_made_longer_and_not_shorter(supporter: Supporter, container: Container) -> None:
    sent(supporter)
    short, long = (confirmation(supporter, wish="pause", days=days) for days in ("2", "20"))
    for link in (long, short):
        supporter.browser.post(link)
    assert str(recipient(container).paused_until) == "2026-11-22"


def test_an_objection_counts_though_a_pause_ended_meanwhile(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sent(supporter)
    supporter.browser.post(confirmation(supporter, wish="pause", days="1"))
    objection = confirmation(supporter, "objection", wish="objection")
    clock.advance(days=2)
    supporter.worker.run_housekeeping()
    assert recipient(container).paused_on is None
    assert supporter.browser.post(objection).status_code == 200
    assert recipient(container).paused_on is not None


def test_an_old_link_to_a_daily_mail_undoes_no_later_wish(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sent(supporter)
    daily = confirmation(supporter, "digest", wish="digest")
    supporter.browser.post(daily)
    clock.advance(hours=1)
    supporter.browser.post(confirmation(supporter, wish="weekly"))
    supporter.browser.post(daily)
    assert recipient(container).weekly


def test_a_mail_that_waited_longer_than_its_link_lives_does_not_leave(
    supporter: Supporter, clock: Clock
) -> None:
    sent(supporter)
    supporter.browser.post(
        supporter.letters()[-1].link("clerk"), data={"wish": "pause", "days": "5"}
    )
    clock.advance(days=8)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert supporter.mails(DESK) == []


def test_a_report_that_comes_after_paths_are_each_letters_own_again_finds_its_letter(
    supporter: Supporter, container: Container, command: Callable[..., Result]
) -> None:
    pace = ("recipients", "pace", "DE/foreign-affairs")
    command(*pace, "--shared-return-path")
    pages = [supporter.sign(email=f"testa{number}@example.org") for number in range(2)]
    supporter.deliver()
    command(*pace, "--own-return-paths")
    sender = next(one.sender for one in supporter.transport.sent if one.name[:7] == "letter-")
    returned = supporter.letters()[1].message["Message-ID"]
    receive(
        container,
        bounce_report(sender).replace(
            b"Subject: My letter", f"Message-ID: {returned}\r\nSubject: My letter".encode()
        ),
    )
    came_back = ["Your letter came back" in supporter.browser.get(page).text for page in pages]
    assert sorted(came_back) == [False, True]
    assert sorted(letter_states(container)) == [LetterState.ACCEPTED, LetterState.BOUNCED]


def test_the_wish_for_no_more_letters_is_not_lost_because_of_others_on_the_same_day(
    supporter: Supporter, container: Container
) -> None:
    sent(supporter)
    for days in ("1", "2", "3"):
        supporter.browser.post(
            supporter.letters()[-1].link("clerk"), data={"wish": "pause", "days": days}
        )
    for _ in range(3):
        link = confirmation(supporter, "objection", wish="objection")
    assert len(supporter.mails(DESK)) == 4
    supporter.browser.post(link)
    assert recipient(container).paused_on is not None
    page = supporter.browser.get(supporter.letters()[-1].link("clerk")).text
    assert '<p class="note">' in page


def test_what_was_typed_is_one_line_without_links(
    supporter: Supporter, container: Container
) -> None:
    sent(supporter)
    link = supporter.letters()[-1].link("clerk")
    for place in ("https://example.org/win", "=?utf-8?q?x?=", "\0"):
        typed = {"wish": "address", "place": place}
        assert supporter.browser.post(link, data=typed).status_code == 422, place
    supporter.browser.post(link, data={"wish": "address", "place": "Desk\r\n\r\nSubject: x"})
    assert "Desk Subject: x" in supporter.newest_mail(DESK).text


def test_what_was_typed_is_kept_for_ninety_days_and_unconfirmed_for_seven(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sent(supporter)
    wish(supporter, wish="address", place="desk@elsewhere.example")
    supporter.browser.post(
        supporter.letters()[-1].link("clerk"), data={"wish": "address", "place": "nobody"}
    )

    def kept() -> int:
        supporter.worker.run_housekeeping()
        with container.database.reading() as session:
            return len(session.scalars(select(RecipientWishRow)).all())

    assert kept() == 2
    clock.advance(days=8)
    assert kept() == 1
    clock.advance(days=83)
    assert kept() == 0


def test_a_ministry_is_called_by_its_name_in_the_letters_language(supporter: Supporter) -> None:
    supporter.lang = "nl"
    supporter.sign(government="BE")
    supporter.deliver()
    link = supporter.letters()[0].link("clerk")
    assert '<p class="lead" lang="nl">FOD Buitenlandse Zaken' in supporter.browser.get(link).text
    for wish in ("digest", "weekly", "objection"):
        ask(supporter, wish)
        mail = supporter.newest_mail("be@ministry.example")
        said = " ".join(mail.text.split())
        assert "FOD Buitenlandse Zaken" in said
        assert "SPF Affaires" not in said
