"""Printed letters: what is on the sheet of paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.errors import NotFound
from campaign.language.formats import long_date
from campaign.letters.sealing import unseal_letter
from campaign.printing.renderer import PrintedLetter
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.signatures.queries import signatures
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.campaigns.rules.letter import LetterText
    from campaign.letters.rows import LetterRow
    from campaign.recipients.rows import RecipientRow
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring


WINDOW_ON_THE_RIGHT = frozenset({"FR"})
"""Where an envelope's window is on the right, if a source for it was found.

France: https://edics.fr/rediger-vos-adresses-les-bonnes-pratiques/. Belgium's post sets no side:
https://www.bpost.be/nl/adressering-adres-positionering.
"""


@dataclass(frozen=True)
class PrintedLetterBuilder:
    """Builder of printed letters, with everything they are made from except their rows.

    `subject_labels`: what stands before the subject on paper, by language: “Objet : ” in French.
    """

    keyring: Keyring
    live: bool
    subject_labels: Mapping[str, str]

    def file_title(self, campaign: Campaign, recipient: RecipientRow) -> tuple[str, str]:
        """Return the title of a file of many letters, and its language: the campaign's own."""
        language = campaign.facts.default_language
        words = campaign.words_in(language)
        return f"{recipient.name_in(language)}: {words.name}", language

    def build(
        self,
        session: Session,
        row: LetterRow,
        own_address: Sequence[str] = (),
        *,
        addressed: bool = True,
    ) -> PrintedLetter:
        """Return a letter as it is printed; raise NotFound if it may not be sent there.

        `own_address`: the lines that she typed for this print; they are not stored. One that need
        not be `addressed` has no more than the recipient's name and title if nobody verified where
        it is.
        """
        signature = signatures.find(session, row.signature_id)
        if signature is None or signature.sealed is None or row.sealed is None:
            raise NotFound(str(row.id))
        person = unseal_person(self.keyring, signature.id, signature.sealed)
        text, _ = unseal_letter(self.keyring, row.signature_id, row.sealed)
        recipient = recipients.get(session, row.recipient)
        letter = self.lay_out(
            text, person, recipient, row.language, row.letter_date, addressed=addressed
        )
        return replace(letter, sender=(person.name, *own_address)) if own_address else letter

    def lay_out(
        self,
        text: LetterText,
        person: Person,
        recipient: RecipientRow,
        language: str,
        day: date,
        *,
        addressed: bool,
    ) -> PrintedLetter:
        """Return a letter of that day as it is printed; see `build`."""
        try:
            lines = postal_address_lines(recipient, language, live=self.live)
        except NotFound:
            if addressed:
                raise
            lines = []
        name = person.signature_block if text.body.endswith(f"\n{person.signature_block}") else ""
        return PrintedLetter(
            language=language,
            sender=(person.name, *((person.town,) if person.town else ())),
            address=(*recipient.heading_in(language), *lines),
            date=long_date(day, language),
            subject=self._labelled(text.subject, language),
            salutation=text.salutation,
            body=text.body.removesuffix(name).rstrip("\n"),
            signature=tuple(name.split("\n")) if name else (),
            window_on_the_right=recipient.government in WINDOW_ON_THE_RIGHT,
        )

    def _labelled(self, subject: str, language: str) -> str:
        """Return a subject behind the word that the language's convention puts before it."""
        label = self.subject_labels.get(language, "")
        return subject if subject.startswith(label.strip()) else f"{label}{subject}"


def postal_address_lines(row: RecipientRow, language: str, *, live: bool) -> list[str]:
    """Return the lines under the recipient's name; live, only those that a person verified.

    Otherwise a recipient without a known postal address gets a visibly made-up one: everything
    works on the first run. Raise NotFound if there is no verified one on a live site.
    """
    address = row.address_for(Channel.POSTAL, language, live=live)
    if address is not None:
        return address.value.split("\n")
    if live:
        raise NotFound(f"no verified postal address for {row.key}")
    return ["Example Street 1", "00000 Exampletown"]
