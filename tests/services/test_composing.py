"""Every mail and a letter, word for word. UPDATE_GOLDEN=1 writes the golden files anew."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from campaign.domain.delivery import TO_MINISTRIES, MailKind
from campaign.domain.ids import uuid7
from campaign.domain.news import NewsText
from campaign.services import news, pacing
from campaign.services.clerk import OBJECTED, Wish
from campaign.services.inbound import Mailroom
from campaign.services.sweeping import sweep
from campaign.store import mails
from campaign.store.claiming import Pace
from campaign.tokens import Purpose
from tests.clock import START
from tests.conftest import SLUG
from tests.incoming_for_tests import answer

if TYPE_CHECKING:
    from campaign.factory import House
    from tests.clock import Clock
    from tests.supporter import Mail, Supporter

GOLDEN = Path(__file__).parent.parent / "golden"
LANGUAGES = ("en", "de", "fr", "el")
GOVERNMENTS = {"en": "IE", "de": "DE", "fr": "FR", "el": "GR"}
ABOUT_MINISTRIES = {
    *(MailKind.MINISTRY_PAUSED, MailKind.MINISTRY_OBJECTED, MailKind.LONG_QUEUE),
    *(MailKind.UNFILED, MailKind.CONTACT_REPORTED),
    *TO_MINISTRIES,
}
TO_SUPPORTERS = [kind for kind in MailKind if kind not in ABOUT_MINISTRIES]
SIGNATURE = UUID("0197f000-0000-7000-8000-000000000001")
"""A signature's id draws its letter's variants, so this one's are always the same."""

NEWS = {
    "en": NewsText("Three governments have answered", "They say that they agree.\n\nMore soon."),
    "de": NewsText("Drei Regierungen haben geantwortet", "Sie stimmen zu.\n\nBald mehr."),
    "fr": NewsText("Trois gouvernements ont répondu", "Ils sont d’accord.\n\nÀ bientôt."),
    "el": NewsText("Τρεις κυβερνήσεις απάντησαν", "Συμφωνούν.\n\nΣύντομα περισσότερα."),
}
EXAMPLE = {"name": "Τέστα Example", "town": "Example-on-Sea", "email": "testa@example.org"}


class Causes:
    """What has to happen for each kind of mail to leave."""

    def __init__(self, supporter: Supporter, house: House, clock: Clock) -> None:
        self.supporter = supporter
        self._house = house
        self._clock = clock

    def mail(self, kind: MailKind) -> Mail:
        getattr(self, kind.value)()
        mail = self.supporter.newest_mail()
        assert self.supporter.transport.sent[-1].name.startswith(f"mail-{kind.value}-")
        return mail

    def confirmation(self) -> None:
        self.supporter.submit(**EXAMPLE, send_letter=None)

    def already_signed(self) -> None:
        self.supporter.sign(**EXAMPLE, send_letter=None)
        self.supporter.submit(**EXAMPLE, send_letter=None)

    def reminder(self) -> None:
        self.confirmation()
        self.supporter.deliver()
        self._clock.advance(hours=25)
        with self._house.database.writing() as session:
            sweep(session, Pace(live=False), self._clock())

    def fresh_link(self) -> None:
        private = self.supporter.sign(**EXAMPLE, send_letter=None)
        self.supporter.browser.post(f"{private}/fresh")

    def letter_copy(self) -> None:
        government = GOVERNMENTS[self.supporter.lang]
        sent_letter(self.supporter, self._house, government=government, send_copy="y")

    def news(self) -> None:
        self.supporter.sign(**EXAMPLE, send_letter=None, send_news="y")
        self.supporter.deliver()
        with self._house.database.writing() as session:
            shelved, now = self._house.shelf.by_slug(session, SLUG), self._clock()
            row = news.add_draft(session, shelved, uuid7(now), NEWS, "Testa Organiser", now)
            news.start(session, shelved, row.id, 1, "Testa Organiser", now)

    def answer(self) -> None:
        government = GOVERNMENTS[self.supporter.lang]
        letter = sent_letter(self.supporter, self._house, government=government)
        mailroom = Mailroom(self._house.vault, self._house.tokens, self._house.settings.operator)
        with self._house.database.writing() as session:
            wire = answer(str(letter.message["Message-ID"]))
            mailroom.receive(session, wire, "", self._clock())


@pytest.fixture
def causes(supporter: Supporter, house: House, clock: Clock) -> Causes:
    return Causes(supporter, house, clock)


def is_golden(name: str, text: str) -> bool:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_bytes(text.encode())
    return path.read_bytes().decode() == text


def decoded(mail: Mail, name: str) -> str:
    """Return what a header says, read by the older parser.

    The newer one keeps spaces between the encoded words of a long name.
    """
    raw = message_from_bytes(mail.message.as_bytes(), policy=policy.compat32)[name]
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", str(raw or ""))
    return " ".join(str(make_header(decode_header(unfolded))).split())


def without_tokens(text: str) -> str:
    text = re.sub(
        r"/(confirm|private|stop|clerk|digest|objection|unsubscribe)/\S+", r"/\1/TOKEN", text
    )
    return re.sub(r"^\d{6}$", "CODE", text, flags=re.MULTILINE)


def shown(mail: Mail) -> str:
    return f"{decoded(mail, 'Subject')}\n\n{without_tokens(mail.text)}"


def sign_fixed(supporter: Supporter, house: House, **changes: str) -> None:
    """Sign with a stamp that carries the fixed id."""
    expires = house.clock() + timedelta(hours=1)
    stamp = house.tokens.make(Purpose.STAMP, supporter.slug, SIGNATURE, expires)
    supporter.sign(**EXAMPLE, stamp=stamp, **changes)


def sent_letter(supporter: Supporter, house: House, **changes: str) -> Mail:
    """Sign with the fixed id; return the letter that leaves."""
    sign_fixed(supporter, house, **changes)
    supporter.deliver()
    (letter,) = supporter.letters()
    return letter


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", TO_SUPPORTERS)
def test_a_mail_says_what_it_always_said(causes: Causes, kind: MailKind, lang: str) -> None:
    causes.supporter.lang = lang
    mail = causes.mail(kind)
    assert is_golden(f"mail-{kind.value}-{lang}.txt", shown(mail))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_letter_says_what_it_always_said(supporter: Supporter, house: House, lang: str) -> None:
    supporter.lang = lang
    letter = sent_letter(supporter, house, government=GOVERNMENTS[lang])
    head = "\n".join(sorted(f"{name}: {decoded(letter, name)}" for name in letter.message))
    assert is_golden(f"letter-mail-{lang}.txt", f"{head}\n\n{without_tokens(letter.text)}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_daily_mail_says_what_it_always_said(
    supporter: Supporter, house: House, lang: str
) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, GOVERNMENTS[lang], on=True, by="Test", now=START)
    sign_fixed(supporter, house, government=GOVERNMENTS[lang])
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert is_golden(f"daily-mail-{lang}.txt", shown(mail))
    assert is_golden(f"daily-mail-{lang}.csv", mail.file("text/csv").decode("utf-8-sig"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("wish", Wish)
def test_a_mail_to_a_ministry_says_what_it_always_said(
    supporter: Supporter, house: House, wish: Wish, lang: str
) -> None:
    government = GOVERNMENTS[lang]
    letter = sent_letter(supporter, house, government=government)
    supporter.browser.post(letter.link("clerk"), data={"wish": wish.value})
    mail = supporter.newest_mail(f"{government.lower()}@ministry.example")
    assert is_golden(f"mail-{wish.value}_asked-{lang}.txt", shown(mail))


def test_mails_to_the_organisers_say_what_they_always_said(
    supporter: Supporter, house: House
) -> None:
    sent_letter(supporter, house, government="DE")
    with house.database.writing() as session:
        mails.enqueue_call(session, MailKind.LONG_QUEUE, "DE", house.clock())
        pacing.pause(session, "DE", OBJECTED, "Test", house.clock())
        mails.enqueue_call(session, MailKind.MINISTRY_OBJECTED, "DE", house.clock())
        mails.enqueue_call(session, MailKind.MINISTRY_PAUSED, "DE", house.clock())
        mails.enqueue_call(session, MailKind.CONTACT_REPORTED, "DE", house.clock())
        mails.enqueue_call(session, MailKind.UNFILED, None, house.clock())
    supporter.deliver()
    for kind in sorted(ABOUT_MINISTRIES - TO_MINISTRIES):
        (mail,) = supporter.received(f"mail-{kind.value}-")
        assert mail.to == "contact@example.org"
        assert is_golden(f"mail-{kind.value}.txt", shown(mail))


@pytest.mark.parametrize("kind", TO_SUPPORTERS)
def test_a_mail_comes_from_the_operator_in_the_signers_language(
    causes: Causes, kind: MailKind
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
def test_every_address_in_a_mail_leads_to_a_page(causes: Causes, kind: MailKind) -> None:
    addresses = re.findall(r"https?://\S+", causes.mail(kind).text)
    # The link's holder asks for a fresh one, who confirmed for a copy; strangers cause the rest.
    stops = any("/stop/" in address for address in addresses)
    assert stops is (
        kind not in {MailKind.FRESH_LINK, MailKind.LETTER_COPY, MailKind.ANSWER, MailKind.NEWS}
    )
    for address in addresses:
        assert address.startswith("http://localhost/")
        assert causes.supporter.browser.get(urlsplit(address).path).status_code == 200


@pytest.mark.parametrize("kind", [one for one in TO_SUPPORTERS if one is not MailKind.LETTER_COPY])
def test_a_mail_quotes_nothing_that_was_typed(causes: Causes, kind: MailKind) -> None:
    mail = causes.mail(kind)
    said = f"{decoded(mail, 'From')} {decoded(mail, 'Subject')} {mail.text}"
    assert not any(typed in said for typed in EXAMPLE.values())
    assert "Example Operator" in said


def test_a_letter_comes_from_her_via_the_campaign_and_no_machine_is_its_author(
    supporter: Supporter, house: House
) -> None:
    letter = sent_letter(supporter, house, government="GR")
    sender = decoded(letter, "From")
    assert re.fullmatch(r"Τέστα Example via .+ <testa\.example@example\.org>", sender)
    assert letter.message["Auto-Submitted"] is None
    assert letter.message["Content-Language"] == "el"


@pytest.mark.parametrize("agreed", [True, False])
def test_her_address_stands_in_a_letter_only_if_the_ministry_may_answer_her(
    supporter: Supporter, house: House, agreed: bool
) -> None:
    consent = {"reply_directly": "y"} if agreed else {}
    letter = sent_letter(supporter, house, **consent)
    assert ("testa@example.org" in letter.message.as_string()) is agreed
    expected = "Τέστα Example <testa@example.org>" if agreed else ""
    assert decoded(letter, "Reply-To") == expected


def test_a_letter_of_the_longest_name_in_any_alphabet_leaves(
    supporter: Supporter,
) -> None:
    name = "Τέστα " + "Ж" * 114
    supporter.sign(name=name, government="FR", reply_directly="y")
    supporter.deliver()
    (letter,) = supporter.letters()
    assert decoded(letter, "From").startswith(f"{name} via ")
    assert decoded(letter, "Reply-To") == f"{name} <testa@example.org>"


def test_a_letter_with_a_long_line_leaves_in_lines_that_every_server_takes(
    supporter: Supporter,
) -> None:
    supporter.sign(government="IE", paragraph="word " * 290)
    supporter.deliver()
    (envelope,) = (one for one in supporter.transport.sent if one.name.startswith("letter-"))
    assert max(len(line) for line in envelope.message.split(b"\r\n")) <= 998
