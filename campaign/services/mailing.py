"""Make the mails that the site itself writes: to supporters, organisers and ministries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campaign.domain.delivery import TO_MINISTRIES, Envelope, MailKind
from campaign.domain.ids import uuid7
from campaign.errors import NoLongerPossible, NotFound
from campaign.mail import Draft, Mailbox, build
from campaign.services.composing import ministry_address
from campaign.services.links import shown_answer
from campaign.store import inbound, letters, ministries
from campaign.tokens import Purpose

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.domain.operator import Operator
    from campaign.services.composing import Composer
    from campaign.store.rows import MailRow, MinistryRow, SignatureRow


@dataclass(frozen=True)
class Mailer:
    """Writes mails with the composer's words and links."""

    composer: Composer

    def mail(self, session: Session, row: MailRow, *, live: bool, now: datetime) -> Envelope:
        """Return a mail; raise NoLongerPossible if there is no cause for it any more.

        Only the copy that a supporter asked for quotes what she typed.
        """
        composer, written_at = self.composer, row.queued_at or now
        recipient, text = self._words(session, row, written_at, live=live)
        subject, _, body = text.partition("\n\n")
        row.message_id = row.message_id or composer.message_id(row.id)
        message = build(
            Draft(
                sender=Mailbox(composer.operator.name, composer.operator.sender),
                recipient=Mailbox("", recipient),
                subject=subject,
                text=body,
                language=row.language,
                message_id=row.message_id,
                date=written_at,
                automatic=True,
            )
        )
        name = f"mail-{row.kind.value}-{row.id}"
        return Envelope(name, composer.return_path(row.id), recipient, message)

    def _words(
        self, session: Session, row: MailRow, written_at: datetime, *, live: bool
    ) -> tuple[str, str]:
        """Return whom a mail is for, and its subject, a blank line and its text."""
        composer = self.composer
        if row.signature_id is not None:
            signature, person = composer.person(session, row.signature_id)
            return person.email, self._to_supporter(session, row, signature, written_at)
        if row.government is None:
            return composer.operator.contact, self._rendered(row)
        ministry = ministries.get(session, row.government)
        text = self._about_ministry(session, row, ministry, written_at)
        if row.kind in TO_MINISTRIES:
            return ministry_address(ministry, row.language, live=live), text
        return composer.operator.contact, text

    def _to_supporter(
        self, session: Session, row: MailRow, signature: SignatureRow, written_at: datetime
    ) -> str:
        """Return the words; the links' times begin with the mail, so a second try is the same."""
        composer, links = self.composer, self.composer.links
        campaign = composer.shelf.by_id(session, signature.campaign_id).campaign
        assert signature.identity_hash is not None  # it goes together with the sealed address
        slug, language, signature_id = campaign.facts.slug, row.language, signature.id
        return self._rendered(
            row,
            words=campaign.words_in(language),
            page_url=links.page(language, slug),
            confirm_url=links.confirm(language, slug, signature_id, written_at),
            private_url=links.private(language, slug, signature_id, written_at),
            stop_url=links.stop(language, slug, signature.identity_hash, written_at),
            code=composer.tokens.code(row.id),
            **self._quoted(session, row, signature_id),
        )

    def _about_ministry(
        self, session: Session, row: MailRow, ministry: MinistryRow, written_at: datetime
    ) -> str:
        if row.kind is MailKind.MINISTRY_PAUSED and ministry.paused_on is None:
            raise NoLongerPossible("written to again")
        if row.kind in {MailKind.LONG_QUEUE, MailKind.DIGEST_ASKED} and ministry.digest:
            raise NoLongerPossible("one mail a day already")
        purpose = Purpose.OBJECTION if row.kind is MailKind.OBJECTION_ASKED else Purpose.DIGEST
        return self._rendered(
            row,
            ministry=self.composer.reference.ministries[ministry.government],
            row=ministry,
            queued=letters.queued_by_government(session).get(ministry.government, 0),
            grant_url=self.composer.links.grant(purpose, row.language, row.id, written_at),
        )

    def _quoted(self, session: Session, row: MailRow, signature_id: UUID) -> dict[str, Any]:
        """Return what else a mail says: a copy of her letter, or the answer to it."""
        if row.kind is MailKind.LETTER_COPY:
            return self._copied(session, signature_id)
        if row.kind is MailKind.ANSWER:
            return self._answered(session, row.id)
        return {}

    def _copied(self, session: Session, signature_id: UUID) -> dict[str, Any]:
        """Return her letter as it left; raise NotFound when it is gone."""
        letter = letters.find(session, signature_id)
        if letter is None or letter.sealed is None:
            raise NotFound(str(signature_id))
        text, _ = self.composer.vault.open_letter(signature_id, letter.sealed)
        return {"letter": text, "has_left": letters.has_left(session, signature_id)}

    def _answered(self, session: Session, mail_id: UUID) -> dict[str, Any]:
        """Return the answer that a mail passes on; raise NotFound when it is gone."""
        row = inbound.passed_on_by(session, mail_id)
        if row is None or row.sealed is None or row.letter_id is None:
            raise NotFound(str(mail_id))
        wire = self.composer.vault.open_inbound(row.id, row.sealed)
        return {"answer": shown_answer(wire, row.letter_id)}

    def _rendered(self, mail: MailRow, **values: Any) -> str:
        composer = self.composer
        return composer.templates.get_template(f"mail/{mail.kind.value}.txt").render(
            language=composer.languages[mail.language], operator=composer.operator, **values
        )


def direct(operator: Operator, address: str, name: str, text: str, now: datetime) -> Envelope:
    """Return a mail about the site itself that goes past the queue, in English.

    `text`: its subject, a blank line and what it says.
    """
    subject, _, body = text.partition("\n\n")
    message_id = uuid7(now)
    message = build(
        Draft(
            sender=Mailbox(operator.name, operator.sender),
            recipient=Mailbox("", address),
            subject=subject,
            text=body,
            language="en",
            message_id=f"<{message_id}@{operator.domain}>",
            date=now,
            automatic=True,
        )
    )
    return Envelope(f"mail-{name}-{message_id}", operator.sender, address, message)
