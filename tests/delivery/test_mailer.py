"""Every mail and a letter, word for word. UPDATE_GOLDEN=1 writes the golden files anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from campaign.delivery import pacing, pause
from campaign.delivery.queries import mails
from campaign.delivery.rules.outgoing import RECIPIENT_KINDS, OutgoingKind
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.rules.wish import OBJECTED, Preference
from tests.clock import START
from tests.helpers.campaign_facts import set_fact
from tests.helpers.golden_mails import (
    ABOUT_RECIPIENTS,
    EXAMPLE,
    TO_SUPPORTERS,
    MailTriggers,
    decoded_header,
    mail_as_text,
    matches_golden_file,
    sign_and_get_letter,
    sign_with_fixed_id,
    with_fixed_id,
    without_tokens,
)
from tests.languages import GOVERNMENTS, MAIN_LANGUAGES

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture
def causes(supporter: Supporter, container: Container, clock: Clock) -> MailTriggers:
    return MailTriggers(supporter, container, clock)


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
@pytest.mark.parametrize("kind", TO_SUPPORTERS)
def test_a_mail_says_what_it_always_said(
    causes: MailTriggers, kind: OutgoingKind, lang: str
) -> None:
    causes.supporter.lang = lang
    mail = causes.mail(kind)
    assert matches_golden_file(f"mail-{kind.value}-{lang}.txt", mail_as_text(mail))


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
def test_a_letter_says_what_it_always_said(
    supporter: Supporter, container: Container, lang: str
) -> None:
    supporter.lang = lang
    letter = sign_and_get_letter(supporter, container, government=GOVERNMENTS[lang])
    head = "\n".join(sorted(f"{name}: {decoded_header(letter, name)}" for name in letter.message))
    assert matches_golden_file(
        f"letter-mail-{lang}.txt", f"{with_fixed_id(head)}\n\n{without_tokens(letter.text)}"
    )


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
def test_a_daily_mail_says_what_it_always_said(
    supporter: Supporter, container: Container, lang: str
) -> None:
    with container.database.writing() as session:
        pacing.set_digest(session, recipient_key(GOVERNMENTS[lang]), on=True, by="Test", now=START)
    sign_with_fixed_id(supporter, container, government=GOVERNMENTS[lang], letter_language=lang)
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert matches_golden_file(f"daily-mail-{lang}.txt", mail_as_text(mail))
    assert matches_golden_file(
        f"daily-mail-{lang}.csv", with_fixed_id(mail.file("text/csv").decode("utf-8-sig"))
    )


WITH_PARTS = {"days": "14", "place": "desk@elsewhere.example"}


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
@pytest.mark.parametrize("wish", Preference)
def test_a_mail_to_a_ministry_says_what_it_always_said(
    supporter: Supporter, container: Container, wish: Preference, lang: str
) -> None:
    government = GOVERNMENTS[lang]
    letter = sign_and_get_letter(supporter, container, government=government)
    supporter.browser.post(letter.link("clerk"), data={"wish": wish.value, **WITH_PARTS})
    mail = supporter.newest_mail(f"{government.lower()}@ministry.example")
    assert matches_golden_file(f"mail-{wish.value}_asked-{lang}.txt", mail_as_text(mail))


def test_mails_to_the_organisers_say_what_they_always_said(
    supporter: Supporter, container: Container
) -> None:
    sign_and_get_letter(supporter, container, government="DE")
    with container.database.writing() as session:
        mails.enqueue_notification(
            session, OutgoingKind.LONG_QUEUE, recipient_key("DE"), container.clock()
        )
        pause.pause(session, "DE/foreign-affairs", OBJECTED, "Test", container.clock())
        mails.enqueue_notification(
            session, OutgoingKind.MINISTRY_OBJECTED, recipient_key("DE"), container.clock()
        )
        mails.enqueue_notification(
            session, OutgoingKind.MINISTRY_PAUSED, recipient_key("DE"), container.clock()
        )
        mails.enqueue_notification(
            session, OutgoingKind.CONTACT_REPORTED, recipient_key("DE"), container.clock()
        )
        mails.enqueue_notification(session, OutgoingKind.UNFILED, None, container.clock())
    set_fact(container, "closes_on", "2026-05-13")
    supporter.worker.run_housekeeping()
    supporter.deliver()
    for kind in sorted(ABOUT_RECIPIENTS - RECIPIENT_KINDS):
        (mail,) = supporter.received(f"mail-{kind.value}-")
        assert mail.to == "contact@example.org"
        assert matches_golden_file(f"mail-{kind.value}.txt", mail_as_text(mail))


@pytest.mark.parametrize("kind", TO_SUPPORTERS)
def test_a_mail_comes_from_the_operator_in_the_signers_language(
    causes: MailTriggers, kind: OutgoingKind
) -> None:
    causes.supporter.lang = "de"
    mail = causes.mail(kind)
    assert mail.to == "testa@example.org"
    assert mail.message["From"] == "Example Operator <letters@example.org>"
    assert mail.message["To"] == "testa@example.org"
    assert mail.message["Content-Language"] == "de"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Reply-To"] is None


@pytest.mark.parametrize("kind", TO_SUPPORTERS)
def test_every_address_in_a_mail_leads_to_a_page(causes: MailTriggers, kind: OutgoingKind) -> None:
    addresses = re.findall(r"https?://\S+", causes.mail(kind).text)
    # The link's holder asks for a fresh one, who confirmed for a copy; strangers cause the rest.
    stops = any("/stop/" in address for address in addresses)
    assert stops is (
        kind
        not in {
            OutgoingKind.FRESH_LINK,
            OutgoingKind.LETTER_COPY,
            OutgoingKind.ANSWER,
            OutgoingKind.NEWS,
        }
    )
    for address in addresses:
        assert address.startswith("http://localhost/")
        assert causes.supporter.browser.get(urlsplit(address).path).status_code == 200


@pytest.mark.parametrize(
    "kind", [one for one in TO_SUPPORTERS if one is not OutgoingKind.LETTER_COPY]
)
def test_a_mail_quotes_nothing_that_was_typed(causes: MailTriggers, kind: OutgoingKind) -> None:
    mail = causes.mail(kind)
    said = f"{decoded_header(mail, 'From')} {decoded_header(mail, 'Subject')} {mail.text}"
    assert not any(typed in said for typed in EXAMPLE.values())
    assert "Example Operator" in said


def test_a_letter_comes_from_her_via_the_campaign_and_no_machine_is_its_author(
    supporter: Supporter, container: Container
) -> None:
    letter = sign_and_get_letter(supporter, container, government="GR")
    sender = decoded_header(letter, "From")
    assert re.fullmatch(r"Τέστα Example via .+ <testa\.example@example\.org>", sender)
    assert letter.message["Auto-Submitted"] is None
    assert letter.message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert letter.message["Content-Language"] == "el"


@pytest.mark.parametrize("agreed", [True, False])
def test_her_address_stands_in_a_letter_only_if_the_ministry_may_answer_her(
    supporter: Supporter, container: Container, agreed: bool
) -> None:
    consent = {"reply_directly": "y"} if agreed else {}
    letter = sign_and_get_letter(supporter, container, **consent)
    assert ("testa@example.org" in letter.message.as_string()) is agreed
    expected = "Τέστα Example <testa@example.org>" if agreed else ""
    assert decoded_header(letter, "Reply-To") == expected


def test_a_letter_of_the_longest_name_in_any_alphabet_leaves(
    supporter: Supporter,
) -> None:
    name = "Τέστα " + "Ж" * 114
    supporter.sign(name=name, government="FR", reply_directly="y")
    supporter.deliver()
    (letter,) = supporter.letters()
    assert decoded_header(letter, "From").startswith(f"{name} via ")
    assert decoded_header(letter, "Reply-To") == f"{name} <testa@example.org>"


def test_a_letter_with_a_long_line_leaves_in_lines_that_every_server_takes(
    supporter: Supporter,
) -> None:
    supporter.sign(government="IE", paragraph="word " * 290)
    supporter.deliver()
    (envelope,) = (one for one in supporter.transport.sent if one.name.startswith("letter-"))
    assert max(len(line) for line in envelope.message.split(b"\r\n")) <= 998
