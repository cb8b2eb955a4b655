"""Find signatures: by whose they are, or by how they came about.

What is found names nobody; whoever may see names opens each row through the keyring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.mail.addresses import email_value
from campaign.signatures.queries import searching as store
from campaign.signatures.queries.searching import Wanted
from campaign.signatures.rules.identity import domain_of
from campaign.signatures.rules.selection import ANY, Rule
from campaign.signatures.rules.signature import Person
from campaign.signatures.sealing import hash_domain, hash_name, hash_person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from campaign.signatures.queries.searching import Place
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.signatures.rules.signature import State
    from campaign.store.keyring import Keyring

MOST = 200
"""Rows that one search by a person gives back."""

_LONGEST_NAME = 1_000
"""Characters of a name that is looked for: nobody's is as long, however it is composed."""


@dataclass(frozen=True)
class Sought:
    """What a listing shows of a campaign; each part that is given narrows."""

    rule: Rule = ANY
    state: State | None = None
    revision_id: int | None = None


def by_email(session: Session, keyring: Keyring, address: str) -> Sequence[SignatureRow]:
    """Return what was signed from an address, in this or another spelling, newest first.

    Over all campaigns. Raise UnacceptableText for what is no address.
    """
    hashes = hash_person(keyring, Person("", email_value(address.strip())))
    return store.of_person(session, hashes, MOST)


def by_name(session: Session, keyring: Keyring, name: str) -> Sequence[SignatureRow]:
    """Return what was signed with this whole name, newest first, over all campaigns."""
    if len(name) > _LONGEST_NAME:
        return ()
    return store.of_name(session, hash_name(keyring, name), MOST)


def listing(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    sought: Sought,
    limit: int,
    after: Place | None = None,
) -> Sequence[SignatureRow]:
    """Return a campaign's signatures, newest first, or those that follow on a place.

    Raise UnacceptableText for a domain that is none.
    """
    wanted = wanted_by(keyring, campaign_id, sought)
    return store.listing(session, wanted, limit, after)


def wanted_by(keyring: Keyring, campaign_id: int, sought: Sought) -> Wanted:
    """Return what to look for; raise UnacceptableText for a domain that is none."""
    rule = sought.rule
    return Wanted(
        campaign_id=campaign_id,
        states=(sought.state,) if sought.state else (),
        held_only=rule.held_only,
        held_for=rule.held_for,
        government=rule.government or None,
        revision_id=sought.revision_id,
        source=rule.source,
        created_from=rule.created_from,
        created_until=rule.created_until,
        domain_hash=hash_domain(keyring, ascii_domain(rule.domain)) if rule.domain else None,
    )


def ascii_domain(typed: str) -> str:
    """Return a mail domain in the form that is hashed, or raise UnacceptableText."""
    return domain_of(email_value(f"anybody@{typed.strip().removeprefix('@')}"))
