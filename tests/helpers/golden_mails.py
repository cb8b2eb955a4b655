"""What causes each kind of mail, and how mails are compared with their golden files."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from campaign.delivery.inbound import InboundMailService
from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rules.outgoing import CARRIERS, RECIPIENT_KINDS, OutgoingKind
from campaign.news import send
from campaign.news.rules import NewsText
from campaign.organisers.rules.notices import Notice
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.verify import AddressCheck
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose
from tests.conftest import SLUG
from tests.helpers.campaigns import loaded_campaign
from tests.helpers.housekeeping import sweep
from tests.helpers.incoming_messages import reply_message
from tests.helpers.verifying import verify
from tests.languages import GOVERNMENTS

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Mail, Supporter

GOLDEN = Path(__file__).parent.parent / "golden"
ABOUT_RECIPIENTS = {
    *(OutgoingKind.MINISTRY_PAUSED, OutgoingKind.MINISTRY_OBJECTED, OutgoingKind.LONG_QUEUE),
    *(OutgoingKind.UNFILED, OutgoingKind.CONTACT_REPORTED, OutgoingKind.RETENTION),
    *RECIPIENT_KINDS,
}
TO_ORGANISERS = {OutgoingKind(one.value) for one in Notice}
TO_SUPPORTERS = [
    kind for kind in OutgoingKind if kind not in ABOUT_RECIPIENTS | CARRIERS | TO_ORGANISERS
]
SIGNATURE = UUID("0197f000-0000-7000-8000-000000000001")
"""A signature's id draws its letter's variants, so this one's are always the same."""

NEWS = {
    "en": NewsText("Three governments have answered", "They say that they agree.\n\nMore soon."),
    "de": NewsText("Drei Regierungen haben geantwortet", "Sie stimmen zu.\n\nBald mehr."),
    "fr": NewsText("Trois gouvernements ont répondu", "Ils sont d’accord.\n\nÀ bientôt."),
    "el": NewsText("Τρεις κυβερνήσεις απάντησαν", "Συμφωνούν.\n\nΣύντομα περισσότερα."),
}
EXAMPLE = {"name": "Τέστα Example", "town": "Example-on-Sea", "email": "testa@example.org"}


class MailTriggers:
    """What has to happen for each kind of mail to leave."""

    def __init__(self, supporter: Supporter, container: Container, clock: Clock) -> None:
        self.supporter = supporter
        self._container = container
        self._clock = clock

    def mail(self, kind: OutgoingKind) -> Mail:
        getattr(self, kind.value)()
        mail = self.supporter.newest_mail()
        assert self.supporter.transport.sent[-1].name.startswith(f"mail-{kind.value}-")
        return mail

    def confirmation(self) -> None:
        self.supporter.submit(**EXAMPLE, choice="sign")

    def already_signed(self) -> None:
        self.supporter.sign(**EXAMPLE, choice="sign")
        self._clock.advance(minutes=1)
        self.supporter.submit(**EXAMPLE, choice="sign")

    def reminder(self) -> None:
        self.confirmation()
        self.supporter.deliver()
        self._clock.advance(hours=25)
        with self._container.database.writing() as session:
            sweep(session, self._container.keyring, SitePace(live=False), self._clock())

    def fresh_link(self) -> None:
        private = self.supporter.sign(**EXAMPLE, choice="sign")
        self.supporter.browser.post(f"{private}/fresh")

    def letter_copy(self) -> None:
        government = GOVERNMENTS[self.supporter.lang]
        sign_and_get_letter(self.supporter, self._container, government=government, send_copy="y")

    def news(self) -> None:
        self.supporter.sign(**EXAMPLE, choice="sign", send_news="y")
        self.supporter.deliver()
        with self._container.database.writing() as session:
            loaded, now = self._container.campaign_cache.by_slug(session, SLUG), self._clock()
            row = send.add_draft(session, loaded, uuid7(now), NEWS, "Testa Organiser", now)
            send.start_sending(session, loaded, row.id, 1, "Testa Organiser", now)

    def answer(self) -> None:
        government = GOVERNMENTS[self.supporter.lang]
        with self._container.database.writing() as session:
            # Where answers of tests come from; from elsewhere they would be in doubt.
            check = AddressCheck("Tester", "made up")
            verify(
                session,
                recipient_key(government),
                "desk@ministry.example",
                check,
                live=False,
                now=self._clock(),
            )
        letter = sign_and_get_letter(self.supporter, self._container, government=government)
        inbound_service = InboundMailService(
            self._container.keyring, self._container.tokens, self._container.settings.operator
        )
        with self._container.database.writing() as session:
            wire = reply_message(str(letter.message["Message-ID"]))
            inbound_service.receive(session, wire, "", self._clock())


def matches_golden_file(name: str, text: str) -> bool:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_bytes(text.encode())
    return path.read_bytes().decode() == text


def decoded_header(mail: Mail, name: str) -> str:
    """Return what a header says, read by the older parser.

    The newer one keeps spaces between the encoded words of a long name.
    """
    raw = message_from_bytes(mail.message.as_bytes(), policy=policy.compat32)[name]
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", str(raw or ""))
    return " ".join(str(make_header(decode_header(unfolded))).split())


def without_tokens(text: str) -> str:
    text = re.sub(
        r"/(confirm|private|stop|clerk|digest|objection|preference|unsubscribe)/\S+",
        r"/\1/TOKEN",
        text,
    )
    text = re.sub(r"^\d{6}$", "CODE", text, flags=re.MULTILINE)
    return with_fixed_id(text)


def with_fixed_id(text: str) -> str:
    """Return a text in which the letter, too, has the fixed id: its own is another each time."""
    return re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7(?:-?[0-9a-f]+){3}\b", str(SIGNATURE), text)


def mail_as_text(mail: Mail) -> str:
    return f"{decoded_header(mail, 'Subject')}\n\n{without_tokens(mail.text)}"


def sign_with_fixed_id(supporter: Supporter, container: Container, **changes: str) -> None:
    """Sign with a stamp that carries the fixed id."""
    expires = container.clock() + timedelta(hours=1)
    uid = loaded_campaign(container, supporter.slug).uid
    stamp = container.tokens.make(Purpose.FORM, uid, SIGNATURE, expires)
    supporter.sign(**EXAMPLE, stamp=stamp, **changes)


def sign_and_get_letter(supporter: Supporter, container: Container, **changes: str) -> Mail:
    """Sign with the fixed id; return the letter that leaves, in her language if it can be."""
    sign_with_fixed_id(supporter, container, letter_language=supporter.lang, **changes)
    supporter.deliver()
    (letter,) = supporter.letters()
    return letter
