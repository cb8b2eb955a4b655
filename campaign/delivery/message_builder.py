"""Builder of letters to recipients, and the sender and identifiers that all messages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.rules.delivery import Envelope
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.rules.letter import LetterHashes
from campaign.letters.sealing import hash_caps, hash_sentence, seal_message, unseal_letter
from campaign.letters.similarity import split_sentences
from campaign.mail.addresses import sender_address
from campaign.mail.outgoing import Mailbox, OutgoingMessage, build_message
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.recipient import file_stem, made_up_email
from campaign.signatures.queries import signatures
from campaign.signatures.rules.signature import SignatureState
from campaign.signatures.sealing import hash_identities, unseal_person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache
    from campaign.campaigns.rules.campaign import Campaign
    from campaign.campaigns.rules.letter import LetterText
    from campaign.delivery.links import Links
    from campaign.delivery.rows import OutgoingRow
    from campaign.language.catalogue import Language
    from campaign.language.templates import Templates
    from campaign.letters.rows import LetterRow
    from campaign.operator import Operator
    from campaign.recipients.rows import RecipientRow
    from campaign.signatures.rows import SignatureRow
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens


@dataclass(frozen=True)
class MessageBuilder:
    """Builder of letters, with everything that the text of a message comes from."""

    keyring: Keyring
    campaign_cache: CampaignCache
    tokens: Tokens
    links: Links
    operator: Operator
    languages: Mapping[str, Language]
    templates: Templates

    def build_letter(
        self, session: Session, outgoing: OutgoingRow, row: LetterRow, *, live: bool, now: datetime
    ) -> tuple[Envelope, LetterHashes]:
        """Return a letter to its recipient, and its keyed hashes for when it is handed over.

        In live mode it goes only to a verified address. Its bytes are stored, sealed, as they
        are handed over.
        """
        signature, person, text = self.load_letter(session, row)
        recipient = recipients.get(session, row.recipient)
        address = recipient_address(recipient, row.language, live=live)
        outgoing.message_id = outgoing.message_id or self.message_id(row.id)
        preferences_url = self.links.preferences_url(
            row.language, row.id, row.first_tried_at or now
        )
        campaign = self.campaign_cache.by_id(session, row.campaign_id).campaign
        footer = self.render_footer(campaign, row.language, preferences_url)
        message = build_message(
            OutgoingMessage(
                sender=self.from_mailbox(campaign, row.language, person, signature.language),
                recipient=Mailbox(recipient.name_in(row.language), address),
                subject=text.subject,
                text=f"{text.full_text}\n-- \n{footer}",
                language=row.language,
                message_id=outgoing.message_id,
                date=row.queued_at or now,
                reply_to=Mailbox(person.name, person.email) if signature.reply_directly else None,
            )
        )
        outgoing.message = seal_message(self.keyring, outgoing.id, message)
        name = f"letter-{file_stem(row.recipient)}-{row.id}"
        path = self.return_path(return_path_id(recipient, row.id, now.date()))
        envelope = Envelope(name, path, address, message)
        return envelope, self.letter_hashes(session, signature, row, person, text, live=live)

    def load_letter(
        self, session: Session, row: LetterRow
    ) -> tuple[SignatureRow, Person, LetterText]:
        """Return a letter's signature, person and text; NoLongerPossible if it must not be sent.

        Raise NotFound if the signature or the letter is gone.
        """
        signature, person = self.load_signer(session, row.signature_id)
        if row.sealed is None:
            raise NotFound(str(row.id))
        if signature.state is not SignatureState.CONFIRMED or not signature.send_letter:
            # Withdrawn while it was claimed, and not handed over.
            raise NoLongerPossible(signature.state)
        text, _ = unseal_letter(self.keyring, row.signature_id, row.sealed)
        return signature, person, text

    def letter_hashes(
        self,
        session: Session,
        signature: SignatureRow,
        row: LetterRow,
        person: Person,
        text: LetterText,
        *,
        live: bool,
    ) -> LetterHashes:
        """Return the keyed hashes that are stored when a letter is handed over."""
        identities = hash_identities(self.keyring, person.email)
        caps = hash_caps(self.keyring, identities, row.campaign_id, row.recipient, live=live)
        own = self._own_sentences(session, signature.government, row, person, text)
        return LetterHashes(row.signature_id, caps, own)

    def _own_sentences(
        self, session: Session, government: str, row: LetterRow, person: Person, text: LetterText
    ) -> tuple[bytes, ...]:
        """Return the keyed hashes of a letter's sentences that are not the campaign's."""
        loaded = self.campaign_cache.by_id(session, row.campaign_id)
        if government not in loaded.campaign.words_in(row.language).governments:
            # The words were published again without it: which were the campaign's is not known.
            return ()
        letter = split_sentences(loaded, government, row.language, text.body, person)
        return tuple(hash_sentence(self.keyring, sentence) for sentence in letter.own)

    def from_mailbox(self, campaign: Campaign, language: str, person: Person, hers: str) -> Mailbox:
        """Return the sender of a letter: her, via the campaign, at the campaign's domain.

        `language`: the letter's. `hers`: the one in which she signed.
        """
        name = f"{person.name} via {campaign.words_in(language).name}"
        domain, otherwise = self.operator.domain, self.operator.sender
        return Mailbox(name, sender_address(person.name, hers, domain, otherwise))

    def operator_of(self, session: Session, campaign_id: int) -> Operator:
        """Return who runs a campaign and is the sender of its mails."""
        campaign = self.campaign_cache.by_id(session, campaign_id).campaign
        return self.operator.of_campaign(campaign.facts.operator)

    def render_footer(self, campaign: Campaign, language: str, preferences_url: str = "") -> str:
        """Return the footer of a letter. Only the recipient gets the preferences link."""
        return self.templates.render(
            "mail/letter_footer.txt",
            self.languages[language],
            operator=self.operator.of_campaign(campaign.facts.operator),
            preferences_url=preferences_url,
        )

    def load_signer(self, session: Session, signature_id: UUID) -> tuple[SignatureRow, Person]:
        """Return a signature and the person who made it; raise NotFound if that is gone."""
        signature = signatures.find(session, signature_id)
        if signature is None or signature.sealed is None:
            raise NotFound(str(signature_id))
        return signature, unseal_person(self.keyring, signature.id, signature.sealed)

    def return_path(self, message_id: UUID) -> str:
        """Return the address to which reports about a message come back."""
        return f"{self.tokens.return_path(message_id)}@{self.operator.domain}"

    def message_id(self, identifier: UUID) -> str:
        return f"<{identifier}@{self.operator.domain}>"


def recipient_address(row: RecipientRow, language: str, *, live: bool) -> str:
    """Return the e-mail address for letters in that language; raise NotFound if none may be used.

    Live, only an address that a person has verified. Otherwise the known address, or a visibly
    made-up one, because nothing is sent.
    """
    address = row.address_for(Channel.EMAIL, language, live=live)
    if address is not None:
        return address.value
    if live:
        raise NotFound(f"no verified address for {row.key}")
    return made_up_email(row.key)


def return_path_id(recipient: RecipientRow, message_id: UUID, today: date) -> UUID:
    """Return the id in a message's return path: its own, or that of the first one of the day.

    Servers that delay mail of unknown senders (greylisting, RFC 6647) would delay each message, if
    each had a path of its own.
    """
    if not recipient.shares_return_path:
        return message_id
    if recipient.return_path_id is None or recipient.return_path_on != today:
        recipient.return_path_id, recipient.return_path_on = message_id, today
    return recipient.return_path_id
