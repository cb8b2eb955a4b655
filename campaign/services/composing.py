"""Make the messages that leave: mails to supporters and letters to ministries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campaign.domain.delivery import TO_MINISTRIES, Envelope, MailKind
from campaign.domain.signature import State
from campaign.errors import NoLongerPossible, NotFound
from campaign.mail import Draft, Mailbox, build
from campaign.sender import readable_address
from campaign.services.likeness import split
from campaign.store import letters, ministries, signatures
from campaign.store.rows import LetterRow
from campaign.tokens import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from jinja2 import Environment
    from sqlalchemy.orm import Session

    from campaign.content.governments import Reference
    from campaign.domain.letter import LetterText
    from campaign.domain.operator import Operator
    from campaign.domain.signature import Person
    from campaign.language.catalogue import Language
    from campaign.services.links import Links
    from campaign.services.shelf import Shelf
    from campaign.store.rows import MailRow, MinistryRow, SignatureRow
    from campaign.store.vault import Vault
    from campaign.tokens import Tokens


@dataclass(frozen=True)
class Composer:
    """Everything that the words of a message come from."""

    vault: Vault
    shelf: Shelf
    tokens: Tokens
    links: Links
    operator: Operator
    reference: Reference
    languages: Mapping[str, Language]
    templates: Environment

    def mail(self, session: Session, row: MailRow, *, live: bool, now: datetime) -> Envelope:
        """Return a mail to a supporter, to the organisers about a ministry, or to a ministry.

        Only the copy that a supporter asked for quotes what she typed.
        """
        written_at = row.queued_at or now
        if row.government is not None:
            ministry = ministries.get(session, row.government)
            to_ministry = row.kind in TO_MINISTRIES
            recipient = (
                ministry_address(ministry, live=live) if to_ministry else self.operator.contact
            )
            text = self._call_text(session, row, ministry, written_at)
        else:
            signature, person = self._person(session, row)
            recipient = person.email
            text = self._mail_text(session, row, signature, written_at)
        subject, _, body = text.partition("\n\n")
        row.message_id = row.message_id or self.message_id(row.id)
        message = build(
            Draft(
                sender=Mailbox(self.operator.name, self.operator.sender),
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
        return Envelope(name, self.return_path(row.id), recipient, message)

    def letter(self, session: Session, row: LetterRow, *, live: bool, now: datetime) -> Envelope:
        """Return a letter to its ministry; in live mode only to a verified address.

        Its bytes are kept, sealed, as they are handed over.
        """
        signature, person, text = self.opened(session, row)
        recipient = ministry_address(ministries.get(session, row.government), live=live)
        row.message_id = row.message_id or self.message_id(row.id)
        clerk_url = self.links.clerk(row.language, row.id, row.queued_at or now)
        message = build(
            Draft(
                sender=self.sender(session, row.campaign_id, row.language, person),
                recipient=Mailbox(self.reference.ministries[row.government].name, recipient),
                subject=text.subject,
                text=f"{text.whole}\n-- \n{self.footer(row.language, clerk_url)}",
                language=row.language,
                message_id=row.message_id,
                date=row.queued_at or now,
                reply_to=Mailbox(person.name, person.email) if signature.reply_directly else None,
            )
        )
        row.message = self.vault.seal_message(row.id, message)
        name = f"letter-{row.government}-{row.id}"
        return Envelope(name, self.return_path(row.id), recipient, message)

    def opened(self, session: Session, row: LetterRow) -> tuple[SignatureRow, Person, LetterText]:
        """Return who wrote a letter and what; raise NoLongerPossible if it must not leave."""
        signature, person = self._person(session, row)
        if row.sealed is None:
            raise NotFound(str(row.id))
        if signature.state is not State.CONFIRMED or not signature.send_letter:
            # Taken back while it was claimed, and not handed over then.
            raise NoLongerPossible(signature.state)
        text, _ = self.vault.open_letter(row.id, row.sealed)
        return signature, person, text

    def own_sentences(self, session: Session, row: LetterRow) -> tuple[bytes, ...]:
        """Return keyed hashes of a letter's sentences that are not the campaign's."""
        _, person = self._person(session, row)
        assert row.sealed is not None
        text, _ = self.vault.open_letter(row.id, row.sealed)
        campaign = self.shelf.by_id(session, row.campaign_id).campaign
        if row.government not in campaign.words_in(row.language).governments:
            # The words were published anew without it: what was theirs cannot be told.
            return ()
        letter = split(campaign, row.government, row.language, text.body, person)
        return tuple(self.vault.sentence_hash(sentence) for sentence in letter.own)

    def sender(self, session: Session, campaign_id: int, language: str, person: Person) -> Mailbox:
        """Return whom a letter comes from: her, via the campaign, at the campaign's domain."""
        campaign = self.shelf.by_id(session, campaign_id).campaign
        name = f"{person.name} via {campaign.words_in(language).name}"
        operator = self.operator
        return Mailbox(name, readable_address(person.name, operator.domain, operator.sender))

    def footer(self, language: str, clerk_url: str = "") -> str:
        """Return what stands under every letter. Only the ministry gets the link."""
        return self.templates.get_template("mail/letter_footer.txt").render(
            language=self.languages[language], operator=self.operator, clerk_url=clerk_url
        )

    def _person(self, session: Session, row: MailRow | LetterRow) -> tuple[SignatureRow, Person]:
        signature_id = row.id if isinstance(row, LetterRow) else row.signature_id
        signature = signatures.find(session, signature_id) if signature_id else None
        if signature is None or signature.sealed is None:
            raise NotFound(str(signature_id))
        return signature, self.vault.open_person(signature.id, signature.sealed)

    def _mail_text(
        self, session: Session, row: MailRow, signature: SignatureRow, written_at: datetime
    ) -> str:
        """Return the words; the links' times begin with the mail, so a second try is the same."""
        campaign = self.shelf.by_id(session, signature.campaign_id).campaign
        assert signature.identity_hash is not None  # it goes together with the sealed address
        slug, language, signature_id = campaign.facts.slug, row.language, signature.id
        return self.templates.get_template(f"mail/{row.kind.value}.txt").render(
            language=self.languages[language],
            words=campaign.words_in(language),
            operator=self.operator,
            page_url=self.links.page(language, slug),
            confirm_url=self.links.confirm(language, slug, signature_id, written_at),
            private_url=self.links.private(language, slug, signature_id, written_at),
            stop_url=self.links.stop(language, slug, signature.identity_hash, written_at),
            code=self.tokens.code(row.id),
            **(self._copied(session, signature_id) if row.kind is MailKind.LETTER_COPY else {}),
        )

    def _call_text(
        self, session: Session, row: MailRow, ministry: MinistryRow, written_at: datetime
    ) -> str:
        """Return the words about a ministry; raise NoLongerPossible if there is no cause now."""
        if row.kind is MailKind.MINISTRY_PAUSED and ministry.paused_on is None:
            raise NoLongerPossible("written to again")
        if row.kind in {MailKind.LONG_QUEUE, MailKind.DIGEST_ASKED} and ministry.digest:
            raise NoLongerPossible("one mail a day already")
        purpose = Purpose.OBJECTION if row.kind is MailKind.OBJECTION_ASKED else Purpose.DIGEST
        return self.templates.get_template(f"mail/{row.kind.value}.txt").render(
            language=self.languages[row.language],
            operator=self.operator,
            ministry=self.reference.ministries[ministry.government],
            row=ministry,
            queued=letters.queued_by_government(session).get(ministry.government, 0),
            grant_url=self.links.grant(purpose, row.language, row.id, written_at),
        )

    def _copied(self, session: Session, signature_id: UUID) -> dict[str, Any]:
        """Return what the mail with her copy says; raise NotFound when the letter is gone."""
        letter = letters.find(session, signature_id)
        if letter is None or letter.sealed is None:
            raise NotFound(str(signature_id))
        text, _ = self.vault.open_letter(signature_id, letter.sealed)
        return {"letter": text, "has_left": letters.has_left(session, signature_id)}

    def return_path(self, message_id: UUID) -> str:
        """Return where reports about a message come back to."""
        return f"{self.tokens.return_path(message_id)}@{self.operator.domain}"

    def message_id(self, identifier: UUID) -> str:
        return f"<{identifier}@{self.operator.domain}>"


def ministry_address(row: MinistryRow, *, live: bool) -> str:
    """Return where a letter goes, or raise NotFound where it may not go.

    Live, only an address that a person has checked. Otherwise the known address, or
    a visibly made-up one, because nothing leaves.
    """
    if live:
        if not row.verified:
            raise NotFound(f"no verified address for {row.government}")
        return row.email
    return row.email or f"{row.government.lower()}@ministry.example"
