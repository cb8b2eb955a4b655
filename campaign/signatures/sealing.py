"""Sealing of signatures, and the keyed hashes under which a person's rows are found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from campaign.language.text import normalise_name
from campaign.signatures.rules.identity import (
    CURRENT_IDENTITY_VERSION,
    IDENTITY_VERSIONS,
    canonical_address,
    domain_of,
)
from campaign.signatures.rules.signature import Person

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class PersonHashes:
    """Keyed hashes (HMAC-SHA-256) under which a person's rows can be found.

    `identities`: of her address under each version of the rules, newest first, and each
    only once: for most addresses all versions give the same.
    """

    identities: tuple[bytes, ...]
    rules_version: int
    email: bytes
    domain: bytes
    name: bytes

    @property
    def identity(self) -> bytes:
        """Return the hash that is stored with a new row, made by version `rules_version`."""
        return self.identities[0]


def hash_person(keyring: Keyring, person: Person) -> PersonHashes:
    """Return all keyed hashes of a person."""
    return PersonHashes(
        identities=hash_identities(keyring, person.email),
        rules_version=CURRENT_IDENTITY_VERSION,
        email=keyring.hash("email", person.email.lower()),
        domain=hash_domain(keyring, domain_of(person.email)),
        name=hash_name(keyring, person.name),
    )


def hash_identities(keyring: Keyring, address: str) -> tuple[bytes, ...]:
    """Return an address's keyed hashes under each version of the rules, newest first."""
    spelt = dict.fromkeys(canonical_address(address, version) for version in IDENTITY_VERSIONS)
    return tuple(keyring.hash("identity", one) for one in spelt)


def hash_identity(keyring: Keyring, address: str, version: int = CURRENT_IDENTITY_VERSION) -> bytes:
    """Return an address's keyed hash under one version of the rules."""
    return keyring.hash("identity", canonical_address(address, version))


def hash_domain(keyring: Keyring, domain: str) -> bytes:
    """Return the keyed hash under which the signatures of a mail domain are found."""
    return keyring.hash("domain", domain)


def hash_name(keyring: Keyring, name: str) -> bytes:
    """Return the keyed hash under which a name is found, in any case and with any spacing."""
    return keyring.hash("name", normalise_name(name))


def seal_person(keyring: Keyring, signature_id: UUID, person: Person) -> bytes:
    return keyring.seal(signature_id, "signatures.sealed", asdict(person))


def unseal_person(keyring: Keyring, signature_id: UUID, sealed: bytes) -> Person:
    """Return who signed; raise SealError if the value cannot be opened."""
    return Person(**keyring.open(signature_id, "signatures.sealed", sealed))
