"""Queries for signatures, by a person's keyed hashes or by how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, tuple_

from campaign.signatures.rows import SignatureRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.signatures.rules.signature import HoldReason, SignatureState
    from campaign.signatures.sealing import PersonHashes

_NEWEST = (SignatureRow.created_at.desc(), SignatureRow.id.desc())


@dataclass(frozen=True)
class SignatureQuery:
    """Filter for signatures of one campaign; every field that is set has to match.

    `source`: empty for those without one. `created_until` is exclusive, `created_not_after` and
    `confirmed_not_after` are inclusive.
    """

    campaign_id: int
    states: tuple[SignatureState, ...] = ()
    held_only: bool = False
    held_for: HoldReason | None = None
    government: str | None = None
    revision_id: int | None = None
    source: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    domain_hash: bytes | None = None
    created_not_after: datetime | None = None
    confirmed_not_after: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        equal = (
            (SignatureRow.government, self.government),
            (SignatureRow.revision_id, self.revision_id),
            (SignatureRow.source, self.source),
            (SignatureRow.domain_hash, self.domain_hash),
            (SignatureRow.held_for, self.held_for),
        )
        found = [SignatureRow.campaign_id == self.campaign_id]
        found += [column == value for column, value in equal if value is not None]
        if self.states:
            found.append(SignatureRow.state.in_(self.states))
        if self.held_only:
            found.append(SignatureRow.held.expression)
        if self.created_from is not None:
            found.append(SignatureRow.created_at >= self.created_from)
        if self.created_until is not None:
            found.append(SignatureRow.created_at < self.created_until)
        if self.created_not_after is not None:
            found.append(SignatureRow.created_at <= self.created_not_after)
        if self.confirmed_not_after is not None:
            found.append(SignatureRow.confirmed_at <= self.confirmed_not_after)
        return found


@dataclass(frozen=True)
class PageCursor:
    """A row's position in the order of listings, after which the next page begins."""

    created_at: datetime
    id: UUID


def listing(
    session: Session, wanted: SignatureQuery, limit: int, after: PageCursor | None = None
) -> Sequence[SignatureRow]:
    """Return signatures, newest first; with `after`, only those that follow that position."""
    statement = select(SignatureRow).where(*wanted.conditions).order_by(*_NEWEST).limit(limit)
    if after is not None:
        place = tuple_(SignatureRow.created_at, SignatureRow.id)
        statement = statement.where(place < tuple_(after.created_at, after.id))
    return session.scalars(statement).all()


def count(session: Session, wanted: SignatureQuery) -> int:
    return session.scalar(select(func.count()).where(*wanted.conditions)) or 0


def count_up_to(session: Session, wanted: SignatureQuery, most: int) -> int:
    """Return how many match, or `most` if there are more: to count millions takes long."""
    some = select(SignatureRow.id).where(*wanted.conditions).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def list_by_email_hashes(
    session: Session, hashes: PersonHashes, campaign_ids: Collection[int], limit: int
) -> Sequence[SignatureRow]:
    """Return what was signed from an address in any spelling in these campaigns, newest first."""
    same = or_(
        SignatureRow.identity_hash.in_(hashes.identities), SignatureRow.email_hash == hashes.email
    )
    return _newest(session, same, campaign_ids, limit)


def list_by_name_hash(
    session: Session, name_hash: bytes, campaign_ids: Collection[int], limit: int
) -> Sequence[SignatureRow]:
    """Return what was signed with this whole name in these campaigns, newest first."""
    return _newest(session, SignatureRow.name_hash == name_hash, campaign_ids, limit)


def _newest(
    session: Session, same: ColumnElement[bool], campaign_ids: Collection[int], limit: int
) -> Sequence[SignatureRow]:
    wanted = select(SignatureRow).where(same, SignatureRow.campaign_id.in_(campaign_ids))
    return session.scalars(wanted.order_by(*_NEWEST).limit(limit)).all()
