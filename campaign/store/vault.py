"""What seals, opens and hashes personal data: handed to whoever needs it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from campaign.delivery.rules.answer import Answer
from campaign.language.text import normalised_name
from campaign.letters.rules.letter import LetterText
from campaign.mail.dns_policy import Signer
from campaign.signatures.rules.identity import NEWEST, VERSIONS, canonical_address, domain_of
from campaign.signatures.rules.signature import Person
from campaign.store.sealing import holds_bytes

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.store.sealing import Keyring


@dataclass(frozen=True)
class PersonHashes:
    """Keyed hashes (HMAC-SHA-256) under which a person's rows can be found.

    `identities`: of her address under each version of the rules, the newest first, and each
    but once: for most addresses all versions say the same.
    """

    identities: tuple[bytes, ...]
    rules: int
    email: bytes
    domain: bytes
    name: bytes

    @property
    def identity(self) -> bytes:
        """What is stored with a new row, made by version `rules`."""
        return self.identities[0]


class Vault:
    def __init__(self, keyring: Keyring, identity_key: bytes) -> None:
        self._keyring = keyring
        self._identity_key = identity_key

    @property
    def newest_key(self) -> bytes:
        """The name of the key that seals now."""
        return self._keyring.newest

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The names of all keys that open what is sealed, the newest first."""
        return self._keyring.names

    def seal_anew(self, column: str, row_id: UUID, sealed: bytes) -> bytes:
        """Return the same value under the newest key; raise SealError if it cannot be opened."""
        return self._keyring.seal_anew(row_id, column, sealed)

    def identity_mark(self) -> bytes:
        """Return what tells this identity key from another one, and nothing more."""
        return self._hash("mark", "")

    def hashes(self, person: Person) -> PersonHashes:
        return PersonHashes(
            identities=self.identities(person.email),
            rules=NEWEST,
            email=self._hash("email", person.email.lower()),
            domain=self.domain_hash(domain_of(person.email)),
            name=self.name_hash(person.name),
        )

    def identities(self, address: str) -> tuple[bytes, ...]:
        """Return an address's keyed hashes under each version of the rules, the newest first."""
        spelt = dict.fromkeys(canonical_address(address, version) for version in VERSIONS)
        return tuple(self._hash("identity", one) for one in spelt)

    def identity_hash(self, address: str, version: int = NEWEST) -> bytes:
        return self._hash("identity", canonical_address(address, version))

    def domain_hash(self, domain: str) -> bytes:
        return self._hash("domain", domain)

    def name_hash(self, name: str) -> bytes:
        return self._hash("name", normalised_name(name))

    def letter_caps(
        self, identities: tuple[bytes, ...], campaign_id: int, government: str, *, live: bool
    ) -> tuple[bytes, ...]:
        """Return the keyed hashes of who writes to whom; what was only tried out has others.

        `identities`: the person's own, under each version of the rules.
        """
        kind = "letter" if live else "letter on trial"
        recipient = f"{government}/foreign-affairs"
        return tuple(
            self._hash(kind, f"{identity.hex()}\0{campaign_id}\0{recipient}")
            for identity in identities
        )

    def seal_person(self, signature_id: UUID, person: Person) -> bytes:
        return self._keyring.seal(signature_id, "signatures.sealed", asdict(person))

    def open_person(self, signature_id: UUID, sealed: bytes) -> Person:
        return Person(**self._keyring.open(signature_id, "signatures.sealed", sealed))

    def seal_letter(self, signature_id: UUID, text: LetterText, paragraph: str) -> bytes:
        value = {**asdict(text), "paragraph": paragraph}
        return self._keyring.seal(signature_id, "letters.sealed", value)

    def open_letter(self, signature_id: UUID, sealed: bytes) -> tuple[LetterText, str]:
        """Return the letter's text and the paragraph that she wrote for it."""
        value = self._keyring.open(signature_id, "letters.sealed", sealed)
        paragraph = value.pop("paragraph")
        return LetterText(**value), paragraph

    def seal_held_letter(self, signature_id: UUID, letter: dict[str, Any]) -> bytes:
        return self._keyring.seal(signature_id, "signatures.held_letter", letter)

    def open_held_letter(self, signature_id: UUID, sealed: bytes) -> dict[str, Any]:
        """Return the letter that lies with a held signature, as `store.held_letters` sealed it."""
        return self._keyring.open(signature_id, "signatures.held_letter", sealed)

    def seal_message(self, letter_id: UUID, message: bytes) -> bytes:
        return self._keyring.seal(letter_id, "letters.message", {"ascii": message.decode("ascii")})

    def open_message(self, letter_id: UUID, sealed: bytes) -> bytes:
        """Return a letter's bytes as they were handed over last."""
        value = self._keyring.open(letter_id, "letters.message", sealed)
        return str(value["ascii"]).encode("ascii")

    def seal_inbound(self, inbound_id: UUID, message: bytes) -> bytes:
        return self._keyring.seal_bytes(inbound_id, "inbound.sealed", message)

    def open_inbound(self, inbound_id: UUID, sealed: bytes) -> bytes:
        """Return a message's bytes as they came in."""
        if holds_bytes(sealed):
            return self._keyring.open_bytes(inbound_id, "inbound.sealed", sealed)
        # As messages were sealed before they were sealed as they are.
        value = self._keyring.open(inbound_id, "inbound.sealed", sealed)
        return base64.b64decode(value["base64"])

    def seal_answer(self, inbound_id: UUID, answer: Answer) -> bytes:
        return self._keyring.seal(inbound_id, "inbound.shown", asdict(answer))

    def open_answer(self, inbound_id: UUID, sealed: bytes) -> Answer:
        """Return what is shown of a message that answers a letter."""
        value = self._keyring.open(inbound_id, "inbound.shown", sealed)
        files = tuple(value.pop("files"))
        return Answer(files=files, **value)

    def seal_signer(self, inbound_id: UUID, signer: Signer | None) -> bytes:
        value = asdict(signer) if signer else {}
        return self._keyring.seal(inbound_id, "inbound.shown", value)

    def open_signer(self, inbound_id: UUID, sealed: bytes) -> Signer | None:
        """Return who signed a test mail that came back."""
        value = self._keyring.open(inbound_id, "inbound.shown", sealed)
        return Signer(**value) if value else None

    def seal_report(self, report_id: UUID, words: str) -> bytes:
        return self._keyring.seal(report_id, "contact_reports.sealed", {"words": words})

    def open_report(self, report_id: UUID, sealed: bytes) -> str:
        """Return what a supporter said about a ministry's contact."""
        return str(self._keyring.open(report_id, "contact_reports.sealed", sealed)["words"])

    def organiser_hash(self, email: str) -> bytes:
        """Return the keyed hash under which an organiser is found: any case, one address."""
        return self._hash("organiser", email.strip().lower())

    def tries_key(self, email: str, device: str) -> bytes:
        """Return the keyed hash under which failed tries from a device are counted."""
        return self._hash("sign-in", f"{email.strip().lower()}\0{device}")

    def seal_organiser(self, organiser_id: UUID, email: str) -> bytes:
        return self._keyring.seal(organiser_id, "organisers.sealed", {"email": email})

    def open_organiser(self, organiser_id: UUID, sealed: bytes) -> str:
        """Return an organiser's e-mail address."""
        return str(self._keyring.open(organiser_id, "organisers.sealed", sealed)["email"])

    def seal_totp(self, organiser_id: UUID, secret: str) -> bytes:
        return self._keyring.seal(organiser_id, "organisers.totp", {"secret": secret})

    def open_totp(self, organiser_id: UUID, sealed: bytes) -> str:
        """Return the secret of an organiser's second step."""
        return str(self._keyring.open(organiser_id, "organisers.totp", sealed)["secret"])

    def seal_domain(self, change_id: UUID, domain: str) -> bytes:
        return self._keyring.seal(change_id, "bulk_changes.domain", {"domain": domain})

    def open_domain(self, change_id: UUID, sealed: bytes) -> str:
        """Return the mail domain that a change by rule is about."""
        return str(self._keyring.open(change_id, "bulk_changes.domain", sealed)["domain"])

    def sentence_hash(self, sentence: str) -> bytes:
        return self._hash("sentence", sentence)

    def _hash(self, kind: str, value: str) -> bytes:
        message = f"{kind}\0{value}".encode()
        return hmac.new(self._identity_key, message, hashlib.sha256).digest()
