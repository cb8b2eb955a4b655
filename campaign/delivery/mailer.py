"""The mails that the site itself writes: to supporters, organisers and recipients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from campaign.delivery.message_builder import recipient_address
from campaign.delivery.queries import attempts, inbound
from campaign.delivery.queries.attempts import find_handover, handover_address
from campaign.delivery.rules.answer import ReviewReason
from campaign.delivery.rules.delivery import Envelope
from campaign.delivery.rules.outgoing import CONFIRMED_BY_LINK, RECIPIENT_KINDS, OutgoingKind
from campaign.delivery.sealing import unseal_answer
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import letters
from campaign.letters.sealing import unseal_letter
from campaign.mail.outgoing import Mailbox, OutgoingMessage, build_message
from campaign.recipients.queries import recipients, wishes
from campaign.recipients.rules.wish import LINK_LIFETIME
from campaign.recipients.sealing import open_place
from campaign.signatures.queries import same_person
from campaign.signatures.rules.identity import is_same_mailbox
from campaign.signatures.sealing import hash_identities
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.delivery.message_builder import MessageBuilder
    from campaign.delivery.rows import OutgoingRow
    from campaign.letters.rows import LetterRow
    from campaign.operator import Operator
    from campaign.recipients.rows import RecipientRow, RecipientWishRow
    from campaign.signatures.rows import SignatureRow


REHEARSAL_MARK = "[Rehearsal]"
"""Before the subject of every mail to a colleague who rehearses, in whichever language."""


@dataclass(frozen=True)
class RenderedMail:
    """A mail's recipient, and its subject, a blank line and its body as `text`.

    `operator`: whom it is from.
    """

    recipient: str
    text: str
    operator: Operator
    unsubscribe_url: str = ""


class MailWriter(Protocol):
    """Writes mails of one kind when they are sent, for a subject above this one."""

    def __call__(self, session: Session, row: OutgoingRow, written_at: datetime, /) -> RenderedMail:
        """Return the mail; raise NoLongerPossible if there is no reason for it any more."""
        ...


@dataclass(frozen=True)
class Mailer:
    """Builder of the site's own mails, with the message builder's words and links.

    `writers`: of the kinds whose text other subjects know. `rehearsal_address`: to which copies of
    rehearsed letters go; without one, to whoever signed.
    """

    message_builder: MessageBuilder
    writers: Mapping[OutgoingKind, MailWriter]
    rehearsal_address: str = ""

    def mail(self, session: Session, row: OutgoingRow, *, live: bool, now: datetime) -> Envelope:
        """Return a mail; raise NoLongerPossible if there is no reason for it any more.

        Only the copy that a supporter asked for quotes what she typed.
        """
        message_builder, written_at = self.message_builder, row.queued_at or now
        if row.kind in CONFIRMED_BY_LINK and now - written_at > LINK_LIFETIME:
            raise NoLongerPossible("its link has expired")
        written = self._written(session, row, written_at, live=live)
        subject, _, body = written.text.partition("\n\n")
        row.message_id = row.message_id or message_builder.message_id(row.id)
        message = build_message(
            OutgoingMessage(
                sender=Mailbox(written.operator.name, written.operator.sender),
                recipient=Mailbox("", written.recipient),
                subject=subject,
                text=body,
                language=row.language,
                message_id=row.message_id,
                date=written_at,
                automatic=True,
                unsubscribe_url=written.unsubscribe_url,
            )
        )
        name = f"mail-{row.kind.value}-{row.id}"
        return Envelope(name, message_builder.return_path(row.id), written.recipient, message)

    def _written(
        self, session: Session, row: OutgoingRow, written_at: datetime, *, live: bool
    ) -> RenderedMail:
        message_builder = self.message_builder
        if row.kind in self.writers:
            return self.writers[row.kind](session, row, written_at)
        if row.kind is OutgoingKind.ERASURE:
            return self._erasure(session, row, live=live)
        if row.signature_id is not None:
            signature, address = self._addressed(session, row, row.signature_id)
            operator = message_builder.operator_of(session, signature.campaign_id)
            text = self._to_supporter(session, row, signature, written_at)
            loaded = message_builder.campaign_cache.by_id(session, signature.campaign_id)
            if loaded.is_rehearsal:
                text = f"{REHEARSAL_MARK} {text}"
                if row.kind is OutgoingKind.LETTER_COPY:
                    address = self.rehearsal_address or address
            return RenderedMail(address, text, operator)
        operator = message_builder.operator
        if row.recipient is None:
            return RenderedMail(operator.contact, self._rendered(row), operator)
        recipient = recipients.get(session, row.recipient)
        text = self._about_recipient(session, row, recipient, written_at)
        if row.kind in RECIPIENT_KINDS:
            address = recipient_address(recipient, row.language, live=live)
            return RenderedMail(address, text, operator)
        return RenderedMail(operator.contact, text, operator)

    def _addressed(
        self, session: Session, row: OutgoingRow, signature_id: UUID
    ) -> tuple[SignatureRow, str]:
        """Return the signature that a mail links to, and the e-mail address it is sent to.

        Whoever signs again gets a link to the private page of the signature that counts. That mail
        therefore goes to the address as typed now only if its provider says that both spellings
        are one mailbox, and otherwise to the confirmed address.
        """
        message_builder = self.message_builder
        signature, person = message_builder.load_signer(session, signature_id)
        if row.kind is not OutgoingKind.ALREADY_SIGNED:
            return signature, person.email
        hashes = hash_identities(message_builder.keyring, person.email)
        confirmed = same_person.find_confirmed_by_identity(session, signature.campaign_id, hashes)
        if confirmed is None:
            raise NoLongerPossible("the signature that counted is gone")
        known = message_builder.load_signer(session, confirmed.id)[1].email
        return confirmed, person.email if is_same_mailbox(person.email, known) else known

    def _erasure(self, session: Session, row: OutgoingRow, *, live: bool) -> RenderedMail:
        """Return the mail that asks a letter's recipient to delete it, and identifies the letter.

        Whose letter it was is not known here any more. If it is not known which address got it,
        the mail goes to the one that is written to now.
        """
        letter = _letter_about(session, row)
        log = attempts.attempts_of(session, letter.id)
        handed_over = find_handover(letter, log, live=live)
        if handed_over is None:
            raise NoLongerPossible("never handed over")
        recipient = recipients.get(session, letter.recipient)
        operator = self.message_builder.operator_of(session, letter.campaign_id)
        text = self._rendered(
            row,
            operator=operator,
            recipient=recipient,
            day=handed_over.at.date(),
            in_daily_mail=handed_over.digest_id is not None,
            letter_message_id=self.message_builder.message_id(handed_over.digest_id or letter.id),
            letter_id=letter.id,
        )
        sent_to = handover_address(log, handed_over)
        address = sent_to or recipient_address(recipient, letter.language, live=live)
        return RenderedMail(address, text, operator)

    def _to_supporter(
        self, session: Session, row: OutgoingRow, signature: SignatureRow, written_at: datetime
    ) -> str:
        """Return the text; links expire relative to the mail's time, so a retry is identical."""
        loaded = self.message_builder.campaign_cache.by_id(session, signature.campaign_id)
        quoted = self._quoted(session, row)
        return render_supporter_mail(
            self.message_builder, row, loaded, signature, written_at, **quoted
        )

    def _about_recipient(
        self, session: Session, row: OutgoingRow, recipient: RecipientRow, written_at: datetime
    ) -> str:
        if row.kind is OutgoingKind.MINISTRY_PAUSED and recipient.paused_on is None:
            raise NoLongerPossible("written to again")
        wish = wishes.find(session, row.id)
        asks_for_digest = row.kind in {OutgoingKind.LONG_QUEUE, OutgoingKind.DIGEST_ASKED}
        if wish is None and asks_for_digest and recipient.digest and not recipient.weekly:
            raise NoLongerPossible("one mail a day already")
        purpose = Purpose.OBJECTION if row.kind is OutgoingKind.OBJECTION_ASKED else Purpose.DIGEST
        return self._rendered(
            row,
            row=recipient,
            wish=wish,
            place=self._place(wish or self._place_told(session, row, recipient)),
            queued=letters.count_queued_by_recipient(session).get(recipient.key, 0),
            preference_confirmation_url=self.message_builder.links.preference_confirmation_url(
                Purpose.PREFERENCE if wish else purpose, row.language, row.id, written_at
            ),
        )

    def _place_told(
        self, session: Session, row: OutgoingRow, recipient: RecipientRow
    ) -> RecipientWishRow | None:
        """Return the wish that a mail to the organisers tells of: they are of the same moment."""
        told = wishes.last_place(session, recipient.key)
        return told if told is not None and told.applied_at == row.queued_at else None

    def _place(self, wish: RecipientWishRow | None) -> str:
        """Return where letters belong, as a recipient's staff typed it."""
        if wish is None or wish.sealed is None:
            return ""
        return open_place(self.message_builder.keyring, wish.id, wish.sealed)

    def _quoted(self, session: Session, row: OutgoingRow) -> dict[str, Any]:
        """Return a mail's further values: for a copy of her letter, or for the answer to it."""
        if row.kind is OutgoingKind.LETTER_COPY:
            return self._copied(session, row)
        if row.kind is OutgoingKind.ANSWER:
            return self._answered(session, row.id)
        return {}

    def _copied(self, session: Session, row: OutgoingRow) -> dict[str, Any]:
        """Return her letter as it was sent; raise NotFound if it is gone."""
        letter = _letter_about(session, row)
        if letter.sealed is None:
            raise NotFound(str(letter.id))
        text, _ = unseal_letter(self.message_builder.keyring, letter.signature_id, letter.sealed)
        several = len(letters.of_signature(session, letter.signature_id)) > 1
        recipient = recipients.get(session, letter.recipient).name_in(row.language)
        return {
            "letter": text,
            "has_left": attempts.was_accepted_live(session, letter.id),
            "recipient": recipient if several else "",
        }

    def _answered(self, session: Session, mail_id: UUID) -> dict[str, Any]:
        """Return the answer that a mail forwards; raise NotFound if it is gone."""
        row = inbound.forwarded_by(session, mail_id)
        if row is None or row.content is None:
            raise NotFound(str(mail_id))
        answer = unseal_answer(self.message_builder.keyring, row.id, row.content)
        other = answer.sender_domain if row.review_reason is ReviewReason.OTHER_DOMAIN else ""
        return {"answer": answer, "other_domain": other}

    def _rendered(self, mail: OutgoingRow, **values: Any) -> str:
        return render_mail(self.message_builder, mail, **values)


def _letter_about(session: Session, row: OutgoingRow) -> LetterRow:
    """Return the letter that a mail is about; raise NotFound if there is none."""
    assert row.signature_id is not None
    for letter in letters.of_signature(session, row.signature_id):
        if row.letter_id in {None, letter.id}:
            return letter
    raise NotFound(str(row.id))


def render_supporter_mail(
    message_builder: MessageBuilder,
    row: OutgoingRow,
    loaded: LoadedCampaign,
    signature: SignatureRow,
    written_at: datetime,
    **quoted: Any,
) -> str:
    """Return a mail about a signature; `quoted`: what the kinds quote that quote something."""
    links, language, signature_id = message_builder.links, row.language, signature.id
    assert signature.identity_hash is not None  # cleared together with the sealed address
    return render_mail(
        message_builder,
        row,
        operator=message_builder.operator.of_campaign(loaded.campaign.facts.operator),
        words=loaded.campaign.words_in(language),
        page_url=links.campaign_url(language, loaded.slug),
        confirm_url=links.confirm_url(language, loaded, signature_id, written_at),
        private_url=links.private_url(language, loaded, signature_id, written_at),
        stop_url=links.stop_url(language, loaded, signature.identity_hash, written_at),
        code=message_builder.tokens.confirmation_code(row.id),
        **quoted,
    )


def render_mail(message_builder: MessageBuilder, mail: OutgoingRow, **values: Any) -> str:
    """Return a mail's subject, a blank line and its body."""
    return message_builder.templates.render(
        f"mail/{mail.kind.value}.txt",
        message_builder.languages[mail.language],
        **{"operator": message_builder.operator, **values},
    )


def build_system_mail(
    operator: Operator, address: str, name: str, text: str, now: datetime, local_id: str = ""
) -> Envelope:
    """Return a mail about the site itself that bypasses the queue, in English.

    `text`: its subject, a blank line and its body. `local_id`: the local part of its Message-ID.
    """
    subject, _, body = text.partition("\n\n")
    message_id = uuid7(now)
    message = build_message(
        OutgoingMessage(
            sender=Mailbox(operator.name, operator.sender),
            recipient=Mailbox("", address),
            subject=subject,
            text=body,
            language="en",
            message_id=f"<{local_id or message_id}@{operator.domain}>",
            date=now,
            automatic=True,
        )
    )
    return Envelope(f"mail-{name}-{message_id}", operator.sender, address, message)
