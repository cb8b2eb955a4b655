"""Make letters to ministries, and what all messages have: who they come from, and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.rules.delivery import Envelope
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.rules.letter import Traces
from campaign.letters.sealing import hash_caps, hash_sentence, open_letter, seal_message
from campaign.letters.similarity import split
from campaign.mail.message import Draft, Mailbox, build
from campaign.mail.sender_address import readable_address
from campaign.recipients.queries import ministries
from campaign.recipients.rules.directory import Channel
from campaign.signatures.queries import signatures
from campaign.signatures.rules.signature import State
from campaign.signatures.sealing import hash_identities, open_person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from jinja2 import Environment
    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelf
    from campaign.campaigns.rules.letter import LetterText
    from campaign.delivery.links import Links
    from campaign.language.catalogue import Language
    from campaign.letters.rows import LetterRow
    from campaign.operator import Operator
    from campaign.recipients.governments import Reference
    from campaign.recipients.rows.ministries import MinistryRow
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens


@dataclass(frozen=True)
class Composer:
    """Everything that the words of a message come from."""

    keyring: Keyring
    shelf: Shelf
    tokens: Tokens
    links: Links
    operator: Operator
    reference: Reference
    languages: Mapping[str, Language]
    templates: Environment

    def letter(
        self, session: Session, row: LetterRow, *, live: bool, now: datetime
    ) -> tuple[Envelope, Traces]:
        """Return a letter to its ministry, and what it leaves behind when it is handed over.

        In live mode it goes to a verified address only. Its bytes are kept, sealed, as they
        are handed over.
        """
        signature, person, text = self.opened(session, row)
        recipient = ministry_address(
            ministries.get(session, row.government), row.language, live=live
        )
        ministry = self.reference.ministries[row.government]
        row.message_id = row.message_id or self.message_id(row.id)
        clerk_url = self.links.clerk(row.language, row.id, row.first_tried_at or now)
        message = build(
            Draft(
                sender=self.sender(
                    session, row.campaign_id, row.language, person, signature.language
                ),
                recipient=Mailbox(ministry.named_in(row.language), recipient),
                subject=text.subject,
                text=f"{text.whole}\n-- \n{self.footer(row.language, clerk_url)}",
                language=row.language,
                message_id=row.message_id,
                date=row.queued_at or now,
                reply_to=Mailbox(person.name, person.email) if signature.reply_directly else None,
            )
        )
        row.message = seal_message(self.keyring, row.id, message)
        name = f"letter-{row.government}-{row.id}"
        envelope = Envelope(name, self.return_path(row.id), recipient, message)
        return envelope, self.traces(session, row, person, text, live=live)

    def opened(self, session: Session, row: LetterRow) -> tuple[SignatureRow, Person, LetterText]:
        """Return who wrote a letter and what; raise NoLongerPossible if it must not leave."""
        signature, person = self.person(session, row.id)
        if row.sealed is None:
            raise NotFound(str(row.id))
        if signature.state is not State.CONFIRMED or not signature.send_letter:
            # Taken back while it was claimed, and not handed over then.
            raise NoLongerPossible(signature.state)
        text, _ = open_letter(self.keyring, row.id, row.sealed)
        return signature, person, text

    def traces(
        self,
        session: Session,
        row: LetterRow,
        person: Person,
        text: LetterText,
        *,
        live: bool,
    ) -> Traces:
        """Return the keyed hashes that a letter leaves behind when it is handed over."""
        identities = hash_identities(self.keyring, person.email)
        caps = hash_caps(self.keyring, identities, row.campaign_id, row.government, live=live)
        return Traces(caps, self._own_sentences(session, row, person, text))

    def _own_sentences(
        self, session: Session, row: LetterRow, person: Person, text: LetterText
    ) -> tuple[bytes, ...]:
        """Return keyed hashes of a letter's sentences that are not the campaign's."""
        shelved = self.shelf.by_id(session, row.campaign_id)
        if row.government not in shelved.campaign.words_in(row.language).governments:
            # The words were published anew without it: what was theirs cannot be told.
            return ()
        letter = split(shelved, row.government, row.language, text.body, person)
        return tuple(hash_sentence(self.keyring, sentence) for sentence in letter.own)

    def sender(
        self, session: Session, campaign_id: int, language: str, person: Person, hers: str
    ) -> Mailbox:
        """Return whom a letter comes from: her, via the campaign, at the campaign's domain.

        `language` is the letter's and `hers` the one in which she signed.
        """
        campaign = self.shelf.by_id(session, campaign_id).campaign
        name = f"{person.name} via {campaign.words_in(language).name}"
        domain, otherwise = self.operator.domain, self.operator.sender
        return Mailbox(name, readable_address(person.name, hers, domain, otherwise))

    def footer(self, language: str, clerk_url: str = "") -> str:
        """Return what stands under every letter. Only the ministry gets the link."""
        return self.templates.get_template("mail/letter_footer.txt").render(
            language=self.languages[language], operator=self.operator, clerk_url=clerk_url
        )

    def person(self, session: Session, signature_id: UUID) -> tuple[SignatureRow, Person]:
        """Return a signature and who made it, or raise NotFound when that is gone."""
        signature = signatures.find(session, signature_id)
        if signature is None or signature.sealed is None:
            raise NotFound(str(signature_id))
        return signature, open_person(self.keyring, signature.id, signature.sealed)

    def return_path(self, message_id: UUID) -> str:
        """Return where reports about a message come back to."""
        return f"{self.tokens.return_path(message_id)}@{self.operator.domain}"

    def message_id(self, identifier: UUID) -> str:
        return f"<{identifier}@{self.operator.domain}>"


def ministry_address(row: MinistryRow, language: str, *, live: bool) -> str:
    """Return where a letter in that language goes, or raise NotFound where it may not go.

    Live, only an address that a person has checked. Otherwise the known address, or
    a visibly made-up one, because nothing leaves.
    """
    address = row.address(Channel.EMAIL, language, live=live)
    if address is not None:
        return address.value
    if live:
        raise NotFound(f"no verified address for {row.government}")
    return f"{row.government.lower()}@ministry.example"
