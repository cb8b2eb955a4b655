"""Search for signatures, by whose they are or by how they came about.

Results contain no names; whoever may see names opens each row through the keyring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.mail.addresses import clean_email
from campaign.signatures.queries import search
from campaign.signatures.queries.search import SignatureQuery
from campaign.signatures.rules.criteria import ALL_SIGNATURES, SignatureCriteria
from campaign.signatures.rules.identity import domain_of
from campaign.signatures.rules.signature import Person
from campaign.signatures.sealing import hash_domain, hash_name, hash_person

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from campaign.signatures.queries.search import PageCursor
    from campaign.signatures.rows import SignatureRow
    from campaign.signatures.rules.signature import SignatureState
    from campaign.store.keyring import Keyring

MAX_RESULTS = 200
"""Maximum number of rows that one search for a person returns."""

MAX_COUNTED = 1_000
"""Up to which number a list says how many match."""

_MAX_NAME_LENGTH = 1_000
"""Most characters of a name searched for: nobody's is as long, however it is composed."""


@dataclass(frozen=True)
class ListCriteria:
    """Criteria for a campaign's listing; every field that is set has to match."""

    rule: SignatureCriteria = ALL_SIGNATURES
    state: SignatureState | None = None
    revision_id: int | None = None


def by_email(
    session: Session, keyring: Keyring, address: str, campaign_ids: Collection[int]
) -> Sequence[SignatureRow]:
    """Return what was signed from an e-mail address, in this or another spelling, newest first.

    In any of these campaigns. Raise InvalidText for an invalid address.
    """
    hashes = hash_person(keyring, Person("", clean_email(address.strip())))
    return search.list_by_email_hashes(session, hashes, campaign_ids, MAX_RESULTS)


def by_name(
    session: Session, keyring: Keyring, name: str, campaign_ids: Collection[int]
) -> Sequence[SignatureRow]:
    """Return what was signed with this whole name in these campaigns, newest first."""
    if len(name) > _MAX_NAME_LENGTH:
        return ()
    return search.list_by_name_hash(session, hash_name(keyring, name), campaign_ids, MAX_RESULTS)


def listing(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    sought: ListCriteria,
    limit: int,
    after: PageCursor | None = None,
) -> Sequence[SignatureRow]:
    """Return a campaign's signatures, newest first; with `after`, only those that follow it.

    Raise InvalidText for an invalid domain.
    """
    wanted = build_query(keyring, campaign_id, sought)
    return search.listing(session, wanted, limit, after)


def count(session: Session, keyring: Keyring, campaign_id: int, sought: ListCriteria) -> int:
    """Return how many of a campaign's signatures match, at most MAX_COUNTED."""
    return search.count_up_to(session, build_query(keyring, campaign_id, sought), MAX_COUNTED)


def build_query(keyring: Keyring, campaign_id: int, sought: ListCriteria) -> SignatureQuery:
    """Return the query for these criteria; raise InvalidText for an invalid domain."""
    rule = sought.rule
    return SignatureQuery(
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
    """Return a mail domain in the form that is hashed, or raise InvalidText."""
    return domain_of(clean_email(f"anybody@{typed.strip().removeprefix('@')}"))
